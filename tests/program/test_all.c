/* GET /all and POST /all through the built program: every item at once, one
 * place per item in the order of the items, null where an item failed.
 *
 * The scripted origins play what an overview page has to live with: one
 * hangs, one sends its HTML error page, one refuses strangers, one is good. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/hurry.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define USERS "{\"users\":42}"

static void expect_all(const struct reply *reply, const char *body,
                       const char *completed) {
  reply_expect(reply, 200, body);
  reply_expect_field(reply, "Hedge-Completed", completed);
  reply_expect_field(reply, "Content-Type", "application/json");
}

/* Refuses whoever is not the dashboard. */
static void answer_the_dashboard(struct arrival *arrival) {
  char agent[128] = "";
  wire_field(arrival->request, "User-Agent", agent, sizeof agent);
  if (strcmp(agent, "AnalyticsDashboard/1.0") == 0) {
    arrival_answer_json(arrival, 200, "{\"visits\":7}");
  } else {
    arrival_answer_json(arrival, 403, "{\"error\":\"who are you?\"}");
  }
}

/* ---- GET with a list ------------------------------------------------------------ */

Test(all, what_hangs_and_what_fails_is_null_beside_what_is_good) {
  struct origin *hang = origin_new(), *bad = origin_new(), *good = origin_new();
  hurry_open();
  struct stage s = stage_open_on(hang, "--all", hang->url, "--all", bad->url,
                                 "--all", good->url);
  client_get(s.client, "/all?timeout=40000");
  struct arrival *hanging = origin_await(hang);
  arrival_answer_first(origin_await(bad), 500, "<html>Internal</html>");
  arrival_answer_first(origin_await(good), 200, USERS);
  hurry_by(40);
  expect_all(client_await_reply(s.client), "[null,null," USERS "]", "1/3");
  arrival_await_closed(hanging);
  stage_close(&s);
  origin_free(bad);
  origin_free(good);
}

/* Two origins as the list of GET /all. */
struct two {
  struct origin *first, *second;
  struct program *program;
  struct client *client;
};

static struct two two_open(const char *flag, const char *value) {
  struct two t = {.first = origin_new(), .second = origin_new()};
  t.program =
      program_start("--all", t.first->url, "--all", t.second->url, flag, value);
  t.client = client_new(t.program->port);
  return t;
}

static void two_close(struct two *t) {
  client_free(t->client);
  program_free(t->program);
  origin_free(t->first);
  origin_free(t->second);
}

/* Both are answered, the first of them here, and so is the client. */
static void serve_both(const struct two *t, struct arrival *first) {
  arrival_answer_json(first, 200, "1");
  arrival_answer_json(origin_await(t->second), 200, "2");
  expect_all(client_await_reply(t->client), "[1,2]", "2/2");
}

Test(all, two_good_ones_give_both_bodies_byte_for_byte) {
  SCOPED(two) t = two_open("--hedges", "0");
  client_get(t.client, "/all");
  struct arrival *first = origin_await(t.first);
  struct arrival *second = origin_await(t.second);
  arrival_answer_json(second, 200, "\t[1 ,\n2]");
  arrival_answer_json(first, 200, " {\"a\" : 1e5}\r\n");
  expect_all(client_await_reply(t.client), "[ {\"a\" : 1e5}\r\n,\t[1 ,\n2]]",
             "2/2");
}

Test(all, the_answer_waits_for_every_item) {
  SCOPED(two) t = two_open("--hedges", "0");
  client_get(t.client, "/all");
  arrival_answer_first(origin_await(t.first), 200, "1");
  client_expect_nothing(t.client);
  arrival_answer_json(origin_await(t.second), 200, "2");
  expect_all(client_await_reply(t.client), "[1,2]", "2/2");
}

Test(all, the_answer_comes_before_the_deadline_when_every_item_has_ended) {
  SCOPED(two) t = two_open("--timeout", "60s");
  client_get(t.client, "/all");
  arrival_reset(origin_await(t.first));
  arrival_answer(origin_await(t.second), 200, "", "<html>");
  expect_all(client_await_reply(t.client), "[null,null]", "0/2");
}

Test(all, an_item_that_is_refused_at_once_is_null) {
  struct origin *deaf = origin_new_deaf();
  SCOPED(stage) s = stage_open_on(deaf, "--all", deaf->url);
  client_get(s.client, "/all");
  expect_all(client_await_reply(s.client), "[null]", "0/1");
}

Test(all, a_list_is_asked_without_the_clients_query) {
  SCOPED(two) t = two_open("--hedges", "0");
  client_get(t.client, "/all?x=1&timeout=5000");
  struct arrival *first = origin_await(t.first);
  arrival_expect_line(first, "GET / HTTP/1.1");
  serve_both(&t, first);
}

Test(all, a_list_is_not_given_the_clients_credentials) {
  SCOPED(two) t = two_open("--header", "X-Team: blue");
  client_get_with(t.client, "/all",
                  "Authorization: Basic abc\r\nCookie: a=b\r\nX-Own: 1\r\n");
  struct arrival *first = origin_await(t.first);
  arrival_expect_none(first, "Authorization", "Cookie");
  arrival_expect_field(first, "X-Team", "blue");
  serve_both(&t, first);
}

Test(all, a_list_is_given_the_configured_token) {
  setenv("HEDGEROW_TOKEN", "t0ken", 1);
  SCOPED(two) t = two_open("--log", "json");
  client_get_with(t.client, "/all", "Authorization: Basic abc\r\n");
  struct arrival *first = origin_await(t.first);
  arrival_expect_field(first, "Authorization", "Bearer t0ken");
  serve_both(&t, first);
}

Test(all, a_list_beside_a_target_is_what_get_asks) {
  struct origin *to = origin_new(), *all = origin_new();
  struct stage s = stage_open_on(to, "--to", to->url, "--all", all->url);
  client_get(s.client, "/all");
  arrival_answer_json(origin_await(all), 200, "1");
  expect_all(client_await_reply(s.client), "[1]", "1/1");
  origin_expect_no_arrival(to);
  stage_close(&s);
  origin_free(all);
}

/* ---- who is asking ---------------------------------------------------------------- */

static void expect_for_agent(const char *flag, const char *value,
                             const char *body) {
  struct origin *shy = origin_new();
  SCOPED(stage) s = stage_open_on(shy, "--all", shy->url, flag, value);
  client_get_with(s.client, "/all", "User-Agent: curl/8\r\n");
  answer_the_dashboard(origin_await(shy));
  client_expect(s.client, 200, body);
}

Test(all, a_403_alone_is_null) { expect_for_agent("--hedges", "0", "[null]"); }

Test(all, the_configured_user_agent_opens_the_door) {
  expect_for_agent("--user-agent", "AnalyticsDashboard/1.0",
                   "[{\"visits\":7}]");
}

/* ---- GET without a list ------------------------------------------------------------ */

Test(all, one_target_is_asked_as_often_as_a_race_would) {
  SCOPED(stage) s = stage_open_at("/v1", "--hedge-after", "20s");
  client_get(s.client, "/all?x=1&timeout=5000&detail=0&y=2");
  for (unsigned k = 0; k < 3; k++) {
    struct arrival *arrival = origin_await_attempt(s.origin, k);
    arrival_expect_line(arrival, "GET /v1?x=1&y=2 HTTP/1.1");
    arrival_answer_json(arrival, 200, k == 1 ? "<" : "{}");
  }
  expect_all(client_await_reply(s.client), "[{},null,{}]", "2/3");
}

Test(all, a_target_is_given_the_clients_credentials) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/all",
                  "Authorization: Basic abc\r\nCookie: a=b\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "Authorization", "Basic abc");
  arrival_expect_field(arrival, "Cookie", "a=b");
  arrival_answer_json(arrival, 200, "1");
  expect_all(client_await_reply(s.client), "[1]", "1/1");
}

Test(all, an_item_over_the_cap_of_its_target_is_null) {
  SCOPED(stage) s = stage_open("--max-attempts", "1");
  arrival_answer_json(stage_ask_primary(&s, "/all"), 200, "1");
  expect_all(client_await_reply(s.client), "[1,null,null]", "1/3");
  origin_expect_no_arrival(s.origin);
}

Test(all, a_bad_timeout_is_400) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get(s.client, "/all?timeout=soon");
  client_expect_problem(s.client, 400);
  origin_expect_no_arrival(s.origin);
}

Test(all, a_client_that_leaves_cancels_every_item) {
  SCOPED(stage) s = stage_open("--hedges", "2");
  struct arrival *held[3];
  client_get(s.client, "/all");
  for (unsigned k = 0; k < 3; k++) held[k] = origin_await_attempt(s.origin, k);
  client_leave(s.client);
  for (unsigned k = 0; k < 3; k++) arrival_await_closed(held[k]);
}

Test(all, a_head_is_answered_without_the_array) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client, "HEAD /all HTTP/1.1\r\nHost: h\r\n\r\n");
  arrival_answer_json(origin_await(s.origin), 200, "{}");
  const struct reply *reply = client_await_reply_to_head(s.client);
  cr_assert(reply->status == 200, "%s", reply->head);
  reply_expect_field(reply, "Content-Length", "4");
  client_expect_healthy(s.client);
}

/* ---- detail=1 ------------------------------------------------------------------------ */

Test(all, detail_tells_of_a_success) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  arrival_answer_json(stage_ask(&s, "/all?detail=1"), 201, " {\"a\":1}");
  const struct reply *reply = client_await_reply(s.client);
  cr_assert(strncmp(reply->body, "[{\"ok\":true,\"status\":201,\"ms\":", 30) ==
                0,
            "%s", reply->body);
  reply_expect_in_body(reply, ",\"body\": {\"a\":1}}]");
}

Test(all, detail_blames_the_limit_that_ended_an_item) {
  SCOPED(stage) s = stage_open("--attempt-timeout", "50ms", "--hedges", "0");
  client_get(s.client, "/all?detail=1&timeout=30000");
  origin_await(s.origin);
  const struct reply *reply = client_await_reply(s.client);
  cr_expect_eq(reply->status, 200);
  reply_expect_in_body(reply, "\"result\":\"timeout\"");
  reply_expect_in_body(reply, "within --attempt-timeout");
}

/* ---- hedge=1 ---------------------------------------------------------------- */

Test(all, an_item_is_hedged_where_the_request_says_so) {
  SCOPED(stage) s = stage_open("--hedge-after", "1ms", "--hedges", "1");
  client_post(s.client, "/all?hedge=1&detail=1", "[\"/a\"]");
  struct arrival *primary = origin_await_attempt(s.origin, 0);
  struct arrival *hedge = origin_await_attempt(s.origin, 1);
  arrival_expect_line(hedge, "GET /a HTTP/1.1");
  arrival_answer_json(hedge, 200, "1");
  const struct reply *reply = client_await_reply(s.client);
  reply_expect_field(reply, "Hedge-Attempts", "2");
  reply_expect_field(reply, "Hedge-Completed", "1/1");
  reply_expect_in_body(reply, "[{\"ok\":true,\"status\":200,");
  arrival_await_closed(primary);
}

Test(all, a_failed_item_is_asked_again_where_the_request_says_so) {
  SCOPED(stage) s = stage_open("--hedge-after", "30s", "--hedges", "2");
  client_post(s.client, "/all?hedge=1", "[\"/a\",\"/b\"]");
  struct arrival *a = origin_await(s.origin), *b = origin_await(s.origin);
  arrival_answer_json(a, 500, "{}");
  struct arrival *again = origin_await_attempt(s.origin, 1);
  arrival_answer_json(b, 200, "2");
  arrival_answer_json(again, 200, "1");
  const struct reply *reply = client_expect(s.client, 200, "[1,2]");
  reply_expect_field(reply, "Hedge-Attempts", "3");
}

Test(all, without_hedge_an_item_is_asked_once) {
  SCOPED(stage) s = stage_open("--hedge-after", "1ms", "--hedges", "1");
  client_post(s.client, "/all?hedge=0", "[\"/a\"]");
  arrival_answer_json(origin_await(s.origin), 500, "{}");
  client_expect(s.client, 200, "[null]");
  origin_expect_no_arrival(s.origin);
}

Test(all, a_hedge_that_is_no_switch_is_a_400) {
  SCOPED(stage) s = stage_open("--hedges", "1");
  client_get(s.client, "/all?hedge=yes");
  const struct reply *reply = client_expect_problem(s.client, 400);
  reply_expect_in_body(reply, "hedge must be 1 or 0");
}

Test(all, detail_tells_of_each_failure) {
  hurry_open();
  SCOPED(stage) s = stage_open("--hedges", "2");
  struct arrival *hanging =
      stage_ask_primary(&s, "/all?detail=1&timeout=40000");
  arrival_answer_first(origin_await_attempt(s.origin, 1), 500, "<html>");
  arrival_answer_first(origin_await_attempt(s.origin, 2), 200, "<html>");
  hurry_by(40);
  const struct reply *reply = client_await_reply(s.client);
  cr_assert(reply->status == 200, "%s", reply->head);
  reply_expect_field(reply, "Hedge-Completed", "0/3");
  reply_expect_result(reply, 0, "timeout");
  reply_expect_result(reply, 1, "status");
  reply_expect_result(reply, 2, "bad_json");
  reply_expect_in_body(reply, "\"ok\":false");
  reply_expect_in_body(reply, "\"body\":null");
  arrival_await_closed(hanging);
}

/* ---- POST with a list ----------------------------------------------------------------- */

Test(all, a_post_asks_each_path_below_the_first_target) {
  SCOPED(stage) s = stage_open_at("/v1?k=1", "--hedges", "0");
  client_post(s.client, "/all?timeout=5000", "[\"/a?x=1\", \"\\/b\"]");
  struct arrival *a = origin_await(s.origin), *b = origin_await(s.origin);
  if (strstr(b->request, "/a?")) {
    struct arrival *swap = a;
    a = b, b = swap;
  }
  arrival_expect_line(a, "GET /v1/a?k=1&x=1 HTTP/1.1");
  arrival_expect_line(b, "GET /v1/b?k=1 HTTP/1.1");
  arrival_expect_none(a, "Content-Length", "Content-Type");
  arrival_answer_json(b, 200, "2");
  arrival_answer_json(a, 200, "1");
  expect_all(client_await_reply(s.client), "[1,2]", "2/2");
}

Test(all, an_empty_query_of_a_path_is_one_and_none_is_none) {
  SCOPED(stage) s = stage_open_at("/v1", "--hedges", "0");
  client_post(s.client, "/all", "[\"/a?\"]");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_line(arrival, "GET /v1/a? HTTP/1.1");
  arrival_answer_json(arrival, 200, "1");
  expect_all(client_await_reply(s.client), "[1]", "1/1");
  client_post(s.client, "/all?", "[\"/b\"]");
  arrival = origin_await(s.origin);
  arrival_expect_line(arrival, "GET /v1/b HTTP/1.1");
  arrival_answer_json(arrival, 200, "2");
  expect_all(client_await_reply(s.client), "[2]", "1/1");
}

Test(all, an_empty_list_is_an_empty_array) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_post(s.client, "/all", " [ ] ");
  expect_all(client_await_reply(s.client), "[]", "0/0");
  origin_expect_no_arrival(s.origin);
}

Test(all, a_post_may_name_a_configured_url) {
  OWNED(origin) to = origin_new();
  OWNED(origin) all = origin_new();
  char base[128], body[512];
  snprintf(base, sizeof base, "%s/v2", all->url);
  OWNED(program) program = program_start("--to", to->url, "--all", base);
  OWNED(client) client = client_new(program->port);
  snprintf(body, sizeof body, "[\"%s/v2/x?q=1\",\"%s/y\"]", all->url, to->url);
  client_send(client, "POST /all HTTP/1.1\r\nHost: h\r\n"
                      "Authorization: Basic abc\r\nCookie: a=b\r\n");
  const char *rest =
      words_of("Content-Length: %zu\r\n\r\n%s", strlen(body), body);
  client_send(client, rest);
  struct arrival *other = origin_await(all), *own = origin_await(to);
  arrival_expect_line(other, "GET /v2/x?q=1 HTTP/1.1");
  arrival_expect_none(other, "Authorization", "Cookie");
  arrival_expect_line(own, "GET /y HTTP/1.1");
  arrival_expect_field(own, "Authorization", "Basic abc");
  arrival_expect_field(own, "Cookie", "a=b");
  arrival_answer_json(other, 200, "1");
  arrival_answer_json(own, 200, "2");
  expect_all(client_await_reply(client), "[1,2]", "2/2");
}

/* The list is refused as a whole, and the answer says which item and why. */
static void expect_list_refused(const char *list, const char *words) {
  SCOPED(stage) s = stage_open_at("/v1", "--hedges", "0", "--max-items", "2");
  client_post(s.client, "/all", list);
  reply_expect_in_body(client_expect_problem(s.client, 400), words);
  origin_expect_no_arrival(s.origin);
}

#define REFUSES(name, list, words)                                             \
  Test(all, name) { expect_list_refused(list, words); }

REFUSES(a_url_of_another_origin_is_refused,
        "[\"/a\",\"http://169.254.169.254/latest\"]", "a target with its base")
REFUSES(a_url_that_is_not_a_url_is_refused, "[\"file:///etc/passwd\"]",
        "item 0")
REFUSES(a_path_that_leaves_the_base_is_refused, "[\"/a/../../secret\"]",
        "item 0")
REFUSES(a_path_that_leaves_the_base_by_escapes_is_refused,
        "[\"/a/%2e%2e/%2e./secret\"]", "item 0")
REFUSES(a_line_end_in_an_item_is_refused, "[\"/a\",\"/b HTTP/1.1\\r\\nX: y\"]",
        "item 1")
REFUSES(a_line_end_in_an_items_query_is_refused,
        "[\"/a\",\"/b?x HTTP/1.1\\r\\nX: y\"]", "item 1")
REFUSES(a_fragment_in_an_items_query_is_refused, "[\"/a?b#c\"]", "item 0")
REFUSES(a_byte_beyond_ascii_in_an_items_query_is_refused,
        "[\"/a\",\"/a?\\u00e9\"]", "item 1")
REFUSES(a_control_in_an_items_query_is_refused, "[\"/a\",\"/a?\\u007f\"]",
        "item 1")
REFUSES(an_item_that_is_no_string_is_refused, "[\"/a\",1]", "item 1")
REFUSES(too_many_items_are_refused, "[\"/a\",\"/b\",\"/c\"]", "--max-items")
REFUSES(a_body_that_is_no_array_is_refused, "{\"a\":\"/a\"}", "array")
REFUSES(a_body_that_is_no_json_is_refused, "[\"/a\",]", "JSON")
REFUSES(an_empty_body_is_refused, "", "JSON")

Test(all, a_path_needs_a_target_and_a_url_does_not) {
  struct origin *all = origin_new();
  SCOPED(stage) s = stage_open_on(all, "--all", all->url);
  client_post(s.client, "/all", "[\"/a\"]");
  reply_expect_in_body(client_expect_problem(s.client, 400),
                       "a path needs a target");
  client_post(s.client, "/all", words_of("[\"%s/a\"]", all->url));
  arrival_answer_json(origin_await(all), 200, "1");
  expect_all(client_await_reply(s.client), "[1]", "1/1");
}

Test(all, a_url_below_a_base_with_a_slash_at_its_end_stays_below_it) {
  SCOPED(stage) s = stage_open_at("/v1/", "--hedges", "0");
  const char *list =
      words_of("[\"%s/v1/x?q=1\",\"%s/v1/\"]", s.origin->url, s.origin->url);
  client_post(s.client, "/all", list);
  struct arrival *one = origin_await(s.origin), *two = origin_await(s.origin);
  bool first = strncmp(one->request, "GET /v1/x", 9) == 0;
  arrival_expect_line(first ? one : two, "GET /v1/x?q=1 HTTP/1.1");
  arrival_expect_line(first ? two : one, "GET /v1/ HTTP/1.1");
  arrival_answer_json(first ? one : two, 200, "1");
  arrival_answer_json(first ? two : one, 200, "2");
  expect_all(client_await_reply(s.client), "[1,2]", "2/2");
}

/* The deadline may come while its items are still being started. */
Test(all, a_deadline_at_once_leaves_every_place_null) {
  SCOPED(stage) s = stage_open("--max-attempts", "1");
  char list[2048] = "[\"/0\"", expected[2048] = "[null";
  for (int i = 1; i < 256; i++) {
    strcat(list, ",\"/\"");
    strcat(expected, ",null");
  }
  strcat(list, "]");
  strcat(expected, "]");
  client_post(s.client, "/all?timeout=1", list);
  expect_all(client_await_reply(s.client), expected, "0/256");
}

Test(all, a_url_without_a_path_asks_the_root) {
  SCOPED(stage) s = stage_open_at("/", "--hedges", "0");
  client_post(s.client, "/all", words_of("[\"%s\"]", s.origin->url));
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_line(arrival, "GET / HTTP/1.1");
  arrival_answer_json(arrival, 200, "1");
  expect_all(client_await_reply(s.client), "[1]", "1/1");
}

Test(all, a_url_under_the_origin_but_not_the_base_is_refused) {
  SCOPED(stage) s = stage_open_at("/v1", "--hedges", "0");
  const char *list = words_of("[\"%s/v1x/secret\"]", s.origin->url);
  client_post(s.client, "/all", list);
  client_expect_problem(s.client, 400);
  origin_expect_no_arrival(s.origin);
}

Test(all, a_long_list_is_asked_at_once) {
  enum { ITEMS = 60 };
  SCOPED(stage) s = stage_open("--hedges", "0");
  char list[ITEMS * 8] = "[", body[ITEMS * 8] = "[";
  struct arrival *held[ITEMS];
  for (int i = 0; i < ITEMS; i++) {
    sprintf(list + strlen(list), "%s\"/%d\"", i ? "," : "", i);
    sprintf(body + strlen(body), "%s%d", i ? "," : "", i);
  }
  client_post(s.client, "/all", strcat(list, "]"));
  for (int i = 0; i < ITEMS; i++) held[i] = origin_await(s.origin);
  for (int i = ITEMS - 1; i >= 0; i--) {
    char number[8] = "";
    sscanf(held[i]->request, "GET /%7[0-9] ", number);
    arrival_answer_json(held[i], 200, number);
  }
  expect_all(client_await_reply(s.client), strcat(body, "]"), "60/60");
}
