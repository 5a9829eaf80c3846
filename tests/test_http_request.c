/* http_request: a table of heads, each with the reading that it must get.
 *
 * A case is the bytes of a client and one line of text: "bad at N" and "more"
 * are the scan's verdicts, "400 why" is a refusal, and anything else is the
 * request that was read. Each case is fed whole, in every split into two
 * pieces, and byte by byte; every way must give the same text. */
#include "core/http_request.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/text.h"
#include "support/words.h"

static const struct http_request_limits limits = {.target_bytes = 48,
                                                  .fields = 6};

static void tell_slice(struct text *out, const char *label, struct slice s) {
  text_str(out, label);
  text_slice(out, s);
}

/* GET /a path=/a query=x host=h 1.1 keep length=5 continue | Name: value */
static void tell_request(struct text *out, const struct http_request *request) {
  struct slice method = http_method_name(request->method);
  if (request->method == HTTP_OTHER) method = slice_of("(other)");
  text_slice(out, method);
  if (!slice_equal(request->method_name, method))
    tell_slice(out, "", request->method_name);
  tell_slice(out, " path=", request->path);
  tell_slice(out, " query=", request->query);
  tell_slice(out, " host=", request->host);
  text_str(out, request->http_1_0 ? " 1.0" : " 1.1");
  text_str(out, request->keep_alive ? " keep" : " close");
  if (request->content_length > 0) {
    text_str(out, " length=");
    text_int(out, (int64_t)request->content_length);
  }
  if (request->is_chunked) text_str(out, " chunked");
  if (request->expects_continue) text_str(out, " continue");
  for (unsigned i = 0; i < request->field_count; i++) {
    tell_slice(out, " | ", request->fields[i].name);
    tell_slice(out, ": ", request->fields[i].value);
  }
}

static void tell_head(struct text *out, struct slice head) {
  static struct http_request request;
  const char *why = NULL;
  /* What an earlier request left behind must not shine through. */
  memset(&request, 0xa5, sizeof request);
  int status = http_request_parse(&request, head, &limits, &why);
  if (status == 0) {
    tell_request(out, &request);
    return;
  }
  cr_assert_not_null(why, "%d comes without a reason", status);
  text_int(out, status);
  text_char(out, ' ');
  text_str(out, why);
}

/* Gives the first `len` bytes to the scan, in memory of exactly that size, so
 * that a sanitizer sees every look beyond it. False: more is needed. */
static bool tell_prefix(struct text *out, struct slice bytes, size_t len,
                        size_t *scanned) {
  char *copy = malloc(len + (len == 0));
  cr_assert_not_null(copy);
  memcpy(copy, bytes.at, len);
  size_t head_len = 0;
  enum http_scan scan = http_head_scan(copy, len, scanned, &head_len);
  if (scan == HTTP_SCAN_BAD) {
    text_str(out, "bad at ");
    text_int(out, (int64_t)*scanned);
  } else if (scan == HTTP_SCAN_WHOLE) {
    tell_head(out, (struct slice){copy, head_len});
  }
  free(copy);
  return scan != HTTP_SCAN_MORE;
}

/* The first piece ends at `cut`, the others are `step` bytes long. */
static const char *told(struct slice bytes, size_t cut, size_t step) {
  static char storage[1024];
  struct text out;
  text_init(&out, storage, sizeof storage);
  size_t scanned = 0, fed = cut;
  while (!tell_prefix(&out, bytes, fed, &scanned)) {
    if (fed == bytes.len) {
      text_str(&out, "more");
      break;
    }
    fed = bytes.len - fed < step ? bytes.len : fed + step;
  }
  return text_end(&out);
}

struct head_case {
  const char *bytes;
  size_t len;
  const char *wanted;
};
#define HEAD(bytes, wanted)                                                    \
  { bytes, sizeof(bytes) - 1, wanted }

static void expect_head(const struct head_case *one) {
  struct slice bytes = {one->bytes, one->len};
  const char *seen = told(bytes, bytes.len, 1);
  cr_expect_str_eq(seen, one->wanted, "%.*s\nsaw:    %s\nwanted: %s",
                   SLICE_ARG(bytes), seen, one->wanted);
  seen = told(bytes, 0, 1);
  cr_expect_str_eq(seen, one->wanted,
                   "%.*s\nsaw:    %s (byte by byte)\nwanted: %s",
                   SLICE_ARG(bytes), seen, one->wanted);
  for (size_t cut = 0; cut < bytes.len; cut++) {
    seen = told(bytes, cut, bytes.len);
    if (strcmp(seen, one->wanted) != 0)
      cr_expect_fail("%.*s\nsaw:    %s (cut at %zu)\nwanted: %s",
                     SLICE_ARG(bytes), seen, cut, one->wanted);
  }
}

#define EXPECT_HEADS(cases)                                                    \
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)                  \
  expect_head(&cases[i])

#define GET11 "GET / HTTP/1.1\r\nHost: h\r\n"
#define GET10 "GET / HTTP/1.0\r\n"
#define IS_GET11 "GET path=/ query= host=h 1.1 "

#define BAD_VERSION "400 the request line does not end in HTTP/1.1 or HTTP/1.0"
#define OTHER_VERSION "505 only HTTP/1.1 and HTTP/1.0 are spoken here"
#define BAD_LINE                                                               \
  "400 the request line is not METHOD, one space, target, one space, version"
#define NO_VERSION                                                             \
  "400 the request line has no version (HTTP/0.9 is not spoken here)"
#define MORE_SPACES                                                            \
  "400 the request line has more than two spaces: encode a space in the "      \
  "target as %20"

Test(http_request, the_request_line_is_read) {
  static const struct head_case cases[] = {
      HEAD(GET11 "\r\n", IS_GET11 "keep | Host: h"),
      HEAD("HEAD /a?b HTTP/1.1\r\nHost: h\r\n\r\n",
           "HEAD path=/a query=b host=h 1.1 keep | Host: h"),
      HEAD("POST /all HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n[]",
           "POST path=/all query= host=h 1.1 keep length=2 | Host: h | "
           "Content-Length: 2"),
      HEAD("PATCH / HTTP/1.1\r\nHost: h\r\n\r\n",
           "PATCH path=/ query= host=h 1.1 keep | Host: h"),
      HEAD("get / HTTP/1.1\r\nHost: h\r\n\r\n",
           "(other)get path=/ query= host=h 1.1 keep | Host: h"),
      HEAD("GETX / HTTP/1.1\r\nHost: h\r\n\r\n",
           "(other)GETX path=/ query= host=h 1.1 keep | Host: h"),
      HEAD(GET10 "\r\n", "GET path=/ query= host= 1.0 close"),
      HEAD(GET11 "\r\n" GET11 "\r\n", IS_GET11 "keep | Host: h"),
      HEAD(GET11, "more"),
      HEAD(GET11 "\r", "more"),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, a_request_line_of_another_shape_is_refused) {
  static const struct head_case cases[] = {
      HEAD("GET\r\n\r\n", BAD_LINE),
      HEAD("GET \r\n\r\n", NO_VERSION),
      HEAD("GET /\r\n\r\n", NO_VERSION),
      HEAD("GET / \r\n\r\n", BAD_VERSION),
      HEAD("GET  HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the method is followed by two spaces"),
      HEAD("GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the method is followed by two spaces"),
      HEAD("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", MORE_SPACES),
      HEAD("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", MORE_SPACES),
      HEAD("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", MORE_SPACES),
      HEAD("GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", BAD_LINE),
      HEAD("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the method is not a token"),
      HEAD("GET /\tHTTP/1.1\r\nHost: h\r\n\r\n", NO_VERSION),
      HEAD("GET / HTTP/1.1\t\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the method is not a token"),
      HEAD("G\xc3\x89T / HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the method is not a token"),
      HEAD(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", "bad at 0"),
      HEAD("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "bad at 0"),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, only_two_versions_are_spoken) {
  static const struct head_case cases[] = {
      HEAD("GET / HTTP/0.9\r\n\r\n", OTHER_VERSION),
      HEAD("GET / HTTP/1.2\r\nHost: h\r\n\r\n", OTHER_VERSION),
      HEAD("GET / HTTP/2.0\r\nHost: h\r\n\r\n", OTHER_VERSION),
      HEAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", OTHER_VERSION),
      HEAD("GET / http/1.1\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / HTTP/1.10\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / HTTP/01.1\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / HTTP/1\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / HTTP/1,1\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / HTTP/+.1\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / HTTP/1.1x\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / HTTPS/1.1\r\nHost: h\r\n\r\n", BAD_VERSION),
      HEAD("GET / ICY\r\nHost: h\r\n\r\n", BAD_VERSION),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, a_few_empty_lines_in_front_are_ignored) {
  static const struct head_case cases[] = {
      HEAD("\r\n" GET11 "\r\n", IS_GET11 "keep | Host: h"),
      HEAD("\r\n\r\n\r\n\r\n" GET11 "\r\n", IS_GET11 "keep | Host: h"),
      HEAD("\r\n\r\n\r\n\r\n\r\n" GET11 "\r\n", "bad at 8"),
      HEAD("\n" GET11 "\r\n", "bad at 0"),
      HEAD("\r" GET11 "\r\n", "bad at 0"),
      HEAD("\r\n GET / HTTP/1.1\r\n\r\n", "bad at 2"),
      HEAD("\r\n\r\n", "more"),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, control_bytes_and_bare_line_ends_are_refused_at_once) {
  static const struct head_case cases[] = {
      HEAD("GET / HTTP/1.1\nHost: h\n\n", "bad at 14"),
      HEAD("GET / HTTP/1.1\r\nHost: h\n\r\n", "bad at 23"),
      HEAD(GET11 "\n", "bad at 25"),
      HEAD("GET / HTTP/1.1\rHost: h\r\n\r\n", "bad at 14"),
      HEAD(GET11 "A: b\rc\r\n\r\n", "bad at 29"),
      HEAD(GET11 "A: b\r\r\n\r\n", "bad at 29"),
      HEAD(GET11 "A: b\0c\r\n\r\n", "bad at 29"),
      HEAD(GET11 "A: \x01\r\n\r\n", "bad at 28"),
      HEAD(GET11 "A: \x7f\r\n\r\n", "bad at 28"),
      HEAD(GET11 "A\0: b\r\n\r\n", "bad at 26"),
      HEAD("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", "bad at 5"),
      HEAD("GET /a\x0b HTTP/1.1\r\nHost: h\r\n\r\n", "bad at 6"),
      HEAD("GET /a\x7f HTTP/1.1\r\nHost: h\r\n\r\n", "bad at 6"),
  };
  EXPECT_HEADS(cases);
}

#define BAD_BYTE                                                               \
  "400 the target holds a byte outside visible ASCII: percent-encode it"
#define BAD_HASH                                                               \
  "400 the target holds a '#': a fragment stays with the client, and "         \
  "elsewhere it is %23"
#define NO_FORM                                                                \
  "400 the target is neither a path (/...) nor an http:// or https:// URL"

Test(http_request, a_path_and_its_query_are_told_apart) {
  static const struct head_case cases[] = {
      HEAD("GET /a/b?x=1&y=? HTTP/1.0\r\n\r\n",
           "GET path=/a/b query=x=1&y=? host= 1.0 close"),
      HEAD("GET /? HTTP/1.0\r\n\r\n", "GET path=/ query= host= 1.0 close"),
      HEAD("GET //h/a HTTP/1.0\r\n\r\n",
           "GET path=//h/a query= host= 1.0 close"),
      HEAD("GET /%00%zz HTTP/1.0\r\n\r\n",
           "GET path=/%00%zz query= host= 1.0 close"),
      HEAD("GET /\"<>\\^`{|} HTTP/1.0\r\n\r\n",
           "GET path=/\"<>\\^`{|} query= host= 1.0 close"),
      HEAD("GET /a?http://b/c HTTP/1.0\r\n\r\n",
           "GET path=/a query=http://b/c host= 1.0 close"),
      HEAD("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
           "HTTP/1.0\r\n\r\n",
           "GET path=/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa query= "
           "host= 1.0 close"),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, a_target_with_bytes_that_no_url_has_is_refused) {
  static const struct head_case cases[] = {
      HEAD("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", BAD_HASH),
      HEAD("GET /?a#b HTTP/1.1\r\nHost: h\r\n\r\n", BAD_HASH),
      HEAD("GET # HTTP/1.1\r\nHost: h\r\n\r\n", BAD_HASH),
      HEAD("GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", BAD_BYTE),
      HEAD("GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", BAD_BYTE),
      HEAD("GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", BAD_BYTE),
      HEAD("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
           "HTTP/1.1\r\nHost: h\r\n\r\n",
           "414 the request target is too long"),
      HEAD("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa#\xff "
           "HTTP/9\r\n\r\n",
           "414 the request target is too long"),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, an_absolute_form_names_the_host_that_counts) {
  static const struct head_case cases[] = {
      HEAD("GET http://a:80/p?q HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET path=/p query=q host=a:80 1.1 keep | Host: h"),
      HEAD("GET HTTPS://a HTTP/1.1\r\nHost: h\r\n\r\n",
           "GET path=/ query= host=a 1.1 keep | Host: h"),
      HEAD("GET http://a?q/r HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET path=/ query=q/r host=a 1.1 keep | Host: a"),
      HEAD("GET http://[::1]:8/ HTTP/1.0\r\n\r\n",
           "GET path=/ query= host=[::1]:8 1.0 close"),
      HEAD("GET http://a/ HTTP/1.1\r\n\r\n",
           "400 an HTTP/1.1 request needs a Host field"),
      HEAD("GET http:///p HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the target's authority is not host[:port]"),
      HEAD("GET http://u:p@a/ HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the target's authority is not host[:port]"),
      HEAD("GET http://a:b/ HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the target's authority is not host[:port]"),
      HEAD("GET http://a\\b/ HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the target's authority is not host[:port]"),
      HEAD("GET http:/p HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
      HEAD("GET http: HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
      HEAD("GET ftp://a/ HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
      HEAD("GET httpx://a/ HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
      HEAD("GET p HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
      HEAD("GET ?q HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
      HEAD("GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
  };
  EXPECT_HEADS(cases);
}

#define BAD_CONNECT "400 CONNECT needs a target of the form host:port"

Test(http_request, connect_and_options_have_forms_of_their_own) {
  static const struct head_case cases[] = {
      HEAD("CONNECT a:443 HTTP/1.1\r\nHost: h\r\n\r\n",
           "CONNECT path= query= host=a:443 1.1 keep | Host: h"),
      HEAD("CONNECT [::1]:443 HTTP/1.1\r\nHost: h\r\n\r\n",
           "CONNECT path= query= host=[::1]:443 1.1 keep | Host: h"),
      HEAD("CONNECT a HTTP/1.1\r\nHost: h\r\n\r\n", BAD_CONNECT),
      HEAD("CONNECT a: HTTP/1.1\r\nHost: h\r\n\r\n", BAD_CONNECT),
      HEAD("CONNECT :443 HTTP/1.1\r\nHost: h\r\n\r\n", BAD_CONNECT),
      HEAD("CONNECT /p HTTP/1.1\r\nHost: h\r\n\r\n", BAD_CONNECT),
      HEAD("CONNECT http://a/ HTTP/1.1\r\nHost: h\r\n\r\n", BAD_CONNECT),
      HEAD("CONNECT a:65536 HTTP/1.1\r\nHost: h\r\n\r\n", BAD_CONNECT),
      HEAD("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
           "OPTIONS path= query= host=h 1.1 keep | Host: h"),
      HEAD("OPTIONS /p HTTP/1.1\r\nHost: h\r\n\r\n",
           "OPTIONS path=/p query= host=h 1.1 keep | Host: h"),
      HEAD("GET * HTTP/1.1\r\nHost: h\r\n\r\n",
           "400 the target * is for OPTIONS only"),
      HEAD("OPTIONS ** HTTP/1.1\r\nHost: h\r\n\r\n", NO_FORM),
  };
  EXPECT_HEADS(cases);
}

#define HOST(value, wanted)                                                    \
  HEAD("GET / HTTP/1.1\r\nHost:" value "\r\n\r\n", wanted)
#define IS_HOST(value)                                                         \
  HOST(" " value, "GET path=/ query= host=" value " 1.1 keep | Host: " value)
#define BAD_HOST "400 the Host field is not host[:port]"

Test(http_request, there_is_exactly_one_good_host) {
  static const struct head_case cases[] = {
      IS_HOST("a.example"),
      IS_HOST("127.0.0.1:8480"),
      IS_HOST("[::ffff:1.2.3.4]:1"),
      IS_HOST("[FE80::A]"),
      IS_HOST("a_b-c~:"),
      HOST("h", "GET path=/ query= host=h 1.1 keep | Host: h"),
      HOST("\t h \t", "GET path=/ query= host=h 1.1 keep | Host: h"),
      HEAD("GET / HTTP/1.1\r\nhOST: h\r\n\r\n",
           "GET path=/ query= host=h 1.1 keep | hOST: h"),
      HEAD("GET / HTTP/1.0\r\nHost: h\r\n\r\n",
           "GET path=/ query= host=h 1.0 close | Host: h"),
      HEAD("GET / HTTP/1.1\r\n\r\n",
           "400 an HTTP/1.1 request needs a Host field"),
      HEAD("GET / HTTP/1.1\r\nHosts: h\r\n\r\n",
           "400 an HTTP/1.1 request needs a Host field"),
      HEAD(GET11 "Host: h\r\n\r\n", "400 there is more than one Host field"),
      HEAD(GET11 "HOST: g\r\n\r\n", "400 there is more than one Host field"),
      HEAD(GET10 "Host: h\r\nHost: h\r\n\r\n",
           "400 there is more than one Host field"),
      HEAD("GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
           "400 there is more than one Host field"),
      HEAD("GET http://a/ HTTP/1.1\r\nHost: u@a\r\n\r\n", BAD_HOST),
      HEAD(GET10 "Host: a b\r\n\r\n", BAD_HOST),
      HOST("", "400 the Host field is empty"),
      HOST("  ", "400 the Host field is empty"),
      HOST(" a b", BAD_HOST),
      HOST(" a, b", BAD_HOST),
      HOST(" a,b", BAD_HOST),
      HOST(" u:p@a", BAD_HOST),
      HOST(" u@a", BAD_HOST),
      HOST(" http://a", BAD_HOST),
      HOST(" a/b", BAD_HOST),
      HOST(" a?b", BAD_HOST),
      HOST(" a:b", BAD_HOST),
      HOST(" a:-1", BAD_HOST),
      HOST(" a:65536", BAD_HOST),
      HOST(" a:80:80", BAD_HOST),
      HOST(" :80", BAD_HOST),
      HOST(" ::1", BAD_HOST),
      HOST(" []", BAD_HOST),
      HOST(" [::1", BAD_HOST),
      HOST(" [::g]", BAD_HOST),
      HOST(" [::G]", BAD_HOST),
      HOST(" [::`]", BAD_HOST),
      HOST(" [::@]", BAD_HOST),
      HOST(" [::1]x", BAD_HOST),
      HOST(" [::1%25lo]", BAD_HOST),
      HOST(" a%2fb", BAD_HOST),
      HOST(" \xc3\xa9", BAD_HOST),
  };
  EXPECT_HEADS(cases);
}

#define POST11 "POST / HTTP/1.1\r\nHost: h\r\n"
#define LENGTH(value, wanted)                                                  \
  HEAD(POST11 "Content-Length:" value "\r\n\r\n", wanted)
#define BAD_LENGTH                                                             \
  "400 Content-Length is not one number of digits that fits in 64 bits"
#define TWO_LENGTHS "400 there is more than one Content-Length field"

Test(http_request, a_content_length_is_digits_given_once) {
  static const struct head_case cases[] = {
      LENGTH(" 5", "POST path=/ query= host=h 1.1 keep length=5 | Host: h | "
                   "Content-Length: 5"),
      LENGTH("5 ", "POST path=/ query= host=h 1.1 keep length=5 | Host: h | "
                   "Content-Length: 5"),
      LENGTH(" 005", "POST path=/ query= host=h 1.1 keep length=5 | Host: h | "
                     "Content-Length: 005"),
      LENGTH(" 0", "POST path=/ query= host=h 1.1 keep | Host: h | "
                   "Content-Length: 0"),
      LENGTH("", BAD_LENGTH),
      LENGTH(" +5", BAD_LENGTH),
      LENGTH(" -5", BAD_LENGTH),
      LENGTH(" 0x5", BAD_LENGTH),
      LENGTH(" 5, 5", BAD_LENGTH),
      LENGTH(" 5,5", BAD_LENGTH),
      LENGTH(" 5 5", BAD_LENGTH),
      LENGTH(" 5.0", BAD_LENGTH),
      LENGTH(" five", BAD_LENGTH),
      LENGTH(" 18446744073709551616", BAD_LENGTH),
      HEAD(POST11 "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
           TWO_LENGTHS),
      HEAD(POST11 "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
           TWO_LENGTHS),
      HEAD(POST11 "Content-Length: 0\r\ncontent-length: 5\r\n\r\n",
           TWO_LENGTHS),
      HEAD(POST11 "Content-Length : 5\r\n\r\n",
           "400 white space stands between a field's name and its colon"),
  };
  EXPECT_HEADS(cases);
}

#define CODING(value, wanted)                                                  \
  HEAD(POST11 "Transfer-Encoding:" value "\r\n\r\n", wanted)
#define CHUNKED(value)                                                         \
  "POST path=/ query= host=h 1.1 keep chunked | Host: h | "                    \
  "Transfer-Encoding: " value
#define UNKNOWN                                                                \
  "501 this Transfer-Encoding is not known here: send a Content-Length"
#define BOTH "400 Content-Length and Transfer-Encoding exclude each other"

Test(http_request, a_transfer_encoding_is_chunked_and_given_once) {
  static const struct head_case cases[] = {
      CODING(" chunked", CHUNKED("chunked")),
      CODING(" CHUNKED", CHUNKED("CHUNKED")),
      CODING("chunked\t", CHUNKED("chunked")),
      CODING(" gzip", UNKNOWN),
      CODING(" gzip, chunked", UNKNOWN),
      CODING(" chunked, chunked", UNKNOWN),
      CODING(" chunked;x=1", UNKNOWN),
      CODING(" identity", UNKNOWN),
      CODING(" xchunked", UNKNOWN),
      CODING(" \xc2\xa0"
             "chunked",
             UNKNOWN),
      CODING("", UNKNOWN),
      HEAD(POST11 "Transfer-Encoding: chunked\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n",
           UNKNOWN),
      HEAD(POST11 "Transfer-Encoding: identity\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n",
           UNKNOWN),
      HEAD(POST11 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
           BOTH),
      HEAD(POST11 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           BOTH),
      HEAD(POST11 "Content-Length: 0\r\nTransfer-Encoding: identity\r\n\r\n",
           BOTH),
      HEAD(POST11 "Transfer-Encoding : chunked\r\n\r\n",
           "400 white space stands between a field's name and its colon"),
      HEAD(POST11 "Transfer-Encoding:\r\n chunked\r\n\r\n",
           "400 a field line begins with white space: folded lines are not "
           "taken"),
      HEAD("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
           "400 HTTP/1.0 has no Transfer-Encoding"),
      HEAD(GET11 "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
           IS_GET11 "keep chunked continue | Host: h | Transfer-Encoding: "
                    "chunked | Expect: 100-continue"),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, a_body_follows_a_length_and_chunks) {
  struct http_request none = {.content_length = 0},
                      length = {.content_length = 1},
                      chunks = {.is_chunked = true};
  cr_assert_not(http_request_has_body(&none));
  cr_assert(http_request_has_body(&length));
  cr_assert(http_request_has_body(&chunks));
}

#define FOLD                                                                   \
  "400 a field line begins with white space: folded lines are not taken"

Test(http_request, fields_are_taken_as_they_are_or_refused) {
  static const struct head_case cases[] = {
      HEAD(GET11 "A:b\r\nB: \t c d\t \r\nC:\r\n\r\n",
           IS_GET11 "keep | Host: h | A: b | B: c d | C: "),
      HEAD(GET11 "A: \xc3\xa9\x80\xff\r\n\r\n",
           IS_GET11 "keep | Host: h | A: \xc3\xa9\x80\xff"),
      HEAD(GET11 "a: 1\r\nA: 2\r\n\r\n",
           IS_GET11 "keep | Host: h | a: 1 | A: 2"),
      HEAD(GET11 "A: b\r\n c\r\n\r\n", FOLD),
      HEAD(GET11 "A: b\r\n\tc\r\n\r\n", FOLD),
      HEAD(GET11 " \r\n\r\n", FOLD),
      HEAD("GET / HTTP/1.1\r\n Host: h\r\n\r\n", FOLD),
      HEAD(GET11 "A : b\r\n\r\n",
           "400 white space stands between a field's name and its colon"),
      HEAD(GET11 "A\t: b\r\n\r\n",
           "400 white space stands between a field's name and its colon"),
      HEAD(GET11 ": b\r\n\r\n", "400 a field has no name"),
      HEAD(GET11 "A\r\n\r\n", "400 a field line has no colon"),
      HEAD(GET11 "A b: c\r\n\r\n", "400 a field's name is not a token"),
      HEAD(GET11 "A\xc3\xa9: c\r\n\r\n", "400 a field's name is not a token"),
      HEAD(GET11 "A(): c\r\n\r\n", "400 a field's name is not a token"),
      HEAD(GET11 "GET / HTTP/1.1\r\n\r\n", "400 a field line has no colon"),
      HEAD(GET11 "Long: 1\r\nLonger: 2\r\nAs-long-as: 3\r\n"
                 "Accept-Charset: 4\r\nX-Long-as-codings: 5\r\n\r\n",
           IS_GET11 "keep | Host: h | Long: 1 | Longer: 2 | As-long-as: 3 | "
                    "Accept-Charset: 4 | X-Long-as-codings: 5"),
      HEAD(GET11 "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n",
           IS_GET11 "keep | Host: h | A:  | B:  | C:  | D:  | E: "),
      HEAD(GET11 "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\n\r\n",
           "431 the request has too many fields"),
  };
  EXPECT_HEADS(cases);
}

#define CONNECTION(start, value, wanted)                                       \
  HEAD(start "Connection: " value "\r\n\r\n", wanted " | Connection: " value)
#define IS_GET10 "GET path=/ query= host= 1.0 "

Test(http_request, connection_options_decide_whether_it_stays_open) {
  static const struct head_case cases[] = {
      CONNECTION(GET11, "close", IS_GET11 "close | Host: h"),
      CONNECTION(GET11, "CLOSE", IS_GET11 "close | Host: h"),
      CONNECTION(GET11, "x, Close ,y", IS_GET11 "close | Host: h"),
      CONNECTION(GET11, "Keep-Alive, close", IS_GET11 "close | Host: h"),
      CONNECTION(GET11, "keep-alive", IS_GET11 "keep | Host: h"),
      CONNECTION(GET11, "closed", IS_GET11 "keep | Host: h"),
      CONNECTION(GET11, "upgrade", IS_GET11 "keep | Host: h"),
      CONNECTION(GET10, "keep-alive", IS_GET10 "keep"),
      CONNECTION(GET10, "x,KEEP-alive", IS_GET10 "keep"),
      CONNECTION(GET10, "keep-alive, close", IS_GET10 "close"),
      CONNECTION(GET10, "close", IS_GET10 "close"),
      CONNECTION(GET10, "keepalive", IS_GET10 "close"),
      HEAD(GET11 "Connection: a\r\nConnection: close\r\n\r\n",
           IS_GET11 "close | Host: h | Connection: a | Connection: close"),
      HEAD(GET10 "Proxy-Connection: keep-alive\r\n\r\n",
           IS_GET10 "close | Proxy-Connection: keep-alive"),
  };
  EXPECT_HEADS(cases);
}

Test(http_request, an_expectation_counts_in_http_1_1_only) {
  static const struct head_case cases[] = {
      HEAD(POST11 "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
           "POST path=/ query= host=h 1.1 keep length=2 continue | Host: h | "
           "Expect: 100-continue | Content-Length: 2"),
      HEAD(POST11 "expect: 100-Continue\r\n\r\n",
           "POST path=/ query= host=h 1.1 keep continue | Host: h | "
           "expect: 100-Continue"),
      HEAD(POST11 "Expect: 200-ok\r\n\r\n",
           "POST path=/ query= host=h 1.1 keep | Host: h | Expect: 200-ok"),
      HEAD("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n",
           "POST path=/ query= host= 1.0 close | Expect: 100-continue"),
  };
  EXPECT_HEADS(cases);
}

static struct http_request parsed;

static int parse(const char *head) {
  const char *why;
  memset(&parsed, 0xa5, sizeof parsed);
  return http_request_parse(&parsed, slice_of(head), &limits, &why);
}

Test(http_request, after_an_error_method_and_target_can_be_told) {
  cr_assert_eq(parse("GET /a HTTP/1.1\r\nA b\r\n\r\n"), 400);
  words_expect_slice(parsed.method_name, "GET");
  words_expect_slice(parsed.target, "/a");
  cr_assert_eq(parse("GET\r\n\r\n"), 400);
  cr_expect_eq(parsed.method_name.len, 0);
  cr_expect_eq(parsed.target.len, 0);
}

/* The scan refuses these bytes before a head is whole; what reads a head that
 * came another way must not take them either. */
Test(http_request, a_control_byte_in_a_value_is_refused_without_a_scan_too) {
  const char *why = NULL;
  struct slice head = slice_of(GET11 "A: b\x01\r\n\r\n");
  cr_assert_eq(http_request_parse(&parsed, head, &limits, &why), 400);
  cr_expect_str_eq(why, "a field's value holds a control byte");
}

Test(http_request, a_field_is_found_by_name_the_first_one_first) {
  cr_assert_eq(parse(GET11 "a: 1\r\nA: 2\r\n\r\n"), 0);
  const struct http_field *field = http_request_field(&parsed, "A");
  cr_assert_not_null(field);
  words_expect_slice(field->value, "1");
  cr_expect_null(http_request_field(&parsed, "B"));
}

/* A target is looked at in blocks, and what is left byte by byte. */
Test(http_request, a_byte_of_a_target_is_judged_alike_wherever_it_stands) {
  enum { FIRST = sizeof "GET /" - 1, PLACES = 40 };
  for (unsigned byte = '!'; byte < 256; byte++) {
    int wanted = byte == '#' || byte >= 0x7f ? 400 : 0;
    for (size_t place = 0; place < PLACES; place++) {
      char head[] = "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.0"
                    "\r\n\r\n";
      head[FIRST + place] = (char)byte;
      cr_assert_eq(parse(head), wanted, "0x%02x at %zu", byte, place);
    }
  }
}

Test(http_request, connection_names_fields_over_all_its_lines) {
  cr_assert_eq(parse(GET11 "Connection: a, B\r\nConnection: c\r\n\r\n"), 0);
  cr_expect(http_request_connection_names(&parsed, slice_of("A")));
  cr_expect(http_request_connection_names(&parsed, slice_of("b")));
  cr_expect(http_request_connection_names(&parsed, slice_of("C")));
  cr_expect_not(http_request_connection_names(&parsed, slice_of("Host")));
}
