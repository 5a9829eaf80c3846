/* fuzz_http_request: any bytes, into the scan for a head's end and the parser
 * behind it.
 *
 * The scan's verdict is the same however the bytes were cut. A request that is
 * accepted has one reading: its slices lie in the head, hold nothing that a
 * more lenient reader could take for a line end, and written down anew they are
 * read as the same request. What frames it (Content-Length, Transfer-Encoding,
 * Host) is counted a second time from the fields. */
#include <stdlib.h>

#include "core/http_request.h"
#include "fuzz/fuzz.h"

enum { TARGET_MAX = 200, FIELDS_MAX = 16 };

static const struct http_request_limits limits = {TARGET_MAX, FIELDS_MAX};

struct scanned {
  enum http_scan scan;
  size_t head_len;
};

/* Each call sees what has come in a block of its own. */
static struct scanned scan(struct slice bytes, uint64_t variant) {
  struct fuzz_cuts cuts = fuzz_cuts_of(bytes, variant);
  struct scanned result = {HTTP_SCAN_MORE, 0};
  size_t scanned = 0, come = 0;
  while (result.scan == HTTP_SCAN_MORE && come < bytes.len) {
    come += fuzz_cut(&cuts, bytes.len - come);
    char *copy = fuzz_copy((struct slice){bytes.at, come});
    result.scan = http_head_scan(copy, come, &scanned, &result.head_len);
    demand(scanned <= come, "the scan stays inside");
    free(copy);
  }
  return result;
}

static struct scanned scan_whole(struct slice bytes) {
  struct scanned result = {HTTP_SCAN_MORE, 0};
  size_t scanned = 0;
  if (bytes.len > 0)
    result.scan =
        http_head_scan(bytes.at, bytes.len, &scanned, &result.head_len);
  return result;
}

/* The first empty line behind those in front of the start line, or 0. */
static size_t end_of_head(struct slice bytes) {
  size_t start = 0;
  while (bytes.len - start >= 2 && memcmp(bytes.at + start, "\r\n", 2) == 0)
    start += 2;
  if (start == bytes.len) return 0;
  const char *end = memmem(bytes.at + start, bytes.len - start, "\r\n\r\n", 4);
  return end ? (size_t)(end + 4 - bytes.at) : 0;
}

static unsigned count(const struct http_request *request, const char *name) {
  unsigned n = 0;
  for (unsigned i = 0; i < request->field_count; i++)
    n += slice_equal_nocase(request->fields[i].name, slice_of(name));
  return n;
}

static void check_target(const struct http_request *request) {
  bool no_path = slice_equal(request->method_name, slice_of("CONNECT")) ||
                 slice_equal(request->target, slice_of("*"));
  demand(http_is_token(request->method_name), "the method is a token");
  demand(request->target.len > 0 && request->target.len <= TARGET_MAX,
         "the target keeps its limit");
  demand(fuzz_is_visible(request->target), "the target is visible ASCII");
  demand(!fuzz_contains(request->target, slice_of("#")), "no fragment");
  demand(fuzz_is_visible(request->host), "the host is visible ASCII");
  demand(!fuzz_contains(request->host, slice_of(",")), "one host");
  demand(request->host.len > 0 || request->http_1_0, "1.1 has a host");
  demand(no_path ? request->path.len == 0
                 : request->path.len > 0 && request->path.at[0] == '/',
         "the path is a path");
  demand(!fuzz_contains(request->path, slice_of("?")), "no query in a path");
}

static void check_fields(const struct http_request *request,
                         struct slice head) {
  demand(request->field_count <= FIELDS_MAX, "the fields keep their limit");
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    demand(fuzz_inside(field->name, head) && fuzz_inside(field->value, head),
           "fields lie in the head");
    demand(http_is_token(field->name), "a name is a token");
    demand(!fuzz_has_control(field->value), "a value is one line");
  }
  demand(count(request, "Transfer-Encoding") == request->is_chunked,
         "one transfer coding at most");
  demand(!request->is_chunked || !request->http_1_0, "1.0 has none");
  demand(count(request, "Content-Length") + request->is_chunked <= 1,
         "one length at most, and none beside chunks");
  demand(count(request, "Host") <= 1, "one Host at most");
  demand(count(request, "Host") == 1 || request->http_1_0, "1.1 has a Host");
}

static void check_length(const struct http_request *request) {
  const struct http_field *field =
      http_request_field(request, "Content-Length");
  uint64_t sum = 0;
  for (size_t i = 0; field && i < field->value.len; i++) {
    demand(field->value.at[i] >= '0' && field->value.at[i] <= '9', "digits");
    sum = sum * 10 + (uint64_t)(field->value.at[i] - '0');
  }
  demand(request->content_length == sum, "the length is what the field says");
  demand(http_request_has_body(request) == (sum > 0 || request->is_chunked),
         "a body follows a length and chunks");
}

static void write_request(struct text *out, const struct http_request *request,
                          const char *line_end_of_value) {
  text_slice(out, request->method_name);
  text_char(out, ' ');
  text_slice(out, request->target);
  text_str(out, request->http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (unsigned i = 0; i < request->field_count; i++) {
    text_slice(out, request->fields[i].name);
    text_str(out, ": ");
    text_slice(out, request->fields[i].value);
    text_str(out, line_end_of_value);
  }
  text_str(out, "\r\n");
}

static void check_same(const struct http_request *a,
                       const struct http_request *b) {
  demand(slice_equal(a->path, b->path) && slice_equal(a->query, b->query) &&
             slice_equal(a->host, b->host) && a->method == b->method,
         "read again, it asks for the same");
  demand(a->keep_alive == b->keep_alive &&
             a->expects_continue == b->expects_continue &&
             a->content_length == b->content_length &&
             a->is_chunked == b->is_chunked && a->field_count == b->field_count,
         "read again, it is framed the same");
  for (unsigned i = 0; i < a->field_count; i++)
    demand(slice_equal(a->fields[i].name, b->fields[i].name) &&
               slice_equal(a->fields[i].value, b->fields[i].value),
           "read again, it has the same fields");
}

/* Written down anew, with and without blanks behind the values. */
static void check_again(const struct http_request *request, size_t len) {
  static const char *const ends[] = {"\r\n", " \t\r\n"};
  for (int i = 0; i < 2; i++) {
    struct text text = fuzz_text(len + 4 * FIELDS_MAX + 16);
    struct http_request again;
    const char *why;
    write_request(&text, request, ends[i]);
    struct scanned scanned = scan_whole(text_slice_of(&text));
    demand(!text.cut, "a request read is no longer than it was");
    demand(scanned.scan == HTTP_SCAN_WHOLE && scanned.head_len == text.len,
           "what was read is a head");
    demand(!http_request_parse(&again, text_slice_of(&text), &limits, &why),
           "what was read is a request");
    check_same(request, &again);
    free(text.at);
  }
}

static void check_head(struct slice head) {
  static const int statuses[] = {0, 400, 414, 431, 501, 505};
  struct http_request request;
  const char *why = NULL;
  char *copy = fuzz_copy(head);
  struct slice bytes = {copy, head.len};
  int status = http_request_parse(&request, bytes, &limits, &why);
  bool known = false;
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    known |= status == statuses[i];
  demand(known, "a status of the list");
  demand(status == 0 || (why && *why), "an error has a reason");
  demand(fuzz_inside(request.target, bytes), "the target lies in the head");
  if (status == 0) {
    check_target(&request);
    check_fields(&request, bytes);
    check_length(&request);
    check_again(&request, head.len);
  }
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice bytes = fuzz_input(data, size);
  struct scanned whole = scan_whole(bytes);
  for (uint64_t variant = size > 512; variant < 4; variant++) {
    struct scanned cut = scan(bytes, variant);
    demand(cut.scan == whole.scan, "a cut changes no verdict");
    demand(cut.head_len == whole.head_len, "a cut changes no end");
  }
  demand(whole.scan == HTTP_SCAN_BAD || whole.head_len == end_of_head(bytes),
         "a head ends in its first empty line, and nowhere else");
  if (whole.scan == HTTP_SCAN_WHOLE)
    check_head((struct slice){bytes.at, whole.head_len});
  return 0;
}
