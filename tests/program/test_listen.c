/* Several --listen: every worker of the built program serves all of them, and
 * what holds for one address holds for each. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define URL "http://127.0.0.1:9"
#define HEALTHY "{\"status\":\"ok\"}"
#define TWO "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"

/* With several workers, so many that the kernel spreads them over all. */
enum { CLIENTS = 32 };

static void expect_service(uint16_t port) {
  for (int i = 0; i < CLIENTS; i++) {
    struct client *client = client_new(port);
    client_expect_healthy(client);
    client_free(client);
  }
}

/* And no more than these two. */
static void expect_two(struct program *program) {
  uint16_t first = program_port(program, 0), second = program_port(program, 1);
  const char *line = words_of(
      "hedgerow: listening on http://127.0.0.1:%u, http://127.0.0.1:%u\n",
      first, second);
  words_expect(program->err, line);
  cr_assert_neq(first, second);
  expect_service(first);
  expect_service(second);
}

Test(listen, every_address_is_served_by_every_worker) {
  OWNED(program) program = program_start("--to", URL, "--workers", "4", TWO);
  expect_two(program);
}

Test(listen, a_variable_names_them_apart_by_white_space) {
  setenv("HEDGEROW_LISTEN", "127.0.0.1:0 \t 127.0.0.1:0", 1);
  OWNED(program) program = program_start("--to", URL);
  expect_two(program);
}

Test(listen, ipv4_and_ipv6_go_together) {
  if (!wire_has_ipv6()) cr_skip_test("this machine has no ::1");
  OWNED(program) program =
      program_start("--to", URL, "--workers", "4", TWO, "--listen", "[::1]:0");
  uint16_t port = program_port(program, 2);
  words_expect(program->err, words_of(", http://[::1]:%u\n", port));
  expect_service(program_port(program, 0));
  expect_service(program_port(program, 1));
  for (int i = 0; i < CLIENTS; i++) {
    struct client *client = client_over(wire_connect_ipv6(port));
    client_expect_healthy(client);
    client_free(client);
  }
}

/* ---- every address, of both families ---- */

static void expect_both(struct program *program, uint16_t port) {
  expect_service(port);
  for (int i = 0; i < CLIENTS; i++) {
    struct client *client = client_over(wire_connect_ipv6(port));
    client_expect_healthy(client);
    client_free(client);
  }
  program_free(program);
}

static void expect_side_by_side(const char *one, const char *other) {
  char first[32], second[32];
  uint16_t port;
  if (!wire_has_ipv6()) cr_skip_test("this machine has no ::1");
  close(wire_bind(0, &port));
  snprintf(first, sizeof first, "%s:%u", one, port);
  snprintf(second, sizeof second, "%s:%u", other, port);
  expect_both(program_start("--to", URL, "--workers", "4", "--listen", first,
                            "--listen", second),
              port);
}

Test(listen, all_of_ipv6_stands_beside_all_of_ipv4) {
  expect_side_by_side("0.0.0.0", "[::]");
}
Test(listen, all_of_ipv4_stands_beside_all_of_ipv6) {
  expect_side_by_side("[::]", "0.0.0.0");
}
Test(listen, all_of_ipv6_stands_beside_one_address_of_ipv4) {
  expect_side_by_side("[0:0::0]", "localhost");
}

Test(listen, all_of_ipv6_alone_takes_ipv4_too) {
  if (!wire_has_ipv6()) cr_skip_test("this machine has no ::1");
  struct program *program =
      program_start("--to", URL, "--workers", "4", "--listen", "[::]:0",
                    "--listen", "0.0.0.0:0");
  expect_service(program_port(program, 1));
  expect_both(program, program_port(program, 0));
}

/* ---- stopping ---- */

Test(listen, a_stop_answers_what_is_in_flight_on_each) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m", TWO);
  OWNED(client) other = client_new(program_port(s.program, 1));
  struct arrival *first = stage_ask(&s, "/smart");
  client_get(other, "/smart");
  struct arrival *second = origin_await(s.origin);
  program_signal(s.program, SIGTERM);
  arrival_answer_json(second, 200, "2");
  client_expect(other, 200, "2");
  stage_serve(&s, first, 200, "1");
  program_await_exit(s.program);
}

/* Whether they have been accepted by then or still wait for it. */
Test(listen, a_stop_loses_nobody_who_has_connected_to_any) {
  OWNED(program) program = program_start("--to", URL, "--workers", "2", TWO);
  struct client *clients[2 * CLIENTS];
  for (unsigned i = 0; i < 2 * CLIENTS; i++) {
    clients[i] = client_new(program_port(program, i % 2));
    client_get(clients[i], "/healthz");
  }
  program_signal(program, SIGTERM);
  for (unsigned i = 0; i < 2 * CLIENTS; i++) {
    client_expect(clients[i], 200, HEALTHY);
    client_free(clients[i]);
  }
  program_await_exit(program);
}

/* ---- the limit of connections ---- */

Test(listen, at_max_connections_accepting_pauses_on_each) {
  OWNED(program) program = program_start("--to", URL, "--workers", "1",
                                         "--max-connections", "1", TWO);
  for (unsigned i = 0; i < 2; i++) {
    struct client *served = client_new(program_port(program, i));
    client_expect_healthy(served);
    struct client *waiting = client_new(program_port(program, 1 - i));
    client_get(waiting, "/healthz");
    for (int trip = 0; trip < 10; trip++) client_expect_healthy(served);
    client_expect_nothing(waiting);
    client_free(served);
    client_expect(waiting, 200, HEALTHY);
    client_free(waiting);
  }
}

/* ---- addresses that cannot be had ---- */

static void expect_refusal(const char *second, const char *why) {
  OWNED(program) program =
      program_run("--to", URL, "--listen", "127.0.0.1:0", "--listen", second);
  const char *line = words_of("hedgerow: --listen %s: %s\n", second, why);
  cr_assert(program->exit_status == 1, "status %d:\n%s", program->exit_status,
            program->err);
  cr_assert_str_eq(program->err, line);
  program->exit_status = 0;
}

Test(listen, a_second_address_in_use_is_named) {
  uint16_t port;
  SCOPED_FD fd = wire_bind(1, &port);
  expect_refusal(words_of("127.0.0.1:%u", port), "Address already in use");
}

Test(listen, a_second_address_of_another_hedgerow_is_named) {
  OWNED(program) other = program_start("--to", URL, TWO);
  const char *address = words_of("127.0.0.1:%u", program_port(other, 1));
  expect_refusal(address, "Address already in use");
}

Test(listen, a_second_address_of_nobody_here_is_named) {
  expect_refusal("192.0.2.1:8480", "Cannot assign requested address");
}

Test(listen, the_same_address_twice_is_in_use_the_second_time) {
  uint16_t port;
  close(wire_bind(0, &port)); /* nobody's, a moment ago */
  const char *address = words_of("127.0.0.1:%u", port);
  OWNED(program) program =
      program_run("--to", URL, "--listen", address, "--listen", address);
  cr_expect(program->exit_status == 1, "%d", program->exit_status);
  words_expect(program->err, "Address already in use");
  program->exit_status = 0;
}
