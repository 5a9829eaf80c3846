/* Why an attempt may not start, one test for each reason, by the built program:
 * the problem names it and says what to do, the log names it. Then what the
 * pilot learns from answers, and what a reload keeps of it.
 *
 * What is learned shows up to a quarter of a second later, and only while the
 * answers say the same: so these tests go on asking until it shows. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/hurry.h"
#include "support/scene.h"
#include "support/scrape.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

TestSuite(refusals, .fini = folder_remove);

#define ALONE "Hedge: off\r\n"
#define STREAM_HEAD "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

enum {
  QUICK = 60, /* answers, more than are needed to learn from */
  TRIES = 40, /* until something shows */
};

/* A hedge at once and nothing brought forward, in the log as JSON. */
#define open_hedging(...)                                                      \
  stage_open("--hedges", "1", "--hedge-after", "0ms", "--on-failure", "wait",  \
             "--log", "json", "--workers", "1", __VA_ARGS__)

/* ---- requests ------------------------------------------------------------- */

/* One attempt, whatever the flags say, and its answer. */
static void ask_alone(struct client *client, struct origin *origin,
                      int status) {
  client_get_with(client, "/smart", ALONE);
  arrival_answer_json(origin_await_attempt(origin, 0), status, OK);
  (void)client_await_reply(client);
}

static void ask_often(struct stage *s, unsigned times, int status) {
  for (; times > 0; times--) ask_alone(s->client, s->origin, status);
}

static bool has_story(const struct reply *reply, const char *attempts) {
  char value[32];
  return wire_field(reply->head, "Hedge-Attempts", value, sizeof value) &&
         strcmp(value, attempts) == 0;
}

/* A race whose primary wins. True: no hedge was started. */
static bool answers_alone(struct stage *s, int status) {
  arrival_answer_json(stage_ask_primary(s, "/smart"), status, OK);
  return has_story(client_await_reply(s->client), "1");
}

static bool wins_alone(struct stage *s) { return answers_alone(s, 200); }

/* Ends the program. Its log is longer than what program->out holds. */
static void expect_in_log(struct stage *s, const char *text) {
  static char log[16 * 1024 * 1024];
  client_leave(s->client);
  program_stop(s->program);
  ssize_t n = pread(s->program->out_fd, log, sizeof log - 1, 0);
  cr_assert(n > 0);
  words_expect(log, text);
}

/* Asks once more: the primary fails, and the hedge was refused. The problem and
 * the log say by what; ends the stage. */
static void expect_refused_hedge(struct stage *s, const char *by,
                                 const char *words) {
  const char *said =
      words_of("\"result\":\"refused\",\"refused_by\":\"%s\"", by);
  arrival_answer_json(stage_ask_primary(s, "/smart"), 500, "{}");
  const struct reply *reply = client_expect_problem(s->client, 502);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  reply_expect_in_body(reply, said);
  reply_expect_in_body(reply, words);
  expect_in_log(s, said);
  stage_close(s);
}

/* ---- each reason ---------------------------------------------------------- */

Test(refusals, full) {
  struct stage s = open_hedging("--max-attempts", "1");
  expect_refused_hedge(&s, "full", "--max-attempts");
}

/* What maps the memory of attempts fails; that of requests is there. Under a
 * sanitizer there is no such limit. */
static bool let_no_memory_be_mapped(const struct program *program) {
  char path[64], line[256];
  unsigned long long kib = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)program->pid);
  FILE *stream = fopen(path, "r");
  while (stream && fgets(line, sizeof line, stream))
    if (sscanf(line, "VmSize: %llu kB", &kib) == 1) break;
  if (stream) fclose(stream);
  struct rlimit limit = {kib * 1024, kib * 1024};
  return kib > 0 && kib < 1u << 30 &&
         prlimit(program->pid, RLIMIT_AS, &limit, NULL) == 0;
}

Test(refusals, memory) {
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--log", "json", "--workers", "1");
  client_post(s.client, "/all", "[]");
  client_expect(s.client, 200, "[]");
  if (let_no_memory_be_mapped(s.program)) {
    client_get(s.client, "/smart");
    const struct reply *reply = client_expect_problem(s.client, 503);
    reply_expect_in_body(reply, "\"refused_by\":\"memory\"");
    reply_expect_in_body(reply, "no memory was free");
    origin_expect_no_arrival(s.origin);
    expect_in_log(&s, "\"refused_by\":\"memory\"");
  }
}

Test(refusals, budget) {
  struct stage s = open_hedging("--budget", "0.1%:1");
  cr_expect(!wins_alone(&s)); /* the hedge has the only token */
  expect_refused_hedge(&s, "budget", "--budget");
}

/* Failures have a purse of their own. */
Test(refusals, budget_of_failures) {
  struct stage s = stage_open("--hedges", "1", "--hedge-after", "20s", "--log",
                              "json", "--budget", "0.1%:1");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  arrival_answer_json(origin_await_attempt(s.origin, 1), 500, "{}");
  reply_expect_story(client_await_reply(s.client), "2", NULL);
  expect_refused_hedge(&s, "budget", "--budget");
}

static void expect_pause_after(const char *fields) {
  struct stage s = open_hedging("--gate", "off");
  client_get_with(s.client, "/smart", ALONE);
  arrival_answer(origin_await(s.origin), 429, fields, "{}");
  (void)client_await_reply(s.client);
  expect_refused_hedge(&s, "pushback", "Retry-After");
}

Test(refusals, pushback) { expect_pause_after("Retry-After: 60\r\n"); }

Test(refusals, pushback_without_a_time_that_can_be_read) {
  expect_pause_after("Retry-After: soon\r\n");
  expect_pause_after("Retry-After: -5\r\n");
}

Test(refusals, shed) {
  struct stage s = open_hedging("--final", "4xx");
  ask_often(&s, 32, 503);
  expect_refused_hedge(&s, "shed", "--gate");
}

/* The primary fails, and the problem says that this has refused the hedge. One
 * that was started would end at the deadline. */
static bool is_told(struct stage *s, const char *by) {
  const char *said = words_of("\"refused_by\":\"%s\"", by);
  arrival_answer_json(stage_ask_primary(s, "/smart?timeout=200"), 500, "{}");
  return strstr(client_await_reply(s->client)->body, said) != NULL;
}

/* So that what is usual is known, and well known. */
static void ask_for_a_second(struct stage *s) {
  struct timespec now, end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec++;
  do {
    ask_often(s, 20, 200);
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (now.tv_sec < end.tv_sec ||
           (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

/* A race that the primary wins after 20 ms of hedgerow's own time: a request
 * beside it has met its deadline by then, and asked somebody else. */
static bool wins_slowly_alone(struct stage *s, struct client *beside) {
  struct arrival *primary = stage_ask_primary(s, "/smart");
  client_get(beside, "/all?timeout=20");
  client_expect(beside, 200, "[null]");
  arrival_answer_json(primary, 200, OK);
  return has_story(client_await_reply(s->client), "1");
}

Test(refusals, slow_target) {
  OWNED(origin) stuck = origin_new_stuck();
  SCOPED(stage) s =
      open_hedging("--budget", "1500%:1000000", "--all", stuck->url);
  struct client *beside = client_new(s.program->port);
  unsigned tries = 0;
  ask_for_a_second(&s);
  while (!wins_slowly_alone(&s, beside) || !is_told(&s, "slow_target"))
    cr_assert(++tries < TRIES, "no hedge was refused");
  client_free(beside);
  expect_in_log(&s, "\"refused_by\":\"slow_target\"");
}

enum { CROWD = 60 };

/* They are held no longer than need be, or they become the usual. */
static bool crowd_shows(struct stage *s, struct client **crowd) {
  struct arrival *held[CROWD];
  ask_for_a_second(s);
  for (int i = 0; i < CROWD; i++) {
    client_get_with(crowd[i], "/smart", ALONE);
    held[i] = origin_await_attempt(s->origin, 0);
  }
  if (wins_alone(s) && is_told(s, "crowded")) return true;
  for (int i = 0; i < CROWD; i++) {
    arrival_answer_json(held[i], 200, OK);
    (void)client_await_reply(crowd[i]);
  }
  return false;
}

Test(refusals, crowded) {
  SCOPED(stage) s = open_hedging("--budget", "1500%:1000000");
  struct client *crowd[CROWD];
  unsigned tries = 0;
  for (int i = 0; i < CROWD; i++) crowd[i] = client_new(s.program->port);
  while (!crowd_shows(&s, crowd))
    cr_assert(++tries < TRIES, "no hedge was refused");
  for (int i = 0; i < CROWD; i++) client_free(crowd[i]);
  expect_in_log(&s, "\"refused_by\":\"crowded\"");
}

/* Answers that are passed on as they come are in flight, and no crowd. */
Test(refusals, streams_are_no_crowd) {
  SCOPED(scene) s =
      scene_open("defaults: {hedges: 1, hedge_after: 0ms, on_failure: wait,\n"
                 "           budget: '1500%:1000000'}\n"
                 "upstreams: {x: {targets: [$A]}}\n"
                 "routes:\n"
                 "- {path: /stream, upstream: x, success: any, hedges: 0}\n"
                 "- {path: /smart, upstream: x}\n");
  struct stage stage = {s.a, s.program, s.client};
  struct client *crowd[CROWD];
  struct arrival *streams[CROWD];
  unsigned tries = 0;
  ask_for_a_second(&stage);
  for (int i = 0; i < CROWD; i++) {
    crowd[i] = client_new(s.program->port);
    client_get(crowd[i], "/stream");
    streams[i] = origin_await(s.a);
    arrival_send(streams[i], STREAM_HEAD);
    (void)client_await_head(crowd[i]);
  }
  while (wins_alone(&stage))
    cr_assert(++tries < TRIES, "each hedge was refused");
  for (int i = 0; i < CROWD; i++) {
    client_leave(crowd[i]);
    arrival_await_closed(streams[i]);
    client_free(crowd[i]);
  }
}

/* ---- a retry -------------------------------------------------------------- */

#define AT "127.0.0.1:0"

/* No hedge, and retries after failures. */
#define open_retrying(...)                                                     \
  stage_open("--hedges", "0", "--retries", "3", "--backoff", "5ms", "--log",   \
             "json", "--workers", "1", "--admin", AT, __VA_ARGS__)

/* The primary, which is there, fails. Its retry is told by problem, metrics,
 * receipt and log, once. */
static void expect_refused_retry(struct stage *s, struct arrival *primary,
                                 const char *by) {
  char said[64], sample[128], sum[64];
  snprintf(said, sizeof said, "\"result\":\"refused\",\"refused_by\":\"%s\"",
           by);
  snprintf(sample, sizeof sample,
           "hedgerow_refusals_total{upstream=\"to\",reason=\"%s\"}", by);
  snprintf(sum, sizeof sum, "refused 1 (%s)", by);
  arrival_answer_json(primary, 500, "{}");
  const struct reply *reply = client_expect_problem(s->client, 502);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  reply_expect_in_body(reply, "\"kind\":\"retry\"");
  cr_expect_eq(words_count(reply->body, said), 1, "%s", reply->body);
  scrape_expect(s->program, sample, 1);
  program_signal(s->program, SIGUSR1);
  program_await_notice(s->program, sum);
}

static void expect_refused_retry_in_log(struct stage *s) {
  client_leave(s->client);
  program_stop(s->program);
  cr_expect_eq(words_count(s->program->out, "\"kind\":\"retry\""), 1, "%s",
               s->program->out);
  stage_close(s);
}

static struct arrival *ask_first(struct stage *s) {
  return stage_ask_primary(s, "/smart");
}

Test(refusals, a_retry_by_budget) {
  struct stage s = open_retrying("--budget", "0%");
  expect_refused_retry(&s, ask_first(&s), "budget");
  expect_refused_retry_in_log(&s);
}

Test(refusals, a_retry_by_rate) {
  struct stage s = open_retrying("--rate", "1/h");
  expect_refused_retry(&s, ask_first(&s), "rate");
  expect_refused_retry_in_log(&s);
}

Test(refusals, a_retry_by_pushback) {
  struct stage s = open_retrying("--budget", "200%:400");
  client_get_with(s.client, "/smart", ALONE);
  arrival_answer(origin_await(s.origin), 503, "Retry-After: 60\r\n", "{}");
  (void)client_await_reply(s.client);
  expect_refused_retry(&s, ask_first(&s), "pushback");
  expect_refused_retry_in_log(&s);
}

/* Seven others hold what is left to hedges and retries. */
Test(refusals, a_retry_by_full) {
  struct stage s = open_retrying("--max-attempts", "8");
  struct client *others[7];
  struct arrival *primary = ask_first(&s);
  for (unsigned i = 0; i < 7; i++) {
    others[i] = client_new(s.program->port);
    client_get_with(others[i], "/smart", ALONE);
    (void)origin_await_attempt(s.origin, 0);
  }
  expect_refused_retry(&s, primary, "full");
  for (unsigned i = 0; i < 7; i++) client_free(others[i]);
  expect_refused_retry_in_log(&s);
}

/* Each by its own reason: the hedge has a time, and the retry a failure. */
Test(refusals, a_hedge_and_a_retry_are_told_one_by_one) {
  SCOPED(stage) s =
      stage_open("--hedges", "1", "--hedge-after", "20s", "--retries", "1",
                 "--backoff", "5ms", "--budget", "0%", "--log", "json");
  arrival_answer_json(ask_first(&s), 500, "{}");
  const struct reply *reply = client_expect_problem(s.client, 502);
  cr_expect_eq(words_count(reply->body, "\"refused_by\":\"budget\""), 2, "%s",
               reply->body);
  client_leave(s.client);
  program_stop(s.program);
  cr_expect_eq(words_count(s.program->out, "\"kind\":\"hedge\""), 1);
  cr_expect_eq(words_count(s.program->out, "\"kind\":\"retry\""), 1);
}

Test(refusals, a_retry_of_an_item) {
  SCOPED(scene) s =
      scene_open("log: json\n"
                 "defaults: {hedges: 0, retries: 2, budget: 0%}\n"
                 "upstreams: {x: {targets: [$A, $B]}}\n"
                 "routes: [{path: /all, upstream: x, list: x}]\n");
  client_get(s.client, "/all?hedge=1");
  arrival_answer_json(origin_await_attempt(s.a, 0), 200, OK);
  arrival_answer_json(origin_await(s.b), 500, "{}");
  const struct reply *reply = client_await_reply(s.client);
  cr_expect_eq(words_count(reply->head, "desc=refused"), 1, "%s", reply->head);
  program_stop(s.program);
  cr_expect_eq(words_count(s.program->out, "\"refused_by\":\"budget\""), 1,
               "%s", s.program->out);
}

/* ---- and what changes it -------------------------------------------------- */

Test(refusals, gate_off_lets_a_target_be_hedged_that_sheds) {
  SCOPED(stage) s = open_hedging("--gate", "off");
  ask_often(&s, 32, 503);
  cr_expect(!wins_alone(&s));
}

Test(refusals, a_larger_budget_pays_for_more) {
  SCOPED(stage) s = open_hedging("--budget", "0.1%:3");
  for (int i = 0; i < 3; i++) cr_expect(!wins_alone(&s), "hedge %d", i);
  cr_expect(wins_alone(&s));
}

Test(refusals, successes_earn_another) {
  SCOPED(stage) s = open_hedging("--budget", "50%:1");
  cr_expect(!wins_alone(&s));
  cr_expect(wins_alone(&s));
  cr_expect(!wins_alone(&s));
}

Test(refusals, so_do_answers_that_are_a_final_4xx) {
  SCOPED(stage) s = open_hedging("--budget", "50%:1", "--final", "4xx");
  cr_expect(!answers_alone(&s, 404));
  cr_expect(answers_alone(&s, 404));
  cr_expect(!answers_alone(&s, 404));
}

/* ---- nobody waits for a refusal ------------------------------------------- */

Test(refusals, a_failure_does_not_wait_for_a_hedge_without_a_token) {
  SCOPED(stage) s = stage_open("--hedges", "2", "--hedge-after", "40s",
                               "--budget", "0%", "--timeout", "60s");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, "{}");
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_story(reply, "1", NULL);
  for (unsigned k = 1; k <= 2; k++) reply_expect_result(reply, k, "refused");
  reply_expect_in_body(reply, "\"refused_by\":\"budget\"");
}

/* Of two items it is the second whose hedge may not come. */
Test(refusals, a_failed_item_does_not_wait_for_a_target_that_has_asked_to) {
  SCOPED(scene) s =
      scene_open("defaults: {hedges: 1, hedge_after: 40s, timeout: 60s}\n"
                 "upstreams: {x: {targets: [$A, $B]}}\n"
                 "routes: [{path: /all, upstream: x, list: x}]\n");
  client_get(s.client, "/all?hedge=1");
  arrival_answer_json(origin_await_attempt(s.a, 0), 200, OK);
  arrival_answer(origin_await(s.b), 503, "Retry-After: 50\r\n", "{}");
  client_expect(s.client, 200, "[" OK ",null]");
  scene_expect_silence(&s);
}

/* ---- benches -------------------------------------------------------------- */

#define PAIR                                                                   \
  "defaults: {hedges: 1, hedge_after: 0ms, budget: '1500%:1000'}\n"            \
  "upstreams: {x: {targets: [$A, $B]}}\n"                                      \
  "routes: [{path: /smart, upstream: x}]\n"

Test(refusals, a_target_that_fails_five_times_is_not_asked_first) {
  SCOPED(scene) s = scene_open(PAIR);
  for (int i = 0; i < 5; i++) ask_alone(s.client, s.a, 500);
  program_await_notice(s.program, "is passed by for 10 s: it keeps failing");
  ask_alone(s.client, s.b, 200);
  scene_expect_silence(&s);
}

Test(refusals, a_target_that_loses_ten_races_is_not_asked_first) {
  SCOPED(scene) s = scene_open(PAIR);
  for (int i = 0; i < 10; i++) {
    client_get(s.client, "/smart");
    struct arrival *slow = origin_await_attempt(s.a, 0);
    arrival_answer_json(origin_await_attempt(s.b, 1), 200, OK);
    reply_expect_story(client_await_reply(s.client), "2", "1");
    arrival_await_closed(slow);
  }
  program_await_notice(s.program, "is passed by for 10 s: it keeps losing");
  client_get(s.client, "/smart");
  arrival_answer_json(origin_await_attempt(s.b, 0), 200, OK);
  (void)client_await_reply(s.client);
}

/* ---- who is tried --------------------------------------------------------- */

#define IN_TURN                                                                \
  "defaults: {hedges: 1, hedge_after: 40s, timeout: 60s, max_timeout: 60s}\n"  \
  "upstreams: {x: {targets: [$A, $B], balance: rotate}}\n"                     \
  "routes: [{path: /smart, upstream: x}, {path: /all, upstream: x}]\n"

static void answer(struct origin *origin, unsigned k, int status) {
  arrival_answer_json(origin_await_attempt(origin, k), status, OK);
}

/* The first target fails whenever it is its turn, until it is passed by; then
 * it is the second's turn. */
static void fail_in_turn(struct scene *s) {
  for (int i = 0; i < 5; i++) {
    if (i > 0) ask_alone(s->client, s->b, 200);
    client_get(s->client, "/smart");
    answer(s->a, 0, 500);
    answer(s->b, 1, 200);
    client_expect(s->client, 200, OK);
  }
  program_await_notice(s->program, "is passed by for 10 s: it keeps failing");
}

Test(refusals, whose_time_is_over_is_tried_whose_turn_it_ever_is) {
  hurry_open();
  SCOPED(scene) s = scene_open(IN_TURN);
  fail_in_turn(&s);
  hurry_by(10);
  client_get(s.client, "/smart");
  answer(s.a, 0, 200);
  client_expect(s.client, 200, OK);
  program_await_notice(s.program, "is back");
  ask_alone(s.client, s.a, 200);
  ask_alone(s.client, s.b, 200);
  scene_expect_silence(&s);
}

Test(refusals, one_item_of_all_tries_it) {
  hurry_open();
  SCOPED(scene) s = scene_open(IN_TURN);
  fail_in_turn(&s);
  hurry_by(10);
  scene_send(&s, "POST", "/all?hedge=1", "", "[\"/1\",\"/2\",\"/3\"]");
  for (int i = 0; i < 2; i++) answer(s.b, 0, 200);
  answer(s.a, 0, 200);
  client_expect(s.client, 200, "[" OK "," OK "," OK "]");
  scene_expect_silence(&s);
}

/* ---- a delay that is learned ---------------------------------------------- */

/* Cold, a hedge would start after 300 ms, which is too late. */
Test(refusals, a_learned_delay_is_that_of_quick_answers) {
  SCOPED(stage) s = stage_open("--hedges", "1", "--hedge-after", "p95",
                               "--gate", "off", "--budget", "1500%:1000");
  unsigned tries = 0;
  client_get(s.client, "/smart?timeout=250");
  (void)origin_await(s.origin);
  const struct reply *reply = client_expect_problem(s.client, 504);
  reply_expect_field(reply, "Hedge-Attempts", "1");
  do {
    cr_assert(++tries < TRIES, "no hedge was started");
    ask_often(&s, QUICK, 200);
    client_get(s.client, "/smart?timeout=250");
    (void)origin_await_attempt(s.origin, 0);
    reply = client_expect_problem(s.client, 504);
  } while (!has_story(reply, "2"));
}

/* ---- a reload ------------------------------------------------------------- */

#define POOR(name)                                                             \
  "defaults: {hedges: 1, hedge_after: 0ms, budget: '0.1%:1'}\n"                \
  "upstreams: {" name ": {targets: [$A]}}\n"                                   \
  "routes: [{path: /smart, upstream: " name "}]\n"

static bool scene_hedges(const struct scene *s) {
  client_get(s->client, "/smart");
  arrival_answer_json(origin_await_attempt(s->a, 0), 200, OK);
  return has_story(client_await_reply(s->client), "2");
}

Test(refusals, a_reload_keeps_the_budget_of_an_upstream) {
  SCOPED(scene) s = scene_open(POOR("x"));
  cr_expect(scene_hedges(&s));
  program_reload(s.program, "hedgerow: reloaded");
  cr_expect(!scene_hedges(&s), "the token is spent");
  scene_reload(&s, POOR("y"), "hedgerow: reloaded");
  cr_expect(scene_hedges(&s), "another upstream has tokens of its own");
}
