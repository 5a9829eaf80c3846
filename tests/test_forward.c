/* Tests of core/forward: the fields of a client's request in, those of an
 * upstream's out, to the byte and in their order. */
#include "core/forward.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define OWN "Via: 1.1 hedgerow-0f\r\nX-Request-ID: id-1\r\n"
#define ACCEPT "Accept: application/json\r\n"
#define VERSION "User-Agent: hedgerow/9\r\n"

static const struct forward_rules plain = {
    .version_line = SLICE(VERSION),
    .via_lines = {SLICE("Via: 1.1 hedgerow-0f\r\n"),
                  SLICE("Via: 1.0 hedgerow-0f\r\n")},
};

static const struct target_fields bare; /* a target with nothing of its own */

/* fields: lines with their CRLFs; Host comes by itself. */
static void parse_of(const char *method, struct http_request *request,
                     const char *fields) {
  static char head[2048];
  const struct http_request_limits limits = {256, 100};
  const char *why = "";
  int len = snprintf(head, sizeof head,
                     "%s / HTTP/1.1\r\nHost: front\r\n%s\r\n", method, fields);
  cr_assert(len > 0 && (size_t)len < sizeof head);
  int status = http_request_parse(request, (struct slice){head, (size_t)len},
                                  &limits, &why);
  cr_assert_eq(status, 0, "%s: %s", fields, why);
}

static void parse(struct http_request *request, const char *fields) {
  parse_of("GET", request, fields);
}

static void expect_text(const char *what, const char *fields, struct text *got,
                        const char *want) {
  cr_expect_not(got->cut, "cut");
  cr_expect_str_eq(text_end(got), want, "of\n%s%s is\n%snot\n%s", fields, what,
                   text_end(got), want);
}

static void expect_to(const struct target_fields *target,
                      const struct forward_rules *rules, const char *fields,
                      const char *common, const char *credentials) {
  static struct http_request request;
  char storage[2][2048];
  struct text texts[2];
  for (int i = 0; i < 2; i++)
    text_init(&texts[i], storage[i], sizeof storage[i]);
  parse(&request, fields);
  bool has = forward_fields(&texts[0], &request, rules, target, NULL,
                            slice_of("id-1"));
  forward_credentials(&texts[1], &request, rules, target);
  expect_text("common", fields, &texts[0], common);
  expect_text("credentials", fields, &texts[1], credentials);
  cr_expect_eq(has, credentials[0] != '\0', "of\n%scredentials are %s", fields,
               has ? "told" : "not told");
}

static void expect(const struct forward_rules *rules, const char *fields,
                   const char *common, const char *credentials) {
  expect_to(&bare, rules, fields, common, credentials);
}

/* ---- what the client says ---- */

#define FORWARDS(name, rules, fields, common, credentials)                     \
  Test(forward, name) { expect(rules, fields, common, credentials); }

FORWARDS(a_client_that_says_nothing_is_spoken_for, &plain, "",
         ACCEPT VERSION OWN, "")
FORWARDS(end_to_end_fields_cross_in_their_order_and_spelling, &plain,
         "X-b: 2\r\nx-A:1\r\nAccept:  text/html \r\nUser-Agent: curl/7\r\n"
         "X-b: 3\r\nDNT: 1\r\nCache-Control: no-cache\r\nX-Empty:\r\n",
         "X-b: 2\r\nx-A: 1\r\nAccept: text/html\r\nUser-Agent: curl/7\r\n"
         "X-b: 3\r\nDNT: 1\r\nCache-Control: no-cache\r\nX-Empty: \r\n" OWN,
         "")
FORWARDS(
    authorization_and_cookie_stand_apart, &plain,
    "Cookie: a=1\r\nX-A: 1\r\nauthorization: Basic eA==\r\nCOOKIE: b=2\r\n",
    "X-A: 1\r\n" ACCEPT VERSION OWN,
    "Cookie: a=1\r\nauthorization: Basic eA==\r\nCOOKIE: b=2\r\n")
FORWARDS(what_would_change_the_answers_form_stays, &plain,
         "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\nif-range: x\r\n"
         "If-None-Match: *\r\nIf-Modified-Since: x\r\nIF-MATCH: *\r\n"
         "If-Unmodified-Since: x\r\nExpect: 100-continue\r\n",
         ACCEPT VERSION OWN, "")

Test(forward, what_a_write_depends_on_crosses) {
  struct forward_rules rules = plain;
  rules.writes = true;
  expect(&rules, "If-None-Match: *\r\nRange: bytes=0-1\r\nIF-MATCH: \"a\"\r\n",
         "If-None-Match: *\r\nIF-MATCH: \"a\"\r\n" ACCEPT VERSION OWN, "");
}

Test(forward, where_gzip_is_inflated_it_is_asked_for_whatever_is_taken) {
  struct forward_rules rules = plain;
  rules.gzip = true;
  expect(&rules, "Accept-Encoding: br\r\n",
         ACCEPT "Accept-Encoding: gzip\r\n" VERSION OWN, "");
  rules.success = SUCCESS_ANY;
  expect(&rules, "Accept-Encoding: br\r\nRange: bytes=0-1\r\n",
         "Accept-Encoding: br\r\nRange: bytes=0-1\r\n" VERSION OWN, "");
  expect(&rules, "Accept-Encoding: br\r\n",
         "Accept-Encoding: gzip\r\n" VERSION OWN, "");
}

FORWARDS(what_describes_a_body_stays_since_no_body_goes, &plain,
         "Content-Length: 0\r\nContent-Type: application/json\r\n"
         "content-encoding: identity\r\n",
         ACCEPT VERSION OWN, "")
FORWARDS(names_that_only_begin_alike_cross, &plain,
         "Iffy: 1\r\nIf: 2\r\nContents: 3\r\nRanges: 4\r\nX-If-Match: 5\r\n"
         "Accept-Language: de\r\n",
         "Iffy: 1\r\nIf: 2\r\nContents: 3\r\nRanges: 4\r\nX-If-Match: 5\r\n"
         "Accept-Language: de\r\n" ACCEPT VERSION OWN,
         "")
FORWARDS(hop_by_hop_fields_stay, &plain,
         "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
         "Trailer: X\r\nUpgrade: h2c\r\nProxy-Connection: close\r\n"
         "Proxy-Authorization: Basic eA==\r\nProxy-Authenticate: x\r\n",
         ACCEPT VERSION OWN, "")

Test(forward, fields_that_connection_names_stay) {
  expect(&plain,
         "Connection: close, X-Hop ,x-other\r\nX-HOP: 1\r\nX-Other: 2\r\n"
         "X-End: 3\r\n",
         "X-End: 3\r\n" ACCEPT VERSION OWN, "");
  expect(&plain, "X-Hop: 1\r\nConnection: X-Hop\r\n", ACCEPT VERSION OWN, "");
  expect(&plain, "Cookie: a\r\nConnection: cookie\r\n", ACCEPT VERSION OWN, "");
}

Test(forward, fields_that_a_second_connection_field_names_stay_too) {
  expect(&plain, "Connection: close\r\nConnection: X-Hop\r\nX-Hop: 1\r\n",
         ACCEPT VERSION OWN, "");
  expect(&plain, "connection: X-A\r\nX-A: 1\r\nX-B: 2\r\nCONNECTION: X-B\r\n",
         ACCEPT VERSION OWN, "");
}

FORWARDS(what_is_ours_to_say_is_not_taken_from_a_client, &plain,
         "Hedge-Attempt: 7\r\nX-Request-ID: mine\r\n", ACCEPT VERSION OWN, "")
FORWARDS(what_is_said_to_us_is_not_passed_on, &plain,
         "Hedge: off\r\nHedges: 1\r\nhedge: OFF\r\n",
         "Hedges: 1\r\n" ACCEPT VERSION OWN, "")
FORWARDS(our_via_stands_behind_the_clients, &plain, "Via: 1.0 other\r\n",
         "Via: 1.0 other\r\n" ACCEPT VERSION OWN, "")

/* RFC 9110, section 7.6.3: the version in which it came. */
Test(forward, our_via_tells_of_http_1_0) {
  static struct http_request request;
  struct text text;
  char storage[2048];
  text_init(&text, storage, sizeof storage);
  parse(&request, "");
  request.http_1_0 = true;
  forward_fields(&text, &request, &plain, &bare, NULL, slice_of("id-1"));
  expect_text("common", "", &text,
              ACCEPT VERSION "Via: 1.0 hedgerow-0f\r\nX-Request-ID: id-1\r\n");
}

/* What goes upstream of that Max-Forwards; "": none does. */
static void expect_hops(const struct forward_rules *rules, const char *method,
                        const char *value, const char *want, bool is_last) {
  static struct http_request request;
  char fields[64], storage[512];
  struct text text;
  snprintf(fields, sizeof fields, "Max-Forwards:%s\r\n", value);
  parse_of(method, &request, fields);
  text_init(&text, storage, sizeof storage);
  forward_fields(&text, &request, rules, &bare, NULL, slice_of("id-1"));
  struct slice got = http_field_of(text_slice_of(&text), "Max-Forwards");
  cr_expect(slice_equal(got, slice_of(want)), "%s %s becomes %.*s", method,
            value, SLICE_ARG(got));
  cr_expect_eq(forward_is_last_hop(&request), is_last, "%s %s", method, value);
}

Test(forward, an_options_has_one_hop_less_behind_us) {
  const struct slice drop[] = {SLICE("max-forwards")};
  const struct forward_rules drops = {.drop = drop, .drop_count = 1};
  expect_hops(&plain, "OPTIONS", "7", "6", false);
  expect_hops(&plain, "OPTIONS", "1", "0", false);
  expect_hops(&plain, "OPTIONS", "0", "", true);
  expect_hops(&plain, "OPTIONS", "9223372036854775808", "", false);
  expect_hops(&plain, "OPTIONS", "seven", "", false);
  expect_hops(&plain, "GET", "0", "0", false); /* it may be ignored there */
  expect_hops(&drops, "OPTIONS", "7", "", false);
}

/* ---- what is configured ---- */

Test(forward, a_configured_user_agent_takes_the_place_of_the_clients) {
  struct forward_rules rules = plain;
  rules.user_agent = slice_of("Dash/1.0");
  expect(&rules, "user-agent: curl/7\r\n",
         ACCEPT "User-Agent: Dash/1.0\r\n" OWN, "");
  expect(&rules, "", ACCEPT "User-Agent: Dash/1.0\r\n" OWN, "");
}

Test(forward, configured_fields_take_the_place_of_the_clients) {
  const struct http_field headers[] = {
      {slice_of("X-Key"), slice_of("k")},
      {slice_of("X-Key"), slice_of("l")},
      {slice_of("Cookie"), slice_of("ours=1")},
  };
  struct forward_rules rules = plain;
  rules.headers = headers;
  rules.header_count = 3;
  expect(&rules, "x-key: theirs\r\nCookie: a=1\r\nX-Keys: 1\r\n",
         "X-Keys: 1\r\n" ACCEPT VERSION
         "X-Key: k\r\nX-Key: l\r\nCookie: ours=1\r\n" OWN,
         "");
}

Test(forward, a_configured_accept_is_the_only_one) {
  const struct http_field headers[] = {
      {slice_of("accept"), slice_of("application/vnd.api+json")}};
  struct forward_rules rules = plain;
  rules.headers = headers;
  rules.header_count = 1;
  expect(&rules, "", VERSION "accept: application/vnd.api+json\r\n" OWN, "");
  expect(&rules, "Accept: text/html\r\n",
         VERSION "accept: application/vnd.api+json\r\n" OWN, "");
}

Test(forward, dropped_fields_stay) {
  const struct slice drop[] = {slice_of("x-internal"),
                               slice_of("AUTHORIZATION")};
  struct forward_rules rules = plain;
  rules.drop = drop;
  rules.drop_count = 2;
  expect(&rules, "X-Internal: 1\r\nAuthorization: x\r\nX-Internals: 2\r\n",
         "X-Internals: 2\r\n" ACCEPT VERSION OWN, "");
}

/* ---- what is the target's ---- */

static const struct http_field own_headers[] = {
    {{"X-Key", 5}, {"own", 3}},
    {{"Cookie", 6}, {"own=1", 5}},
};

Test(forward, a_token_takes_the_place_of_the_clients_authorization) {
  const struct target_fields target = {.token = slice_of("t0k")};
  expect_to(&target, &plain, "Authorization: Bearer mine\r\nCookie: a=1\r\n",
            ACCEPT VERSION "Authorization: Bearer t0k\r\n" OWN,
            "Cookie: a=1\r\n");
}

Test(forward, a_targets_fields_take_the_place_of_the_clients) {
  const struct target_fields target = {.headers = own_headers,
                                       .header_count = 2};
  expect_to(&target, &plain,
            "x-key: theirs\r\nCOOKIE: a=1\r\nAuthorization: x\r\nX-A: 1\r\n",
            "X-A: 1\r\n" ACCEPT VERSION "X-Key: own\r\nCookie: own=1\r\n" OWN,
            "Authorization: x\r\n");
}

Test(forward, a_targets_fields_take_the_place_of_the_routes) {
  const struct http_field headers[] = {
      {slice_of("x-key"), slice_of("route")},
      {slice_of("Authorization"), slice_of("route")},
      {slice_of("X-Route"), slice_of("1")},
  };
  struct forward_rules rules = plain;
  rules.headers = headers;
  rules.header_count = 3;
  const struct target_fields target = {
      .headers = own_headers, .header_count = 1, .token = slice_of("t0k")};
  expect_to(&target, &rules, "X-Key: theirs\r\n",
            ACCEPT VERSION "X-Route: 1\r\nX-Key: own\r\n"
                           "Authorization: Bearer t0k\r\n" OWN,
            "");
  expect_to(&bare, &rules, "X-Key: theirs\r\n",
            ACCEPT VERSION "x-key: route\r\nAuthorization: route\r\n"
                           "X-Route: 1\r\n" OWN,
            "");
}

Test(forward, a_targets_accept_and_user_agent_are_the_only_ones) {
  const struct http_field headers[] = {
      {slice_of("user-agent"), slice_of("own/1")},
      {slice_of("accept"), slice_of("text/json")}};
  const struct target_fields target = {.headers = headers, .header_count = 2};
  struct forward_rules rules = plain;
  const char *want = "user-agent: own/1\r\naccept: text/json\r\n" OWN;
  expect_to(&target, &rules, "", want, "");
  rules.user_agent = slice_of("Dash/1.0");
  expect_to(&target, &rules, "User-Agent: curl/7\r\nAccept: */*\r\n", want, "");
}

Test(forward, what_a_target_drops_is_the_clients_and_not_the_routes) {
  const struct slice drop[] = {slice_of("x-internal"), slice_of("COOKIE"),
                               slice_of("X-Route")};
  const struct http_field headers[] = {{slice_of("X-Route"), slice_of("1")}};
  const struct target_fields target = {.drop = drop, .drop_count = 3};
  struct forward_rules rules = plain;
  rules.headers = headers;
  rules.header_count = 1;
  expect_to(&target, &rules,
            "X-Internal: 1\r\nCookie: a=1\r\nAuthorization: x\r\n",
            ACCEPT VERSION "X-Route: 1\r\n" OWN, "Authorization: x\r\n");
}

Test(forward, a_dropped_authorization_does_not_drop_the_token) {
  const struct slice drop[] = {slice_of("Authorization")};
  struct forward_rules rules = plain;
  rules.drop = drop;
  rules.drop_count = 1;
  const struct target_fields target = {
      .drop = drop, .drop_count = 1, .token = slice_of("t0k")};
  expect_to(&target, &rules, "Authorization: x\r\n",
            ACCEPT VERSION "Authorization: Bearer t0k\r\n" OWN, "");
}

/* ---- the room ---- */

Test(forward, too_little_room_is_said) {
  static struct http_request request;
  char small[40], credentials[8];
  struct text texts[2];
  text_init(&texts[0], small, sizeof small);
  text_init(&texts[1], credentials, sizeof credentials);
  parse(&request, "Cookie: abcdef\r\n");
  cr_expect(forward_fields(&texts[0], &request, &plain, &bare, NULL,
                           slice_of("id-1")));
  forward_credentials(&texts[1], &request, &plain, &bare);
  cr_expect(texts[0].cut);
  cr_expect(texts[1].cut);
}

/* What is hedgerow's own in a request of a client that says nothing, with the
 * longest ID that is taken. */
static void expect_room(const struct forward_rules *rules,
                        const struct target_fields *target) {
  static struct http_request request;
  char id[128], storage[2048];
  struct text text;
  memset(id, 'i', sizeof id);
  parse(&request, "");
  text_init(&text, storage, forward_room(rules, target));
  cr_assert_lt(text.cap, sizeof storage);
  cr_expect_not(forward_fields(&text, &request, rules, target, NULL,
                               (struct slice){id, sizeof id}));
  forward_credentials(&text, &request, rules, target);
  cr_expect_not(text.cut, "%zu bytes are too few", text.cap);
  cr_expect_lt(text.cap - text.len, 256, "%zu bytes for %zu", text.cap,
               text.len);
}

Test(forward, what_is_added_has_its_room_whatever_is_configured) {
  static char many[512];
  memset(many, 'x', sizeof many);
  const struct slice value = {many, sizeof many};
  const struct http_field headers[] = {{slice_of("X-Key"), value},
                                       {slice_of("a"), slice_of("")}};
  struct forward_rules rules = plain;
  struct target_fields target = bare;
  expect_room(&rules, &target);
  rules.user_agent = value;
  expect_room(&rules, &target);
  target.token = value;
  expect_room(&rules, &target);
  rules.headers = headers;
  rules.header_count = 2;
  expect_room(&rules, &target);
  target.headers = own_headers;
  target.header_count = 2;
  expect_room(&rules, &bare);
  expect_room(&plain, &target);
}

/* ---- loops ---- */

static void expect_loop(const char *fields, bool want) {
  static struct http_request request;
  parse(&request, fields);
  cr_expect_eq(forward_is_loop(&request, slice_of("hedgerow-0f")), want, "%s",
               fields);
}

Test(forward, a_via_that_names_us_is_a_loop) {
  expect_loop("Via: 1.1 hedgerow-0f\r\n", true);
  expect_loop("via: 1.0 a, 1.1 hedgerow-0f (x), 1.1 b\r\n", true);
  expect_loop("Via: 1.1 a\r\nX-A: 1\r\nVIA: HTTP/1.1 hedgerow-0f\r\n", true);
}

Test(forward, other_hedgerows_and_other_fields_are_no_loop) {
  expect_loop("", false);
  expect_loop("Via:\r\n", false);
  expect_loop("Via: 1.1 hedgerow-0e, 1.1 hedgerow\r\n", false);
  expect_loop("X-Via: 1.1 hedgerow-0f\r\n", false);
  expect_loop("User-Agent: hedgerow-0f\r\n", false);
}
