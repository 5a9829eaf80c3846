/* Fields that hedgerow reads and writes for clients and upstreams alike, by the
 * built program: conditions, origins of pages, preferences, who asks, how much
 * time is left, and links. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/rows.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

/* ---- conditions ---- */

static void expect_tags(const char *condition, const char *etag, int status) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/smart", condition);
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "If-None-Match", NULL);
  const char *fields = words_of(
      "Content-Type: application/json\r\nCache-Control: max-age=5\r\n%s", etag);
  arrival_answer(arrival, 200, fields, "[1]");
  const struct reply *reply =
      client_expect(s.client, status, status == 304 ? "" : "[1]");
  reply_expect_field(reply, "Cache-Control", "max-age=5");
  reply_expect_field(reply, "Content-Type",
                     status == 304 ? NULL : "application/json");
  if (status == 304) reply_expect_field(reply, "Content-Length", NULL);
}

Test(fields, a_client_that_has_the_answer_gets_304) {
  expect_tags("If-None-Match: \"a\", W/\"b\"\r\n", "ETag: \"b\"\r\n", 304);
}

Test(fields, several_conditions_are_one_list) {
  expect_tags("If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n",
              "ETag: W/\"b\"\r\n", 304);
}

Test(fields, another_tag_or_none_brings_the_whole_answer) {
  expect_tags("If-None-Match: \"a\"\r\n", "ETag: \"b\"\r\n", 200);
  expect_tags("If-None-Match: \"a\"\r\n", "", 200);
}

Test(fields, a_304_leaves_the_connection_in_order) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/smart", "If-None-Match: \"a\"\r\n");
  arrival_answer(origin_await(s.origin), 200, "ETag: \"a\"\r\n", "[1]");
  client_expect(s.client, 304, "");
  arrival_answer(stage_ask(&s, "/smart"), 200, "ETag: \"a\"\r\n", "[2]");
  client_expect(s.client, 200, "[2]");
}

/* ---- pages of other origins ---- */

Test(fields, a_page_of_a_named_origin_may_read_answers_and_problems) {
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--cors", "https://app.example.com");
  client_get_with(s.client, "/smart", "Origin: https://app.example.com\r\n");
  arrival_answer(origin_await(s.origin), 200,
                 "Access-Control-Allow-Origin: https://else.example.com\r\n",
                 "[1]");
  const struct reply *reply = client_expect(s.client, 200, "[1]");
  reply_expect_field(reply, "Access-Control-Allow-Origin",
                     "https://app.example.com");
  reply_expect_field(reply, "Vary", "Origin");
  client_get_with(s.client, "/smart?timeout=x",
                  "Origin: https://app.example.com\r\n");
  reply = client_expect_problem(s.client, 400);
  reply_expect_field(reply, "Access-Control-Allow-Origin",
                     "https://app.example.com");
  client_get_with(s.client, "/smart", "Origin: https://evil.example.com\r\n");
  arrival_answer_json(origin_await(s.origin), 200, "[2]");
  reply = client_await_reply(s.client);
  reply_expect_field(reply, "Access-Control-Allow-Origin", NULL);
}

Test(fields, a_page_may_read_that_its_body_was_too_large) {
  SCOPED(stage) s = stage_open("--max-request-body", "8", "--cors", "*",
                               "--all", "http://127.0.0.1:1");
  static const char *const bodies[] = {
      "Content-Length: 9\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n9\r\n",
  };
  for (size_t i = 0; i < 2; i++) {
    struct client *client = client_new(s.program->port);
    const char *request =
        words_of("POST /all HTTP/1.1\r\nHost: h\r\nX-Request-ID: mine\r\n"
                 "Origin: https://a.example.com\r\n%s",
                 bodies[i]);
    client_send(client, request);
    const struct reply *reply = client_expect_problem(client, 413);
    reply_expect_field(reply, "Access-Control-Allow-Origin", "*");
    reply_expect_field(reply, "X-Request-ID", "mine");
    client_free(client);
  }
}

Test(fields, a_preflight_is_answered_and_asks_no_upstream) {
  SCOPED(stage) s = stage_open("--cors", "*");
  client_send(s.client, "OPTIONS /smart/x HTTP/1.1\r\nHost: h\r\n"
                        "Origin: https://a.example.com\r\n"
                        "Access-Control-Request-Method: GET\r\n"
                        "Access-Control-Request-Headers: x-a, x-b\r\n\r\n");
  const struct reply *reply = client_expect(s.client, 204, "");
  reply_expect_field(reply, "Access-Control-Allow-Origin", "*");
  reply_expect_field(reply, "Access-Control-Allow-Methods", "GET, HEAD");
  reply_expect_field(reply, "Access-Control-Allow-Headers", "x-a, x-b");
  origin_expect_no_arrival(s.origin);
  client_send(s.client, "OPTIONS /smart HTTP/1.1\r\nHost: h\r\n\r\n");
  client_expect_problem(s.client, 405);
}

Test(fields, a_preflight_beyond_all_measure_is_refused) {
  SCOPED(stage) s = stage_open("--cors", "*");
  char request[4096] = "OPTIONS /smart HTTP/1.1\r\nHost: h\r\n"
                       "Origin: https://a.example.com\r\n"
                       "Access-Control-Request-Method: GET\r\n"
                       "Access-Control-Request-Headers: ";
  for (int i = 0; i < 400; i++) strcat(request, "x-a, ");
  strcat(request, "x-b\r\n\r\n");
  client_send(s.client, request);
  client_expect_problem(s.client, 431);
}

/* ---- how one request is treated ---- */

Test(fields, hedge_off_makes_a_plain_request_of_one) {
  SCOPED(stage) s = stage_open("--hedge-after", "0ms");
  client_get_with(s.client, "/smart", "Hedge: off\r\n");
  struct arrival *only = origin_await(s.origin);
  arrival_expect_field(only, "Hedge", NULL);
  arrival_answer_json(only, 503, "{}");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  origin_expect_no_arrival(s.origin);
}

Test(fields, a_preferred_wait_is_the_deadline_and_is_told) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--timeout-header", "X-Left",
                               "--max-timeout", "60s");
  client_get_with(s.client, "/smart", "Prefer: wait=40\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "X-Left", "40000");
  arrival_answer_json(arrival, 200, "1");
  reply_expect_field(client_await_reply(s.client), "Preference-Applied",
                     "wait=40");
  static const char *const longer[] = {"Prefer: wait=4000\r\n",
                                       "Prefer: wait=99999999999999999999\r\n"};
  EACH_ROW (row, longer) {
    client_get_with(s.client, "/smart", *row);
    arrival = origin_await(s.origin);
    arrival_expect_field(arrival, "X-Left", "60000");
    arrival_answer_json(arrival, 200, "1");
    reply_expect_field(client_await_reply(s.client), "Preference-Applied",
                       "wait=60");
  }
  client_get_with(s.client, "/smart?timeout=30000", "Prefer: wait=40\r\n");
  arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "X-Left", "30000");
  arrival_answer_json(arrival, 200, "1");
  reply_expect_field(client_await_reply(s.client), "Preference-Applied", NULL);
}

Test(fields, the_time_left_takes_the_place_of_whatever_is_called_so) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--timeout-header", "X-Left",
                               "--timeout", "30s", "--header", "x-left: 7");
  client_get_with(s.client, "/smart", "X-LEFT: 99999999\r\nX-Right: 1\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "X-Right", "1");
  cr_expect(!strstr(arrival->request, "99999999") &&
                !strstr(arrival->request, "x-left: 7") &&
                strstr(arrival->request, "X-Left: 30000\r\n"),
            "%s", arrival->request);
  stage_serve(&s, arrival, 200, "1");
}

/* ---- who asks ---- */

Test(fields, an_upstream_is_told_the_client_and_not_what_strangers_say) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--forwarded", "append");
  client_get_with(s.client, "/smart",
                  "X-Forwarded-For: 192.0.2.9\r\nX-Real-IP: 192.0.2.9\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "X-Forwarded-For", "127.0.0.1");
  arrival_expect_field(arrival, "X-Forwarded-Proto", "http");
  arrival_expect_field(arrival, "X-Real-IP", NULL);
  stage_serve(&s, arrival, 200, "1");
}

Test(fields, a_trusted_client_is_believed) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--forwarded", "append",
                               "--trusted", "127.0.0.0/8");
  client_get_with(s.client, "/smart",
                  "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "X-Forwarded-For", "192.0.2.9, 127.0.0.1");
  arrival_expect_field(arrival, "X-Forwarded-Proto", "https");
  stage_serve(&s, arrival, 200, "1");
}

Test(fields, what_a_flag_sets_is_not_written_twice) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--forwarded", "append",
                               "--header", "X-Forwarded-Host: front");
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_expect_field(arrival, "X-Forwarded-Host", "front");
  arrival_expect_field(arrival, "X-Forwarded-For", "127.0.0.1");
  stage_serve(&s, arrival, 200, "1");
}

/* ---- links ---- */

Test(fields, links_of_the_upstream_to_itself_lead_to_hedgerow) {
  SCOPED(stage) s =
      stage_open_at("/v1/users", "--hedges", "0", "--rewrite-links", "on");
  arrival_answer(stage_ask(&s, "/smart?page=1"), 200,
                 "Link: </v1/users?page=2>; rel=\"next\", </v1/other>; "
                 "rel=\"x\"\r\n",
                 "[1]");
  reply_expect_field(client_await_reply(s.client), "Link",
                     "</smart?page=2>; rel=\"next\", </v1/other>; rel=\"x\"");
}

Test(fields, links_beyond_all_measure_cross_as_they_are) {
  SCOPED(stage) s =
      stage_open_at("/v1", "--hedges", "0", "--rewrite-links", "on");
  static char link[16 * 1024] = "Link: ", *end;
  end = link + strlen(link);
  for (int i = 0; i < 800; i++) end = stpcpy(end, "</v1/a>, ");
  strcpy(end, "</v1/b>\r\n");
  arrival_answer(stage_ask(&s, "/smart"), 200, link, "[1]");
  reply_expect_in_field(client_expect(s.client, 200, "[1]"), "Link", "</v1/b>");
}
