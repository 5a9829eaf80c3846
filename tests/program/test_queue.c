/* --queue and --rate by the built program: who waits for room, in which order,
 * and who does not. Most upstreams here take one attempt at a time. That a
 * request has come into line is known from the trace. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/hurry.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/words.h"

TestSuite(queue, .fini = folder_remove);

#define open_queue(...)                                                        \
  stage_open("--hedges", "0", "--on-failure", "wait", "--log", "json",         \
             "--trace", "on", "--timeout", "50s", __VA_ARGS__)
#define open_narrow(...) open_queue("--max-attempts", "1", __VA_ARGS__)

/* Its request stands in line when this returns. */
static void ask_in_line(struct program *program, struct client *client,
                        const char *target) {
  program_forget_notices(program);
  client_get(client, target);
  program_await_notice(program, "waits in line");
}

static struct arrival *await_line(struct origin *origin, const char *target) {
  struct arrival *arrival = origin_await(origin);
  arrival_expect_line(arrival, words_of("GET %s HTTP/1.1", target));
  return arrival;
}

/* It is asked for next, is answered, and so is the client. */
static void serve(struct origin *origin, struct client *client,
                  const char *target) {
  arrival_answer_json(await_line(origin, target), 200, OK);
  client_expect(client, 200, OK);
}

static void expect_refused(struct client *client, const char *by) {
  const struct reply *reply = client_await_reply(client);
  reply_expect_problem(reply, 503);
  reply_expect_in_body(reply, words_of("\"refused_by\":\"%s\"", by));
}

/* One attempt, of the stage's client, holds the only place; a second client
 * waits in line for it. */
struct pair {
  struct stage stage;
  struct arrival *held;
  struct client *second;
};

static struct pair pair_of(struct stage stage, const char *target) {
  struct pair p = {.stage = stage, .second = client_new(stage.program->port)};
  p.held = stage_ask(&stage, "/smart/1");
  ask_in_line(stage.program, p.second, target);
  return p;
}

#define open_pair(...) pair_of(open_narrow(__VA_ARGS__), "/smart/2")

static void pair_close(struct pair *p) {
  client_free(p->second);
  stage_close(&p->stage);
}

/* ---- in line ---------------------------------------------------------------- */

static void expect_order(const char *workers) {
  enum { CLIENTS = 8 };
  SCOPED(stage) s = open_narrow("--queue", "10:20s", "--workers", workers);
  struct client *clients[CLIENTS];
  char target[CLIENTS][32];
  client_get(s.client, "/smart/first");
  struct arrival *first = await_line(s.origin, "/first");
  for (int i = 0; i < CLIENTS; i++) {
    snprintf(target[i], sizeof target[i], "/smart/%d", i);
    clients[i] = client_new(s.program->port);
    ask_in_line(s.program, clients[i], target[i]);
  }
  origin_expect_no_arrival(s.origin);
  stage_serve(&s, first, 200, OK);
  for (int i = 0; i < CLIENTS; i++)
    serve(s.origin, clients[i], target[i] + strlen("/smart"));
  for (int i = 0; i < CLIENTS; i++) client_free(clients[i]);
  stage_expect_log(&s, "\"queued\":");
}

Test(queue, who_comes_first_starts_first) { expect_order("1"); }

Test(queue, the_line_is_one_for_all_workers) { expect_order("4"); }

Test(queue, many_clients_of_many_workers_are_all_served) {
  enum { CLIENTS = 48 };
  SCOPED(stage) s =
      open_queue("--max-attempts", "2", "--queue", "100:40s", "--workers", "4");
  struct client *clients[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = client_new(s.program->port);
    client_get(clients[i], "/smart");
  }
  for (int i = 0; i < CLIENTS; i++)
    arrival_answer_json(origin_await(s.origin), 200, OK);
  for (int i = 0; i < CLIENTS; i++) {
    client_expect(clients[i], 200, OK);
    client_free(clients[i]);
  }
}

Test(queue, who_comes_when_the_line_is_full_is_refused_at_once) {
  SCOPED(pair) p = open_pair("--queue", "1:20s");
  OWNED(client) third = client_new(p.stage.program->port);
  client_get(third, "/smart/3");
  expect_refused(third, "full");
  stage_serve(&p.stage, p.held, 200, OK);
  serve(p.stage.origin, p.second, "/2");
}

/* ---- and out ---------------------------------------------------------------- */

static void expect_queued(const struct reply *reply, double least_ms) {
  static const char member[] = "\"queued_ms\":";
  const char *at = strstr(reply->body, member);
  cr_assert(at, "no time in the line in %s", reply->body);
  cr_expect_geq(strtod(at + sizeof member - 1, NULL), least_ms, "%s", at);
}

Test(queue, when_its_time_is_over_it_is_refused) {
  hurry_open();
  SCOPED(pair) p = open_pair("--queue", "10:20s");
  hurry_by(20);
  expect_refused(p.second, "queue");
  expect_queued(&p.second->reply, 20000);
  reply_expect_field(&p.second->reply, "Hedge-Attempts", "0");
  stage_serve(&p.stage, p.held, 200, OK);
  stage_expect_log(&p.stage, "\"refused_by\":\"queue\"");
}

Test(queue, it_is_refused_before_its_deadline) {
  hurry_open();
  SCOPED(pair) p =
      pair_of(open_narrow("--queue", "10:60s"), "/smart?timeout=40000");
  hurry_by(36); /* in the last eighth no answer would come any more */
  expect_refused(p.second, "queue");
  stage_serve(&p.stage, p.held, 200, OK);
}

Test(queue, a_client_that_leaves_makes_room_for_the_next) {
  SCOPED(pair) p = open_pair("--queue", "10:20s", "--workers", "1");
  struct client *third = client_new(p.stage.program->port);
  ask_in_line(p.stage.program, third, "/smart/3");
  client_free(p.second);
  p.second = client_new(p.stage.program->port);
  client_expect_healthy(p.second); /* so that the other has left */
  stage_serve(&p.stage, p.held, 200, OK);
  serve(p.stage.origin, third, "/3");
  client_free(third);
  stage_expect_log(&p.stage, "\"outcome\":\"gone\"");
}

Test(queue, a_drain_serves_who_waits) {
  SCOPED(pair) p = open_pair("--queue", "10:20s", "--drain", "60m");
  program_signal(p.stage.program, SIGTERM);
  stage_serve(&p.stage, p.held, 200, OK);
  serve(p.stage.origin, p.second, "/2");
  program_await_exit(p.stage.program);
}

Test(queue, when_the_drain_is_over_who_waits_is_cut_with_503) {
  SCOPED(pair) p = open_pair("--queue", "10:20s", "--drain", "100ms");
  program_signal(p.stage.program, SIGTERM);
  client_expect_problem(p.stage.client, 503);
  client_expect_problem(p.second, 503);
  arrival_await_closed(p.held);
  program_await_exit(p.stage.program);
}

/* ---- who does not wait ------------------------------------------------------- */

Test(queue, a_retry_does_not_overtake_who_waits) {
  SCOPED(pair) p = pair_of(open_queue("--rate", "1/h:1", "--queue", "10:20s",
                                      "--retries", "1", "--backoff", "0ms"),
                           "/smart");
  arrival_answer_json(p.held, 500, "{}");
  const struct reply *reply = client_expect_problem(p.stage.client, 502);
  reply_expect_result(reply, 1, "refused");
  reply_expect_in_body(reply, "\"refused_by\":\"queue\"");
  origin_expect_no_arrival(p.stage.origin);
}

/* It has one target, so its hedge would go past itself. */
Test(queue, a_hedge_is_refused_while_its_primary_waits) {
  hurry_open();
  SCOPED(pair) p = pair_of(
      stage_open("--max-attempts", "1", "--queue", "10:60s", "--hedges", "1",
                 "--hedge-after", "0ms", "--trace", "on", "--timeout", "50s"),
      "/smart?timeout=40000");
  hurry_by(36);
  const struct reply *reply = client_expect_problem(p.second, 503);
  reply_expect_field(reply, "Hedge-Attempts", "0");
  reply_expect_result(reply, 1, "refused");
  stage_serve(&p.stage, p.held, 200, OK);
}

/* ---- several targets -------------------------------------------------------- */

#define PAIR(more)                                                             \
  "trace: on\n"                                                                \
  "defaults: {timeout: 50s, " more "}\n"                                       \
  "upstreams: {x: {targets: [$A, $B], max_attempts: 1, queue: '10:20s'}}\n"    \
  "routes:\n"                                                                  \
  "  - {path: /smart, upstream: x}\n"                                          \
  "  - {path: /all, upstream: x, list: x}\n"

#define HEDGED "hedges: 1, hedge_after: 20s"

static struct client *client_of(struct scene *s) {
  return client_new(s->program->port);
}

static void expect_ok(struct client *client) { client_expect(client, 200, OK); }

/* Neither target has room: a is asked by the first client, b by the second, and
 * two more wait. */
struct four {
  struct scene scene;
  struct arrival *a, *b;
  struct client *second, *third, *fourth;
};

static struct four four_open(const char *yaml) {
  struct four f = {.scene = scene_open(yaml)};
  f.second = client_of(&f.scene);
  f.third = client_of(&f.scene);
  f.fourth = client_of(&f.scene);
  client_get(f.scene.client, "/smart/1");
  f.a = await_line(f.scene.a, "/1");
  client_get(f.second, "/smart/2");
  f.b = await_line(f.scene.b, "/2");
  ask_in_line(f.scene.program, f.third, "/smart/3");
  ask_in_line(f.scene.program, f.fourth, "/smart/4");
  return f;
}

static void four_close(struct four *f) {
  client_free(f->second);
  client_free(f->third);
  client_free(f->fourth);
  scene_close(&f->scene);
}

/* Whose answer comes first is whose room it is. */
static void expect_first_room(const char *yaml) {
  SCOPED(four) f = four_open(yaml);
  arrival_answer_json(f.b, 200, OK);
  expect_ok(f.second);
  serve(f.scene.b, f.third, "/3");
  serve(f.scene.b, f.fourth, "/4");
  scene_serve(&f.scene, f.a, 200, OK);
}

Test(queue, who_waits_takes_the_first_room_of_any_target) {
  expect_first_room(PAIR("hedges: 0"));
}

Test(queue, who_waits_takes_the_first_room_of_any_target_with_hedges_too) {
  expect_first_room(PAIR(HEDGED));
}

Test(queue, who_waits_takes_the_first_room_of_any_target_in_all_workers) {
  expect_first_room("workers: 4\n" PAIR("hedges: 0"));
}

Test(queue, in_the_order_of_arrival_whoever_has_room) {
  SCOPED(four) f = four_open("workers: 4\n" PAIR("hedges: 0"));
  scene_serve(&f.scene, f.a, 200, OK);
  struct arrival *third = await_line(f.scene.a, "/3");
  arrival_answer_json(f.b, 200, OK);
  expect_ok(f.second);
  serve(f.scene.b, f.fourth, "/4");
  arrival_answer_json(third, 200, OK);
  expect_ok(f.third);
}

/* It was to ask the first; its hedge was to ask the second, where it is now. */
Test(queue, the_hedge_of_one_that_went_elsewhere_asks_where_it_came_from) {
  SCOPED(scene) s = scene_open(PAIR(HEDGED));
  OWNED(client) second = client_of(&s);
  client_get(s.client, "/smart/1");
  struct arrival *held = await_line(s.a, "/1");
  client_get(second, "/smart/2");
  struct arrival *moved = await_line(s.b, "/2");
  arrival_answer_json(held, 200, OK);
  expect_ok(s.client);
  arrival_answer_json(moved, 500, "{}");
  serve(s.a, second, "/2");
  reply_expect_field(&second->reply, "Hedge-Attempts", "2");
}

/* One that asks each target, and no other instead, waits for that one. */
Test(queue, who_may_ask_one_target_waits_for_that_one) {
  SCOPED(scene) s = scene_open(PAIR("hedges: 0"));
  OWNED(client) second = client_of(&s);
  client_get(s.client, "/all");
  struct arrival *a = await_line(s.a, "/"), *b = await_line(s.b, "/");
  ask_in_line(s.program, second, "/all");
  arrival_answer_json(b, 200, "2");
  b = await_line(s.b, "/");
  arrival_answer_json(b, 200, "2");
  arrival_answer_json(a, 200, "1");
  client_expect(s.client, 200, "[1,2]");
  arrival_answer_json(await_line(s.a, "/"), 200, "1");
  client_expect(second, 200, "[1,2]");
}

/* A POST that found nobody listening. The one that was to listen has no token
 * for another try. */
Test(queue, who_reached_nobody_waits_for_the_next) {
  hurry_open();
  SCOPED(scene) s = scene_open_on(
      origin_new_deaf(), origin_new(), origin_new(),
      "trace: on\n"
      "defaults: {timeout: 5m, max_timeout: 5m, hedges: 0, retries: 1,\n"
      "  backoff: 0ms}\n"
      "upstreams: {x: {targets: [$A, $B], max_attempts: 1, rate: '1/m:1',\n"
      "  queue: '10:200s'}}\n"
      "routes: [{path: /smart, upstream: x, methods: [GET, POST]}]\n");
  client_get(s.client, "/smart/1");
  struct arrival *held = await_line(s.b, "/1");
  hurry_by(61);
  OWNED(client) second = client_of(&s);
  client_post(second, "/smart/2", "{}");
  program_await_notice(s.program, "attempt 1 to target 1: waits in line");
  arrival_answer_json(held, 200, OK);
  expect_ok(s.client);
  struct arrival *arrival = origin_await(s.b);
  arrival_expect_body(arrival, "{}", 2);
  arrival_answer_json(arrival, 200, OK);
  expect_ok(second);
  reply_expect_field(&second->reply, "Hedge-Attempts", "2");
}

Test(queue, many_clients_of_many_workers_are_served_by_two_targets) {
  enum { CLIENTS = 24 };
  SCOPED(scene) s = scene_open(
      "workers: 4\n"
      "defaults: {hedges: 0, timeout: 50s}\n"
      "upstreams: {x: {targets: [$A, $B], max_attempts: 1, rate: '1000/s:1',\n"
      "  queue: '100:40s'}}\n"
      "routes: [{path: /smart, upstream: x}]\n");
  struct client *clients[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = client_of(&s);
    client_get(clients[i], "/smart");
  }
  for (int i = 0; i < CLIENTS; i += 2) {
    struct arrival *a = origin_await(s.a), *b = origin_await(s.b);
    arrival_answer_json(a, 200, OK);
    arrival_answer_json(b, 200, OK);
  }
  for (int i = 0; i < CLIENTS; i++) {
    expect_ok(clients[i]);
    client_free(clients[i]);
  }
}

/* ---- /all ------------------------------------------------------------------ */

Test(queue, the_items_of_all_wait_as_well) {
  SCOPED(stage) s = open_narrow("--queue", "10:20s");
  client_post(s.client, "/all", "[\"/a\",\"/b\",\"/c\"]");
  arrival_answer_json(await_line(s.origin, "/a"), 200, "1");
  arrival_answer_json(await_line(s.origin, "/b"), 200, "2");
  arrival_answer_json(await_line(s.origin, "/c"), 200, "3");
  client_expect(s.client, 200, "[1,2,3]");
}

Test(queue, the_items_of_all_need_tokens) {
  SCOPED(stage) s = open_queue("--rate", "1/m:2");
  client_post(s.client, "/all", "[\"/a\",\"/b\",\"/c\"]");
  arrival_answer_json(await_line(s.origin, "/a"), 200, "1");
  arrival_answer_json(await_line(s.origin, "/b"), 200, "2");
  client_expect(s.client, 200, "[1,2,null]");
}

/* ---- rates ----------------------------------------------------------------- */

Test(queue, a_primary_above_the_rate_is_refused) {
  SCOPED(stage) s = open_queue("--rate", "1/m:2");
  for (int i = 0; i < 2; i++) {
    client_get(s.client, "/smart");
    serve(s.origin, s.client, "/");
  }
  client_get(s.client, "/smart");
  expect_refused(s.client, "rate");
  reply_expect_in_body(&s.client->reply, "--rate");
  stage_expect_log(&s, "\"refused_by\":\"rate\"");
}

Test(queue, a_hedge_takes_a_token_too) {
  SCOPED(stage) s =
      stage_open("--rate", "1/m:2", "--hedges", "1", "--hedge-after", "0ms");
  client_get(s.client, "/smart");
  (void)origin_await_attempt(s.origin, 0);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  reply_expect_story(client_await_reply(s.client), "2", "1");
  client_get(s.client, "/smart");
  expect_refused(s.client, "rate");
}

/* Of 16 at once two are the primaries'. */
Test(queue, hedges_leave_an_eighth_to_primaries) {
  SCOPED(stage) s = stage_open("--rate", "1/m:16", "--hedges", "15",
                               "--hedge-after", "0ms", "--budget", "1000%:100");
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, OK);
  reply_expect_story(client_await_reply(s.client), "14", "0");
  for (int i = 0; i < 2; i++) {
    arrival_answer_json(stage_ask_primary(&s, "/smart"), 200, OK);
    reply_expect_story(client_await_reply(s.client), "1", "0");
  }
  client_get(s.client, "/smart");
  expect_refused(s.client, "rate");
}

Test(queue, who_waits_for_a_token_gets_it) {
  SCOPED(stage) s = open_queue("--rate", "20/s:1", "--queue", "10:20s");
  struct client *clients[3];
  char target[32];
  for (int i = 0; i < 3; i++) {
    clients[i] = client_new(s.program->port);
    snprintf(target, sizeof target, "/smart/%d", i);
    client_get(clients[i], target);
    client_expect_healthy(s.client);
  }
  for (int i = 0; i < 3; i++)
    arrival_answer_json(origin_await(s.origin), 200, OK);
  for (int i = 0; i < 3; i++) {
    client_expect(clients[i], 200, OK);
    client_free(clients[i]);
  }
}

/* ---- a reload -------------------------------------------------------------- */

#define ONE(rule)                                                              \
  "trace: on\n"                                                                \
  "defaults: {hedges: 0, timeout: 50s}\n"                                      \
  "upstreams: {x: {targets: [$A], " rule "}}\n"                                \
  "routes: [{path: /smart, upstream: x}]\n"

Test(queue, a_reload_keeps_the_order) {
  SCOPED(scene) s = scene_open(ONE("max_attempts: 1, queue: '10:20s'"));
  OWNED(client) second = client_new(s.program->port);
  OWNED(client) third = client_new(s.program->port);
  client_get(s.client, "/smart/1");
  struct arrival *held = await_line(s.a, "/1");
  ask_in_line(s.program, second, "/smart/2");
  program_reload(s.program, "hedgerow: reloaded");
  ask_in_line(s.program, third, "/smart/3");
  scene_serve(&s, held, 200, OK);
  serve(s.a, second, "/2");
  serve(s.a, third, "/3");
}

Test(queue, a_reload_fills_no_bucket) {
  SCOPED(scene) s = scene_open(ONE("rate: '1/h:1'"));
  client_get(s.client, "/smart/1");
  serve(s.a, s.client, "/1");
  program_reload(s.program, "hedgerow: reloaded");
  client_get(s.client, "/smart/2");
  expect_refused(s.client, "rate");
}
