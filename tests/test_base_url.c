/* Tests of core/base_url: what is a base URL, what may be appended to it, and
 * which request target comes of it. */
#include "core/base_url.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

static struct base_url parsed(const char *url) {
  struct base_url target;
  const char *why = base_url_parse(&target, slice_of(url));
  cr_assert(why == NULL, "%s was refused: %s", url, why);
  return target;
}

static void expect_slice(const char *what, struct slice got, const char *want) {
  cr_expect(slice_equal(got, slice_of(want)), "%s is '%.*s', not '%s'", what,
            SLICE_ARG(got), want);
}

static void expect_refused(const char *url, const char *word) {
  struct base_url target;
  const char *why = base_url_parse(&target, slice_of(url));
  cr_expect(why != NULL, "'%s' was accepted", url);
  if (why) words_expect(why, word);
}

static void expect_written(const char *base, const char *rest,
                           const char *query, const char *want) {
  char storage[256];
  struct text out;
  struct base_url target = parsed(base);
  text_init(&out, storage, sizeof storage);
  base_url_write(&out, &target, slice_of(rest),
                 query ? slice_of(query) : (struct slice){0});
  expect_slice(base, text_slice_of(&out), want);
}

Test(base_url, a_url_comes_apart_into_its_parts) {
  struct base_url t = parsed("https://Api.Example.com:8443/v1/work?key=K&b=?");
  cr_expect(t.tls);
  cr_expect_eq(t.port, 8443, "port %u", t.port);
  expect_slice("host", t.host, "Api.Example.com");
  expect_slice("authority", t.authority, "Api.Example.com:8443");
  expect_slice("path", t.path, "/v1/work");
  expect_slice("query", t.query, "key=K&b=?");
}

Test(base_url, what_is_left_out_has_its_default) {
  struct base_url t = parsed("HTTP://h");
  cr_expect(!t.tls);
  cr_expect_eq(t.port, 80, "port %u", t.port);
  expect_slice("authority", t.authority, "h");
  expect_slice("path", t.path, "");
  expect_slice("query", t.query, "");
  expect_slice("path", parsed("https://h?a=1").path, "");
  cr_expect_eq(parsed("https://h?a=1").port, 443);
}

Test(base_url, the_schemes_own_port_is_not_part_of_the_authority) {
  expect_slice("authority", parsed("http://h:80/").authority, "h");
  expect_slice("authority", parsed("https://h:443/").authority, "h");
  expect_slice("authority", parsed("https://h:80/").authority, "h:80");
  expect_slice("authority", parsed("http://[::1]:80").authority, "[::1]");
  expect_slice("authority", parsed("http://[::1]:81").authority, "[::1]:81");
  expect_slice("host", parsed("http://[::1]:81").host, "::1");
}

Test(base_url, hosts_of_every_kind_are_taken) {
  EACH_WORD (text,
             "http://localhost|http://a-b.c_d.example|http://example.com.|"
             "http://127.0.0.1|http://255.255.255.255|http://1.2.3.4a|"
             "http://[::]|http://[1::]|http://[::ffff:1.2.3.4]|"
             "http://[2001:db8::8:800:200C:417A]|http://[1:2:3:4:5:6:7:8]|"
             "http://[1:2:3:4:5:6:1.2.3.4]|http://[1:2:3:4:5:6:7::]|"
             "http://h:1|http://h:65535|http://h/a@b:c|http://h/%41/a//b/|"
             "http://h/?/../|http://h/...")
    parsed(text);
}

Test(base_url, what_is_no_base_url_is_refused_with_its_reason) {
  static const char *const cases[][2] = {
      {"", "http://"},
      {"h:80", "http://"},
      {"//h/", "http://"},
      {"http:/h", "http://"},
      {"ftp://h/", "http://"},
      {"httpss://h/", "http://"},
      {"http://", "missing"},
      {"http:///v1", "missing"},
      {"http://:80/", "missing"},
      {"http://?a", "missing"},
      {"http://user@h/", "user names"},
      {"http://u:p@h:80/", "user names"},
      {"http://h#", "fragment"},
      {"http://h/a?b#c", "fragment"},
      {"http://h:", "port"},
      {"http://h:/a", "port"},
      {"http://h:0", "port"},
      {"http://h:65536", "port"},
      {"http://h:99999999999999999999", "port"},
      {"http://h:+1", "port"},
      {"http://h:8o", "port"},
      {"http://h:080", "port"},
      {"http://h:1:2", "port"},
      {"http://[::1]:", "port"},
      {"http://[::1]80", "host"},
      {"http://[::1", "host"},
      {"http://::1/", "missing"},
      {"http://[]", "IPv6"},
      {"http://[:]", "IPv6"},
      {"http://[:::]", "IPv6"},
      {"http://[1::2::3]", "IPv6"},
      {"http://[12345::]", "IPv6"},
      {"http://[1:2:3:4:5:6:7]", "IPv6"},
      {"http://[1:2:3:4:5:6:7:8:9]", "IPv6"},
      {"http://[1:2:3:4:5:6:7:8::]", "IPv6"},
      {"http://[1:2:3:4:5:6:7:]", "IPv6"},
      {"http://[:1::2]", "IPv6"},
      {"http://[::g]", "IPv6"},
      {"http://[::1.2.3]", "IPv6"},
      {"http://[::1.2.3.256]", "IPv6"},
      {"http://[1:2:3:4:5:6:7:1.2.3.4]", "IPv6"},
      {"http://[fe80::1%25eth0]", "IPv6"},
      {"http://[127.0.0.1]", "IPv6"},
      {"http://a..b", "host"},
      {"http://.a", "host"},
      {"http://a,b", "host"},
      {"http://a%62", "host"},
      {"http://a*", "host"},
      {"http://h\\x/", "host"},
      {"http://127.1", "host"},
      {"http://1.2.3.4.5", "host"},
      {"http://256.1.1.1", "host"},
      {"http://01.2.3.4", "host"},
      {"http://1.2.3.4.", "host"},
      {"http://2130706433", "host"},
      {"http://h/a b", "space or control"},
      {" http://h", "space or control"},
      {"http://h/\n", "space or control"},
      {"http://h/\x7f", "space or control"},
      {"http://h/\r\nX: y", "space or control"},
      {"http://m\xc3\xbcnchen.example/", "ASCII"},
      {"http://h/a/../b", ".."},
      {"http://h/%2e%2E", ".."},
      {"http://h/.", ".."},
      {"http://h/%zz", "hex"},
  };
  EACH_ROW (row, cases) expect_refused((*row)[0], (*row)[1]);
}

Test(base_url, a_nul_inside_a_url_is_refused) {
  struct base_url t;
  cr_expect(base_url_parse(&t, (struct slice){"http://h\0x/", 11}) != NULL);
}

Test(base_url, labels_and_names_have_their_greatest_length) {
  char url[400] = "http://";
  memset(url + 7, 'a', 64);
  expect_refused(url, "host");
  url[7 + 63] = '\0';
  parsed(url);
  for (size_t i = 7; i < 7 + 256; i++) url[i] = i % 2 ? 'a' : '.';
  url[7 + 256] = '\0';
  expect_refused(url, "host");
}

Test(base_url, an_origin_is_scheme_host_and_port) {
  struct base_url a = parsed("http://Example.com/v1");
  struct base_url same = parsed("http://eXAMPLE.com:80/other?x");
  struct base_url port = parsed("http://example.com:81");
  struct base_url tls = parsed("https://example.com:80");
  struct base_url host = parsed("http://example.com.evil.example");
  cr_expect(base_url_same_origin(&a, &same));
  cr_expect(!base_url_same_origin(&a, &port));
  cr_expect(!base_url_same_origin(&a, &tls));
  cr_expect(!base_url_same_origin(&a, &host));
}

Test(base_url, a_base_covers_itself_and_what_is_below_it) {
  static const struct {
    const char *base, *path;
    bool covers;
  } cases[] = {
      {"http://h", "", true},
      {"http://h", "/", true},
      {"http://h", "/a", true},
      {"http://h/", "", true},
      {"http://h/", "/a", true},
      {"http://h/v1", "/v1", true},
      {"http://h/v1", "/v1/", true},
      {"http://h/v1", "/v1/a", true},
      {"http://h/v1", "/v1a", false},
      {"http://h/v1", "/v", false},
      {"http://h/v1", "/V1", false},
      {"http://h/v1", "/", false},
      {"http://h/v1", "", false},
      {"http://h/v1", "/a/v1", false},
      {"http://h/v1/", "/v1/", true},
      {"http://h/v1/", "/v1/a", true},
      {"http://h/v1/", "/v1", false},
      {"http://h/v1", "/v1/../a", false},
      {"http://h/v1", "/v1/%2e%2e", false},
  };
  EACH_ROW (row, cases) {
    struct base_url base = parsed(row->base);
    cr_expect_eq(base_url_covers(&base, slice_of(row->path)), row->covers,
                 "%s and %s: not %d", row->base, row->path, row->covers);
  }
}

Test(base_url, an_ordinary_rest_may_be_appended) {
  EACH_WORD (text, "|/|/a|/a//b/|/a.b|/.a|/a.|/...|/..a|/a..|/a../b|/.../|/%20|"
                   "/%C3%BC|/a%2Fb|/a%5cb|/a\\b|/a;..|/a;b/c;|/%2e%2e%2e|"
                   "/%252e%252e|/a%2e%2e|/;..|/a:@!$&'b|/%2ea|/a;/b|/..%41|"
                   "/%2e.%2e|//|/*")
    cr_expect(base_url_rest_is_safe(slice_of(text)), "%s was refused", text);
}

Test(base_url, no_spelling_of_a_dot_segment_is_safe) {
  EACH_WORD (text,
             "/..|/../|/.|/./|..|.|/a/..|/a/../b|/../a|/a/./b|/%2e%2e|"
             "/%2E%2E|/.%2e|/%2e.|/%2E.|/%2e|/a/%2e%2e/b|/%2e%2e%2f|"
             "/%2E%2E%2Fa|/..%2fa|/..%2Fa|/a%2f..|/a%2F%2e%2e|/a%2f..%2fb|"
             "/..%5c|/..%5Ca|/..\\|/..\\a|/a\\..|/a\\..\\b|/a%5c..|"
             "/a%5C%2e%2e%5Cb|\\..\\|/..;|/..;/|/..;x|/..;x=1/b|/a/..;/b|"
             "/.;/a|/%2e%2e;a|/..%3b/a|/..%3Bx|//..|/a//../..")
    cr_expect(!base_url_rest_is_safe(slice_of(text)), "%s was allowed", text);
}

Test(base_url, bytes_that_no_path_holds_are_not_safe) {
  EACH_WORD (text,
             "/%|/%4|/%g0|/%0g|/a%|/%%41|/%2|/%00|/a%00|/%u0041|/a b|/a\tb|"
             "/a\r\nb|/a?b|/a#b|/\x7f|/\xc3\xbc|/..%00|/%-1|/% 1|/%+1")
    cr_expect(!base_url_rest_is_safe(slice_of(text)), "'%s' was allowed", text);
  cr_expect(!base_url_rest_is_safe((struct slice){"/a\0b", 4}));
}

Test(base_url, the_rest_is_judged_within_its_length) {
  cr_expect(!base_url_rest_is_safe((struct slice){"/%41", 3}));
  cr_expect(!base_url_rest_is_safe((struct slice){"/..a", 3}));
}

Test(base_url, the_seam_has_exactly_one_slash) {
  expect_written("http://h/v1/work", "/a/b", NULL, "/v1/work/a/b");
  expect_written("http://h/v1/", "/a", NULL, "/v1/a");
  expect_written("http://h/", "/a", NULL, "/a");
  expect_written("http://h", "/a", NULL, "/a");
  expect_written("http://h/v1", "/", NULL, "/v1/");
  expect_written("http://h/v1/", "/", NULL, "/v1/");
  expect_written("http://h", "/", NULL, "/");
  expect_written("http://h/v1", "//a//b/", NULL, "/v1//a//b/");
}

Test(base_url, a_bare_request_asks_exactly_the_targets_path) {
  expect_written("http://h/v1/work", "", NULL, "/v1/work");
  expect_written("http://h/v1/", "", NULL, "/v1/");
  expect_written("http://h", "", NULL, "/");
  expect_written("http://h/", "", NULL, "/");
}

Test(base_url, its_own_query_goes_first) {
  expect_written("http://h/v1?key=K", "/a", "x=1&y=2", "/v1/a?key=K&x=1&y=2");
  expect_written("http://h/v1?key=K", "", NULL, "/v1?key=K");
  expect_written("http://h?key=K", "", "x", "/?key=K&x");
  expect_written("http://h/v1", "", "x=1", "/v1?x=1");
  expect_written("http://h/v1?", "/a", "x=1", "/v1/a?x=1");
}

Test(base_url, an_empty_query_is_asked_for) {
  expect_written("http://h/v1", "/a", "", "/v1/a?");
  expect_written("http://h", "", "", "/?");
  expect_written("http://h/v1?", "/a", NULL, "/v1/a?");
  expect_written("http://h/v1?", "/a", "", "/v1/a?");
  expect_written("http://h/v1?key=K", "/a", "", "/v1/a?key=K");
}

Test(base_url, a_printed_target_hides_its_query) {
  static const char *const cases[][2] = {
      {"https://h:8443/v1/?key=SECRET", "https://h:8443/v1/?[redacted]"},
      {"http://[::1]:80", "http://[::1]"},
      {"HTTPS://h/v1", "https://h/v1"},
  };
  EACH_ROW (row, cases) {
    struct base_url target = parsed((*row)[0]);
    EMPTY_TEXT(out, 128);
    base_url_write_redacted(&out, &target);
    expect_slice("redacted", text_slice_of(&out), (*row)[1]);
  }
}

Test(base_url, what_lies_below_a_base_begins_with_its_slash) {
  const struct base_url v1 = {.path = slice_of("/v1")},
                        slash = {.path = slice_of("/v1/")}, none = {0};
  words_expect_slice(base_url_below(&v1, slice_of("/v1/a")), "/a");
  words_expect_slice(base_url_below(&slash, slice_of("/v1/a")), "/a");
  words_expect_slice(base_url_below(&none, slice_of("/a")), "/a");
  cr_expect_eq(base_url_below(&v1, slice_of("/v1")).len, 0);
}
