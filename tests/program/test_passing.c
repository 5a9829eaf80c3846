/* What passes through /smart, in both directions, by the built program: the
 * path and the query, the fields of the request, the fields of the answer, and
 * the secrets that must not pass anywhere else. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/rows.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

/* ---- path and query ------------------------------------------------------- */

static void expect_asked(const char *base, const char *asked,
                         const char *line) {
  SCOPED(stage) s = stage_open_at(base, "--hedges", "0");
  struct arrival *arrival = stage_ask(&s, asked);
  arrival_expect_line(arrival, line);
  stage_serve(&s, arrival, 200, "{}");
}

#define ASKS(name, base, asked, line)                                          \
  Test(passing, name) { expect_asked(base, asked, line); }

ASKS(rest_and_query_go_behind_the_targets_path, "/v1/work",
     "/smart/a/b?x=1&timeout=5000&y=2", "GET /v1/work/a/b?x=1&y=2 HTTP/1.1")
ASKS(a_bare_smart_asks_exactly_the_targets_path, "/v1/work", "/smart",
     "GET /v1/work HTTP/1.1")
ASKS(a_target_without_a_path_is_asked_for_the_root, "", "/smart",
     "GET / HTTP/1.1")
ASKS(a_slash_at_the_seam_is_not_doubled, "/v1/", "/smart/a",
     "GET /v1/a HTTP/1.1")
ASKS(a_slash_at_the_end_is_kept, "/v1", "/smart/a/", "GET /v1/a/ HTTP/1.1")
ASKS(the_targets_own_query_goes_first, "/v1?key=K", "/smart?x=1",
     "GET /v1?key=K&x=1 HTTP/1.1")
ASKS(an_empty_query_is_one, "/v1", "/smart/a?", "GET /v1/a? HTTP/1.1")
ASKS(an_empty_query_adds_nothing_to_the_targets, "/v1?key=K", "/smart/a?",
     "GET /v1/a?key=K HTTP/1.1")
ASKS(a_query_that_was_all_hedgerows_is_none, "/v1", "/smart/a?timeout=5000",
     "GET /v1/a HTTP/1.1")
ASKS(an_ampersand_beside_the_timeout_is_no_query, "/v1",
     "/smart/a?timeout=5000&", "GET /v1/a HTTP/1.1")
ASKS(a_targets_empty_query_is_one, "/v1?", "/smart/a", "GET /v1/a? HTTP/1.1")
ASKS(the_spelling_of_path_and_query_is_kept, "/v1",
     "/smart/%7Ea%2Fb//c?q=a+b%20c&&z&timeout=9000&q=%C3%A9",
     "GET /v1/%7Ea%2Fb//c?q=a+b%20c&&z&q=%C3%A9 HTTP/1.1")
ASKS(an_encoded_timeout_is_hedgerows_too, "/v1", "/smart?t%69meout=5000&a=1",
     "GET /v1?a=1 HTTP/1.1")
ASKS(an_absolute_form_is_read_like_a_path, "/v1",
     "http://hedgerow.test/smart/a?x=1", "GET /v1/a?x=1 HTTP/1.1")

static const char *const refused[] = {
    "/smart/../secret",
    "/smart/%2e%2E/x",
    "/smart/a/.%2e",
    "/smart/a%2f..%2fb",
    "/smart/..%5cb",
    "/smart/%zz",
    "/smart?timeout=0",
    "/smart?timeout=",
    "/smart?timeout",
    "/smart?timeout=%2B5",
    "/smart?timeout=-5",
    "/smart?timeout=1.5",
    "/smart?timeout=1e3",
    "/smart?timeout=1s",
    "/smart?timeout=500&timeout=500",
};

Test(passing, paths_that_climb_and_times_that_are_none_are_400) {
  SCOPED(stage) s = stage_open_at("/v1", "--hedges", "0");
  EACH_ROW (row, refused) {
    client_get(s.client, *row);
    cr_assert_eq(client_await_reply(s.client)->status, 400, "%s", *row);
    reply_expect_problem(&s.client->reply, 400);
  }
  origin_expect_no_arrival(s.origin);
}

/* ---- request fields ------------------------------------------------------- */

/* Asks with these fields, answers, and leaves the arrival to be looked at. */
static struct arrival *arrival_for(struct stage *s, const char *fields) {
  client_get_with(s->client, "/smart", fields);
  struct arrival *arrival = origin_await(s->origin);
  stage_serve(s, arrival, 200, "{}");
  return arrival;
}

Test(passing, end_to_end_fields_reach_the_upstream) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival =
      arrival_for(&s, "Authorization: Basic abc\r\nCookie: a=b\r\n"
                      "Accept: text/json\r\nX-Own: 1\r\nUser-Agent: me/1\r\n");
  arrival_expect_field(arrival, "Authorization", "Basic abc");
  arrival_expect_field(arrival, "Cookie", "a=b");
  arrival_expect_field(arrival, "Accept", "text/json");
  arrival_expect_field(arrival, "X-Own", "1");
  arrival_expect_field(arrival, "User-Agent", "me/1");
}

Test(passing, a_request_field_that_comes_twice_or_empty_passes_so) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival =
      arrival_for(&s, "X-Two: a\r\nX-Two: b\r\nX-Empty:\r\n");
  words_expect(arrival->request, "X-Two: a\r\nX-Two: b\r\n");
  arrival_expect_field(arrival, "X-Empty", "");
}

Test(passing, fields_that_would_spoil_the_verdict_do_not) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = arrival_for(
      &s, "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\n"
          "If-None-Match: \"x\"\r\nIf-Modified-Since: yesterday\r\n"
          "If-Range: \"x\"\r\nIf-Anything: x\r\nExpect: 100-continue\r\n");
  arrival_expect_none(arrival, "Accept-Encoding", "Range", "If-None-Match",
                      "If-Modified-Since", "If-Range", "If-Anything", "Expect");
}

Test(passing, hop_by_hop_fields_do_not_reach_the_upstream) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = arrival_for(
      &s, "Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\nX-Other: 2\r\n"
          "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"
          "Proxy-Authorization: Basic abc\r\nTE: trailers\r\n"
          "Upgrade: websocket\r\n");
  arrival_expect_none(arrival, "X-Mine", "Keep-Alive", "Proxy-Connection",
                      "Proxy-Authorization", "TE", "Upgrade");
  arrival_expect_field(arrival, "X-Other", "2");
}

Test(passing, the_host_is_the_targets) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = arrival_for(&s, "");
  arrival_expect_field(arrival, "Host", s.origin->host);
}

Test(passing, what_the_client_left_out_is_added) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = arrival_for(&s, "");
  char agent[64] = "", id[128] = "", via[128] = "";
  arrival_expect_field(arrival, "Accept", "application/json");
  arrival_expect_field(arrival, "Hedge-Attempt", "0");
  wire_field(arrival->request, "User-Agent", agent, sizeof agent);
  wire_field(arrival->request, "X-Request-ID", id, sizeof id);
  wire_field(arrival->request, "Via", via, sizeof via);
  cr_assert(strncmp(agent, "hedgerow/", 9) == 0, "User-Agent: %s", agent);
  cr_assert(strlen(id) >= 8, "X-Request-ID: %s", id);
  cr_assert(strncmp(via, "1.1 hedgerow-", 13) == 0, "Via: %s", via);
}

Test(passing, every_attempt_says_its_number_and_the_same_request_id) {
  SCOPED(stage) s = stage_open("--hedge-after", "30ms");
  client_get_with(s.client, "/smart", "X-Request-ID: abc-123\r\n");
  struct arrival *held[3];
  for (unsigned k = 0; k < 3; k++) {
    held[k] = origin_await_attempt(s.origin, k);
    arrival_expect_field(held[k], "X-Request-ID", "abc-123");
  }
  arrival_answer_json(held[1], 200, "{}");
  reply_expect_field(client_await_reply(s.client), "X-Request-ID", "abc-123");
}

Test(passing, a_client_cannot_set_hedgerows_own_request_fields) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival =
      arrival_for(&s, "Hedge-Attempt: 7\r\nVia: 1.0 fred\r\n");
  arrival_expect_field(arrival, "Hedge-Attempt", "0");
  words_expect(arrival->request, "fred");
  words_expect(arrival->request, "1.1 hedgerow-");
}

Test(passing, via_tells_the_version_in_which_a_message_came) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client,
              "GET /smart HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  struct arrival *arrival = origin_await(s.origin);
  words_expect(arrival->request, "\r\nVia: 1.0 hedgerow-");
  arrival_answer_json(arrival, 200, "1");
  words_expect(client_expect(s.client, 200, "1")->head,
               "\r\nVia: 1.1 hedgerow-");
  arrival = stage_ask(&s, "/smart");
  words_expect(arrival->request, "\r\nVia: 1.1 hedgerow-");
  arrival_send(arrival, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n2");
  words_expect(client_expect(s.client, 200, "2")->head,
               "\r\nVia: 1.0 hedgerow-");
}

Test(passing, configured_fields_are_added_and_dropped) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--user-agent", "Dash/1.0",
                               "--header", "X-Team: blue", "--header",
                               "X-Key: a: b", "--drop-header", "Cookie");
  struct arrival *arrival =
      arrival_for(&s, "User-Agent: curl/8\r\nCookie: a=b\r\nX-Own: 1\r\n");
  arrival_expect_field(arrival, "User-Agent", "Dash/1.0");
  arrival_expect_field(arrival, "X-Team", "blue");
  arrival_expect_field(arrival, "X-Key", "a: b");
  arrival_expect_field(arrival, "Cookie", NULL);
  arrival_expect_field(arrival, "X-Own", "1");
}

/* ---- the token ------------------------------------------------------------ */

#define TOKEN "s3cr3t-t0ken-of-this-test"

static void expect_secret(const struct stage *s, const struct reply *reply) {
  cr_assert(!strstr(reply->head, TOKEN) && !strstr(reply->body, TOKEN),
            "the token is in an answer:\n%s%s", reply->head, reply->body);
  program_stop(s->program);
  words_expect_none(s->program->out, TOKEN);
  words_expect_none(s->program->err, TOKEN);
}

/* Anybody may read cmdline; environ only root, since a process with a token may
 * not be dumped: then nobody of this user sees it, which is as good. */
static void expect_not_in_proc(const struct stage *s, const char *file) {
  char path[64], bytes[64 * 1024];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)s->program->pid, file);
  FILE *stream = fopen(path, "r");
  if (!stream && errno == EACCES && strcmp(file, "environ") == 0) return;
  cr_assert_not_null(stream, "%s cannot be read", path);
  size_t n = fread(bytes, 1, sizeof bytes, stream);
  fclose(stream);
  cr_assert(!memmem(bytes, n, TOKEN, strlen(TOKEN)), "the token is in %s",
            path);
}

Test(passing, a_token_of_the_environment_that_nobody_uses_is_wiped_too) {
  const char *path = folder_write("token", "of-the-file\n");
  setenv("HEDGEROW_TOKEN", TOKEN, 1);
  struct stage s = stage_open("--token-file", path);
  unsetenv("HEDGEROW_TOKEN");
  expect_not_in_proc(&s, "environ");
  stage_close(&s);
  folder_remove();
}

Test(passing, the_token_of_the_environment_replaces_the_clients) {
  setenv("HEDGEROW_TOKEN", TOKEN, 1);
  SCOPED(stage) s = stage_open("--hedges", "0", "--log", "json");
  client_get_with(s.client, "/smart", "Authorization: Basic abc\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_field(arrival, "Authorization", "Bearer " TOKEN);
  arrival_answer_json(arrival, 403, "{}");
  const struct reply *reply = client_await_reply(s.client);
  cr_assert(reply->status == 403);
  expect_not_in_proc(&s, "cmdline");
  expect_not_in_proc(&s, "environ");
  client_leave(s.client);
  expect_secret(&s, reply);
}

Test(passing, the_token_of_a_file_reaches_the_upstream_without_its_line_end) {
  char path[] = P_tmpdir "/hedgerow-token-XXXXXX";
  int fd = mkstemp(path);
  cr_assert(fd >= 0 && write(fd, TOKEN "\n", strlen(TOKEN) + 1) > 0);
  close(fd);
  SCOPED(stage) s = stage_open("--hedges", "0", "--token-file", path);
  unlink(path);
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_expect_field(arrival, "Authorization", "Bearer " TOKEN);
  arrival_reset(arrival);
  const struct reply *reply = client_expect_problem(s.client, 502);
  client_leave(s.client);
  expect_secret(&s, reply);
}

Test(passing, the_values_of_a_targets_query_are_not_told) {
  SCOPED(stage) s =
      stage_open_at("/v1?key=" TOKEN, "--hedges", "0", "--log", "json");
  client_get(s.client, "/smart?mine=" TOKEN);
  arrival_reset(origin_await(s.origin));
  const struct reply *reply = client_expect_problem(s.client, 502);
  client_leave(s.client);
  expect_secret(&s, reply);
}

/* ---- the log --------------------------------------------------------------- */

Test(passing, every_request_has_a_log_line_without_its_query) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--log", "json");
  stage_serve(&s, stage_ask(&s, "/smart/private?secret=1"), 200, "1");
  stage_expect_log(&s, "/smart/private");
  words_expect_none(s.program->out, "secret");
}

Test(passing, the_log_may_be_off) {
  SCOPED(stage) s = stage_open("--log", "off");
  client_expect_healthy(s.client);
  client_leave(s.client);
  program_stop(s.program);
  cr_assert(*s.program->out == 0, "stdout:\n%s", s.program->out);
}

/* ---- answer fields -------------------------------------------------------- */

/* One answer with these fields, as the client sees it. */
static const struct reply *reply_for(struct stage *s, int status,
                                     const char *fields) {
  arrival_answer(stage_ask(s, "/smart"), status, fields, "[1, 2]\n");
  const struct reply *reply = client_expect(s->client, status, "[1, 2]\n");
  return reply;
}

Test(passing, the_winners_status_fields_and_body_are_the_answer) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  const struct reply *reply =
      reply_for(&s, 201,
                "Content-Type: text/plain\r\nETag: \"x\"\r\n"
                "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n"
                "Set-Cookie: a=b; Path=/\r\nX-Odd: \t a  b \r\n");
  reply_expect_field(reply, "Content-Type", "text/plain");
  reply_expect_field(reply, "ETag", "\"x\"");
  reply_expect_field(reply, "Date", "Tue, 15 Nov 1994 08:12:31 GMT");
  reply_expect_field(reply, "Set-Cookie", "a=b; Path=/");
  reply_expect_in_field(reply, "X-Odd", "a  b");
}

Test(passing, a_field_that_comes_twice_or_empty_passes_so) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  const struct reply *reply =
      reply_for(&s, 200, "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\n");
  words_expect(reply->head, "Set-Cookie: a=1\r\n");
  words_expect(reply->head, "Set-Cookie: b=2\r\n");
  reply_expect_field(reply, "X-Empty", "");
}

/* Just below --max-upstream-head, whose default is 64 KiB. */
Test(passing, a_large_head_passes_whole) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  char fields[64 * 1000 + 1] = "X-Large: ";
  memset(fields + 9, 'x', sizeof fields - 12);
  strcpy(fields + sizeof fields - 3, "\r\n");
  struct arrival *arrival = stage_ask(&s, "/smart");
  arrival_send(arrival, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
  arrival_send(arrival, fields);
  arrival_send(arrival, "\r\n{}");
  const struct reply *reply = client_expect(s.client, 200, "{}");
  words_expect(reply->head, fields);
}

Test(passing, a_missing_date_is_added) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  reply_expect_in_field(reply_for(&s, 200, ""), "Date", " GMT");
}

Test(passing, hop_by_hop_fields_of_the_winner_do_not_reach_the_client) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  const struct reply *reply =
      reply_for(&s, 200,
                "Connection: close, X-Mine\r\nX-Mine: 1\r\n"
                "Keep-Alive: timeout=5\r\nX-Other: 2\r\n"
                "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\n");
  reply_expect_field(reply, "Connection", NULL);
  reply_expect_field(reply, "X-Mine", NULL);
  reply_expect_field(reply, "Keep-Alive", NULL);
  reply_expect_field(reply, "Proxy-Authenticate", NULL);
  reply_expect_field(reply, "Upgrade", NULL);
  reply_expect_field(reply, "X-Other", "2");
}

Test(passing, the_winner_cannot_speak_for_hedgerow) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  const struct reply *reply =
      reply_for(&s, 200,
                "Hedge-Attempts: 9\r\nHedge-Winner: 9\r\n"
                "Hedge-Completed: 9/9\r\nX-Request-ID: theirs\r\n");
  reply_expect_field(reply, "Hedge-Attempts", "1");
  reply_expect_field(reply, "Hedge-Winner", "0");
  reply_expect_field(reply, "Hedge-Completed", NULL);
  words_expect_none(reply->head, "theirs");
}

Test(passing, via_and_server_timing_gain_a_member) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  const struct reply *reply =
      reply_for(&s, 200, "Via: 1.1 varnish\r\nServer-Timing: db;dur=5\r\n");
  words_expect(reply->head, "1.1 varnish");
  words_expect(reply->head, "1.1 hedgerow-");
  words_expect(reply->head, "db;dur=5");
}

Test(passing, server_timing_has_one_entry_for_each_attempt) {
  SCOPED(stage) s = stage_open("--hedge-after", "30ms");
  client_get(s.client, "/smart");
  origin_await_attempt(s.origin, 0);
  arrival_answer_json(origin_await_attempt(s.origin, 2), 200, "{}");
  const struct reply *reply = client_await_reply(s.client);
  char timing[1024] = "";
  unsigned entries = 0;
  cr_assert(wire_field(reply->head, "Server-Timing", timing, sizeof timing),
            "no Server-Timing:\n%s", reply->head);
  for (char *at = timing; (at = strstr(at, "dur=")); at++) entries++;
  cr_assert(entries == 3, "Server-Timing: %s", timing);
}

Test(passing, a_request_id_that_is_sane_is_kept) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  char ids[256];
  snprintf(ids, sizeof ids, "0|AZaz09|-_.:=+/@,;~|%0128d", 0);
  EACH_WORD (id, ids) {
    const char *field = words_of("X-Request-ID: %s\r\n", id);
    arrival_expect_field(arrival_for(&s, field), "X-Request-ID", id);
    reply_expect_field(&s.client->reply, "X-Request-ID", id);
  }
  snprintf(ids, sizeof ids, "|[|`|{|a b|%0129d", 0);
  EACH_WORD (id, ids) {
    const char *field = words_of("X-Request-ID: %s\r\n", id);
    char sent[256] = "";
    wire_field(arrival_for(&s, field)->request, "X-Request-ID", sent,
               sizeof sent);
    cr_assert(*sent && strcmp(sent, id) != 0, "%s was kept", id);
  }
}

Test(passing, a_request_id_that_is_not_sane_is_replaced) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/smart", "X-Request-ID: a b\"<script>\r\n");
  struct arrival *arrival = origin_await(s.origin);
  char sent[256] = "";
  wire_field(arrival->request, "X-Request-ID", sent, sizeof sent);
  cr_assert(*sent && !strstr(sent, "script"), "X-Request-ID: %s", sent);
  arrival_answer_json(arrival, 200, "{}");
  reply_expect_field(client_await_reply(s.client), "X-Request-ID", sent);
}

/* ---- loops, HEAD, names ---------------------------------------------------- */

Test(passing, a_request_that_came_through_this_process_is_a_loop) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  char via[256], field[512];
  wire_field(arrival_for(&s, "")->request, "Via", via, sizeof via);
  snprintf(field, sizeof field, "Via: 1.0 fred, %s, 1.1 x\r\n", via);
  client_get_with(s.client, "/smart", field);
  client_expect_problem(s.client, 508);
  origin_expect_no_arrival(s.origin);
}

Test(passing, a_head_is_raced_as_a_get_and_answered_without_a_body) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_send(s.client, "HEAD /smart/a HTTP/1.1\r\nHost: h\r\n\r\n");
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_line(arrival, "GET /a HTTP/1.1");
  arrival_answer_json(arrival, 200, "{\"n\":1}");
  const struct reply *reply = client_await_reply_to_head(s.client);
  cr_assert(reply->status == 200, "%s", reply->head);
  reply_expect_field(reply, "Content-Length", "7");
  client_expect_healthy(s.client); /* the framing still holds */
}

Test(passing, a_target_may_be_named) {
  struct origin *origin = origin_new();
  char url[80], authority[80];
  snprintf(authority, sizeof authority, "localhost:%u", origin->port);
  snprintf(url, sizeof url, "http://localhost:%u/v1", origin->port);
  SCOPED(stage) s = stage_open_on(origin, "--to", url);
  client_get(s.client, "/smart");
  struct arrival *arrival = origin_await(origin);
  arrival_expect_field(arrival, "Host", authority);
  arrival_answer_json(arrival, 200, "{}");
  client_expect(s.client, 200, "{}");
}
