/* Signals to the built program: it stops without losing anyone, within its
 * limit, and at once when told twice. */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "support/stage.h"
#include "support/wire.h"

#define HEALTHY "{\"status\":\"ok\"}"

static void expect_idle_end(int signo) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  program_signal(s.program, signo);
  program_expect_exit(s.program, 0);
}

Test(drain, a_sigterm_ends_an_idle_program_with_status_0) {
  expect_idle_end(SIGTERM);
}

Test(drain, a_sigint_ends_an_idle_program_with_status_0) {
  expect_idle_end(SIGINT);
}

Test(drain, what_is_in_flight_is_answered_and_the_connection_closed) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  struct arrival *held = stage_ask(&s, "/smart");
  OWNED(client) idle = client_new(s.program->port);
  client_expect_healthy(idle);
  program_signal(s.program, SIGTERM);
  client_await_close(idle); /* so the drain has begun */
  arrival_answer_json(held, 200, "1");
  reply_expect_field(client_expect(s.client, 200, "1"), "Connection", "close");
  client_await_close(s.client);
  program_await_exit(s.program);
}

/* Until its drain has begun the program says nothing of a close; from then on
 * an idle connection gets one more answer, which says it. */
Test(drain, an_idle_connection_gets_one_more_answer) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  OWNED(client) other = client_new(s.program->port);
  client_get(other, "/smart"); /* so that the program does not just end */
  struct arrival *held = origin_await(s.origin);
  program_signal(s.program, SIGTERM);
  char value[32] = "";
  while (strcmp(value, "close") != 0) {
    client_get(s.client, "/healthz");
    const struct reply *reply = client_expect(s.client, 200, HEALTHY);
    wire_field(reply->head, "Connection", value, sizeof value);
  }
  client_await_close(s.client);
  arrival_answer_json(held, 200, "1");
  client_expect(other, 200, "1");
  program_await_exit(s.program);
}

/* Some clients end a request with a line end too many: it begins none. */
Test(drain, a_line_end_behind_the_last_request_is_no_reason_to_wait) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  client_send(s.client, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n\r\n");
  client_expect(s.client, 200, HEALTHY);
  program_signal(s.program, SIGTERM);
  client_await_close(s.client);
  program_await_exit(s.program);
}

Test(drain, what_does_not_finish_in_time_is_cut_with_503) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "200ms");
  struct arrival *held = stage_ask(&s, "/smart");
  program_signal(s.program, SIGTERM);
  const struct reply *reply = client_expect_problem(s.client, 503);
  reply_expect_in_field(reply, "Retry-After", "");
  reply_expect_field(reply, "Connection", "close");
  arrival_await_closed(held);
  program_expect_exit(s.program, 0);
}

Test(drain, a_gather_that_does_not_finish_in_time_is_cut_with_503) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "200ms");
  struct arrival *held = stage_ask(&s, "/all");
  program_signal(s.program, SIGTERM);
  client_expect_problem(s.client, 503);
  arrival_await_closed(held);
  program_expect_exit(s.program, 0);
}

/* All that comes until it is closed. */
static void read_to_the_end(const struct client *client, char *into,
                            size_t cap) {
  size_t len = 0;
  ssize_t n;
  do {
    wire_await(client->fd, POLLIN, "an answer or a close");
    n = recv(client->fd, into + len, cap - 1 - len, 0);
    if (n > 0) len += (size_t)n;
  } while (n > 0);
  into[len] = '\0';
}

/* A request whose end comes when --drain is over, and before the program has
 * ended, which it does a moment later. False: that moment had passed. */
static bool is_told_that_it_comes_too_late(void) {
  struct stage s =
      stage_open("--hedges", "0", "--drain", "50ms", "--workers", "1");
  struct client *late = client_new(s.program->port);
  char answer[4096];
  client_send(late, "POST /all HTTP/1.1\r\nHost: h\r\n"
                    "Content-Length: 6\r\n\r\n[\"/a\"");
  struct arrival *held = stage_ask(&s, "/smart");
  program_signal(s.program, SIGTERM);
  client_expect_problem(s.client, 503);
  (void)client_try_send(late, "]", 1);
  read_to_the_end(late, answer, sizeof answer);
  arrival_await_closed(held);
  origin_expect_no_arrival(s.origin);
  client_free(late);
  program_await_exit(s.program);
  stage_close(&s);
  return strstr(answer, "503 Service Unavailable") &&
         strstr(answer, "hedgerow is stopping (--drain)");
}

Test(drain, what_comes_when_it_is_over_is_refused) {
  unsigned tries = 0;
  while (!is_told_that_it_comes_too_late())
    cr_assert(++tries < 100, "no answer said so");
}

/* Two signals that differ, so that the kernel cannot make one of them. */
Test(drain, a_second_signal_ends_the_program_at_once) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  struct arrival *held = stage_ask(&s, "/smart?timeout=60000");
  program_signal(s.program, SIGTERM);
  program_signal(s.program, SIGINT);
  program_await_exit(s.program);
  s.program->exit_status = 0; /* whatever it was */
  arrival_await_closed(held);
}
