/* --admin by the built program: who may ask, what /readyz says, and that each
 * counter of /metrics moves when what it counts happens. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "support/folder.h"
#include "support/operator.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/scrape.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

TestSuite(admin, .fini = folder_remove);

#define AT "127.0.0.1:0"
#define SMART "route=\"/smart\""

static void admin_get_with(struct client *client, const char *path,
                           const char *fields) {
  const char *head =
      words_of("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n", path, fields);
  client_send(client, head);
}

static void admin_get(struct client *client, const char *path) {
  admin_get_with(client, path, "");
}

static void expect_attempts(const struct stage *s, const char *kind,
                            const char *result, double want) {
  const char *sample =
      words_of("hedgerow_attempts_total{upstream=\"to\",target=\"0\","
               "host=\"%s\",kind=\"%s\",result=\"%s\"}",
               s->origin->host, kind, result);
  scrape_expect(s->program, sample, want);
}

static void expect_requests(const struct stage *s, const char *outcome,
                            double want) {
  const char *sample =
      words_of("hedgerow_requests_total{" SMART ",outcome=\"%s\"}", outcome);
  scrape_expect(s->program, sample, want);
}

/* Of the one target of a stage. */
static double of_target(const struct stage *s, const char *name) {
  const char *sample = words_of("%s{upstream=\"to\",target=\"0\",host=\"%s\"}",
                                name, s->origin->host);
  return scrape(s->program, sample);
}

/* ---- who may ask ---- */

#define GET(path, host, more)                                                  \
  "GET " path " HTTP/1.1\r\nHost: " host "\r\n" more "\r\n"

Test(admin, pages_are_there_and_others_are_not) {
  SCOPED(stage) s = stage_open("--admin", AT);
  const struct program *p = s.program;
  cr_expect_eq(operator_status(p, GET("/healthz", "127.0.0.1", "")), 200);
  cr_expect_eq(operator_status(p, GET("/readyz", "localhost:1", "")), 200);
  cr_expect_eq(operator_status(p, GET("/metrics", "[::1]", "")), 200);
  cr_expect_eq(operator_status(p, "GET /healthz HTTP/1.0\r\n\r\n"), 200);
  cr_expect_eq(operator_status(p, GET("/", "127.0.0.1", "")), 200);
  cr_expect_eq(operator_status(p, GET("/api/v1/", "127.0.0.1", "")), 404);
  cr_expect_eq(operator_status(p, GET("/smart", "127.0.0.1", "")), 404);
  cr_expect_eq(operator_status(p, GET("/metrics/", "127.0.0.1", "")), 404);
  cr_expect_eq(operator_status(p, "GET /metrics HTTP/1.1\r\n\r\n"), 400);
  cr_expect_eq(operator_status(p, "\x16\x03\x01\r\n\r\n"), 400);
}

Test(admin, a_head_has_no_body_and_other_methods_are_refused) {
  SCOPED(stage) s = stage_open("--admin", AT);
  OWNED(client) client = operator_new(s.program);
  client_send(client, "HEAD /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  cr_expect_eq(client_await_reply_to_head(client)->status, 200);
  client_send(client, "POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                      "Content-Length: 1\r\n\r\nx");
  reply_expect_field(client_expect_problem(client, 405), "Allow", "GET, HEAD");
}

Test(admin, a_name_that_could_be_rebound_is_refused) {
  SCOPED(stage) s = stage_open("--admin", AT);
  cr_expect_eq(operator_status(s.program, GET("/metrics", "a.example", "")),
               421);
  cr_expect_eq(
      operator_status(s.program, GET("/healthz", "a.example:8481", "")), 421);
  cr_expect_eq(operator_status(s.program,
                               "GET http://a.example/metrics HTTP/1.1\r\n"
                               "Host: 127.0.0.1\r\n\r\n"),
               421);
}

Test(admin, a_page_of_another_site_is_refused) {
  SCOPED(stage) s = stage_open("--admin", AT);
  cr_expect_eq(operator_status(s.program, GET("/metrics", "127.0.0.1:1",
                                              "Origin: http://a.example\r\n")),
               403);
  cr_expect_eq(
      operator_status(s.program, GET("/metrics", "127.0.0.1:1",
                                     "Origin: http://127.0.0.1:1\r\n")),
      200);
}

/* With so few descriptors 32 may listen to events, and there are 32 places
 * more. */
enum { DESCRIPTORS = 512, PLACES = DESCRIPTORS / 16 + 32 };

static struct stage stage_of_few_places(void) {
  const struct rlimit few = {DESCRIPTORS, DESCRIPTORS};
  cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
  return stage_open("--admin", AT);
}

Test(admin, who_asks_takes_the_place_of_one_that_does_not) {
  SCOPED(stage) s = stage_of_few_places();
  struct client *kept = operator_new(s.program), *silent[PLACES];
  reply_expect(operator_get(kept, "/healthz"), 200, "{\"status\":\"ok\"}");
  for (unsigned i = 0; i < PLACES; i++) silent[i] = operator_new(s.program);
  client_await_close(silent[0]);
  reply_expect(operator_get(kept, "/healthz"), 200, "{\"status\":\"ok\"}");
  cr_expect_eq(operator_status(s.program, GET("/healthz", "127.0.0.1", "")),
               200);
  client_await_close(silent[1]);
  for (unsigned i = 0; i < PLACES; i++) client_free(silent[i]);
  client_free(kept);
}

Test(admin, a_listener_too_many_is_told_so) {
  enum { EARS = DESCRIPTORS / 16 };
  SCOPED(stage) s = stage_of_few_places();
  OWNED(client) client = operator_new(s.program);
  struct ear *ears[EARS];
  for (unsigned i = 0; i < EARS; i++) ears[i] = ear_new(s.program, "");
  admin_get(client, "/api/v1/events");
  reply_expect_in_body(client_expect_problem(client, 503),
                       "as many listen to events as may");
  for (unsigned i = 0; i < EARS; i++) ear_free(ears[i]);
}

Test(admin, half_a_request_holds_no_place_either) {
  SCOPED(stage) s = stage_of_few_places();
  struct client *slow[PLACES];
  for (unsigned i = 0; i < PLACES; i++) {
    slow[i] = operator_new(s.program);
    client_send(slow[i], "GET /healthz HTTP/1.1\r\n");
  }
  cr_expect_eq(operator_status(s.program, GET("/healthz", "127.0.0.1", "")),
               200);
  for (unsigned i = 0; i < PLACES; i++) client_free(slow[i]);
}

Test(admin, an_address_that_is_taken_is_named) {
  SCOPED(stage) s = stage_open("--log", "off");
  char place[32], want[64];
  snprintf(place, sizeof place, "127.0.0.1:%u", s.program->port);
  snprintf(want, sizeof want, "--admin %s: Address already in use", place);
  struct program *p = program_run("--to", "http://127.0.0.1:1", "--listen", AT,
                                  "--admin", place);
  program_expect_exit(p, 1);
  words_expect(p->err, want);
  free(p);
}

/* ---- readiness ---- */

static void eject(const struct stage *s) {
  for (unsigned i = 0; i < 5; i++)
    cr_assert_eq(stage_round(s, 500)->status, 502);
}

Test(admin, an_upstream_without_a_target_is_not_ready) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  cr_expect_eq(of_target(&s, "hedgerow_target_up"), 1);
  eject(&s);
  cr_expect_eq(of_target(&s, "hedgerow_target_up"), 0);
  struct client *client = operator_new(s.program);
  admin_get(client, "/readyz");
  const struct reply *reply = client_expect_problem(client, 503);
  reply_expect_in_body(reply, "every target of upstream to is ejected");
  client_free(client);
  cr_expect_eq(operator_status(s.program, GET("/healthz", "127.0.0.1", "")),
               200);
}

Test(admin, one_good_answer_of_the_only_target_makes_it_ready_again) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  eject(&s);
  program_await_notice(s.program, "keeps failing; there is no other to ask");
  OWNED(client) client = operator_new(s.program);
  cr_expect_eq(operator_get(client, "/readyz")->status, 503);
  cr_assert_eq(stage_round(&s, 200)->status, 200);
  program_await_notice(s.program, "is back");
  cr_expect_eq(operator_get(client, "/readyz")->status, 200);
  cr_expect_eq(of_target(&s, "hedgerow_target_up"), 1);
}

Test(admin, who_drains_is_not_ready_and_still_tells) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  program_signal(s.program, SIGTERM);
  program_await_notice(s.program, "stopping");
  struct client *client = operator_new(s.program);
  admin_get(client, "/readyz");
  reply_expect_in_body(client_expect_problem(client, 503), "draining");
  client_free(client);
  scrape_expect(s.program, "hedgerow_requests_in_flight", 1);
  stage_serve(&s, arrival, 200, OK);
  program_await_exit(s.program);
}

/* ---- what is counted ---- */

Test(admin, requests_and_attempts_are_counted_by_how_they_ended) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  expect_requests(&s, "success", 0);
  expect_attempts(&s, "primary", "success", 0);
  cr_assert_eq(stage_round(&s, 200)->status, 200);
  cr_assert_eq(stage_round(&s, 200)->status, 200);
  cr_assert_eq(stage_round(&s, 500)->status, 502);
  expect_requests(&s, "success", 2);
  expect_requests(&s, "failed", 1);
  expect_attempts(&s, "primary", "success", 2);
  expect_attempts(&s, "primary", "status", 1);
  scrape_expect(s.program, "hedgerow_request_duration_seconds_count{" SMART "}",
                3);
  scrape_expect(
      s.program,
      "hedgerow_request_duration_seconds_bucket{" SMART ",le=\"+Inf\"}", 3);
  cr_expect_gt(
      scrape(s.program, "hedgerow_request_duration_seconds_sum{" SMART "}"), 0);
}

Test(admin, a_request_too_many_counts_as_refused_and_as_failed) {
  SCOPED(stage) s =
      stage_open("--admin", AT, "--max-requests", "1", "--hedges", "0");
  OWNED(client) other = client_new(s.program->port);
  OWNED(client) client = operator_new(s.program);
  struct arrival *held = stage_ask(&s, "/smart");
  client_get(other, "/smart/shed?secret=1");
  client_expect_problem(other, 503);
  expect_requests(&s, "refused", 1);
  admin_get(client, "/api/v1/races?kind=failed");
  reply_expect_in_body(
      client_await_reply(client),
      "\"target\":\"/smart/shed\",\"status\":503,\"outcome\":\"refused\"");
  stage_serve(&s, held, 200, OK);
}

Test(admin, what_no_route_takes_is_counted_without_its_path) {
  SCOPED(stage) s = stage_open("--admin", AT);
  client_get(s.client, "/no-such-path");
  client_expect_problem(s.client, 404);
  client_get(s.client, "/healthz");
  cr_expect_eq(client_await_reply(s.client)->status, 200);
  scrape_expect(s.program,
                "hedgerow_requests_total{route=\"\",outcome=\"rejected\"}", 1);
  scrape_expect(s.program,
                "hedgerow_requests_total{route=\"/healthz\",outcome=\"own\"}",
                1);
  OWNED(client) client = operator_new(s.program);
  admin_get(client, "/metrics");
  cr_expect_null(strstr(client_await_reply(client)->body, "no-such-path"));
}

Test(admin, hedges_and_retries_are_attempts_of_their_own_kind) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "1", "--hedge-after",
                               "60s", "--max-timeout", "60s", "--timeout",
                               "50s", "--retries", "1", "--backoff", "0ms");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 500, OK);
  stage_serve(&s, origin_await_attempt(s.origin, 2), 200, OK);
  expect_attempts(&s, "primary", "status", 1);
  expect_attempts(&s, "hedge", "status", 1);
  expect_attempts(&s, "retry", "success", 1);
}

Test(admin, refusals_and_the_purses_are_told) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "1", "--budget",
                               "10%:1", "--on-failure", "next");
  scrape_expect(s.program,
                "hedgerow_budget_tokens{upstream=\"to\",purse=\"failure\"}", 1);
  for (unsigned i = 0; i < 2; i++) {
    arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
    if (i == 0) arrival_answer_json(origin_await_attempt(s.origin, 1), 500, OK);
    client_expect_problem(s.client, 502);
  }
  scrape_expect(s.program,
                "hedgerow_budget_tokens{upstream=\"to\",purse=\"failure\"}", 0);
  scrape_expect(s.program,
                "hedgerow_budget_tokens{upstream=\"to\",purse=\"time\"}", 1);
  scrape_expect(s.program,
                "hedgerow_refusals_total{upstream=\"to\",reason=\"budget\"}",
                1);
  expect_attempts(&s, "hedge", "refused", 1);
}

Test(admin, what_is_in_flight_is_told) {
  SCOPED(stage) s =
      stage_open("--admin", AT, "--hedges", "0", "--hedge-after", "250ms");
  scrape_expect(s.program, "hedgerow_requests_in_flight", 0);
  struct arrival *arrival = stage_ask(&s, "/smart");
  scrape_expect(s.program, "hedgerow_requests_in_flight", 1);
  scrape_expect(s.program, "hedgerow_connections", 1);
  cr_expect_eq(of_target(&s, "hedgerow_in_flight"), 1);
  cr_expect_gt(scrape(s.program, "process_start_time_seconds"), 1.7e9);
  stage_serve(&s, arrival, 200, OK);
  cr_expect_eq(of_target(&s, "hedgerow_in_flight"), 0);
  cr_expect_gt(scrape(s.program, "hedgerow_buffered_bytes"), 0);
}

/* ---- reloads ---- */

#define PROCESS "admin: '" AT "'\ndefaults: {hedges: 0, hedge_after: 250ms}\n"
#define A PROCESS "upstreams:\n  a: {targets: [$A]}\n"
#define ROUTE_A "routes:\n  - {path: /a, upstream: a, methods: [GET]}\n"

Test(admin, counters_outlive_reloads_which_are_counted) {
  SCOPED(scene) s = scene_open(A ROUTE_A);
  struct program *p = s.program;
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scrape_expect(p, "hedgerow_config_generation", 1);
  scene_reload(&s,
               A "  b: {targets: [$B]}\n" ROUTE_A
                 "  - {path: /a, upstream: b, methods: [POST]}\n"
                 "  - {path: /b, upstream: b, hedges: 1}\n",
               "hedgerow: reloaded");
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scrape_expect(p, "hedgerow_config_generation", 2);
  scrape_expect(p, "hedgerow_reloads_total{result=\"taken\"}", 1);
  scrape_expect(p, "hedgerow_requests_total{route=\"/a\",outcome=\"success\"}",
                2);
  scrape_expect(p, "hedgerow_hedge_delay_seconds{route=\"/b\",upstream=\"b\"}",
                0.25);
  scene_reload(&s, "nonsense\n", "hedgerow: not reloaded");
  scrape_expect(p, "hedgerow_config_generation", 2);
  scrape_expect(p, "hedgerow_reloads_total{result=\"refused\"}", 1);
}

/* Answered when every worker has it. */
static void reload_to(const struct scene *s, const char *yaml) {
  OWNED(client) client = operator_new(s->program);
  scene_write(s, yaml);
  reply_expect(operator_ask(client, "POST", "/api/v1/reload",
                            "X-Hedgerow-Admin: 1\r\nContent-Length: 0\r\n"),
               200, "{\"reload\":\"reloaded\"}");
}

/* So /metrics and the receipt tell the same of a route that was away. */
Test(admin, what_is_back_counts_on) {
  SCOPED(scene) s = scene_open(A ROUTE_A);
  struct program *p = s.program;
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  reload_to(&s, PROCESS "upstreams:\n  b: {targets: [$B]}\n"
                        "routes:\n  - {path: /b, upstream: b}\n");
  scene_expect(&s, s.b, "/b", "GET /b HTTP/1.1");
  reload_to(&s, A ROUTE_A);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scrape_expect(p, "hedgerow_requests_total{route=\"/a\",outcome=\"success\"}",
                2);
  const char *series = words_of(
      "hedgerow_attempts_total{upstream=\"a\",target=\"0\",host=\"%s\","
      "kind=\"primary\",result=\"success\"}",
      s.a->host);
  scrape_expect(p, series, 2);
}

Test(admin, routes_of_one_path_are_told_once) {
  SCOPED(scene) s =
      scene_open(A "routes:\n"
                   "  - {path: /a, upstream: a, methods: [GET], hedges: 1}\n"
                   "  - {path: /a, upstream: a, methods: [POST], hedges: 1}\n");
  OWNED(client) client = operator_new(s.program);
  admin_get(client, "/metrics");
  const char *body = client_await_reply(client)->body;
  static const char *const lines[] = {
      "\nhedgerow_requests_total{route=\"/a\",outcome=\"success\"} ",
      "\nhedgerow_hedge_delay_seconds{route=\"/a\",upstream=\"a\"} "};
  for (unsigned i = 0; i < 2; i++) {
    const char *first = strstr(body, lines[i]);
    cr_assert(first, "%s", body);
    cr_expect_null(strstr(first + 1, lines[i]), "%s", body);
  }
}

Test(admin, openmetrics_is_spoken_where_it_is_asked_for) {
  SCOPED(stage) s = stage_open("--admin", AT);
  OWNED(client) client = operator_new(s.program);
  admin_get_with(client, "/metrics",
                 "Accept: Application/OpenMetrics-text;version=1.0.0;q=0.5,"
                 "text/plain;q=0.1\r\n");
  const struct reply *reply = client_await_reply(client);
  reply_expect_in_field(reply, "Content-Type", "application/openmetrics-text");
  reply_expect_in_body(reply, "# TYPE hedgerow_requests counter\n");
  cr_expect_str_eq(reply->body + reply->body_len - 6, "# EOF\n");
}

Test(admin, openmetrics_is_not_spoken_where_it_is_not_wanted) {
  static const char *const fields[] = {
      "",
      "Accept: text/plain\r\n",
      "Accept: */*\r\n",
      "Accept: application/openmetrics-text;q=0\r\n",
      "Accept: application/openmetrics-text-foo\r\n",
      "Accept: text/plain\r\nAccept: APPLICATION/openmetrics-text;q=0.5\r\n"};
  SCOPED(stage) s = stage_open("--admin", AT);
  OWNED(client) client = operator_new(s.program);
  EACH_ROW (row, fields) {
    admin_get_with(client, "/metrics", *row);
    const struct reply *reply = client_await_reply(client);
    reply_expect_field(reply, "Content-Type",
                       "text/plain; version=0.0.4; charset=utf-8");
    reply_expect_in_body(reply, "# TYPE hedgerow_requests_total counter\n");
  }
}
