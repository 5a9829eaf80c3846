/* A name with several addresses: its new connections are shared among them, and
 * the attempts of one race go apart.
 *
 * Two origins stand on one port behind the name, at 127.0.0.1 and 127.0.0.2. */
#include <criterion/criterion.h>

#include "support/client.h"
#include "support/guard.h"
#include "support/names.h"
#include "support/origin.h"
#include "support/program.h"
#include "support/tls_origin.h"
#include "support/words.h"

#define RESCUE "{\"rescued\":true}"

TestSuite(addresses, .timeout = 2 * GUARD_S);

struct pair {
  struct names *names;
  struct origin *one, *two;
  struct program *program;
  struct client *client;
};

static struct pair pair_open(const char *hedges, const char *hedge_after) {
  struct pair pair = {.names = names_new(), .one = origin_new()};
  const char *url = words_of("http://shared.test:%u", pair.one->port);
  pair.two = origin_new_at("127.0.0.2", pair.one->port);
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

static struct arrival *ask(struct client *client, struct origin *origin) {
  client_get(client, "/smart");
  return origin_await_attempt(origin, 0);
}

static void serve(struct arrival *arrival, struct client *client,
                  const char *body) {
  arrival_answer_json(arrival, 200, body);
  client_expect(client, 200, body);
}

Test(addresses, new_connections_begin_at_one_after_another) {
  SCOPED(pair) p = pair_open("0", "20s");
  OWNED(client) second = client_new(p.program->port);
  OWNED(client) third = client_new(p.program->port);
  struct arrival *at_one = ask(p.client, p.one), *at_two = ask(second, p.two);
  serve(ask(third, p.one), third, "3");
  serve(at_two, second, "2");
  serve(at_one, p.client, "1");
}

Test(addresses, a_hedge_goes_to_another_than_the_one_that_hangs) {
  SCOPED(pair) p = pair_open("1", "10ms");
  struct arrival *hangs = ask(p.client, p.one);
  serve(origin_await_attempt(p.two, 1), p.client, RESCUE);
  arrival_await_closed(hangs);
}

/* Two requests at once leave two connections to the one: the next hedge passes
 * over the second of them. */
Test(addresses, a_hedge_leaves_what_is_kept_to_the_one_that_hangs) {
  SCOPED(pair) p = pair_open("1", "10ms");
  OWNED(client) second = client_new(p.program->port);
  struct arrival *primary = ask(p.client, p.one);
  struct arrival *loses = origin_await_attempt(p.two, 1);
  struct arrival *loses_too = ask(second, p.two);
  serve(origin_await_attempt(p.one, 1), second, "2");
  serve(primary, p.client, "1");
  arrival_await_closed(loses);
  arrival_await_closed(loses_too);
  client_get(p.client, "/smart");
  arrival_await_next(primary);
  serve(origin_await_attempt(p.two, 1), p.client, RESCUE);
}

Test(addresses, after_a_failure_another_is_asked) {
  SCOPED(pair) p = pair_open("1", "60s");
  arrival_answer_json(ask(p.client, p.one), 500, "{}");
  serve(origin_await_attempt(p.two, 1), p.client, RESCUE);
}

/* The one shakes no hands. */
Test(addresses, a_hedge_over_tls_goes_to_another) {
  OWNED(names) names = names_new();
  OWNED(tls_origin) good = tls_origin_new(TLS_GOOD);
  OWNED(origin) silent = origin_new_at("127.0.0.2", good->port);
  const char *url = words_of("https://shared.test:%u", good->port);
  OWNED(program) program =
      program_start("--to", url, "--hedges", "1", "--hedge-after", "10ms",
                    "--timeout", "60s", "--ca-file", good->ca_file);
  OWNED(client) client = client_new(program->port);
  (void)silent;
  names_answer(names, "shared.test", "127.0.0.2 127.0.0.1");
  names_await_lookup(names);
  client_get(client, "/smart");
  struct tls_arrival *arrival = tls_origin_await(good);
  tls_arrival_expect_field(arrival, "Hedge-Attempt", "1");
  tls_arrival_answer(arrival, RESCUE);
  client_expect(client, 200, RESCUE);
}
