/* Snapshots: what routes, groups and targets come of a command line, and for
 * how long they are there. */
#include "config/snapshot.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_file.h"
#include "config/learned.h"
#include "core/http_request.h"
#include "core/outlier.h"
#include "core/pilot.h"
#include "support/many.h"
#include "support/words.h"

static struct resolver *resolver;
static struct slots *slots;
static struct config config, built; /* with upstreams and routes */
static struct trust *trust;
static unsigned routes_less;      /* the last ones of the next one's */
static struct slice last_path;    /* of its last route; empty: its own */
static struct snapshot *in_force; /* when the next one is made */
static char words[1024]; /* of the command line; the config borrows them */

static struct trust *new_trust(void) {
  char error[256];
  struct trust *fresh = trust_read(NULL, error, sizeof error);
  cr_assert(fresh, "%s", error);
  return fresh;
}

static void open_all(void) {
  resolver = resolver_new();
  slots = slots_new(resolver);
  trust = new_trust();
  cr_assert(resolver && slots);
}

/* Every test drops what it has made. */
static void close_all(void) {
  config_clear(&built);
  cr_expect(snapshot_count() == 0, "%d are left", (int)snapshot_count());
  trust_drop(trust);
  cr_expect(trust_count() == 0, "%d trusts are left", (int)trust_count());
  slots_free(slots);
  resolver_free(resolver);
}

TestSuite(snapshot, .init = open_all, .fini = close_all);

static const char *no_variable(const char *name) {
  (void)name;
  return NULL;
}

/* Words apart by spaces; the token is "t0ken", and `trust` vouches. */
static struct snapshot *snapshot_of(const char *line) {
  char *argv[64] = {"hedgerow"}, error[256];
  int argc = 1;
  strcpy(words, line);
  for (char *w = strtok(words, " "); w; w = strtok(NULL, " ")) argv[argc++] = w;
  cr_assert_eq(
      config_parse(&config, argc, argv, no_variable, error, sizeof error),
      CONFIG_RUN, "%s: %s", line, error);
  char token[] = "t0ken";
  struct snapshot_secret secrets[64];
  for (unsigned i = 0; i < 64; i++)
    secrets[i] = (struct snapshot_secret){slice_of(token), trust};
  config_clear(&built);
  built = config;
  cr_assert(config_build(&built));
  built.route_count -= routes_less;
  if (last_path.len > 0) built.routes[built.route_count - 1].path = last_path;
  struct snapshot_source source = {
      .config = &built,
      .slots = slots,
      .secrets = secrets,
      .via_lines = {slice_of("Via: 1.1 me\r\n"), slice_of("Via: 1.0 me\r\n")},
      .number = 3,
      .before = in_force};
  struct snapshot *snapshot = snapshot_new(&source);
  cr_assert(snapshot);
  memset(token, '#', sizeof token);
  return snapshot;
}

/* ---- routes ---- */

static void expect_route(const struct snapshot *snapshot, const char *path,
                         const char *route, const char *rest) {
  const struct route *got = route_table_find(&snapshot->table, slice_of(path));
  if (!route) {
    cr_expect(!got, "%s has a route", path);
    return;
  }
  cr_assert(got, "%s has no route", path);
  words_expect_slice(got->path, route);
  words_expect_slice(route_table_rest(got, slice_of(path)), rest);
}

Test(snapshot, a_path_has_the_route_that_it_lies_at_or_below) {
  struct snapshot *s = snapshot_of("--to http://192.0.2.1");
  expect_route(s, "/smart", "/smart", "");
  expect_route(s, "/smart/", "/smart", "/");
  expect_route(s, "/smart/a/b", "/smart", "/a/b");
  expect_route(s, "/smarter", NULL, NULL);
  expect_route(s, "/all", "/all", "");
  expect_route(s, "/all/a", NULL, NULL);
  expect_route(s, "/healthz", "/healthz", "");
  expect_route(s, "/healthz/", NULL, NULL);
  expect_route(s, "/", NULL, NULL);
  expect_route(s, "", NULL, NULL);
  snapshot_drop(s);
}

static const struct route *route_of(const struct snapshot *snapshot,
                                    const char *path) {
  const struct route *route =
      route_table_find(&snapshot->table, slice_of(path));
  cr_assert(route, "%s", path);
  return route;
}

Test(snapshot, only_all_takes_a_post) {
  struct snapshot *s =
      snapshot_of("--to http://192.0.2.1 --max-request-body 2K --max-items 7");
  const struct route *smart = route_of(s, "/smart"), *all = route_of(s, "/all"),
                     *health = route_of(s, "/healthz");
  const unsigned get = 1 << HTTP_GET | 1 << HTTP_HEAD;
  cr_expect(smart->kind == ROUTE_SMART && smart->methods == get &&
            smart->strip);
  cr_expect(health->kind == ROUTE_HEALTH && health->methods == get &&
            health->body_bytes == 0);
  cr_expect(all->kind == ROUTE_ALL && all->methods == (get | 1 << HTTP_POST) &&
            all->body_bytes == 2048);
  cr_expect(all->max_items == 7);
  snapshot_drop(s);
}

Test(snapshot, flags_fill_every_route) {
  struct snapshot *s = snapshot_of(
      "--to http://192.0.2.1 --hedges 5 --hedge-after 20ms --timeout 3s "
      "--max-timeout 4s --max-depth 9 --user-agent me --header A:b --header "
      "C:d --drop-header X");
  cr_expect_eq(s->number, 3);
  cr_expect_eq(s->route_count, 3);
  for (unsigned i = 0; s->routes[i].kind != ROUTE_HEALTH; i++) {
    const struct route *route = &s->routes[i];
    const struct forward_rules *fields = &route->fields;
    cr_expect(route->policy.hedges == 5 &&
              route->policy.hedge_after_us == 20000);
    cr_expect(route->timeout_us == 3000000 && route->max_timeout_us == 4000000);
    cr_expect(route->max_depth == 9);
    cr_assert(fields->header_count == 2 && fields->drop_count == 1);
    words_expect_slice(fields->headers[1].name, "C");
    words_expect_slice(fields->headers[1].value, "d");
    words_expect_slice(fields->drop[0], "X");
    words_expect_slice(fields->user_agent, "me");
    words_expect_slice(fields->via_lines[0], "Via: 1.1 me\r\n");
    words_expect_slice(fields->via_lines[1], "Via: 1.0 me\r\n");
    words_expect_slice(fields->version_line,
                       "User-Agent: hedgerow/" HEDGEROW_VERSION "\r\n");
  }
  snapshot_drop(s);
}

/* ---- groups and targets ---- */

Test(snapshot, to_and_all_are_groups_and_their_targets_count_through) {
  struct snapshot *s =
      snapshot_of("--all http://192.0.2.3/c --to http://192.0.2.1/a?k=1 --to "
                  "https://192.0.2.2:8443/b");
  const struct group *to = route_of(s, "/smart")->group,
                     *all = route_of(s, "/all")->listed;
  cr_assert(to->count == 2 && all->count == 1 && s->target_count == 3);
  words_expect_slice(to->name, "to");
  words_expect_slice(all->name, "all");
  words_expect_slice(to->targets[0].url.path, "/a");
  words_expect_slice(to->targets[0].url.query, "k=1");
  words_expect_slice(to->targets[1].url.host, "192.0.2.2");
  words_expect_slice(all->targets[0].url.path, "/c");
  words_expect_slice(to->targets[0].host_line,
                     " HTTP/1.1\r\nHost: 192.0.2.1\r\n");
  words_expect_slice(to->targets[1].host_line,
                     " HTTP/1.1\r\nHost: 192.0.2.2:8443\r\n");
  for (unsigned i = 0; i < s->target_count; i++)
    cr_expect_eq(s->targets[i].number, i);
  cr_expect_eq(&s->targets[2], &all->targets[0]);
  snapshot_drop(s);
}

Test(snapshot, flags_say_the_same_of_every_target) {
  struct snapshot *s =
      snapshot_of("--to http://192.0.2.1 --all http://192.0.2.2");
  for (unsigned i = 0; i < s->group_count; i++) {
    const struct target_fields *variant = s->groups[i].variants;
    cr_assert_eq(s->groups[i].variant_count, 1);
    words_expect_slice(variant->token, "t0ken");
    cr_expect(variant->header_count == 0 && variant->drop_count == 0);
  }
  for (unsigned i = 0; i < s->target_count; i++)
    cr_expect(s->targets[i].variant == 0 && s->targets[i].trust == trust);
  snapshot_drop(s);
}

Test(snapshot, without_to_its_group_is_empty) {
  struct snapshot *s = snapshot_of("--all http://192.0.2.3/c");
  cr_expect_eq(route_of(s, "/smart")->group->count, 0);
  cr_expect_eq(route_of(s, "/all")->listed->count, 1);
  snapshot_drop(s);
}

Test(snapshot, the_client_s_credentials_go_to_the_origins_of_to_only) {
  struct snapshot *s =
      snapshot_of("--to http://192.0.2.1/a --all http://192.0.2.1/b --all "
                  "https://192.0.2.1/c --all http://192.0.2.2/d");
  static const bool expected[] = {true, true, false, false};
  for (unsigned i = 0; i < s->target_count; i++)
    cr_expect(s->targets[i].client_credentials == expected[i], "target %u", i);
  snapshot_drop(s);
}

Test(snapshot, limits_are_the_groups_) {
  struct snapshot *s = snapshot_of(
      "--to http://192.0.2.1 --max-attempts 12 --max-upstream-head 1K "
      "--max-body 2K --max-depth 3 --connect-timeout 40ms --losers drain "
      "--upstream-keepalive-timeout 4s");
  for (unsigned i = 0; i < s->group_count; i++) {
    const struct group *group = &s->groups[i];
    cr_expect_eq(group->max_attempts, 12);
    cr_expect_eq(group->limits.head_bytes, 1024);
    cr_expect_eq(group->limits.body_bytes, 2048);
    cr_expect_eq(group->limits.depth, 3);
    cr_expect_eq(group->limits.connect_timeout_us, 40000);
    cr_expect_eq(group->limits.keep_us, 4000000);
    cr_expect(group->limits.read_losers);
  }
  snapshot_drop(s);
}

Test(snapshot, where_no_connection_is_kept_its_target_is_told) {
  struct snapshot *s =
      snapshot_of("--to http://192.0.2.1 --upstream-keepalive-timeout 0ms");
  words_expect_slice(s->targets[0].host_line, " HTTP/1.1\r\nHost: 192.0.2.1\r\n"
                                              "Connection: close\r\n");
  snapshot_drop(s);
}

/* ---- who vouches ---- */

Test(snapshot, it_holds_what_vouches_for_its_targets) {
  struct snapshot *s = snapshot_of("--to http://192.0.2.1");
  trust_drop(trust);
  cr_expect_eq(trust_count(), 1);
  snapshot_drop(s);
  cr_expect_eq(trust_count(), 0);
  trust = NULL;
}

Test(snapshot, what_vouches_for_no_target_of_the_next_one_is_retired) {
  struct trust *old = trust;
  struct snapshot *first = snapshot_of("--to https://192.0.2.1");
  struct snapshot *second = snapshot_of("--to https://192.0.2.2");
  trust = new_trust();
  struct snapshot *third = snapshot_of("--to https://192.0.2.2");
  snapshot_retire(first, second);
  cr_expect_not(trust_is_retired(old));
  snapshot_retire(second, third);
  cr_expect(trust_is_retired(old));
  cr_expect_not(trust_is_retired(trust));
  trust_drop(old);
  snapshot_drop(first);
  snapshot_drop(second);
  snapshot_drop(third);
}

/* ---- life ---- */

Test(snapshot, it_borrows_nothing_from_the_command_line) {
  struct snapshot *s = snapshot_of(
      "--to http://192.0.2.1/a?k=1 --header A:b --drop-header X --user-agent "
      "me");
  const struct route *smart = route_of(s, "/smart");
  memset(words, '#', sizeof words);
  memset(&config, 0, sizeof config);
  words_expect_slice(s->targets[0].url.host, "192.0.2.1");
  words_expect_slice(s->targets[0].url.authority, "192.0.2.1");
  words_expect_slice(s->targets[0].url.path, "/a");
  words_expect_slice(s->targets[0].url.query, "k=1");
  words_expect_slice(smart->fields.headers[0].name, "A");
  words_expect_slice(smart->fields.headers[0].value, "b");
  words_expect_slice(smart->fields.drop[0], "X");
  words_expect_slice(smart->fields.user_agent, "me");
  words_expect_slice(smart->group->variants[0].token, "t0ken");
  snapshot_drop(s);
}

Test(snapshot, a_target_of_the_same_origin_has_the_same_slot_in_the_next_one) {
  struct snapshot *first =
      snapshot_of("--to http://192.0.2.1 --to http://192.0.2.2");
  struct snapshot *second =
      snapshot_of("--to http://192.0.2.3 --to http://192.0.2.2/other");
  cr_expect_eq(second->targets[1].slot, first->targets[1].slot);
  cr_expect_neq(second->targets[0].slot, first->targets[0].slot);
  cr_expect_eq(slot_at(slots, second->targets[1].slot)->users, 2);
  snapshot_drop(first);
  cr_expect_eq(slot_at(slots, second->targets[1].slot)->users, 1);
  snapshot_drop(second);
}

Test(snapshot, it_lives_until_the_last_hold_is_dropped) {
  struct snapshot *s = snapshot_of("--to http://192.0.2.1");
  cr_expect_eq(snapshot_hold(s), s);
  snapshot_drop(s);
  cr_expect_eq(snapshot_count(), 1);
  words_expect_slice(s->targets[0].url.host, "192.0.2.1");
  snapshot_drop(s);
  cr_expect_eq(snapshot_count(), 0);
  snapshot_drop(NULL);
  cr_expect_null(snapshot_hold(NULL));
}

Test(snapshot, when_there_are_no_more_slots_none_is_taken) {
  char url_text[64];
  unsigned number;
  struct base_url url;
  struct snapshot *first = snapshot_of("--to http://192.0.2.1:1");
  for (unsigned i = 0; i < SLOTS_MAX - 1; i++) {
    snprintf(url_text, sizeof url_text, "http://192.0.2.9:%u", i + 1);
    cr_assert(!base_url_parse(&url, slice_of(url_text)) &&
              slot_add(slots, &url, &number));
    slot_drop(slots, number);
  }
  char *argv[] = {"hedgerow", "--to", "http://192.0.2.1:1", "--to",
                  "http://192.0.2.1:2"};
  char error[256];
  cr_assert_eq(config_parse(&config, 5, argv, no_variable, error, sizeof error),
               CONFIG_RUN);
  config_clear(&built);
  built = config;
  cr_assert(config_build(&built));
  struct snapshot_source source = {
      .config = &built, .slots = slots, .number = 4};
  cr_expect_null(snapshot_new(&source));
  cr_expect_eq(slot_at(slots, first->targets[0].slot)->users, 1);
  snapshot_drop(first);
}

/* ---- variants ---- */

static void on_line(void *arg, const char *line) {
  (void)arg;
  cr_assert(false, "%s", line);
}

static struct snapshot *snapshot_of_file(struct slice text) {
  char *argv[] = {"hedgerow", "-c", "f", NULL};
  const struct config_words all_words = {3, argv, no_variable};
  const struct config_source file = {
      .name = "f", .bytes = text, .words = &all_words};
  config_clear(&built);
  cr_assert(config_read_file(&built, &file, on_line, NULL));
  struct snapshot *snapshot = snapshot_new(&(struct snapshot_source){
      .config = &built, .slots = slots, .before = in_force});
  cr_assert(snapshot);
  return snapshot;
}

static const struct group *group_of(const char *targets,
                                    struct snapshot **snapshot) {
  char text[1024];
  snprintf(text, sizeof text,
           "upstreams: {a: {targets: [%s]}}\n"
           "routes: [{path: /a, upstream: a, forwarded: append,\n"
           "          drop_headers: [X-A, X-Forwarded-Host],\n"
           "          headers: {X-Forwarded-For: me}}]\n",
           targets);
  *snapshot = snapshot_of_file(slice_of(text));
  return route_of(*snapshot, "/a")->group;
}

static void expect_variants(const char *targets, unsigned count) {
  struct snapshot *snapshot;
  const struct group *group = group_of(targets, &snapshot);
  cr_expect_eq(group->variant_count, count, "%s makes %u", targets,
               group->variant_count);
  cr_expect_eq(route_of(snapshot, "/a")->forwarded, FORWARDED_PROTO);
  snapshot_drop(snapshot);
}

Test(snapshot, targets_that_are_shown_the_same_share_a_variant) {
  expect_variants("http://h, http://i", 1);
  expect_variants("{url: http://h, headers: {A: b}, drop_headers: [C]}, "
                  "{url: http://i, headers: {A: b}, drop_headers: [C]}",
                  1);
  expect_variants("{url: http://h, headers: {A: b}}, http://i", 2);
  expect_variants("{url: http://h, headers: {A: b}}, "
                  "{url: http://i, headers: {A: c}}",
                  2);
  expect_variants("{url: http://h, headers: {A: b}}, "
                  "{url: http://i, headers: {B: b}}",
                  2);
  expect_variants("{url: http://h, drop_headers: [A]}, "
                  "{url: http://i, drop_headers: [B]}",
                  2);
}

/* ---- what is observed ---- */

static uint64_t observed_requests(const struct snapshot *snapshot) {
  struct estimate_totals totals = {0};
  struct slice path;
  cr_assert(snapshot_observed(snapshot, 0, &path, &totals));
  words_expect_slice(path, "/smart");
  return totals.requests;
}

/* So many requests of /smart are left to a snapshot of this line by one of the
 * other, which has observed two. */
static uint64_t observed_after(const char *before, const char *after) {
  struct snapshot *first = snapshot_of(before);
  const struct route *smart =
      route_table_find(&first->table, slice_of("/smart"));
  atomic_store(&smart->policy.observed->requests, 2);
  cr_expect_eq(observed_requests(first), 2);
  in_force = first;
  struct snapshot *next = snapshot_of(after);
  snapshot_drop(first);
  uint64_t requests = observed_requests(next);
  snapshot_drop(next);
  in_force = NULL;
  return requests;
}

Test(snapshot, nothing_is_observed_unless_somebody_says_so) {
  struct snapshot *snapshot = snapshot_of("--to http://a");
  struct estimate_totals totals;
  struct slice path;
  cr_expect_not(snapshot_observed(snapshot, 0, &path, &totals));
  cr_expect_not(snapshot->routes[0].policy.observed);
  snapshot_drop(snapshot);
}

Test(snapshot, the_next_one_forgets_nothing_that_was_observed) {
  cr_expect_eq(observed_after("--to http://a --observe on",
                              "--to http://a --observe on --timeout 5s"),
               2);
}

Test(snapshot, figures_of_another_policy_begin_anew) {
  cr_expect_eq(observed_after("--to http://a --observe on",
                              "--to http://a --observe on --hedge-after p95"),
               0);
}

/* ---- what is counted for metrics ---- */

Test(snapshot, what_is_counted_goes_on_under_the_same_labels) {
  struct snapshot *before =
      snapshot_of("--to http://192.0.2.1 --to http://192.0.2.2:81/a");
  const struct group *group = &before->groups[0];
  words_expect_slice(group->labels, "upstream=\"to\"");
  words_expect_slice(group->targets[1].labels,
                     "upstream=\"to\",target=\"1\",host=\"192.0.2.2:81\"");
  const struct route *route =
      route_table_find(&before->table, slice_of("/smart"));
  words_expect_slice(route->labels, "route=\"/smart\"");
  words_expect_slice(before->elsewhere_labels, "route=\"\"");
  struct route_tally *of_route = route->tallies;
  struct target_tally *first = group->targets[0].tallies;
  struct target_tally *second = group->targets[1].tallies;
  struct tally_waits *waits = route->waits;
  tally_race(of_route, OUTCOME_SUCCESS, 7);
  snapshot_learn(before, 1);
  cr_expect_eq(waits->newer_us, 1);
  in_force = before;
  struct snapshot *next =
      snapshot_of("--to http://192.0.2.1/b --to http://192.0.2.3");
  in_force = NULL;
  snapshot_drop(before);
  route = route_table_find(&next->table, slice_of("/smart"));
  cr_expect_eq(route->tallies, of_route);
  cr_expect_eq(route->waits, waits);
  cr_expect_eq(route->tallies->outcomes[OUTCOME_SUCCESS], 1);
  cr_expect_eq(next->groups[0].targets[0].tallies, first);
  cr_expect_neq(next->groups[0].targets[1].tallies, second);
  snapshot_drop(next);
}

/* Takes the place of the one in force, which others may still hold. */
static void put_in_force(bool with_all) {
  struct snapshot *before = in_force;
  routes_less = !with_all;
  in_force = snapshot_of("--to http://a");
  routes_less = 0;
  snapshot_drop(before);
}

static struct route_tally *tally_of_all(void) {
  return route_table_find(&in_force->table, slice_of("/all"))->tallies;
}

Test(snapshot, what_a_route_has_counted_outlives_it) {
  put_in_force(true);
  struct route_tally *of_all = tally_of_all();
  tally_add(&of_all->races, 3);
  put_in_force(false);
  cr_assert_eq(in_force->gone_count, 1);
  tally_add(&of_all->races, 1); /* that began before */
  cr_expect_eq(in_force->gone[0]->races, 4);
  put_in_force(false);
  cr_expect_eq(in_force->gone_count, 1);
  put_in_force(true);
  cr_expect_eq(in_force->gone_count, 0, "it is back");
  cr_expect_eq(tally_of_all()->races, 4);
  cr_expect_eq(in_force->of_gone.requests, 0);
  snapshot_drop(in_force);
  in_force = NULL;
}

/* Of a snapshot whose last route has that number. */
static void put_route_in_force(unsigned number) {
  last_path = slice_of(words_of("/route/%u", number));
  put_in_force(true);
  tally_add(&in_force->routes[in_force->route_count - 2].tallies->races, 1);
  last_path = (struct slice){0};
}

static uint64_t races_of_all(void) {
  uint64_t sum = in_force->of_gone.requests;
  for (unsigned i = 0; i < in_force->gone_count; i++)
    sum += in_force->gone[i]->races;
  for (unsigned i = 0; i < in_force->route_count; i++)
    sum += in_force->routes[i].tallies->races;
  return sum;
}

Test(snapshot, of_many_routes_that_are_gone_the_sum_is_left) {
  enum { ROUTES = 400, KEPT = 256 };
  put_route_in_force(0);
  struct snapshot *first = snapshot_hold(in_force);
  for (unsigned i = 1; i < ROUTES; i++) put_route_in_force(i);
  cr_expect_eq(races_of_all(), ROUTES);
  cr_expect_eq(in_force->gone_count, KEPT + 1, "one may be under way");
  snapshot_drop(first);
  put_route_in_force(ROUTES);
  cr_expect_eq(races_of_all(), ROUTES + 1);
  cr_expect_eq(in_force->gone_count, KEPT);
  cr_expect_lt(learned_count(), 4 * KEPT);
  snapshot_drop(in_force);
  in_force = NULL;
}

Test(snapshot, a_target_with_an_empty_query_is_another_one) {
  struct snapshot *s =
      snapshot_of("--to http://192.0.2.1/v1 --to http://192.0.2.1/v1? "
                  "--to http://192.0.2.1/v1?a --to http://192.0.2.1/v1");
  const struct target *targets = s->groups[0].targets;
  for (unsigned i = 1; i < 3; i++)
    for (unsigned k = 0; k < i; k++)
      cr_expect_neq(targets[i].turnstile, targets[k].turnstile, "%u %u", i, k);
  cr_expect_eq(targets[3].turnstile, targets[0].turnstile);
  snapshot_drop(s);
}

static struct outlier_bench *fail_target(const struct snapshot *s,
                                         const char *path) {
  const struct route *route = route_table_find(&s->table, slice_of(path));
  struct outlier_bench *bench = &route->pilots->targets[0]->failing;
  for (unsigned i = 0; i < outlier_failing.first; i++)
    (void)!outlier_strike(bench, &outlier_failing, 1000);
  return bench;
}

static void expect_place(const struct snapshot *s, const struct group *group,
                         unsigned i, int64_t now_us,
                         enum outlier_place expected) {
  const enum outlier_place place = snapshot_target_place(s, group, i, now_us);
  const struct target_sight sight = snapshot_see_target(s, group, i, now_us);
  cr_expect_eq(place, expected, "it is %d", (int)place);
  cr_expect_eq(sight.failing, expected);
  cr_expect_eq(sight.slow, OUTLIER_IN);
}

Test(snapshot, a_target_that_was_ejected_is_not_in_until_it_has_answered) {
  static const int64_t ends_us = 1000 + 10 * 1000 * 1000;
  struct snapshot *s =
      snapshot_of("--to http://192.0.2.1 --to http://192.0.2.2");
  const struct group *group = &s->groups[0];
  expect_place(s, group, 0, 1001, OUTLIER_IN);
  struct outlier_bench *bench = fail_target(s, "/smart");
  expect_place(s, group, 0, 1001, OUTLIER_OUT);
  expect_place(s, group, 1, 1001, OUTLIER_IN);
  expect_place(s, &s->groups[1], 0, 1001, OUTLIER_IN);
  expect_place(s, group, 0, ends_us, OUTLIER_DUE);
  cr_assert(outlier_good(bench, ends_us));
  expect_place(s, group, 0, ends_us, OUTLIER_IN);
  snapshot_drop(s);
}

Test(snapshot, of_those_that_learn_apart_the_one_that_finds_it_best_counts) {
  struct snapshot *s = snapshot_of("--to http://192.0.2.1 --learn route");
  const struct group *group = &s->groups[0];
  fail_target(s, "/smart");
  expect_place(s, group, 0, 1001, OUTLIER_IN);
  fail_target(s, "/all");
  expect_place(s, group, 0, 1001, OUTLIER_OUT);
  snapshot_drop(s);
}

/* ---- as many as there may be ---- */

static const struct target *target_of(const struct snapshot *snapshot,
                                      unsigned upstream, unsigned i) {
  const char *path = words_of("/r%u", upstream);
  return &route_of(snapshot, path)->group->targets[i];
}

Test(snapshot, each_of_the_most_targets_goes_on_with_what_is_its_own) {
  struct turnstile *turnstiles[MANY_UPSTREAMS][MANY_EACH];
  unsigned slot_of[MANY_UPSTREAMS][MANY_EACH];
  struct snapshot *before = snapshot_of_file(slice_of(many_file(false)));
  for (unsigned u = 0; u < MANY_UPSTREAMS; u++)
    for (unsigned i = 0; i < MANY_EACH; i++) {
      const struct target *target = target_of(before, u, i);
      tally_add(&target->tallies->took.sum_us, MANY_EACH * u + i);
      turnstiles[u][i] = target->turnstile;
      slot_of[u][i] = target->slot;
    }
  in_force = before;
  struct snapshot *next = snapshot_of_file(slice_of(many_file(true)));
  in_force = NULL;
  snapshot_drop(before);
  for (unsigned u = 0; u < MANY_UPSTREAMS; u++)
    for (unsigned i = 0; i < MANY_EACH; i++) {
      const struct target *target = target_of(next, u, i);
      cr_assert_eq(target->tallies->took.sum_us, MANY_EACH * u + i);
      cr_assert_eq(target->turnstile, turnstiles[u][i]);
      cr_assert_eq(target->slot, slot_of[u][i]);
    }
  snapshot_drop(next);
}
