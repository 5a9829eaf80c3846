/* /api/v1/events by the built program: races as they settle, to those who want
 * them, and what becomes of who does not read. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/hurry.h"
#include "support/operator.h"
#include "support/scene.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define AT "127.0.0.1:0"

/* Nobody listens there: each request fails at once. */
#define NOBODY "--to", "http://127.0.0.1:1", "--hedges", "0", "--admin", AT

static void expect_event(struct ear *ear, const char *part) {
  const char *event = ear_await(ear);
  words_expect(event, part);
}

Test(admin_events, a_race_is_told_when_it_settles) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  stage_round(&s, 200); /* before anybody listens */
  OWNED(ear) ear = ear_new(s.program, "");
  stage_round(&s, 500);
  const char *event = ear_await(ear);
  cr_expect_eq(strncmp(event, "id: 2\nevent: race\ndata: {\"seq\":2,", 33), 0,
               "%s", event);
  words_expect(event, "\"status\":502");
  cr_expect_null(strchr(strstr(event, "data: "), '\n'), "%s", event);
  stage_round(&s, 200);
  expect_event(ear, "id: 3\n");
}

/* A reload may bring it. */
Test(admin_events, of_a_route_that_there_is_not_the_reader_is_told) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  OWNED(ear) nowhere = ear_new(s.program, "?route=/smar");
  OWNED(ear) ear = ear_new(s.program, "?route=/smart");
  cr_expect_str_eq(ear_await(nowhere), "event: no_route\ndata: {}");
  stage_round(&s, 200);
  expect_event(ear, "id: 1\n");
}

Test(admin_events, each_reader_has_what_it_asked_for) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "1", "--hedge-after",
                               "60s", "--timeout", "10s");
  struct ear *rescued = ear_new(s.program, "?only=rescued");
  struct ear *failed = ear_new(s.program, "?only=failed");
  OWNED(ear) elsewhere = ear_new(s.program, "?route=/all");
  OWNED(ear) slow = ear_new(s.program, "?only=slow:60m");
  stage_round(&s, 200);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 200, OK);
  (void)client_await_reply(s.client);
  arrival_answer_json(stage_ask_primary(&s, "/smart"), 500, OK);
  arrival_answer_json(origin_await_attempt(s.origin, 1), 500, OK);
  (void)client_await_reply(s.client);
  expect_event(rescued, "id: 2\n");
  expect_event(failed, "id: 3\n");
  cr_expect_not(wire_is_readable(rescued->fd));
  cr_expect_not(wire_is_readable(elsewhere->fd));
  cr_expect_not(wire_is_readable(slow->fd));
  ear_free(rescued);
  ear_free(failed);
}

static void fail_often(const struct program *program, unsigned times,
                       const char *path) {
  OWNED(client) client = client_new(program->port);
  for (unsigned i = 0; i < times; i++) {
    client_get(client, path);
    (void)client_await_reply(client);
  }
}

enum { RACES = 400 };

/* Each of the races, or that it was left out. Returns how many were. */
static unsigned long expect_all_told(struct ear *ear) {
  static const char label[] = "event: left_out\ndata: {\"left_out\":";
  unsigned long told = 0, left_out = 0;
  while (told + left_out < RACES) {
    const char *event = ear_await(ear);
    if (strncmp(event, label, strlen(label)) == 0)
      left_out += strtoul(event + strlen(label), NULL, 10);
    else told++;
  }
  cr_expect_eq(told + left_out, RACES);
  return left_out;
}

/* Of as many as nobody can read some are told, and the others are counted: no
 * race is neither. */
Test(admin_events, what_is_too_much_is_left_out_and_counted) {
  OWNED(program) p = program_start(NOBODY);
  OWNED(ear) ear = ear_new(p, "?only=failed");
  fail_often(p, RACES, "/smart");
  cr_expect_gt(expect_all_told(ear), 0);
}

/* A socket with next to no room on this side. */
static int deaf_reader(const struct program *program) {
  static const char request[] =
      "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  const int bytes = 2048;
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(program->admin_port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  cr_assert(wire_send(fd, request, sizeof request - 1));
  return fd;
}

static bool is_cut_off(int fd) {
  struct pollfd watched = {.fd = fd};
  return poll(&watched, 1, 0) == 1 && watched.revents & (POLLERR | POLLHUP);
}

/* The longest events that there are: each '<' of a path is six bytes. A few
 * dozen of them are more than it may leave unread. */
Test(admin_events, a_reader_that_never_reads_is_cut_off_and_no_other) {
  char path[1024] = "/smart/";
  memset(path + strlen(path), '<', 1000);
  OWNED(program) p = program_start(NOBODY);
  SCOPED_FD deaf = deaf_reader(p);
  OWNED(ear) ear = ear_new(p, "");
  for (unsigned i = 0; i < 120 && !is_cut_off(deaf); i++) {
    fail_often(p, 1, path);
    expect_event(ear, "event: ");
  }
  cr_expect(is_cut_off(deaf));
  fail_often(p, 1, "/smart/last");
  while (!strstr(ear_await(ear), "/smart/last")) continue;
}

/* More at once than its queue holds, before it could read any. */
Test(admin_events, a_reader_is_not_cut_off_by_a_burst) {
  enum { BURST = 20 };
  char path[1024] = "/smart/";
  memset(path + strlen(path), '<', 1000);
  OWNED(program) p = program_start(NOBODY);
  OWNED(ear) ear = ear_new(p, "");
  fail_often(p, BURST, path);
  for (unsigned i = 0; i < BURST; i++) expect_event(ear, "event: race");
}

Test(admin_events, readers_take_no_place_from_those_who_ask) {
  OWNED(program) p = program_start(NOBODY);
  struct ear *ears[40];
  for (unsigned i = 0; i < 40; i++) ears[i] = ear_new(p, "");
  struct client *client = operator_new(p);
  reply_expect(operator_get(client, "/healthz"), 200, "{\"status\":\"ok\"}");
  fail_often(p, 1, "/smart");
  for (unsigned i = 0; i < 40; i++) expect_event(ears[i], "event: race");
  client_free(client);
  for (unsigned i = 0; i < 40; i++) ear_free(ears[i]);
}

/* Until its request is read each is a connection like any other. */
Test(admin_events, many_readers_may_come_at_once) {
  enum { READERS = 100 };
  static const char request[] =
      "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  OWNED(program) p = program_start(NOBODY);
  struct client *clients[READERS];
  for (unsigned i = 0; i < READERS; i++) clients[i] = operator_new(p);
  for (unsigned i = 0; i < READERS; i++)
    cr_assert(client_try_send(clients[i], request, sizeof request - 1));
  for (unsigned i = 0; i < READERS; i++)
    cr_expect_eq(client_await_head(clients[i])->status, 200);
  for (unsigned i = 0; i < READERS; i++) client_free(clients[i]);
}

/* So that both ends see whether the other is there. */
Test(admin_events, a_silence_is_broken_by_a_comment) {
  hurry_open();
  OWNED(program) p = program_start(NOBODY);
  OWNED(client) client = operator_new(p);
  client_send(client, "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  cr_assert_eq(client_await_head(client)->status, 200);
  client_await_bytes(client, "retry: 1000\n\n");
  client_expect_nothing(client);
  hurry_by(5);
  client_await_bytes(client, ": \n\n");
}

Test(admin_events, a_head_has_no_events) {
  OWNED(program) p = program_start(NOBODY);
  OWNED(client) client = operator_new(p);
  client_send(client,
              "HEAD /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const struct reply *reply = client_await_reply_to_head(client);
  cr_expect_eq(reply->status, 200);
  reply_expect_field(reply, "Content-Type", "text/event-stream");
  reply_expect(operator_get(client, "/healthz"), 200, "{\"status\":\"ok\"}");
}

Test(admin_events, the_last_race_is_told_before_the_end) {
  SCOPED(stage) s = stage_open("--admin", AT, "--hedges", "0");
  OWNED(ear) ear = ear_new(s.program, "");
  struct arrival *arrival = stage_ask(&s, "/smart");
  program_signal(s.program, SIGTERM);
  program_await_notice(s.program, "stopping");
  arrival_answer_json(arrival, 200, OK);
  (void)client_await_reply(s.client);
  client_leave(s.client);
  expect_event(ear, "\"outcome\":\"success\"");
  program_await_exit(s.program);
}

Test(admin_events, a_race_that_the_end_cuts_off_is_told) {
  SCOPED(stage) s =
      stage_open("--admin", AT, "--hedges", "0", "--drain", "1ms");
  OWNED(ear) ear = ear_new(s.program, "");
  client_get(s.client, "/smart");
  (void)origin_await(s.origin);
  program_signal(s.program, SIGTERM);
  expect_event(ear, "event: race");
  program_await_exit(s.program);
}

/* No race is neither told nor counted, also where the end comes at once. */
Test(admin_events, what_was_left_out_is_told_before_the_end) {
  OWNED(program) p = program_start(NOBODY);
  OWNED(ear) ear = ear_new(p, "?only=failed");
  fail_often(p, RACES, "/smart");
  program_signal(p, SIGTERM);
  (void)expect_all_told(ear);
  program_await_exit(p);
}

Test(admin_events, who_listens_hears_of_the_end_by_the_close) {
  SCOPED(stage) s = stage_open("--admin", AT);
  OWNED(ear) ear = ear_new(s.program, "");
  client_leave(s.client);
  program_stop(s.program);
  char byte;
  wire_await(ear->fd, POLLIN, "the end");
  cr_expect_leq(recv(ear->fd, &byte, 1, 0), 0);
}
