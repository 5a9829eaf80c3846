/* A front and its connections on a loop of the test's own, where the clients
 * are the other ends of socket pairs. How bytes become requests is shown in
 * program/test_front.c; here is what the program does not do yet, or does too
 * seldom: answers in pieces, clients that take turns, and bodies that come in
 * chunks, cut wherever they may be. */
#include "io/connection.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/front.h"
#include "support/guard.h"
#include "support/rows.h"
#include "support/scoped.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

enum { STORY_MAX = 256 };

static struct loop *loop;
static struct budget budget;
static struct blocks blocks;
static struct front *front;
static struct connection *connection; /* the last that brought a request */
static void (*respond)(void);
static size_t limit;          /* of a body */
static unsigned held;         /* heads whose bodies are late */
static char story[STORY_MAX]; /* what was called, a letter each */

static void tell(char what) {
  size_t len = strlen(story);
  cr_assert(len < STORY_MAX - 1);
  story[len] = what;
}

static void expect_story(const char *expected) {
  cr_assert_str_eq(story, expected);
}

static struct admission on_head(void *arg, const struct http_request *request) {
  static const char routes[] = "123";
  static unsigned shown;
  (void)arg;
  if (!http_request_has_body(request)) return (struct admission){0};
  tell('h');
  loop_stop(loop);
  return (struct admission){&routes[shown++ % 3], &held, limit};
}

static void on_hold(void *lease) {
  cr_assert(lease == &held);
  cr_assert(held++ == 0);
  tell('+');
}

static void on_release(void *lease) {
  cr_assert(lease == &held);
  cr_assert(--held == 0);
  tell('-');
}

static void on_request(void *arg, struct connection *asking,
                       const struct http_request *request,
                       const struct admission *admission, struct slice body) {
  (void)arg;
  connection = asking;
  if (admission->route) tell(*(const char *)admission->route);
  for (size_t i = 0; i < body.len; i++) tell(body.at[i]);
  if (request->path.len > 1) tell(request->path.at[1]);
  respond();
}

static void on_bad_request(void *arg, struct connection *asking,
                           const struct http_request *request,
                           const struct admission *admission, int status,
                           const char *why) {
  char text[128];
  int len = snprintf(text, sizeof text, "%d %s", status, why);
  (void)arg, (void)request;
  cr_assert(connection_closes(asking));
  if (admission) tell(*(const char *)admission->route);
  tell('!');
  connection_answer(asking, &(struct iovec){text, (size_t)len}, 1, NULL, NULL);
  loop_stop(loop);
}

static void on_left(void *arg, struct connection *leaving,
                    const struct http_request *request,
                    const struct admission *admission) {
  (void)arg;
  cr_assert(held && http_request_has_body(request));
  tell(*(const char *)admission->route);
  tell('l');
  connection = leaving;
}

static void on_closed(void *arg) {
  cr_assert(arg == &front);
  tell('.');
  loop_stop(loop);
}

static void front_open(int64_t write_timeout_us) {
  const struct front_handler handler = {.arg = &front,
                                        .on_head = on_head,
                                        .on_hold = on_hold,
                                        .on_release = on_release,
                                        .on_request = on_request,
                                        .on_bad_request = on_bad_request,
                                        .on_left = on_left,
                                        .on_closed = on_closed};
  const struct front_limits limits = {
      .head_bytes = 1024,
      .request = {.target_bytes = 1024, .fields = 8},
      .header_timeout_us = 10 * 1000 * 1000,
      .keepalive_timeout_us = 10 * 1000 * 1000,
      .write_timeout_us = write_timeout_us};
  loop = loop_new();
  budget = (struct budget){.max = INT64_MAX};
  blocks_init(&blocks, &budget);
  limit = 64;
  front = front_new(loop, &handler, &limits, &blocks);
  cr_assert(loop && front);
}

static void open_all(void) { front_open(10 * 1000 * 1000); }

static void close_front(void) {
  if (front) front_free(front);
  front = NULL;
}

static void close_all(void) {
  close_front();
  blocks_clear(&blocks);
  cr_assert_eq(budget.used, 0);
  loop_free(loop);
}

TestSuite(connection, .init = open_all, .fini = close_all,
          .timeout = 2 * GUARD_S);

static int connect_client(void) {
  const struct sockaddr_in peer = {.sin_family = AF_INET};
  int ends[2];
  cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  cr_assert(front_accept(front, ends[0], (const struct sockaddr *)&peer));
  return ends[1];
}

static void client_send(int client, const char *text) {
  cr_assert(write(client, text, strlen(text)) == (ssize_t)strlen(text));
}

/* All that has come. */
static void client_has(int client, const char *text) {
  char got[128];
  ssize_t n = read(client, got, sizeof got);
  cr_assert(n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0,
            "expected \"%s\" but got %zd: %.*s", text, n, n > 0 ? (int)n : 0,
            got);
}

/* The same, and then an end. */
static void client_expect(int client, const char *text) {
  char more;
  client_has(client, text);
  cr_assert(read(client, &more, 1) == 0, "there is no end");
}

static size_t client_read_all(int client) {
  char bytes[64 * 1024];
  size_t sum = 0;
  ssize_t n;
  while ((n = read(client, bytes, sizeof bytes)) > 0) sum += (size_t)n;
  return sum;
}

/* ---- answers in pieces ---- */

static void on_room(void *arg) {
  (void)arg;
  tell('r');
  loop_stop(loop);
}

static void on_gone(void *arg) {
  (void)arg;
  tell('g');
  loop_stop(loop);
}

static bool framed; /* the answer that begins */

static void begin(void) {
  connection_begin(connection, framed, on_room, on_gone, NULL);
  loop_stop(loop);
}

/* A client that has sent this, upon which the answer begins. */
static int begin_by(const char *sent) {
  int client = connect_client();
  respond = begin;
  client_send(client, sent);
  loop_run(loop);
  return client;
}

static int begin_stream(void) { return begin_by(REQUEST); }

static ssize_t push(const char *text) {
  struct iovec part = {(char *)(uintptr_t)text, strlen(text)};
  return connection_push(connection, &part, 1);
}

static void must_push(const char *text) {
  cr_assert(push(text) == (ssize_t)strlen(text));
}

/* Until the kernel takes no more; returns how much it took. */
static size_t push_until_full(void) {
  static char bytes[64 * 1024];
  struct iovec piece = {bytes, sizeof bytes};
  size_t sum = 0;
  ssize_t n;
  while ((n = connection_push(connection, &piece, 1)) == sizeof bytes)
    sum += sizeof bytes;
  cr_assert(n >= 0);
  return sum + (size_t)n;
}

/* The answer ends, the client has had all of it and leaves. */
static void finish_with(int client, const char *text) {
  connection_finish(connection);
  client_expect(client, text);
  close(client);
}

Test(connection, an_answer_in_pieces_ends_by_a_close) {
  int client = begin_stream();
  cr_assert(connection_closes(connection));
  must_push("one, ");
  must_push("");
  must_push("two");
  finish_with(client, "one, two");
  loop_run(loop);
  expect_story(".");
}

Test(connection, a_framed_answer_in_pieces_leaves_the_connection_open) {
  framed = true;
  int client = begin_stream();
  cr_assert_not(connection_closes(connection));
  must_push("one");
  connection_finish(connection);
  client_has(client, "one");
  client_send(client, REQUEST);
  loop_run(loop);
  must_push("two");
  connection_finish(connection);
  client_has(client, "two");
  close(client);
  loop_run(loop);
  expect_story(".");
}

Test(connection, what_is_pipelined_behind_a_framed_answer_is_a_request) {
  framed = true;
  SCOPED_FD client = begin_by(REQUEST REQUEST);
  must_push("one");
  connection_finish(connection);
  must_push("two");
  connection_cut(connection);
  client_expect(client, "onetwo");
}

Test(connection, a_framed_answer_that_is_cut_ends_by_a_close) {
  framed = true;
  int client = begin_stream();
  must_push("one");
  connection_cut(connection);
  client_expect(client, "one");
  close(client);
  expect_story(".");
}

Test(connection, the_pieces_of_one_push_go_out_in_their_order) {
  int client = begin_stream();
  struct iovec parts[] = {{"one", 3}, {", ", 2}, {"", 0}, {"two", 3}};
  cr_assert(connection_push(connection, parts, 4) == 8);
  finish_with(client, "one, two");
}

Test(connection, an_answer_may_end_without_a_piece) {
  int client = begin_stream();
  finish_with(client, "");
}

Test(connection, what_is_pipelined_behind_a_stream_is_no_request) {
  int client = begin_by(REQUEST REQUEST);
  must_push("all");
  finish_with(client, "all");
  loop_run(loop);
  expect_story(".");
}

Test(connection, room_is_told_once_when_a_slow_client_reads) {
  int client = begin_stream();
  size_t sent = push_until_full();
  cr_assert(push("more") == 0);
  cr_assert(client_read_all(client) == sent);
  loop_run(loop);
  expect_story("r");
  must_push("more");
  finish_with(client, "more");
  loop_run(loop);
  expect_story("r.");
}

Test(connection, a_stream_may_end_while_it_waits_for_room) {
  int client = begin_stream();
  size_t sent = push_until_full();
  connection_finish(connection);
  cr_assert(client_read_all(client) == sent);
  close(client);
  loop_run(loop);
  expect_story(".");
}

Test(connection, a_client_that_leaves_a_stream_is_told_of) {
  int client = begin_stream();
  must_push("one");
  cr_assert(client_read_all(client) == 3);
  close(client);
  loop_run(loop);
  expect_story("g.");
}

Test(connection, a_push_to_a_client_that_left_is_lost) {
  int client = begin_stream();
  close(client);
  cr_assert(push("one") == -1);
  connection_reset(connection);
  expect_story(".");
}

Test(connection, a_client_that_stalls_a_stream_is_told_of) {
  close_all();
  front_open(1000);
  SCOPED_FD client = begin_stream();
  push_until_full();
  loop_run(loop);
  expect_story("g.");
}

Test(connection, a_stream_goes_with_its_front) {
  SCOPED_FD client = begin_stream();
  push_until_full();
  close_front();
  expect_story("g.");
}

/* ---- heads and bodies ---- */

#define POST "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"

Test(connection, a_head_is_shown_once_when_its_body_is_there) {
  SCOPED_FD client = begin_by(POST "ab");
  expect_story("h1ab");
}

Test(connection, a_late_body_belongs_to_the_head_that_was_shown) {
  SCOPED_FD client = begin_by(POST "a");
  expect_story("h+");
  client_send(client, "b");
  loop_run(loop);
  expect_story("h+1ab-");
}

/* A head that is not whole is no request. */
Test(connection, a_client_that_leaves_within_its_body_is_told_of) {
  static const struct {
    const char *sent, *story;
  } cases[] = {{POST "a", "h+1l-."},
               {"POST / HTTP/1.1\r\nHost: h\r\n"
                "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1",
                "h+2l-."},
               {"POST / HTTP/1.1\r\nHost", "."}};
  EACH_ROW (row, cases) {
    int client = connect_client();
    memset(story, 0, sizeof story);
    client_send(client, row->sent);
    close(client);
    do loop_run(loop);
    while (!strchr(story, '.'));
    expect_story(row->story);
  }
}

/* ---- bodies in chunks ---- */

#define CHUNKED "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
#define CHUNKS CHUNKED "\r\n"
#define END "0\r\n\r\n"
#define LARGE "413 the request body is larger than --max-request-body"

static void on_turn(void *arg) {
  (void)arg;
  loop_stop(loop);
}

/* Reads what was sent, whether it calls anything or not. A turn that somebody
 * stops leaves its timers to the next, so one may pass without a read. */
static void run_turns(void) {
  struct timer timer;
  timer_init(&timer, loop, on_turn, NULL);
  for (int turn = 0; turn < 2; turn++) {
    timer_set(&timer, 0);
    loop_run(loop);
  }
  timer_clear(&timer);
}

static void send_and_run(int client, struct slice bytes) {
  cr_assert(write(client, bytes.at, bytes.len) == (ssize_t)bytes.len);
  run_turns();
}

Test(connection, chunks_are_undone_where_they_came) {
  SCOPED_FD client =
      begin_by(CHUNKS "1;x\r\na\r\n2\r\nbc\r\n0\r\nX: y\r\n\r\n");
  expect_story("h1abc");
}

Test(connection, chunks_may_be_none) {
  SCOPED_FD client = begin_by(CHUNKS END);
  expect_story("h1");
}

Test(connection, late_chunks_belong_to_the_head_that_was_shown) {
  SCOPED_FD client = begin_by(CHUNKS "2\r\na");
  expect_story("h+");
  client_send(client, "b\r\n" END);
  loop_run(loop);
  expect_story("h+1ab-");
}

static void answer(void);

/* The story without the heads that were shown. */
static void expect_requests(const char *expected) {
  char seen[STORY_MAX];
  size_t len = 0;
  for (const char *at = story; *at; at++)
    if (!strchr("h123+-", *at)) seen[len++] = *at;
  seen[len] = '\0';
  cr_assert_str_eq(seen, expected, "%s", story);
}

/* With requests in front of them and behind. */
Test(connection, chunks_are_the_same_however_they_are_cut) {
  struct slice bytes =
      slice_of("GET /f HTTP/1.1\r\nHost: h\r\n\r\n" CHUNKS
               "1;x\r\na\r\n2\r\nbc\r\n0\r\nX: y\r\n\r\n" CHUNKS END
               "GET /g HTTP/1.1\r\nHost: h\r\n\r\n");
  respond = answer;
  for (size_t cut = 1; cut < bytes.len; cut++) {
    int client = connect_client();
    memset(story, 0, sizeof story);
    send_and_run(client, (struct slice){bytes.at, cut});
    send_and_run(client, slice_from(bytes, cut));
    expect_requests("fabcg");
    close(client);
    run_turns();
  }
}

Test(connection, chunks_may_come_byte_by_byte) {
  struct slice bytes =
      slice_of(CHUNKS "1;x\r\na\r\n2\r\nbc\r\n0\r\nX: y\r\n\r\n"
                      "GET /g HTTP/1.1\r\nHost: h\r\n\r\n");
  SCOPED_FD client = connect_client();
  respond = answer;
  for (size_t i = 0; i < bytes.len; i++)
    send_and_run(client, (struct slice){bytes.at + i, 1});
  expect_story("h+1abc-g");
}

/* Two MiB of framing, of which next to nothing may be kept. */
Test(connection, what_is_kept_of_chunks_is_what_they_carry) {
  enum { COUNT = 8192, KEPT_MAX = 64 * 1024 };
  char chunk[300] = "1;";
  SCOPED_FD client = connect_client();
  limit = COUNT;
  respond = begin;
  memset(chunk + 2, 'x', 255);
  memcpy(chunk + 257, "\r\na\r\n", 6);
  send_and_run(client, slice_of(CHUNKS));
  for (int i = 0; i < COUNT; i++) {
    send_and_run(client, slice_of(chunk));
    cr_assert(budget.used <= KEPT_MAX, "%d chunks, %ld bytes", i,
              (long)budget.used);
  }
  expect_story("h+");
}

Test(connection, a_chunk_over_the_limit_is_413_before_it_comes) {
  int client = connect_client();
  send_and_run(client, slice_of(CHUNKS "3f\r\nabc"));
  expect_story("h+");
  close(client);
  run_turns();
  client = connect_client();
  send_and_run(client, slice_of(CHUNKS "41\r\n"));
  expect_story("h+1l-.h2!");
  client_expect(client, LARGE);
  close(client);
}

Test(connection, chunks_over_the_limit_are_413_before_they_come) {
  SCOPED_FD client = connect_client();
  limit = 3;
  send_and_run(client, slice_of(CHUNKS "2\r\nab"));
  send_and_run(client, slice_of("\r\n2"));
  expect_story("h+");
  send_and_run(client, slice_of("\r\n"));
  expect_story("h+1!-");
  client_expect(client, LARGE);
}

/* A reload has come in between. */
Test(connection, late_chunks_have_the_limit_that_their_head_was_given) {
  SCOPED_FD client = connect_client();
  respond = begin;
  send_and_run(client, slice_of(CHUNKS "2\r\nab\r\n"));
  limit = 1;
  send_and_run(client, slice_of(END));
  expect_story("h+1ab-");
}

Test(connection, what_breaks_the_rules_of_chunks_is_400) {
  SCOPED_FD client = connect_client();
  send_and_run(client, slice_of(CHUNKS "2\r\nab\n"));
  expect_story("h1!");
  client_expect(client, "400 a chunk is not followed by CRLF");
}

Test(connection, late_bytes_that_break_the_rules_of_chunks_are_400) {
  SCOPED_FD client = connect_client();
  send_and_run(client, slice_of(CHUNKS "2\r\nab"));
  send_and_run(client, slice_of("c"));
  expect_story("h+1!-");
  client_expect(client, "400 a chunk is not followed by CRLF");
}

Test(connection, trailers_are_as_long_as_a_head_at_most) {
  static char bytes[2048] = CHUNKS "0\r\nX: ";
  SCOPED_FD client = connect_client();
  memset(bytes + strlen(bytes), 'x', 1024);
  send_and_run(client, slice_of(bytes));
  client_expect(client, "400 the trailers are too large");
}

Test(connection, chunks_that_nobody_takes_stay_unread) {
  int client = connect_client();
  limit = 0;
  respond = begin;
  send_and_run(client, slice_of(CHUNKS "2\r\nab\r\n" END REQUEST));
  cr_assert(connection_closes(connection));
  must_push("no");
  connection_finish(connection);
  client_expect(client, "no");
  expect_story("h1");
  close(client);
  loop_run(loop);
  expect_story("h1.");
}

Test(connection, a_client_that_leaves_its_chunks_is_not_answered) {
  int client = connect_client();
  send_and_run(client, slice_of(CHUNKS "5\r\nab"));
  close(client);
  loop_run(loop);
  expect_story("h+1l-.");
}

Test(connection, chunks_are_asked_for_where_they_are_taken) {
  int client = connect_client();
  respond = begin;
  send_and_run(client, slice_of(CHUNKED "Expect: 100-continue\r\n\r\n"));
  client_has(client, "HTTP/1.1 100 Continue\r\n\r\n");
  send_and_run(client, slice_of("1\r\na\r\n"));
  send_and_run(client, slice_of(END));
  expect_story("h+1a-");
  must_push("yes");
  finish_with(client, "yes");
}

/* ---- turns ---- */

static void answer(void) {
  static char text[] = "HTTP/1.1 204 No Content\r\n\r\n";
  connection_answer(connection, &(struct iovec){text, sizeof text - 1}, 1, NULL,
                    NULL);
  if (strchr(story, 'z')) loop_stop(loop);
}

static void send_requests(int client, char path, int count, char last) {
  char request[] = "GET /? HTTP/1.1\r\nHost: h\r\n\r\n";
  for (int i = 0; i < count; i++) {
    request[5] = i < count - 1 ? path : last;
    client_send(client, request);
  }
}

Test(connection, a_client_that_pipelines_lets_the_others_have_their_turn) {
  SCOPED_FD greedy = connect_client(), modest = connect_client();
  respond = answer;
  send_requests(greedy, 'a', 40, 'z');
  send_requests(modest, 'b', 1, 'b');
  loop_run(loop);
  expect_story("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabaaaaaaaz");
}

Test(connection, who_waits_for_a_turn_may_be_closed) {
  SCOPED_FD first = connect_client(), second = connect_client();
  respond = answer;
  send_requests(first, 'a', 40, 'a');
  send_requests(second, 'b', 40, 'b');
  send_requests(connect_client(), 'z', 1, 'z');
  loop_run(loop);
  cr_assert(front_count(front) == 3);
  close_front();
}
