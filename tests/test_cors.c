/* Tests of core/cors. */
#include "core/cors.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/rows.h"
#include "support/words.h"

static const struct slice app[] = {{"https://app.example", 19},
                                   {"http://localhost:3000", 21}};
static const struct cors_rule named = {app, 2};
static const struct slice everyone[] = {{"https://app.example", 19}, {"*", 1}};
static const struct cors_rule any = {everyone, 2};

/* ---- what is configured ---- */

Test(cors, an_origin_is_what_a_browser_writes) {
  EACH_WORD (
      text, "*|https://app.example|http://localhost:3000|"
            "http://127.0.0.1:8080|https://[::1]:8443|"
            "https://xn--bcher-kva.example|http://a.example:443|"
            "capacitor://localhost|chrome-extension://abcdefghij|a+b.d-1://h") {
    const char *why = cors_parse(slice_of(text));
    cr_expect_null(why, "%s: %s", text, why);
  }
}

Test(cors, an_origin_may_be_this_machines) {
  static const char *const local[] = {
      "http://127.0.0.1:9001", "http://127.0.0.1", "http://127.9.9.9:1",
      "http://localhost:3000", "http://localhost", "http://[::1]:9001"};
  static const char *const other[] = {"",
                                      "*",
                                      "null",
                                      "127.0.0.1:9001",
                                      "https://127.0.0.1:9001",
                                      "ftp://127.0.0.1:9001",
                                      "http://127.0.0.1:9001/",
                                      "http://127.0.0.1:9001/a",
                                      "http://127.0.0.1:65536",
                                      "http://127.0.0.1:80",
                                      "http://me@127.0.0.1:1",
                                      "http://127.0.0.1:1 http://a.example",
                                      "http://0.0.0.0:1",
                                      "http://192.0.2.7:1",
                                      "http://[::2]:1",
                                      "http://localhost.a.example",
                                      "http://127.0.0.1.a.example",
                                      "http://a.example"};
  EACH_ROW (row, local)
    cr_expect(cors_is_local(slice_of(*row)), "not %s", *row);
  EACH_ROW (row, other)
    cr_expect_not(cors_is_local(slice_of(*row)), "%s", *row);
}

static void expect_refused(const char *origin, const char *word) {
  const char *why = cors_parse(slice_of(origin));
  cr_assert(why, "%s was taken", origin);
  words_expect(why, word);
}

Test(cors, an_origin_that_would_never_match_is_refused) {
  expect_refused("", "scheme://host");
  expect_refused("app.example", "scheme://host");
  expect_refused("localhost:3000", "scheme://host");
  expect_refused("//app.example", "scheme://host");
  expect_refused("://app.example", "scheme://host");
  expect_refused("1a://app.example", "scheme://host");
  expect_refused("a_b://app.example", "scheme://host");
  expect_refused("https://", "scheme://host");
  expect_refused("https://App.example", "lower case");
  expect_refused("HTTPS://app.example", "lower case");
  expect_refused("https://b\xc3\xbc"
                 "cher.example",
                 "ASCII");
  expect_refused("https://app.example ", "lower case and ASCII");
  expect_refused("https://app.example/", "without a slash");
  expect_refused("https://app.example/path", "without a slash");
  expect_refused("https://app.example?a", "ends behind");
  expect_refused("https://app.example#a", "ends behind");
  expect_refused("https://me@app.example", "no user");
  expect_refused("https://*.app.example", "no user or pattern");
  expect_refused("app://h/", "without a slash");
  expect_refused("https://app.example:443", "leave out the port");
  expect_refused("http://app.example:80", "leave out the port");
  expect_refused("https://app.example:0", "port");
  expect_refused("https://app.example:", "port");
  expect_refused("https://a..example", "host");
  expect_refused("null", "sandboxed");
  expect_refused("NULL", "sandboxed");
}

Test(cors, an_origin_matches_to_the_byte) {
  cr_expect_eq(cors_match(&named, slice_of("https://app.example")), CORS_NAMED);
  cr_expect_eq(cors_match(&named, slice_of("http://localhost:3000")),
               CORS_NAMED);
  EACH_WORD (text, "|null|*|https://app.example/|https://app.example:443|"
                   "https://APP.example|http://app.example|"
                   "https://app.example.evil.example|https://evil-app.example|"
                   "http://localhost")
    cr_expect_eq(cors_match(&named, slice_of(text)), CORS_NONE, "%s", text);
  cr_expect_eq(cors_match(&named, (struct slice){0}), CORS_NONE);
}

Test(cors, where_any_origin_may_no_other_plays_a_part) {
  cr_expect_eq(cors_match(&any, slice_of("https://app.example")), CORS_ANY);
  cr_expect_eq(cors_match(&any, slice_of("null")), CORS_ANY);
  cr_expect_eq(cors_match(&any, (struct slice){0}), CORS_ANY);
}

/* ---- what is answered ---- */

static void parse(struct http_request *request, const char *method,
                  const char *fields) {
  static char head[1024];
  const struct http_request_limits limits = {256, 100};
  const char *why = "";
  snprintf(head, sizeof head, "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", method,
           fields);
  int status = http_request_parse(request, slice_of(head), &limits, &why);
  cr_assert_eq(status, 0, "%s: %s", head, why);
}

/* methods NULL: an ordinary answer. */
static void expect_fields(const struct cors_rule *rule, const char *methods,
                          const char *fields, const char *want) {
  static struct http_request request;
  struct text out;
  parse(&request, methods ? "OPTIONS" : "GET", fields);
  size_t room = cors_room(&request, slice_of(methods ? methods : ""));
  char *storage = malloc(room + 1);
  cr_assert(storage);
  text_init(&out, storage, room);
  if (methods) cors_write_preflight(&out, rule, &request, slice_of(methods));
  else cors_write(&out, rule, &request);
  cr_expect_not(out.cut);
  out.cap++;
  cr_expect_str_eq(text_end(&out), want, "to\n%sit says\n%s", fields,
                   text_end(&out));
  free(storage);
}

#define ORIGIN "Origin: https://app.example\r\n"
#define ALLOWED                                                                \
  "Access-Control-Allow-Origin: https://app.example\r\n"                       \
  "Access-Control-Allow-Credentials: true\r\n"
#define EXPOSED                                                                \
  "Access-Control-Expose-Headers: Hedge-Attempts, Hedge-Winner, "              \
  "Hedge-Completed, Server-Timing, X-Request-ID, Preference-Applied, Link, "   \
  "Location, ETag, Retry-After\r\n"
#define VARIES                                                                 \
  "Vary: Origin, Access-Control-Request-Method, "                              \
  "Access-Control-Request-Headers\r\n"
#define MAX_AGE "Access-Control-Max-Age: 600\r\n"
#define WANTS "Access-Control-Request-Method: POST\r\n"

Test(cors, a_named_origin_may_read_with_credentials) {
  expect_fields(&named, NULL, ORIGIN, ALLOWED EXPOSED "Vary: Origin\r\n");
}

Test(cors, any_origin_may_read_without_credentials) {
  expect_fields(&any, NULL, ORIGIN,
                "Access-Control-Allow-Origin: *\r\n" EXPOSED);
  expect_fields(&any, NULL, "", "Access-Control-Allow-Origin: *\r\n" EXPOSED);
}

Test(cors, what_varies_says_so_also_to_others) {
  expect_fields(&named, NULL, "", "Vary: Origin\r\n");
  expect_fields(&named, NULL, "Origin: https://evil.example\r\n",
                "Vary: Origin\r\n");
}

Test(cors, a_preflight_is_allowed_what_it_asks_for) {
  expect_fields(
      &named, "GET, POST",
      ORIGIN WANTS "Access-Control-Request-Headers: content-type,x-a\r\n",
      ALLOWED
      "Access-Control-Allow-Methods: GET, POST\r\n"
      "Access-Control-Allow-Headers: content-type,x-a\r\n" MAX_AGE VARIES);
  expect_fields(&any, "GET", ORIGIN WANTS,
                "Access-Control-Allow-Origin: *\r\n"
                "Access-Control-Allow-Methods: GET\r\n" MAX_AGE VARIES);
}

Test(cors, a_preflight_of_another_origin_is_allowed_nothing) {
  expect_fields(&named, "GET",
                "Origin: https://evil.example\r\n" WANTS
                "Access-Control-Request-Headers: x-a\r\n",
                VARIES);
}

static void expect_headers(const char *asked, bool want) {
  char fields[256], lines[512];
  snprintf(fields, sizeof fields,
           ORIGIN WANTS "Access-Control-Request-Headers: %s\r\n", asked);
  snprintf(lines, sizeof lines,
           ALLOWED "Access-Control-Allow-Methods: GET\r\n%s%s%s" MAX_AGE VARIES,
           want ? "Access-Control-Allow-Headers: " : "", want ? asked : "",
           want ? "\r\n" : "");
  expect_fields(&named, "GET", fields, lines);
}

Test(cors, only_a_list_of_names_is_repeated) {
  expect_headers("x-a", true);
  expect_headers("x-a, x-b ,,", true);
  expect_headers("", false);
  expect_headers(",", false);
  expect_headers("x-a, x b", false);
  expect_headers("x-a, \"x\"", false);
  expect_headers("x-a: 1", false);
  expect_headers("\xc3\xa4", false);
}

Test(cors, a_preflight_says_whence_and_what_for) {
  static const struct {
    const char *method, *fields;
    bool is;
  } cases[] = {{"OPTIONS", ORIGIN WANTS, true},  {"GET", ORIGIN WANTS, false},
               {"options", ORIGIN WANTS, false}, {"OPTIONS", ORIGIN, false},
               {"OPTIONS", WANTS, false},        {"OPTIONS", "", false}};
  static struct http_request request;
  EACH_ROW (row, cases) {
    parse(&request, row->method, row->fields);
    cr_expect_eq(cors_is_preflight(&request), row->is, "%s %s", row->method,
                 row->fields);
  }
}

Test(cors, an_upstreams_own_fields_are_known) {
  cr_expect(cors_owns(slice_of("Access-Control-Allow-Origin")));
  cr_expect(cors_owns(slice_of("access-control-max-age")));
  cr_expect(cors_owns(slice_of("Access-Control-Expose-Headers-Not")));
  cr_expect_not(cors_owns(slice_of("Access-Control-Expose-Headers")));
  cr_expect_not(cors_owns(slice_of("access-control-expose-headers")));
  cr_expect_not(cors_owns(slice_of("Access-Control")));
  cr_expect_not(cors_owns(slice_of("Vary")));
  cr_expect_not(cors_owns(slice_of("X-Access-Control-Allow-Origin")));
}
