/* A front and its connections on a loop of the test's own, where the clients
 * are the other ends of socket pairs. How bytes become requests is shown in
 * program/test_front.c; here is what the program does not do yet, or does too
 * seldom: answers in pieces, and clients that take turns. */
#include "io/connection.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/front.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

enum { STORY_MAX = 256 };

static struct loop *loop;
static struct blocks blocks;
static struct front *front;
static struct connection *connection; /* the last that brought a request */
static void (*respond)(void);
static char story[STORY_MAX]; /* what was called, a letter each */

static void tell(char what) {
  size_t len = strlen(story);
  cr_assert(len < STORY_MAX - 1);
  story[len] = what;
}

static void expect_story(const char *expected) {
  cr_assert_str_eq(story, expected);
}

static size_t on_head(void *arg, const struct http_request *request,
                      const void **route) {
  static const char *routes = "123";
  (void)arg;
  cr_assert(!*route);
  if (request->content_length == 0) return 0;
  tell('h');
  *route = routes++;
  loop_stop(loop);
  return 64;
}

static void on_request(void *arg, struct connection *asking,
                       const struct http_request *request, const void *route,
                       struct slice body) {
  (void)arg;
  connection = asking;
  if (route) tell(*(const char *)route);
  for (size_t i = 0; i < body.len; i++) tell(body.at[i]);
  if (request->path.len > 1) tell(request->path.at[1]);
  respond();
}

static void on_bad_request(void *arg, struct connection *asking,
                           const struct http_request *request, int status,
                           const char *why) {
  (void)arg, (void)asking, (void)request;
  cr_assert_fail("%d %s", status, why);
}

static void on_closed(void *owner) {
  cr_assert(owner == &front);
  tell('.');
  loop_stop(loop);
}

static void front_open(int64_t write_timeout_us) {
  const struct front_handler handler = {.on_head = on_head,
                                        .on_request = on_request,
                                        .on_bad_request = on_bad_request,
                                        .owner = &front,
                                        .on_closed = on_closed};
  const struct front_limits limits = {
      .head_bytes = 1024,
      .request = {.target_bytes = 1024, .fields = 8},
      .header_timeout_us = 10 * 1000 * 1000,
      .keepalive_timeout_us = 10 * 1000 * 1000,
      .write_timeout_us = write_timeout_us};
  loop = loop_new();
  blocks_init(&blocks, NULL);
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
  loop_free(loop);
}

TestSuite(connection, .init = open_all, .fini = close_all, .timeout = 30);

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

/* All that has come, and then an end. */
static void client_expect(int client, const char *text) {
  char got[64];
  ssize_t n = read(client, got, sizeof got);
  cr_assert(n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0,
            "expected \"%s\" but got %zd: %.*s", text, n, n > 0 ? (int)n : 0,
            got);
  cr_assert(read(client, got, sizeof got) == 0, "there is no end");
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

static void begin(void) {
  connection_begin(connection, on_room, on_gone, NULL);
  loop_stop(loop);
}

static int begin_stream(void) {
  int client = connect_client();
  respond = begin;
  client_send(client, REQUEST);
  loop_run(loop);
  return client;
}

static void must_push(const char *text) {
  cr_assert(connection_push(connection, slice_of(text)) ==
            (ssize_t)strlen(text));
}

/* Until the kernel takes no more; returns how much it took. */
static size_t push_until_full(void) {
  static char bytes[64 * 1024];
  struct slice piece = {bytes, sizeof bytes};
  size_t sum = 0;
  ssize_t n;
  while ((n = connection_push(connection, piece)) == sizeof bytes)
    sum += sizeof bytes;
  cr_assert(n >= 0);
  return sum + (size_t)n;
}

Test(connection, an_answer_in_pieces_ends_by_a_close) {
  int client = begin_stream();
  cr_assert(connection_closes(connection));
  must_push("one, ");
  must_push("");
  must_push("two");
  connection_finish(connection);
  client_expect(client, "one, two");
  close(client);
  loop_run(loop);
  expect_story(".");
}

Test(connection, an_answer_may_end_without_a_piece) {
  int client = begin_stream();
  connection_finish(connection);
  client_expect(client, "");
  close(client);
}

Test(connection, what_is_pipelined_behind_a_stream_is_no_request) {
  int client = connect_client();
  respond = begin;
  client_send(client, REQUEST REQUEST);
  loop_run(loop);
  must_push("all");
  connection_finish(connection);
  client_expect(client, "all");
  close(client);
  loop_run(loop);
  expect_story(".");
}

Test(connection, room_is_told_once_when_a_slow_client_reads) {
  int client = begin_stream();
  size_t sent = push_until_full();
  cr_assert(connection_push(connection, slice_of("more")) == 0);
  cr_assert(client_read_all(client) == sent);
  loop_run(loop);
  expect_story("r");
  must_push("more");
  connection_finish(connection);
  client_expect(client, "more");
  close(client);
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
  cr_assert(connection_push(connection, slice_of("one")) == -1);
  connection_reset(connection);
  expect_story(".");
}

Test(connection, a_client_that_stalls_a_stream_is_told_of) {
  close_all();
  front_open(1000);
  int client = begin_stream();
  push_until_full();
  loop_run(loop);
  expect_story("g.");
  close(client);
}

Test(connection, a_stream_goes_with_its_front) {
  int client = begin_stream();
  push_until_full();
  close_front();
  expect_story("g.");
  close(client);
}

/* ---- heads and bodies ---- */

#define POST "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n"

Test(connection, a_head_is_shown_once_when_its_body_is_there) {
  int client = connect_client();
  respond = begin;
  client_send(client, POST "ab");
  loop_run(loop);
  expect_story("h1ab");
  close(client);
}

Test(connection, a_late_body_makes_its_head_be_shown_again) {
  int client = connect_client();
  respond = begin;
  client_send(client, POST "a");
  loop_run(loop);
  expect_story("h");
  client_send(client, "b");
  loop_run(loop);
  expect_story("hh2ab");
  close(client);
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
  int greedy = connect_client(), modest = connect_client();
  respond = answer;
  send_requests(greedy, 'a', 40, 'z');
  send_requests(modest, 'b', 1, 'b');
  loop_run(loop);
  expect_story("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabaaaaaaaz");
  close(greedy);
  close(modest);
}

Test(connection, who_waits_for_a_turn_may_be_closed) {
  int first = connect_client(), second = connect_client();
  respond = answer;
  send_requests(first, 'a', 40, 'a');
  send_requests(second, 'b', 40, 'b');
  send_requests(connect_client(), 'z', 1, 'z');
  loop_run(loop);
  cr_assert(front_count(front) == 3);
  close_front();
  close(first);
  close(second);
}
