/* Receipts by the built program: on SIGUSR1, at the end and every --receipt. */
#include <criterion/criterion.h>
#include <signal.h>

#include "support/folder.h"
#include "support/scene.h"
#include "support/scrape.h"
#include "support/stage.h"
#include "support/words.h"

TestSuite(reporter, .fini = folder_remove);

/* Hedges come forward after a failure, and never by their time. */
#define FORWARD                                                                \
  "--hedges", "1", "--hedge-after", "50s", "--max-timeout", "60s",             \
      "--timeout", "55s", "--on-failure", "next"

static void rescue_one(const struct stage *s) {
  arrival_answer_json(stage_ask_primary(s, "/smart"), 500, OK);
  stage_serve(s, origin_await_attempt(s->origin, 1), 200, OK);
}

static void ask_for_it(const struct stage *s, const char *want) {
  program_signal(s->program, SIGUSR1);
  program_await_notice(s->program, want);
}

Test(reporter, sigusr1_and_the_end_tell_what_it_brought) {
  SCOPED(stage) s = stage_open(FORWARD);
  ask_for_it(&s, "hedgerow: receipt: no request asked an upstream\n");
  stage_serve(&s, stage_ask_primary(&s, "/smart"), 200, OK);
  ask_for_it(&s, "receipt: 1 request, 0.0 % extra; nothing was rescued\n");
  rescue_one(&s);
  program_stop(s.program);
  words_expect(s.program->err, "receipt: 2 requests, 50.0 % extra; rescued "
                               "1 after a failure and 0 from slowness\n");
  words_expect_none(s.program->err, "receipt /smart");
}

Test(reporter, whoever_served_nobody_ends_without_a_word) {
  SCOPED(stage) s = stage_open(FORWARD);
  program_stop(s.program);
  words_expect_none(s.program->err, "receipt");
}

Test(reporter, refusals_are_told_with_their_reason) {
  SCOPED(stage) s = stage_open(FORWARD, "--budget", "10%:1");
  rescue_one(&s);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
  client_expect_problem(s.client, 502);
  ask_for_it(&s, "; refused 1 (budget)\n");
}

Test(reporter, the_items_of_an_all_are_no_extra_requests) {
  SCOPED(stage) s = stage_open("--hedges", "1", "--hedge-after", "250ms");
  client_get(s.client, "/all"); /* as many as a race could ask */
  arrival_answer_json(origin_await(s.origin), 200, "1");
  arrival_answer_json(origin_await(s.origin), 200, "2");
  cr_expect_eq(client_await_reply(s.client)->status, 200);
  ask_for_it(&s, "receipt: 2 requests, 0.0 % extra; nothing was rescued\n");
}

/* ---- several paths ---- */

#define TWO                                                                    \
  "defaults: {hedges: 0, hedge_after: 250ms}\n"                                \
  "upstreams:\n  a: {targets: [$A]}\n"                                         \
  "routes:\n  - {path: /a, upstream: a}\n  - {path: /b, upstream: a}\n"

Test(reporter, each_path_has_its_own_where_there_are_several) {
  SCOPED(scene) s = scene_open(TWO);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scene_expect(&s, s.a, "/b", "GET /b HTTP/1.1");
  scene_expect(&s, s.a, "/b", "GET /b HTTP/1.1");
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "receipt: 3 requests, 0.0 % extra; nothing");
  program_await_notice(s.program, "receipt /a: 1 request, 0.0 % extra");
  program_await_notice(s.program, "receipt /b: 2 requests, 0.0 % extra");
}

#define ONE                                                                    \
  "defaults: {hedges: 0, hedge_after: 250ms}\n"                                \
  "upstreams:\n  a: {targets: [$A]}\n"                                         \
  "routes:\n  - {path: /b, upstream: a}\n"

Test(reporter, a_reload_takes_nothing_from_all_together) {
  SCOPED(scene) s = scene_open(TWO);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scene_expect(&s, s.a, "/b", "GET /b HTTP/1.1");
  scene_reload(&s, ONE, "hedgerow: reloaded");
  scene_expect(&s, s.a, "/b", "GET /b HTTP/1.1");
  program_signal(s.program, SIGUSR1);
  program_await_notice(s.program, "receipt: 3 requests, 0.0 % extra; nothing");
}

/* ---- every so often ---- */

static struct stage stage_open_telling(const char *form) {
  const char *path = folder_path("log");
  return stage_open(FORWARD, "--log", form, "--log-file", path, "--receipt",
                    "1s");
}

Test(reporter, the_log_tells_it_as_json) {
  SCOPED(stage) s = stage_open_telling("json");
  rescue_one(&s);
  folder_await("log", "\"receipt\":{\"requests\":1,\"attempts\":2,"
                      "\"extra_percent\":100.0,\"rescued_failed\":1,");
  folder_await("log", "{\"time\":\"20");
}

Test(reporter, the_log_tells_it_of_each_path) {
  SCOPED(scene) s = scene_open("log_file: log\nreceipt: 1s\n" TWO);
  scene_expect(&s, s.a, "/a", "GET /a HTTP/1.1");
  scene_expect(&s, s.a, "/b", "GET /b HTTP/1.1");
  folder_await("log", "Z\",\"route\":\"/b\",\"receipt\":{\"requests\":1,");
  folder_await("log", "Z\",\"receipt\":{\"requests\":2,");
}

Test(reporter, the_log_tells_it_in_words) {
  SCOPED(stage) s = stage_open_telling("text");
  rescue_one(&s);
  folder_await("log", "\nreceipt: 1 request, 100.0 % extra; rescued 1 after");
}

Test(reporter, without_a_log_it_is_a_notice) {
  SCOPED(stage) s = stage_open(FORWARD, "--log", "off", "--receipt", "1s");
  program_await_notice(s.program, "receipt: no request asked an upstream");
}

/* ---- losers that are read ---- */

#define EARLY "--hedges", "1", "--hedge-after", "1ms", "--gate", "off"

/* The hedge has won, and the primary is still asked. */
static struct arrival *lose(const struct stage *s) {
  struct arrival *primary = stage_ask_primary(s, "/smart");
  stage_serve(s, origin_await_attempt(s->origin, 1), 200, OK);
  return primary;
}

static void await_counted(const struct stage *s) {
  const char *sample =
      words_of("hedgerow_in_flight{upstream=\"to\",target=\"0\",host=\"%s\"}",
               s->origin->host);
  for (unsigned i = 0; i < 100000 && scrape(s->program, sample) > 0; i++)
    continue;
}

static void expect_after_loser(int status, const char *want) {
  SCOPED(stage) s =
      stage_open(EARLY, "--admin", "127.0.0.1:0", "--losers", "drain");
  struct arrival *primary = lose(&s);
  arrival_answer_json(primary, status, OK);
  await_counted(&s);
  program_stop(s.program);
  words_expect(s.program->err, want);
  words_expect_none(s.program->err, "estimate");
}

Test(reporter, the_end_of_a_loser_that_is_read_makes_the_time_known) {
  expect_after_loser(200, "and 1 from slowness; ");
  expect_after_loser(200, " ms saved\n");
}

Test(reporter, a_loser_that_fails_in_the_end_tells_nothing) {
  expect_after_loser(500, "how much time that saved is not known\n");
  expect_after_loser(206, "how much time that saved is not known\n");
}

Test(reporter, a_loser_that_is_given_up_holds_nothing) {
  SCOPED(stage) s =
      stage_open(EARLY, "--admin", "127.0.0.1:0", "--losers", "drain");
  (void)lose(&s);
  program_stop(s.program);
  words_expect(s.program->err, "and 1 from slowness; ");
}
