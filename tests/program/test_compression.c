/* `compression: gzip`, by the built program: what upstreams are asked for, what
 * is judged, and which bytes reach which client. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/folder.h"
#include "support/gzip.h"
#include "support/rows.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define TAKES_GZIP "Accept-Encoding: br, gzip;q=0.5\r\n"
#define IN_GZIP "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
#define TAGGED IN_GZIP "ETag: \"a\"\r\n"

TestSuite(compression, .fini = folder_remove);

/* ---- what is asked, and who gets what ---- */

static void answer_gzip(struct arrival *arrival, int status, const char *fields,
                        const struct gzip *gzip) {
  arrival_expect_field(arrival, "Accept-Encoding", "gzip");
  arrival_answer_bytes(arrival, status, fields, gzip->bytes, gzip->len);
}

static void expect_bytes(const struct reply *reply, const struct gzip *gzip) {
  cr_assert(reply->body_len == gzip->len &&
                memcmp(reply->body, gzip->bytes, gzip->len) == 0,
            "%zu other bytes came in place of %zu:\n%s", reply->body_len,
            gzip->len, reply->head);
}

Test(compression, a_client_that_takes_gzip_gets_the_bytes_as_they_came) {
  SCOPED(stage) s = stage_open("--compression", "gzip");
  struct gzip *gzip = gzip_of("{\"a\":1}");
  client_get_with(s.client, "/smart", TAKES_GZIP);
  answer_gzip(origin_await(s.origin), 200, TAGGED, gzip);
  const struct reply *reply = client_await_reply(s.client);
  cr_expect_eq(reply->status, 200);
  expect_bytes(reply, gzip);
  reply_expect_field(reply, "Content-Encoding", "gzip");
  reply_expect_field(reply, "ETag", "\"a\"");
  reply_expect_field(reply, "Vary", "Accept-Encoding");
}

Test(compression, any_other_client_gets_plain_bytes) {
  static const char *const fields[] = {
      "", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0, *\r\n",
      "Accept-Encoding: identity, gzip;q=0.5\r\n"};
  SCOPED(stage) s = stage_open("--compression", "gzip");
  EACH_ROW (row, fields) {
    client_get_with(s.client, "/smart", *row);
    answer_gzip(origin_await(s.origin), 200, TAGGED, gzip_of("{\"a\":1}"));
    const struct reply *reply = client_expect(s.client, 200, "{\"a\":1}");
    reply_expect_field(reply, "Content-Encoding", NULL);
    reply_expect_field(reply, "Content-Length", "7");
    reply_expect_field(reply, "Content-Type", "application/json");
    reply_expect_field(reply, "ETag", "W/\"a\"");
    reply_expect_field(reply, "Vary", "Accept-Encoding");
  }
}

Test(compression, without_it_nothing_is_asked_for_and_gzip_is_no_json) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/smart", TAKES_GZIP);
  struct arrival *arrival = origin_await(s.origin);
  struct gzip *gzip = gzip_of("{}");
  arrival_expect_field(arrival, "Accept-Encoding", NULL);
  arrival_answer_bytes(arrival, 200, IN_GZIP, gzip->bytes, gzip->len);
  const struct reply *reply = client_expect_problem(s.client, 502);
  reply_expect_result(reply, 0, "bad_json");
  reply_expect_field(reply, "Vary", NULL);
}

Test(compression, a_plain_response_is_an_answer_as_ever) {
  SCOPED(stage) s = stage_open("--compression", "gzip");
  arrival_answer(stage_ask(&s, "/smart"), 200,
                 "Vary: Origin\r\nvary: accept-encoding\r\nETag: \"a\"\r\n",
                 "[1]");
  const struct reply *reply = client_expect(s.client, 200, "[1]");
  reply_expect_field(reply, "ETag", "\"a\"");
  words_expect(reply->head, "Vary: Origin\r\n");
  words_expect(reply->head, "\r\nVary: Accept-Encoding\r\n");
  words_expect_none(reply->head, "vary: accept-encoding");
}

Test(compression, a_client_that_has_the_plain_bytes_gets_304) {
  SCOPED(stage) s = stage_open("--compression", "gzip");
  client_get_with(s.client, "/smart", "If-None-Match: W/\"a\"\r\n");
  answer_gzip(origin_await(s.origin), 200, TAGGED, gzip_of("[1]"));
  const struct reply *reply = client_expect(s.client, 304, "");
  reply_expect_field(reply, "ETag", "W/\"a\"");
  reply_expect_field(reply, "Vary", "Accept-Encoding");
}

Test(compression, a_head_has_the_head_of_the_plain_answer) {
  SCOPED(stage) s = stage_open("--compression", "gzip");
  client_send(s.client, "HEAD /smart HTTP/1.1\r\nHost: h\r\n\r\n");
  answer_gzip(origin_await(s.origin), 200, IN_GZIP, gzip_of("[1,2]"));
  const struct reply *reply = client_await_reply_to_head(s.client);
  reply_expect_field(reply, "Content-Length", "5");
  reply_expect_field(reply, "Content-Encoding", NULL);
}

/* ---- how it comes ---- */

static void send_in_chunks(struct arrival *arrival, const struct gzip *gzip) {
  arrival_send(arrival, "HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n");
  for (size_t i = 0; i < gzip->len; i++) {
    arrival_send(arrival, "1\r\n");
    arrival_send_bytes(arrival, gzip->bytes + i, 1);
    arrival_send(arrival, "\r\n");
  }
  arrival_send(arrival, "0\r\n\r\n");
}

Test(compression, chunks_of_one_byte_are_inflated_and_the_connection_kept) {
  SCOPED(stage) s = stage_open("--compression", "gzip", "--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  struct gzip *gzip = gzip_of("{\"chunks\":\"of one byte\"}");
  send_in_chunks(arrival, gzip);
  client_expect(s.client, 200, "{\"chunks\":\"of one byte\"}");
  arrival->state = ARRIVAL_ANSWERED;
  client_get_with(s.client, "/smart", TAKES_GZIP);
  arrival_await_next(arrival);
  send_in_chunks(arrival, gzip);
  const struct reply *reply = client_await_reply(s.client);
  expect_bytes(reply, gzip);
  reply_expect_field(reply, "Content-Encoding", "x-gzip");
}

Test(compression, two_members_are_one_body) {
  SCOPED(stage) s = stage_open("--compression", "gzip");
  struct gzip *gzip = gzip_of("[1,");
  gzip_add(gzip, "2]", 2);
  client_get(s.client, "/smart");
  answer_gzip(origin_await(s.origin), 200, IN_GZIP, gzip);
  client_expect(s.client, 200, "[1,2]");
}

/* ---- what fails ---- */

/* To a client that takes gzip and to one that does not. */
static void expect_failure(const struct gzip *gzip, const char *fields,
                           const char *result, const char *why) {
  static const char *const clients[] = {"", TAKES_GZIP};
  SCOPED(stage) s = stage_open("--compression", "gzip", "--hedges", "0");
  for (size_t i = 0; i < 2; i++) {
    client_get_with(s.client, "/smart", clients[i]);
    struct arrival *arrival = origin_await(s.origin);
    const char *head = words_of(
        "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", fields, gzip->len);
    arrival_send(arrival, head);
    arrival_send_until_closed(arrival, gzip->bytes, gzip->len);
    const struct reply *reply = client_expect_problem(s.client, 502);
    reply_expect_result(reply, 0, result);
    reply_expect_in_body(reply, why);
    arrival_close(arrival);
  }
}

Test(compression, a_wrong_check_sum_fails) {
  struct gzip *gzip = gzip_of("[1,2,3]");
  gzip->bytes[gzip->len - 6] ^= 1;
  expect_failure(gzip, IN_GZIP, "transport",
                 "the gzip body is corrupt (incorrect data check)");
}

Test(compression, what_is_no_json_inside_fails) {
  expect_failure(gzip_of("<html>"), IN_GZIP, "bad_json",
                 "no value can start with '<'");
}

Test(compression, another_coding_fails_by_its_head) {
  expect_failure(gzip_of("[1]"), "Content-Encoding: br\r\n", "bad_json",
                 "as hedgerow did not ask for");
  expect_failure(gzip_of("[1]"), "Content-Encoding: gzip, gzip\r\n", "bad_json",
                 "as hedgerow did not ask for");
}

Test(compression, a_bomb_fails_while_it_comes) {
  expect_failure(gzip_of_spaces(64 << 20), IN_GZIP, "too_large",
                 "more than 200 times its size");
}

Test(compression, a_plain_size_over_the_limit_fails) {
  SCOPED(stage) s =
      stage_open("--compression", "gzip", "--hedges", "0", "--max-body", "1K");
  client_get(s.client, "/smart");
  answer_gzip(origin_await(s.origin), 200, IN_GZIP, gzip_of_spaces(1025));
  const struct reply *reply = client_await_reply(s.client);
  reply_expect_result(reply, 0, "too_large");
  reply_expect_in_body(reply, "larger than --max-body (1024 bytes)");
  client_get(s.client, "/smart");
  answer_gzip(origin_await(s.origin), 200, IN_GZIP, gzip_of_spaces(1024));
  cr_expect_eq(client_await_reply(s.client)->body_len, 1024);
}

Test(compression, a_broken_body_is_hedged_as_any_failure) {
  SCOPED(stage) s = stage_open("--compression", "gzip");
  struct gzip *gzip = gzip_of("[1,2,3]");
  gzip->bytes[gzip->len - 6] ^= 1;
  client_get(s.client, "/smart");
  answer_gzip(origin_await_attempt(s.origin, 0), 200, IN_GZIP, gzip);
  answer_gzip(origin_await_attempt(s.origin, 1), 200, IN_GZIP, gzip_of("[1]"));
  reply_expect_story(client_expect(s.client, 200, "[1]"), "2", "1");
}

/* Between the two an answer that needs no inflating: when that is there, the
 * only worker has read the five bytes. */
Test(compression, where_nothing_is_free_to_inflate_it_starves) {
  SCOPED(stage) s = stage_open("--compression", "gzip", "--hedges", "0",
                               "--max-buffered", "64K", "--workers", "1");
  struct arrival *held = stage_ask(&s, "/smart");
  struct gzip *gzip = gzip_of("[1,2,3]");
  const char *head = words_of(
      "HTTP/1.1 200 OK\r\n" IN_GZIP "Content-Length: %zu\r\n\r\n", gzip->len);
  arrival_send(held, head);
  arrival_send_bytes(held, gzip->bytes, 5);
  OWNED(client) other = client_new(s.program->port);
  client_get(other, "/smart");
  arrival_answer_json(origin_await(s.origin), 200, "[0]");
  client_expect(other, 200, "[0]");
  client_get(other, "/smart");
  answer_gzip(origin_await(s.origin), 200, IN_GZIP, gzip);
  const struct reply *reply = client_await_reply(other);
  reply_expect_problem(reply, 503);
  reply_expect_result(reply, 0, "starved");
  reply_expect_in_body(reply, "no buffer was free to inflate the answer");
  arrival_send_bytes(held, gzip->bytes + 5, gzip->len - 5);
  client_expect(s.client, 200, "[1,2,3]");
}

/* ---- errors, losers, clients that leave ---- */

Test(compression, an_error_comes_as_the_client_takes_it) {
  SCOPED(stage) s = stage_open("--compression", "gzip", "--final", "4xx");
  struct gzip *gzip = gzip_of("{\"no\":1}");
  client_get(s.client, "/smart");
  answer_gzip(origin_await(s.origin), 404, IN_GZIP, gzip);
  const struct reply *reply = client_expect(s.client, 404, "{\"no\":1}");
  reply_expect_field(reply, "Content-Encoding", NULL);
  client_get_with(s.client, "/smart", TAKES_GZIP);
  answer_gzip(origin_await(s.origin), 404, IN_GZIP, gzip);
  reply = client_await_reply(s.client);
  cr_expect_eq(reply->status, 404);
  expect_bytes(reply, gzip);
}

/* In the middle of a body; the program's own leak check looks at the rest. */
static void send_half(struct arrival *arrival, const struct gzip *gzip) {
  const char *head = words_of(
      "HTTP/1.1 200 OK\r\n" IN_GZIP "Content-Length: %zu\r\n\r\n", gzip->len);
  arrival_send(arrival, head);
  arrival_send_bytes(arrival, gzip->bytes, gzip->len / 2);
}

static void expect_losers(const char *losers) {
  SCOPED(stage) s = stage_open("--compression", "gzip", "--hedge-after", "0ms",
                               "--hedges", "1", "--losers", losers);
  struct gzip *gzip = gzip_of("{\"a\":[1,2,3,4,5,6,7,8,9]}");
  struct arrival *loser = stage_ask_primary(&s, "/smart");
  struct arrival *winner = origin_await_attempt(s.origin, 1);
  send_half(loser, gzip);
  answer_gzip(winner, 200, IN_GZIP, gzip);
  client_expect(s.client, 200, "{\"a\":[1,2,3,4,5,6,7,8,9]}");
  if (strcmp(losers, "cancel") == 0) {
    arrival_await_closed(loser);
  } else { /* read out, and kept for the next */
    arrival_send_bytes(loser, gzip->bytes + gzip->len / 2,
                       gzip->len - gzip->len / 2);
    loser->state = ARRIVAL_ANSWERED;
  }
}

Test(compression, a_loser_is_closed_in_the_middle) { expect_losers("cancel"); }
Test(compression, a_loser_is_read_out) { expect_losers("drain"); }

Test(compression, a_client_that_leaves_ends_it_in_the_middle) {
  SCOPED(stage) s = stage_open("--compression", "gzip", "--hedges", "0");
  struct arrival *arrival = stage_ask(&s, "/smart");
  send_half(arrival, gzip_of("[1,2,3,4,5,6]"));
  client_leave(s.client);
  arrival_await_closed(arrival);
}

/* ---- /all and gathers ---- */

Test(compression, items_are_always_plain) {
  SCOPED(stage) s = stage_open("--compression", "gzip", "--hedges", "1");
  struct gzip *gzip = gzip_of("{\"a\":1}");
  client_get_with(s.client, "/all", TAKES_GZIP);
  answer_gzip(origin_await(s.origin), 200, IN_GZIP, gzip);
  answer_gzip(origin_await(s.origin), 200, IN_GZIP, gzip);
  const struct reply *reply =
      client_expect(s.client, 200, "[{\"a\":1},{\"a\":1}]");
  reply_expect_field(reply, "Content-Encoding", NULL);
}

static const char file[] =
    "upstreams: {a: {targets: [$A]}, b: {targets: [$B]}, c: {targets: [$C]}}\n"
    "defaults: {hedges: 0}\n"
    "routes:\n"
    "  - {path: /a, upstream: a, compression: gzip}\n"
    "  - {path: /b, upstream: b}\n"
    "  - {path: /any, upstream: c, compression: gzip, success: any, hedges: "
    "1,\n"
    "     hedge_after: 60s, timeout: 50s, on_failure: wait}\n"
    "  - {path: /plain, upstream: c, compression: gzip, success: any}\n"
    "  - {path: /2xx, upstream: c, compression: gzip, success: 2xx}\n"
    "  - {path: /both, gather: [/a, /b]}\n";

Test(compression, an_item_of_a_gather_goes_by_its_own_route) {
  SCOPED(scene) s = scene_open(file);
  client_get_with(s.client, "/both", TAKES_GZIP);
  answer_gzip(origin_await(s.a), 200, IN_GZIP, gzip_of("\"in gzip\""));
  struct arrival *other = origin_await(s.b);
  arrival_expect_field(other, "Accept-Encoding", NULL);
  arrival_answer_json(other, 200, "\"plain\"");
  const struct reply *reply =
      client_expect(s.client, 200, "[\"in gzip\",\"plain\"]");
  reply_expect_field(reply, "Vary", NULL);
}

Test(compression, gzip_that_an_items_route_did_not_ask_for_is_no_json) {
  SCOPED(scene) s = scene_open(file);
  struct gzip *gzip = gzip_of("1");
  client_get(s.client, "/both");
  answer_gzip(origin_await(s.a), 200, IN_GZIP, gzip);
  arrival_answer_bytes(origin_await(s.b), 200, IN_GZIP, gzip->bytes, gzip->len);
  client_expect(s.client, 200, "[1,null]");
}

/* ---- other kinds of success ---- */

static void expect_passed(const struct scene *s, const char *target,
                          const char *fields, const struct gzip *gzip) {
  client_get_with(s->client, target, TAKES_GZIP);
  answer_gzip(origin_await(s->c), 200, fields, gzip);
  expect_bytes(client_await_reply(s->client), gzip);
}

Test(compression, a_route_for_any_answer_looks_into_nothing_it_passes_on) {
  SCOPED(scene) s = scene_open(file);
  struct gzip broken = {"no gzip", 7};
  expect_passed(&s, "/any/x", IN_GZIP, gzip_of("<html>"));
  expect_passed(&s, "/any/x", IN_GZIP, &broken);
  expect_passed(&s, "/any/x", "Content-Encoding: br\r\n", &broken);
  client_get(s.client, "/any/x");
  answer_gzip(origin_await(s.c), 503, TAGGED, gzip_of("<html>"));
  reply_expect_field(client_expect(s.client, 503, "<html>"), "ETag", "W/\"a\"");
  client_get(s.client, "/any/x");
  answer_gzip(origin_await(s.c), 200, IN_GZIP, &broken);
  reply_expect_result(client_await_reply(s.client), 0, "transport");
}

Test(compression, a_route_for_any_2xx_wants_it_whole) {
  SCOPED(scene) s = scene_open(file);
  struct gzip broken = {"no gzip", 7};
  expect_passed(&s, "/2xx/x", IN_GZIP, gzip_of("<html>"));
  expect_passed(&s, "/2xx/x", "Content-Encoding: br\r\n", &broken);
  client_get(s.client, "/2xx/x");
  answer_gzip(origin_await(s.c), 200, IN_GZIP, gzip_of("<html>"));
  client_expect(s.client, 200, "<html>");
  client_get_with(s.client, "/2xx/x", TAKES_GZIP);
  answer_gzip(origin_await(s.c), 200, IN_GZIP, &broken);
  reply_expect_result(client_await_reply(s.client), 0, "transport");
}

Test(compression, a_head_that_goes_upstream_tells_no_length_of_other_bytes) {
  SCOPED(scene) s = scene_open(file);
  scene_send(&s, "HEAD", "/any/x", "", NULL);
  struct arrival *arrival = origin_await(s.c);
  arrival_expect_line(arrival, "HEAD /any/x HTTP/1.1");
  arrival_send(arrival,
               "HTTP/1.1 200 OK\r\n" TAGGED "Content-Length: 99\r\n\r\n");
  const struct reply *reply = client_await_reply_to_head(s.client);
  reply_expect_field(reply, "Content-Length", NULL);
  reply_expect_field(reply, "Content-Encoding", NULL);
  reply_expect_field(reply, "ETag", "W/\"a\"");
}

Test(compression, who_wants_no_change_is_asked_for_as_without_it) {
  static const char fields[] = "Cache-Control: max-age=0, no-transform\r\n"
                               "Accept-Encoding: gzip\r\n";
  SCOPED(scene) s = scene_open(file);
  struct gzip *gzip = gzip_of("{\"a\":1}");
  client_get_with(s.client, "/any/x", fields);
  answer_gzip(origin_await(s.c), 200, TAGGED, gzip); /* it asked itself */
  expect_bytes(client_await_reply(s.client), gzip);
  client_get_with(s.client, "/2xx/x", fields);
  struct arrival *arrival = origin_await(s.c);
  arrival_expect_field(arrival, "Accept-Encoding", NULL);
  arrival_expect_field(arrival, "Cache-Control", "max-age=0, no-transform");
  arrival_answer_bytes(arrival, 200, TAGGED, gzip->bytes, gzip->len);
  const struct reply *reply = client_await_reply(s.client);
  expect_bytes(reply, gzip);
  reply_expect_field(reply, "ETag", "\"a\"");
  reply_expect_field(reply, "Vary", "Accept-Encoding");
}

Test(compression, who_asks_for_a_part_agrees_with_the_upstream) {
  SCOPED(scene) s = scene_open(file);
  scene_send(&s, "GET", "/any/x", "Range: bytes=0-1\r\nAccept-Encoding: br\r\n",
             NULL);
  struct arrival *arrival = origin_await(s.c);
  arrival_expect_field(arrival, "Accept-Encoding", "br");
  arrival_expect_field(arrival, "Range", "bytes=0-1");
  arrival_answer(arrival, 206, IN_GZIP "Content-Range: bytes 0-1/9\r\n", "ab");
  const struct reply *reply = client_expect(s.client, 206, "ab");
  reply_expect_field(reply, "Content-Encoding", "gzip");
}

Test(compression, a_route_that_only_forwards_leaves_the_coding_to_both_ends) {
  static const char *const fields[] = {"", "Accept-Encoding: br\r\n"};
  SCOPED(scene) s = scene_open(file);
  for (size_t i = 0; i < 2; i++) {
    client_get_with(s.client, "/plain/x", fields[i]);
    struct arrival *arrival = origin_await(s.c);
    struct gzip *gzip = gzip_of("[1]");
    arrival_expect_field(arrival, "Accept-Encoding", i == 0 ? NULL : "br");
    arrival_answer_bytes(arrival, 200, TAGGED, gzip->bytes, gzip->len);
    const struct reply *reply = client_await_reply(s.client);
    expect_bytes(reply, gzip);
    reply_expect_field(reply, "ETag", "\"a\"");
    reply_expect_field(reply, "Vary", NULL);
  }
}

Test(compression, an_upstreams_304_names_the_plain_bytes_weakly) {
  SCOPED(scene) s = scene_open(file);
  client_get_with(s.client, "/any/x", "If-None-Match: W/\"a\"\r\n");
  struct arrival *arrival = origin_await(s.c);
  arrival_expect_field(arrival, "If-None-Match", "W/\"a\"");
  arrival_send(arrival, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
  const struct reply *reply = client_await_reply(s.client);
  cr_expect_eq(reply->status, 304);
  reply_expect_field(reply, "ETag", "W/\"a\"");
}

/* ---- reload ---- */

Test(compression, what_is_under_way_stays_as_it_was_asked_over_a_reload) {
  SCOPED(scene) s = scene_open(file);
  struct arrival *before = scene_ask(&s, s.a, "/a");
  scene_reload(&s,
               "upstreams: {a: {targets: [$A]}}\n"
               "routes: [{path: /a, upstream: a, hedges: 0}]\n",
               "reloaded");
  answer_gzip(before, 200, IN_GZIP, gzip_of("[1]"));
  client_expect(s.client, 200, "[1]");
  client_get(s.client, "/a");
  arrival_await_next(before);
  arrival_expect_field(before, "Accept-Encoding", NULL);
  arrival_answer_json(before, 200, "[2]");
  reply_expect_field(client_expect(s.client, 200, "[2]"), "Vary", NULL);
}
