/* TLS to the upstream, through the built program: whom it trusts, what it says
 * when it does not, and that everything the wire does without TLS (kept
 * connections, resends, losers that close) it does with it.
 *
 * One worker, where a test asks which connection the next request takes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/client.h"
#include "support/program.h"
#include "support/tls_origin.h"
#include "support/words.h"

enum { FLAGS_MAX = 64, LARGE_BODY = 8 * 1000 * 1000 };

#define ALONE "--hedges", "0"
#define ONE "--workers", "1"

struct tls_stage {
  struct tls_origin *origin;
  struct program *program;
  struct client *client;
};

static void start(struct tls_stage *s, const char *const *flags) {
  const char *all[FLAGS_MAX] = {"--to", s->origin->url, "--ca-file",
                                s->origin->ca_file};
  for (size_t count = 4; *flags; flags++) {
    cr_assert(count < FLAGS_MAX - 1, "too many flags");
    all[count++] = *flags;
  }
  s->program = program_start_flags(all);
  s->client = client_new(s->program->port);
}

#define open_stage(...) open_flawed(TLS_GOOD, __VA_ARGS__)
#define open_flawed(flaw, ...)                                                 \
  open_with(flaw, (const char *const[]){__VA_ARGS__, NULL})

static struct tls_stage open_with(enum tls_flaw flaw,
                                  const char *const *flags) {
  struct tls_stage s = {.origin = tls_origin_new(flaw)};
  start(&s, flags);
  return s;
}

static void tls_stage_close(struct tls_stage *s) {
  client_free(s->client);
  program_free(s->program);
  tls_origin_free(s->origin);
}

static void expect_reply(struct tls_stage *s, const char *body) {
  reply_expect_story(client_expect(s->client, 200, body), "1", "0");
}

static struct tls_arrival *ask(struct tls_stage *s) {
  client_get(s->client, "/smart");
  return tls_origin_await(s->origin);
}

static struct tls_arrival *answer_one(struct tls_stage *s) {
  struct tls_arrival *arrival = ask(s);
  tls_arrival_answer(arrival, OK);
  expect_reply(s, OK);
  return arrival;
}

static void expect_failure(struct tls_stage *s, const char *words) {
  const struct reply *reply = client_expect_problem(s->client, 502);
  reply_expect_result(reply, 0, "transport");
  reply_expect_in_body(reply, words);
}

/* ---- whom it trusts ------------------------------------------------------- */

Test(tls, a_certificate_of_the_given_ca_is_trusted) {
  SCOPED(tls_stage) s = open_stage(ALONE);
  answer_one(&s);
}

Test(tls, a_certificate_for_an_address_is_trusted) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  SCOPED(tls_stage) s = {.origin = origin};
  s.program = program_start("--to", origin->url_ip, "--ca-file",
                            origin->ca_file, ALONE);
  s.client = client_new(s.program->port);
  answer_one(&s);
}

Test(tls, tls_1_2_is_spoken) {
  SCOPED(tls_stage) s = open_flawed(TLS_1_2, ALONE);
  answer_one(&s);
}

/* No request may reach it, and the 502 says why and which flag to see. */
static void expect_distrust(enum tls_flaw flaw, const char *words) {
  SCOPED(tls_stage) s = open_flawed(flaw, ALONE);
  client_get(s.client, "/smart");
  tls_origin_await_refusal(s.origin);
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_result(reply, 0, "transport");
  reply_expect_in_body(reply, "--ca-file");
  reply_expect_in_body(reply, words);
}

#define DISTRUSTS(name, flaw, words)                                           \
  Test(tls, name) { expect_distrust(flaw, words); }

DISTRUSTS(a_certificate_for_another_name_is_refused, TLS_WRONG_NAME,
          "localhost")
DISTRUSTS(an_expired_certificate_is_refused, TLS_EXPIRED, "expired")
DISTRUSTS(a_certificate_of_tomorrow_is_refused, TLS_NOT_YET_VALID,
          "not yet valid")
DISTRUSTS(a_certificate_of_an_unknown_ca_is_refused, TLS_UNTRUSTED, "issuer")
DISTRUSTS(a_self_signed_certificate_is_refused, TLS_SELF_SIGNED, "self-signed")

Test(tls, without_the_flag_the_ca_is_unknown) {
  SCOPED(tls_stage) s = {.origin = tls_origin_new(TLS_GOOD)};
  s.program = program_start("--to", s.origin->url, ALONE);
  s.client = client_new(s.program->port);
  client_get(s.client, "/smart");
  tls_origin_await_refusal(s.origin);
  expect_failure(&s, "--ca-file");
}

Test(tls, tls_1_1_is_refused) {
  SCOPED(tls_stage) s = open_flawed(TLS_OLD, ALONE);
  client_get(s.client, "/smart");
  tls_origin_await_refusal(s.origin);
  expect_failure(&s, "protocol version");
}

/* Neither the token nor a key in the target's query; nor the alias by which
 * libcurl knows the host. */
Test(tls, what_is_said_of_a_certificate_holds_no_secret) {
  setenv("HEDGEROW_TOKEN", "hush-hush", 1);
  SCOPED(tls_stage) s = {.origin = tls_origin_new(TLS_UNTRUSTED)};
  const char *url = words_of("%s/v1?key=sesame", s.origin->url);
  s.program = program_start("--to", url, "--ca-file", s.origin->ca_file, ALONE);
  s.client = client_new(s.program->port);
  client_get(s.client, "/smart");
  tls_origin_await_refusal(s.origin);
  const struct reply *reply = client_expect_problem(s.client, 502);
  cr_expect(!strstr(reply->body, "sesame") && !strstr(reply->body, "hush") &&
                !strstr(reply->body, "h0-"),
            "%s", reply->body);
  program_stop(s.program);
  cr_expect(!strstr(s.program->out, "sesame") &&
                !strstr(s.program->out, "hush"),
            "%s", s.program->out);
}

/* ---- handshakes: how they fail is in test_upstream_faults.c ----------------- */

/* TLS 1.3 says so when the client's handshake is over. */
Test(tls, an_upstream_that_demands_a_client_certificate_is_told_as_that) {
  SCOPED(tls_stage) s = open_flawed(TLS_MUTUAL, ALONE);
  client_get(s.client, "/smart");
  tls_origin_await_refusal(s.origin);
  expect_failure(&s, "the upstream demands a client certificate, and hedgerow "
                     "has none: its TLS alert is certificate_required");
}

Test(tls, a_client_that_leaves_in_the_handshake_is_let_go) {
  SCOPED(tls_stage) s = open_stage("--hedge-after", "20s");
  client_get(s.client, "/smart");
  tls_origin_await_hello(s.origin);
  client_end(s.client);
  client_await_close(s.client);
  tls_origin_expect_no_arrival(s.origin);
}

Test(tls, only_http_1_1_is_offered_by_alpn) {
  SCOPED(tls_stage) s = open_stage(ALONE);
  struct tls_arrival *arrival = answer_one(&s);
  cr_expect(strcmp(arrival->alpn, "http/1.1") == 0 || arrival->alpn[0] == '\0',
            "it offered: %s", arrival->alpn);
  cr_expect(strncmp(arrival->request, "GET / HTTP/1.1\r\n", 16) == 0, "%s",
            arrival->request);
}

/* ---- kept connections ----------------------------------------------------- */

/* The log counts what the client must not see. */
static void expect_resends(struct tls_stage *s, unsigned resends) {
  client_leave(s->client);
  program_stop(s->program);
  const char *at = strstr(s->program->out, "\"resends\":");
  cr_expect((at != NULL) == (resends > 0), "%u resends, but the log says:\n%s",
            resends, s->program->out);
}

static void expect_used_again(struct tls_stage *s, struct tls_arrival *kept) {
  client_get(s->client, "/smart");
  tls_arrival_await_next(kept);
  tls_arrival_answer(kept, "2");
  expect_reply(s, "2");
  tls_origin_expect_no_arrival(s->origin);
}

Test(tls, a_connection_is_kept_and_used_again) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  expect_used_again(&s, answer_one(&s));
}

Test(tls, a_kept_connection_of_tls_1_2_is_used_again) {
  SCOPED(tls_stage) s = open_flawed(TLS_1_2, ALONE, ONE);
  expect_used_again(&s, answer_one(&s));
}

Test(tls, a_session_ticket_while_idle_leaves_the_connection_as_it_is) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  struct tls_arrival *kept = answer_one(&s);
  tls_arrival_send_ticket(kept);
  client_expect_healthy(s.client);
  expect_used_again(&s, kept);
}

Test(tls, a_session_ticket_before_the_answer_is_no_answer) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_ticket(arrival);
  OWNED(client) other = client_new(s.program->port);
  client_expect_healthy(other);
  tls_arrival_answer(arrival, OK);
  expect_reply(&s, OK);
  expect_used_again(&s, arrival);
}

/* By the next connection, whichever way the idle one has ended. */
static void expect_resumed_after(void (*end)(struct tls_arrival *)) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  struct tls_arrival *first = answer_one(&s);
  cr_expect(!first->resumed);
  tls_arrival_send_ticket(first);
  client_expect_healthy(s.client);
  end(first);
  client_expect_healthy(s.client);
  struct tls_arrival *second = answer_one(&s);
  cr_expect(second->resumed, "the second handshake was a full one");
}

Test(tls, a_session_is_resumed_by_the_next_connection) {
  expect_resumed_after(tls_arrival_end);
}

Test(tls, a_session_whose_connection_was_cut_while_idle_is_resumed) {
  expect_resumed_after(tls_arrival_cut);
}

Test(tls, a_connection_that_ends_in_order_while_idle_costs_no_resend) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  tls_arrival_end(answer_one(&s));
  client_expect_healthy(s.client);
  answer_one(&s);
  expect_resends(&s, 0);
}

Test(tls, a_connection_that_is_cut_while_idle_costs_no_resend) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  tls_arrival_cut(answer_one(&s));
  client_expect_healthy(s.client);
  answer_one(&s);
  expect_resends(&s, 0);
}

static void expect_resent(struct tls_stage *s, struct tls_arrival *kept,
                          void (*end)(struct tls_arrival *)) {
  client_get(s->client, "/smart");
  tls_arrival_await_next(kept);
  end(kept);
  struct tls_arrival *fresh = tls_origin_await(s->origin);
  tls_arrival_expect_field(fresh, "Hedge-Attempt", "0");
  tls_arrival_answer(fresh, "2");
  expect_reply(s, "2");
  expect_resends(s, 1);
  tls_stage_close(s);
}

Test(tls, a_kept_connection_that_ends_under_a_request_is_replaced) {
  struct tls_stage s = open_stage(ALONE, ONE);
  expect_resent(&s, answer_one(&s), tls_arrival_end);
}

Test(tls, a_kept_connection_that_is_cut_under_a_request_is_replaced) {
  struct tls_stage s = open_stage(ALONE, ONE);
  expect_resent(&s, answer_one(&s), tls_arrival_cut);
}

Test(tls, a_kept_connection_that_is_reset_under_a_request_is_replaced) {
  struct tls_stage s = open_stage(ALONE, ONE);
  expect_resent(&s, answer_one(&s), tls_arrival_reset);
}

Test(tls, bytes_on_an_idle_connection_are_never_an_answer) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  struct tls_arrival *kept = answer_one(&s);
  /* In one piece: hedgerow closes at the first byte. */
  tls_arrival_send_text(kept,
                        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n666");
  client_expect_healthy(s.client);
  tls_arrival_await_closed(kept);
  answer_one(&s);
}

Test(tls, bytes_behind_an_answer_are_never_the_next_one) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_text(arrival, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"
                                 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
                                 "666");
  expect_reply(&s, "1");
  tls_arrival_await_closed(arrival);
  answer_one(&s);
}

/* They come in a record of their own and lie in the kernel; whoever reads the
 * first record alone would not know of them. */
Test(tls, a_record_behind_an_answer_is_never_the_next_one) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_answer(arrival, OK);
  tls_arrival_answer(arrival, "666");
  expect_reply(&s, OK);
  answer_one(&s);
}

/* ---- bodies --------------------------------------------------------------- */

Test(tls, a_large_body_arrives_whole) {
  SCOPED(tls_stage) s = open_stage(ALONE);
  struct tls_arrival *arrival = ask(&s);
  char head[128], *body = malloc(LARGE_BODY + 1);
  cr_assert_not_null(body);
  for (size_t i = 0; i < LARGE_BODY; i++)
    body[i] = (char)('0' + i * 7 % 61 % 10);
  body[0] = body[LARGE_BODY - 1] = '"';
  body[LARGE_BODY] = '\0';
  int len =
      snprintf(head, sizeof head,
               "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LARGE_BODY);
  tls_arrival_send(arrival, head, (size_t)len);
  tls_arrival_send(arrival, body, LARGE_BODY);
  const struct reply *reply = client_await_reply(s.client);
  cr_assert(reply->status == 200 && reply->body_len == LARGE_BODY,
            "%zu bytes arrived under:\n%s", reply->body_len, reply->head);
  cr_assert(memcmp(reply->body, body, LARGE_BODY) == 0, "other bytes arrived");
  free(body);
}

Test(tls, a_body_in_many_records_arrives_whole) {
  SCOPED(tls_stage) s = open_stage(ALONE, ONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_text(arrival, "HTTP/1.1 200 OK\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 500; i++)
    tls_arrival_send_text(arrival, i == 0 ? "1\r\n[\r\n" : "2\r\n1,\r\n");
  tls_arrival_send_text(arrival, "2\r\n1]\r\n0\r\n\r\n");
  const struct reply *reply = client_await_reply(s.client);
  cr_assert(reply->status == 200 && reply->body_len == 1001, "%zu bytes:\n%s",
            reply->body_len, reply->head);
  expect_used_again(&s, arrival);
}

Test(tls, a_body_cut_before_its_length_is_a_failure) {
  SCOPED(tls_stage) s = open_stage(ALONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_text(arrival, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                 "{}");
  tls_arrival_cut(arrival);
  expect_failure(&s, "error");
}

Test(tls, an_object_that_ends_with_a_close_notify_succeeds) {
  SCOPED(tls_stage) s = open_stage(ALONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_text(arrival, "HTTP/1.1 200 OK\r\n\r\n{\"a\":1}");
  tls_arrival_end(arrival);
  expect_reply(&s, "{\"a\":1}");
}

/* No part of a JSON object is one. */
static void expect_object(enum tls_flaw flaw) {
  SCOPED(tls_stage) s = open_flawed(flaw, ALONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_text(arrival, "HTTP/1.1 200 OK\r\n\r\n{\"a\":1}");
  tls_arrival_cut(arrival);
  expect_reply(&s, "{\"a\":1}");
}

Test(tls, an_object_that_ends_without_a_close_notify_succeeds) {
  expect_object(TLS_GOOD);
  expect_object(TLS_1_2);
}

static void expect_no_json(const char *body) {
  SCOPED(tls_stage) s = open_stage(ALONE);
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_text(arrival, "HTTP/1.1 200 OK\r\n\r\n");
  tls_arrival_send_text(arrival, body);
  tls_arrival_cut(arrival);
  reply_expect_result(client_expect_problem(s.client, 502), 0, "bad_json");
}

Test(tls, an_object_that_is_cut_is_a_failure) { expect_no_json("{\"a\":1"); }
Test(tls, a_number_without_a_close_notify_is_a_failure) {
  expect_no_json("12");
}

/* What has a length, or ends in its head, has come whole. */
static void expect_whole(const char *answer, int status, const char *body) {
  SCOPED(tls_stage) s = open_stage(ALONE, "--success", "any");
  struct tls_arrival *arrival = ask(&s);
  tls_arrival_send_text(arrival, answer);
  tls_arrival_cut(arrival);
  client_expect(s.client, status, body);
}

#define IS_WHOLE(name, answer, status, body)                                   \
  Test(tls, name) { expect_whole(answer, status, body); }

IS_WHOLE(a_length_needs_no_close_notify,
         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
         200, "{}")
IS_WHOLE(chunks_need_no_close_notify,
         "HTTP/1.1 200 OK\r\nConnection: close\r\n"
         "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
         200, "{}")
IS_WHOLE(a_204_needs_no_close_notify,
         "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", 204, "")

Test(tls, a_cut_answer_brings_a_hedge_forward) {
  SCOPED(tls_stage) s = open_stage("--hedge-after", "20s", "--log", "json");
  struct tls_arrival *primary = ask(&s);
  tls_arrival_send_text(
      primary, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":1}");
  tls_arrival_cut(primary);
  struct tls_arrival *hedge = tls_origin_await(s.origin);
  tls_arrival_answer(hedge, OK);
  reply_expect_story(client_expect(s.client, 200, OK), "2", "1");
  client_leave(s.client);
  program_stop(s.program);
  words_expect(s.program->out, "\"result\":\"transport\"");
}

/* The request is larger than what fits in the sockets while nobody reads. */
Test(tls, a_large_request_arrives_whole) {
  SCOPED(tls_stage) s = open_stage(ALONE, "--max-head", "64K");
  char *request = malloc(64 * 1024), line[2048], value[2000];
  size_t len = (size_t)sprintf(request, "GET /smart HTTP/1.1\r\nHost: h\r\n");
  for (int k = 0; k < 30; k++) {
    memset(value, 'a' + k % 26, sizeof value - 1);
    value[sizeof value - 1] = '\0';
    len += (size_t)sprintf(request + len, "X-%d: %s\r\n", k, value);
  }
  sprintf(request + len, "\r\n");
  client_send(s.client, request);
  struct tls_arrival *arrival = tls_origin_await(s.origin);
  for (int k = 0; k < 30; k++) {
    memset(value, 'a' + k % 26, sizeof value - 1);
    snprintf(line, sizeof line, "X-%d", k);
    tls_arrival_expect_field(arrival, line, value);
  }
  tls_arrival_answer(arrival, OK);
  expect_reply(&s, OK);
  free(request);
}

/* ---- races ---------------------------------------------------------------- */

Test(tls, a_hedge_wins_and_the_loser_is_closed) {
  SCOPED(tls_stage) s = open_stage("--hedges", "1", "--hedge-after", "20ms");
  struct tls_arrival *primary = ask(&s);
  struct tls_arrival *hedge = tls_origin_await(s.origin);
  tls_arrival_expect_field(hedge, "Hedge-Attempt", "1");
  tls_arrival_answer(hedge, "2");
  reply_expect_story(client_expect(s.client, 200, "2"), "2", "1");
  tls_arrival_await_closed(primary);
}

Test(tls, a_loser_that_was_sending_its_body_is_closed) {
  SCOPED(tls_stage) s = open_stage("--hedges", "1", "--hedge-after", "20ms");
  struct tls_arrival *primary = ask(&s);
  tls_arrival_send_text(primary,
                        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[");
  struct tls_arrival *hedge = tls_origin_await(s.origin);
  tls_arrival_answer(hedge, "2");
  reply_expect_story(client_await_reply(s.client), "2", "1");
  tls_arrival_await_closed(primary);
}

Test(tls, a_drained_loser_is_used_again) {
  SCOPED(tls_stage) s = open_stage("--hedges", "1", "--hedge-after", "20ms",
                                   ONE, "--losers", "drain");
  struct tls_arrival *primary = ask(&s);
  struct tls_arrival *hedge = tls_origin_await(s.origin);
  tls_arrival_answer(hedge, "2");
  reply_expect_story(client_await_reply(s.client), "2", "1");
  tls_arrival_answer(primary, "1");
  client_expect_healthy(s.client);
  client_get(s.client, "/smart");
  tls_arrival_await_next(primary); /* what came back last is taken first */
  tls_arrival_answer(primary, "3");
  client_expect(s.client, 200, "3");
}
