/* Metrics by the built program, beside those of test_admin: each moves when
 * what it counts happens. */
#include <criterion/criterion.h>

#include "support/folder.h"
#include "support/many.h"
#include "support/operator.h"
#include "support/rows.h"
#include "support/scrape.h"
#include "support/stage.h"
#include "support/words.h"

#define AT "127.0.0.1:0"
#define SMART "route=\"/smart\""
#define RESCUES(why) "hedgerow_rescues_total{" SMART ",why=\"" why "\"}"
#define SAVED "hedgerow_saved_seconds_total{" SMART "}"
#define REQUESTS(outcome)                                                      \
  "hedgerow_requests_total{" SMART ",outcome=\"" outcome "\"}"
#define REFUSALS(reason)                                                       \
  "hedgerow_refusals_total{upstream=\"to\",reason=\"" reason "\"}"
#define DIALS(result) "hedgerow_dials_total{result=\"" result "\"}"
#define RESENDS "hedgerow_resends_total"
#define GONE "hedgerow_client_gone_total"
#define DROPPED "hedgerow_log_dropped_total"

/* Hedges come forward after a failure, and never by their time. */
#define FORWARD                                                                \
  "--hedges", "1", "--hedge-after", "50s", "--max-timeout", "60s",             \
      "--timeout", "55s", "--on-failure", "next"

TestSuite(metrics, .fini = folder_remove);

/* ---- from the start ---- */

/* A rate needs a number to grow from: what alerts and rates look at is 0 until
 * it comes. */
Test(metrics, what_alerts_look_at_is_told_as_0_before_it_has_come) {
  static const char *const samples[] = {
      REQUESTS("success"),
      REQUESTS("client_error"),
      REQUESTS("failed"),
      REQUESTS("refused"),
      REQUESTS("deadline"),
      REQUESTS("drained"),
      REQUESTS("gone"),
      REQUESTS("rejected"),
      REFUSALS("full"),
      REFUSALS("memory"),
      REFUSALS("slow_target"),
      REFUSALS("crowded"),
      REFUSALS("shed"),
      REFUSALS("pushback"),
      REFUSALS("budget"),
      REFUSALS("rate"),
      REFUSALS("queue"),
      DIALS("success"),
      DIALS("transport"),
      DIALS("cancelled"),
      DIALS("starved"),
      RESCUES("failed"),
      RESCUES("slow"),
      RESENDS,
      GONE,
      DROPPED,
  };
  SCOPED(stage) s = stage_open("--admin", AT);
  EACH_ROW (row, samples) scrape_expect(s.program, *row, 0);
}

static double attempts_of(const struct stage *s, const char *kind,
                          const char *result) {
  const char *sample = words_of(
      "hedgerow_attempts_total{upstream=\"to\",target=\"0\",host=\"%s\","
      "kind=\"%s\",result=\"%s\"}",
      s->origin->host, kind, result);
  return scrape(s->program, sample);
}

Test(metrics, of_attempts_those_are_told_as_0_that_are_divided_by) {
  static const char *const kinds[] = {"primary", "hedge", "retry"};
  SCOPED(stage) s = stage_open("--admin", AT);
  for (unsigned i = 0; i < 3; i++) {
    cr_expect_eq(attempts_of(&s, kinds[i], "success"), 0);
    cr_expect_eq(attempts_of(&s, kinds[i], "starved"), 0);
    cr_expect_eq(attempts_of(&s, kinds[i], "too_large"), -1);
  }
}

/* ---- rescues ---- */

Test(metrics, a_success_after_the_primarys_failure_is_a_rescue) {
  SCOPED(stage) s = stage_open("--admin", AT, FORWARD);
  scrape_expect(s.program, RESCUES("failed"), 0);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
  stage_serve(&s, origin_await_attempt(s.origin, 1), 200, OK);
  scrape_expect(s.program, RESCUES("failed"), 1);
  scrape_expect(s.program, RESCUES("slow"), 0);
  scrape_expect(s.program, SAVED, 0);
}

Test(metrics, so_is_a_final_4xx) {
  SCOPED(stage) s = stage_open("--admin", AT, FORWARD, "--final", "4xx");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
  stage_serve(&s, origin_await_attempt(s.origin, 1), 404, OK);
  scrape_expect(s.program, RESCUES("failed"), 1);
}

/* Both attempts are there; `winner` brings the answer. */
static void race(const struct stage *s, unsigned winner) {
  client_get(s->client, "/smart");
  struct arrival *both[] = {origin_await_attempt(s->origin, 0),
                            origin_await_attempt(s->origin, 1)};
  stage_serve(s, both[winner], 200, OK);
}

/* One that is answered last of all, so that nothing takes longer. */
static void learn_of_slow_answers(const struct stage *s) {
  OWNED(client) client = client_new(s->program->port);
  client_get(client, "/smart");
  struct arrival *slow = origin_await_attempt(s->origin, 0);
  (void)origin_await_attempt(s->origin, 1);
  for (unsigned i = 0; i < 50; i++) race(s, 0);
  arrival_answer_json(slow, 200, OK);
  client_expect(client, 200, OK);
}

Test(metrics, a_success_before_a_slow_primarys_is_a_rescue_and_saves_time) {
  SCOPED(stage) s =
      stage_open("--admin", AT, "--hedges", "1", "--hedge-after", "1ms",
                 "--budget", "100%:100000", "--gate", "off", "--log", "off");
  scrape_expect(s.program, SAVED, 0);
  learn_of_slow_answers(&s);
  scrape_expect(s.program, RESCUES("slow"), 0);
  unsigned rescued = 0; /* until what was learned is told */
  do race(&s, 1);
  while (scrape(s.program, SAVED) == 0 && ++rescued < 1000);
  cr_expect_gt(scrape(s.program, SAVED), 0);
  scrape_expect(s.program, RESCUES("slow"), rescued + 1);
  scrape_expect(s.program, RESCUES("failed"), 0);
}

Test(metrics, each_item_of_an_all_is_rescued_by_itself) {
  SCOPED(stage) s = stage_open("--admin", AT, FORWARD);
  client_get(s.client, "/all?hedge=1"); /* two items */
  struct arrival *primaries[] = {origin_await(s.origin),
                                 origin_await(s.origin)};
  arrival_answer_json(primaries[0], 500, OK);
  arrival_answer_json(primaries[1], 200, OK);
  arrival_answer_json(origin_await(s.origin), 200, OK);
  client_expect(s.client, 200, "[" OK "," OK "]");
  scrape_expect(s.program,
                "hedgerow_rescues_total{route=\"/all\",why=\"failed\"}", 1);
  scrape_expect(s.program, RESCUES("failed"), 0);
}

/* ---- attempts ---- */

/* Of the one target of a stage. */
static double took_of(const struct stage *s, const char *suffix,
                      const char *bucket) {
  const char *sample = words_of(
      "hedgerow_attempt_duration_seconds_%s{upstream=\"to\",target=\"0\","
      "host=\"%s\"%s}",
      suffix, s->origin->host, bucket);
  return scrape(s->program, sample);
}

Test(metrics, attempts_that_end_by_themselves_are_timed) {
  SCOPED(stage) s = stage_open("--admin", AT, FORWARD);
  cr_expect_eq(took_of(&s, "count", ""), 0);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
  stage_serve(&s, origin_await_attempt(s.origin, 1), 200, OK);
  cr_expect_eq(took_of(&s, "count", ""), 2);
  cr_expect_eq(took_of(&s, "bucket", ",le=\"+Inf\""), 2);
  cr_expect_gt(took_of(&s, "sum", ""), 0);
}

/* A deadline of 10 s is passed by a hair, and so are those of 30 and 60 s: the
 * bounds stand a little behind them. */
Test(metrics, times_have_bounds_about_the_usual_deadlines) {
  static const char *const bounds[] = {"2.5",  "5.0",  "10.0",
                                       "12.0", "32.0", "64.0"};
  SCOPED(stage) s = stage_open("--admin", AT);
  EACH_ROW (row, bounds) {
    const char *le = words_of(",le=\"%s\"", *row);
    cr_expect_eq(took_of(&s, "bucket", le), 0, "%s", *row);
  }
}

Test(metrics, who_was_cancelled_has_no_time) {
  SCOPED(stage) s =
      stage_open("--admin", AT, "--hedges", "1", "--hedge-after", "1ms",
                 "--budget", "100%:100000", "--gate", "off");
  race(&s, 1);
  cr_expect_eq(took_of(&s, "count", ""), 1);
}

/* ---- connections ---- */

Test(metrics, dials_are_counted_by_how_they_ended) {
  struct stage s = stage_open("--admin", AT, "--hedges", "0");
  scrape_expect(s.program, DIALS("success"), 0);
  (void)stage_exchange(&s);
  (void)stage_exchange(&s);
  scrape_expect(s.program, DIALS("success"), 1);
  stage_close(&s);
  OWNED(origin) deaf = origin_new_deaf();
  OWNED(program) program =
      program_start("--to", deaf->url, "--hedges", "0", "--admin", AT);
  OWNED(client) client = client_new(program->port);
  client_get(client, "/smart");
  client_expect_problem(client, 502);
  scrape_expect(program, DIALS("transport"), 1);
}

Test(metrics, a_client_who_leaves_is_counted_and_ends_the_dial) {
  OWNED(origin) stuck = origin_new_stuck();
  OWNED(program) program = program_start("--to", stuck->url, "--hedges", "0",
                                         "--admin", AT, "--workers", "1");
  struct client *client = client_new(program->port);
  client_get(client, "/smart");
  (void)scrape_await_more(program, "hedgerow_requests_in_flight", 0);
  scrape_expect(program, GONE, 0);
  client_free(client);
  cr_expect_eq(scrape_await_more(program, GONE, 0), 1);
  scrape_expect(program, DIALS("cancelled"), 1);
}

Test(metrics, a_client_who_leaves_within_its_body_is_counted_and_logged) {
  SCOPED(stage) s = stage_open("--admin", AT, "--log", "json");
  client_send(s.client, "POST /all?key=1 HTTP/1.1\r\nHost: h\r\n"
                        "X-Request-ID: mine\r\nContent-Length: 9\r\n\r\n[");
  client_leave(s.client);
  cr_expect_eq(scrape_await_more(s.program, GONE, 0), 1);
  scrape_expect(s.program,
                "hedgerow_requests_total{route=\"/all\",outcome=\"gone\"}", 1);
  program_stop(s.program);
  words_expect(s.program->out,
               "\"id\":\"mine\",\"route\":\"/all\",\"method\":\"POST\","
               "\"target\":\"/all\",\"status\":0,\"outcome\":\"gone\"");
}

Test(metrics, a_request_that_is_sent_anew_is_counted) {
  SCOPED(stage) s =
      stage_open("--admin", AT, "--hedges", "0", "--hedge-after", "250ms");
  struct arrival *kept = stage_exchange(&s);
  scrape_expect(s.program, RESENDS, 0);
  client_get(s.client, "/smart");
  arrival_await_next(kept);
  arrival_close(kept);
  stage_serve(&s, origin_await(s.origin), 200, OK);
  scrape_expect(s.program, RESENDS, 1);
}

/* ---- the process ---- */

Test(metrics, lines_that_a_full_disk_does_not_take_are_counted) {
  SCOPED(stage) s =
      stage_open("--admin", AT, "--log", "json", "--log-file", "/dev/full");
  scrape_expect(s.program, DROPPED, 0);
  (void)stage_exchange(&s);
  cr_expect_eq(scrape_await_more(s.program, DROPPED, 0), 1);
}

Test(metrics, each_workers_loop_says_how_late_it_is) {
  SCOPED(stage) s = stage_open("--admin", AT, "--workers", "2");
  (void)scrape_await_more(s.program, "hedgerow_loop_lag_seconds{worker=\"0\"}",
                          0);
  (void)scrape_await_more(s.program, "hedgerow_loop_lag_seconds{worker=\"1\"}",
                          0);
  cr_expect_eq(scrape(s.program, "hedgerow_loop_lag_seconds{worker=\"2\"}"),
               -1);
}

Test(metrics, those_of_the_most_targets_can_be_had) {
  const char *path = folder_write("many.yaml", many_file(false));
  OWNED(program) program = program_start("--config", path, "--admin", AT);
  OWNED(client) client = operator_new(program);
  client_send(client, "HEAD /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  cr_expect_eq(client_await_reply_to_head(client)->status, 200);
}

Test(metrics, the_process_is_told_as_others_tell_it) {
  SCOPED(stage) s = stage_open("--admin", AT);
  double fds = scrape(s.program, "process_open_fds");
  cr_expect_gt(fds, 0);
  cr_expect_gt(scrape(s.program, "process_max_fds"), fds);
  (void)stage_exchange(&s); /* the upstream's connection is kept */
  (void)scrape_await_more(s.program, "process_open_fds", fds);
  cr_expect_gt(scrape(s.program, "process_virtual_memory_bytes"),
               scrape(s.program, "process_resident_memory_bytes"));
  cr_expect_gt(scrape(s.program, "process_resident_memory_bytes"), 0);
  (void)scrape_await_more(s.program, "process_cpu_seconds_total",
                          scrape(s.program, "process_cpu_seconds_total"));
}
