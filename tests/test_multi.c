/* Shards by trust: of targets that stand at one origin, and are vouched for by
 * CAs of their own, no connection and no session of the one is ever the
 * other's. */
#include "io/multi.h"

#include <criterion/criterion.h>

#include "support/inside.h"
#include "support/tls_origin.h"
#include "support/words.h"

struct stage {
  struct tls_origin *origin;
  struct inside *inside;
  struct client *client;
  struct trust *a, *b; /* of /a and of /b, which is all that tells them apart */
};

static struct trust *read_trust(const struct tls_origin *origin) {
  char error[256];
  struct trust *trust = trust_read(origin->ca_file, error, sizeof error);
  cr_assert(trust, "%s", error);
  return trust;
}

static struct snapshot *snapshot_under(struct stage *s, struct trust *a,
                                       struct trust *b) {
  struct snapshot *snapshot = inside_snapshot(s->inside);
  inside_trust(snapshot, 0, a);
  inside_trust(snapshot, 1, b);
  cr_assert_eq(snapshot->targets[0].slot, snapshot->targets[1].slot);
  return snapshot;
}

/* `other` made the CAs of /b. */
static struct stage open_stage(struct tls_origin *origin,
                               const struct tls_origin *other) {
  struct stage s = {.origin = origin};
  const char *flags =
      words_of("--hedges 0 --connect-timeout 20s --to %s/a --to %s/b",
               origin->url_ip, origin->url_ip);
  s.inside = inside_new(flags);
  s.a = read_trust(origin);
  s.b = read_trust(other);
  inside_run(s.inside, snapshot_under(&s, s.a, s.b));
  s.client = inside_client(s.inside);
  return s;
}

static void close_stage(struct stage *s) {
  client_free(s->client);
  trust_drop(s->a);
  trust_drop(s->b);
  inside_free(s->inside);
  tls_origin_free(s->origin);
  cr_expect(trust_count() == 0, "%d trusts are left", (int)trust_count());
}

static void ask(struct stage *s, char target) {
  const char *body = words_of("[\"%s/%c\"]", s->origin->url_ip, target);
  client_post(s->client, "/all?detail=1", body);
}

static void answer(struct stage *s, struct tls_arrival *arrival) {
  tls_arrival_answer(arrival, "1");
  reply_expect_in_body(client_await_reply(s->client), "\"ok\":true");
}

/* It comes on a new connection. */
static struct tls_arrival *expect_opened(struct stage *s, char target) {
  ask(s, target);
  struct tls_arrival *arrival = tls_origin_await(s->origin);
  answer(s, arrival);
  return arrival;
}

static void expect_kept(struct stage *s, char target,
                        struct tls_arrival *kept) {
  ask(s, target);
  tls_arrival_await_next(kept);
  answer(s, kept);
}

/* So what came before is seen. */
static void await_turn(struct stage *s) {
  client_get(s->client, "/healthz");
  cr_assert(client_await_reply(s->client)->status == 200);
}

Test(multi, a_kept_connection_carries_nothing_of_another_trust) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  struct stage s = open_stage(origin, origin);
  struct tls_arrival *a = expect_opened(&s, 'a');
  struct tls_arrival *b = expect_opened(&s, 'b');
  for (int i = 0; i < 3; i++) { /* whichever was used last */
    expect_kept(&s, 'a', a);
    expect_kept(&s, 'b', b);
    expect_kept(&s, 'b', b);
  }
  tls_origin_expect_no_arrival(origin);
  close_stage(&s);
}

Test(multi, a_session_is_resumed_under_its_own_trust_only) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  struct stage s = open_stage(origin, origin);
  struct tls_arrival *a = expect_opened(&s, 'a');
  tls_arrival_send_ticket(a);
  await_turn(&s);
  cr_expect_not(expect_opened(&s, 'b')->resumed);
  tls_arrival_end(a);
  await_turn(&s);
  cr_expect(expect_opened(&s, 'a')->resumed);
  close_stage(&s);
}

Test(multi, a_connection_that_others_verified_does_not_help_the_distrustful) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  struct tls_origin *other = tls_origin_new(TLS_GOOD);
  struct stage s = open_stage(origin, other);
  struct tls_arrival *a = expect_opened(&s, 'a');
  ask(&s, 'b');
  tls_origin_await_refusal(origin);
  reply_expect_in_body(client_await_reply(s.client), "transport");
  expect_kept(&s, 'a', a);
  close_stage(&s);
  tls_origin_free(other);
}

Test(multi, what_goes_on_keeps_its_connections_and_what_is_retired_does_not) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  struct stage s = open_stage(origin, origin);
  struct tls_arrival *a = expect_opened(&s, 'a');
  struct tls_arrival *b = expect_opened(&s, 'b');
  trust_drop(s.b);
  s.b = read_trust(origin);
  inside_run(s.inside, snapshot_under(&s, s.a, s.b));
  tls_arrival_await_closed(b);
  expect_kept(&s, 'a', a);
  cr_expect_eq(trust_count(), 2);
  expect_kept(&s, 'b', expect_opened(&s, 'b'));
  close_stage(&s);
}
