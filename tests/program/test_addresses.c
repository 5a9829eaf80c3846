/* A name with several addresses: its new connections are shared among them, and
 * the attempts of one race go apart.
 *
 * Two origins stand on one port behind the name, at 127.0.0.1 and 127.0.0.2. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/client.h"
#include "support/names.h"
#include "support/origin.h"
#include "support/program.h"
#include "support/tls_origin.h"

#define RESCUE "{\"rescued\":true}"

TestSuite(addresses, .timeout = 60);

struct pair {
  struct names *names;
  struct origin *one, *two;
  struct program *program;
  struct client *client;
};

static struct pair pair_open(const char *hedges, const char *hedge_after) {
  struct pair pair = {.names = names_new(), .one = origin_new()};
  char url[64];
  pair.two = origin_new_at("127.0.0.2", pair.one->port);
  snprintf(url, sizeof url, "http://shared.test:%u", pair.one->port);
  pair.program =
      program_start("--to", url, "--hedges", hedges, "--hedge-after",
                    hedge_after, "--timeout", "60s", "--workers", "1");
  pair.client = client_new(pair.program->port);
  names_answer(pair.names, "shared.test", "127.0.0.1 127.0.0.2");
  names_await_lookup(pair.names);
  return pair;
}

static void pair_close(struct pair *pair) {
  client_free(pair->client);
  program_free(pair->program);
  origin_free(pair->one);
  origin_free(pair->two);
  names_free(pair->names);
}

Test(addresses, new_connections_begin_at_one_after_another) {
  struct pair p = pair_open("0", "20s");
  struct client *second = client_new(p.program->port);
  struct client *third = client_new(p.program->port);
  client_get(p.client, "/smart");
  struct arrival *at_one = origin_await(p.one);
  client_get(second, "/smart");
  struct arrival *at_two = origin_await(p.two);
  client_get(third, "/smart");
  arrival_answer_json(origin_await(p.one), 200, "3");
  arrival_answer_json(at_two, 200, "2");
  arrival_answer_json(at_one, 200, "1");
  client_expect(p.client, 200, "1");
  client_expect(second, 200, "2");
  client_expect(third, 200, "3");
  client_free(second);
  client_free(third);
  pair_close(&p);
}

Test(addresses, a_hedge_goes_to_another_than_the_one_that_hangs) {
  struct pair p = pair_open("1", "10ms");
  client_get(p.client, "/smart");
  struct arrival *hangs = origin_await_attempt(p.one, 0);
  arrival_answer_json(origin_await_attempt(p.two, 1), 200, RESCUE);
  client_expect(p.client, 200, RESCUE);
  arrival_await_closed(hangs);
  pair_close(&p);
}

/* Two requests at once leave two connections to the one: the next hedge passes
 * over the second of them. */
Test(addresses, a_hedge_leaves_what_is_kept_to_the_one_that_hangs) {
  struct pair p = pair_open("1", "10ms");
  struct client *second = client_new(p.program->port);
  client_get(p.client, "/smart");
  struct arrival *primary = origin_await_attempt(p.one, 0);
  struct arrival *loses = origin_await_attempt(p.two, 1);
  client_get(second, "/smart");
  struct arrival *loses_too = origin_await_attempt(p.two, 0);
  arrival_answer_json(origin_await_attempt(p.one, 1), 200, "2");
  client_expect(second, 200, "2");
  arrival_answer_json(primary, 200, "1");
  client_expect(p.client, 200, "1");
  arrival_await_closed(loses);
  arrival_await_closed(loses_too);
  client_get(p.client, "/smart");
  arrival_await_next(primary);
  arrival_answer_json(origin_await_attempt(p.two, 1), 200, RESCUE);
  client_expect(p.client, 200, RESCUE);
  client_free(second);
  pair_close(&p);
}

Test(addresses, after_a_failure_another_is_asked) {
  struct pair p = pair_open("1", "60s");
  client_get(p.client, "/smart");
  arrival_answer_json(origin_await_attempt(p.one, 0), 500, "{}");
  arrival_answer_json(origin_await_attempt(p.two, 1), 200, RESCUE);
  client_expect(p.client, 200, RESCUE);
  pair_close(&p);
}

/* The one shakes no hands. */
Test(addresses, a_hedge_over_tls_goes_to_another) {
  struct names *names = names_new();
  struct tls_origin *good = tls_origin_new(TLS_GOOD);
  struct origin *silent = origin_new_at("127.0.0.2", good->port);
  char url[64];
  snprintf(url, sizeof url, "https://shared.test:%u", good->port);
  struct program *program =
      program_start("--to", url, "--hedges", "1", "--hedge-after", "10ms",
                    "--timeout", "60s", "--ca-file", good->ca_file);
  struct client *client = client_new(program->port);
  names_answer(names, "shared.test", "127.0.0.2 127.0.0.1");
  names_await_lookup(names);
  client_get(client, "/smart");
  struct tls_arrival *arrival = tls_origin_await(good);
  tls_arrival_expect_field(arrival, "Hedge-Attempt", "1");
  tls_arrival_answer(arrival, RESCUE);
  client_expect(client, 200, RESCUE);
  client_free(client);
  program_free(program);
  origin_free(silent);
  tls_origin_free(good);
  names_free(names);
}
