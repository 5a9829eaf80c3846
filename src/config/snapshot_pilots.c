/* snapshot_pilots.c: by what was learned each route goes.
 *
 *   roster     whom a route may ask, with what was learned of each
 *   pilot_set  a roster and a rule for the delay: a pilot for each worker
 *
 * Routes that ask the same upstream share its roster, and with the same rule
 * the pilots. A route that learns apart (--learn route) has a roster of its
 * own. */
#include "config/learned.h"
#include "config/snapshot_parts.h"
#include "core/pilot.h"
#include "core/text.h"

struct roster {
  struct roster *next;
  const struct group *group;
  struct slice
      apart; /* the route that learns for itself; empty: all together */
  struct learned_target **targets; /* by their place in the group */
  struct learned_upstream *upstream;
  struct pilot_target **pilots; /* the same targets, for core/pilot, */
  struct pilot_learner **learners;
  struct latency_counts **counts; /* and theirs by worker, then by place */
};

struct pilot_set {
  struct pilot_set *next;
  const struct roster *roster;
  struct delay_rule rule;
  struct pilot_delay delay;
  struct pilot *pilots; /* by worker */
};

/* ---- rosters ---- */

/* What a target is known by: "UPSTREAM\nURL\nROUTE". */
static struct slice target_name(struct whole *whole, struct slice upstream,
                                const struct base_url *url,
                                struct slice apart) {
  size_t room = upstream.len + url->authority.len + url->path.len +
                url->query.len + apart.len + sizeof "\nhttps://?\n";
  char *at = snapshot_take(whole, room, 1);
  struct text text;
  if (!at) return (struct slice){0};
  text_init(&text, at, room);
  text_slice(&text, upstream);
  text_str(&text, url->tls ? "\nhttps://" : "\nhttp://");
  text_slice(&text, url->authority);
  text_slice(&text, url->path);
  if (url->query.at) {
    text_char(&text, '?');
    text_slice(&text, url->query);
  }
  text_char(&text, '\n');
  text_slice(&text, apart);
  return text_slice_of(&text);
}

/* NULL: no memory. */
static struct learned_target *learned_of(struct whole *whole,
                                         const struct group *group, unsigned i,
                                         struct slice apart) {
  struct slice name =
      target_name(whole, group->name, &group->targets[i].url, apart);
  struct learned_target *target = learned_target(
      &whole->learned, snapshot_learned_before(whole), name, whole->workers);
  if (!target) whole->failed = true;
  return target;
}

static struct learned_upstream *learned_of_all(struct whole *whole,
                                               const struct group *group) {
  struct learned_upstream *upstream =
      learned_upstream(&whole->learned, snapshot_learned_before(whole),
                       group->name, whole->workers, &group->budget);
  if (!upstream) whole->failed = true;
  return upstream;
}

void snapshot_keep_lines(struct whole *whole, struct group *group,
                         struct target *targets) {
  struct learned_upstream *upstream = learned_of_all(whole, group);
  if (upstream) group->waiting = &upstream->waiting;
  if (upstream) group->purses = &upstream->budget;
  for (unsigned i = 0; i < group->count && !whole->failed; i++) {
    struct learned_target *target =
        learned_of(whole, group, i, (struct slice){0});
    if (target) targets[i].turnstile = &target->turnstile;
  }
}

static void enroll(struct whole *whole, struct roster *roster, unsigned i) {
  const struct group *group = roster->group;
  const unsigned workers = whole->workers;
  struct learned_target *target = learned_of(whole, group, i, roster->apart);
  roster->targets[i] = target;
  if (!target) return;
  roster->pilots[i] = &target->pilot;
  roster->learners[i] = &target->learner;
  for (unsigned w = 0; w < workers; w++)
    roster->counts[w * group->count + i] = &target->counts[w].latency;
}

static void fill_roster(struct whole *whole, struct roster *roster) {
  const struct group *group = roster->group;
  const size_t count = group->count;
  roster->targets = snapshot_take(whole, count, sizeof *roster->targets);
  roster->pilots = snapshot_take(whole, count, sizeof *roster->pilots);
  roster->learners = snapshot_take(whole, count, sizeof *roster->learners);
  roster->counts =
      snapshot_take(whole, count * whole->workers, sizeof *roster->counts);
  if (whole->failed) return;
  roster->upstream = learned_of_all(whole, group);
  for (unsigned i = 0; i < count && !whole->failed; i++)
    enroll(whole, roster, i);
}

static struct roster *roster_for(struct whole *whole, const struct group *group,
                                 struct slice apart) {
  struct roster *roster = whole->rosters;
  while (roster &&
         (roster->group != group || !slice_equal(roster->apart, apart)))
    roster = roster->next;
  if (roster) return roster;
  roster = snapshot_take(whole, 1, sizeof *roster);
  if (!roster) return NULL;
  *roster =
      (struct roster){.next = whole->rosters, .group = group, .apart = apart};
  whole->rosters = roster;
  fill_roster(whole, roster);
  return roster;
}

/* ---- pilots ---- */

static struct pilot make_pilot(const struct pilot_set *set, unsigned worker) {
  const struct roster *roster = set->roster;
  const struct group *group = roster->group;
  return (struct pilot){
      .targets = roster->pilots,
      .counts = roster->counts + (size_t)worker * group->count,
      .count = group->count,
      .delay = &set->delay,
      .budget = &roster->upstream->budget,
      .earnings = &roster->upstream->earnings[worker].earnings,
      .budget_rule = group->budget,
      .gate = group->gate,
  };
}

static bool same_rule(const struct delay_rule *a, const struct delay_rule *b) {
  return a->per_mille == b->per_mille && a->least_us == b->least_us &&
         a->most_us == b->most_us;
}

static const struct pilot_set *set_of(const struct whole *whole,
                                      const struct roster *roster,
                                      const struct delay_rule *rule) {
  const struct pilot_set *set = whole->pilot_sets;
  while (set && (set->roster != roster || !same_rule(&set->rule, rule)))
    set = set->next;
  return set;
}

static const struct pilot *make_set(struct whole *whole,
                                    const struct roster *roster,
                                    const struct delay_rule *rule) {
  const unsigned workers = whole->workers;
  struct pilot_set *set = snapshot_take(whole, 1, sizeof *set);
  struct pilot *pilots = snapshot_take(whole, workers, sizeof *pilots);
  if (whole->failed) return NULL;
  set->next = whole->pilot_sets;
  set->roster = roster;
  set->rule = *rule;
  set->pilots = pilots;
  for (unsigned w = 0; w < workers; w++) pilots[w] = make_pilot(set, w);
  whole->pilot_sets = set;
  return pilots;
}

const struct pilot *snapshot_pilots(struct whole *whole,
                                    const struct group *group,
                                    const struct route *route) {
  if (group->count == 0) return NULL;
  struct slice apart = route->learns_apart ? route->path : (struct slice){0};
  const struct roster *roster = roster_for(whole, group, apart);
  if (!roster || whole->failed) return NULL;
  const struct pilot_set *set = set_of(whole, roster, &route->policy.learn);
  return set ? set->pilots : make_set(whole, roster, &route->policy.learn);
}

/* ---- who is ejected ---- */

enum outlier_place snapshot_target_place(const struct snapshot *snapshot,
                                         const struct group *group, unsigned i,
                                         int64_t now_us) {
  enum outlier_place best = OUTLIER_OUT;
  bool is_asked = false;
  for (const struct roster *r = snapshot_whole(snapshot)->rosters; r;
       r = r->next) {
    if (r->group != group) continue;
    const enum outlier_place place =
        outlier_place(&r->pilots[i]->failing, now_us);
    if (place < best) best = place;
    is_asked = true;
  }
  return is_asked ? best : OUTLIER_IN;
}

/* ---- what is told of a target ---- */

/* Of those that learn apart, the one that has seen most tells how long it
 * takes. */
static void see(struct target_sight *sight, const struct pilot_target *pilot,
                const struct latency_curve *curve, uint32_t *most,
                int64_t now_us) {
  const enum outlier_place failing = outlier_place(&pilot->failing, now_us),
                           slow = outlier_place(&pilot->slow, now_us);
  if (failing < sight->failing) sight->failing = failing;
  if (slow < sight->slow) sight->slow = slow;
  if (curve->whole <= *most) return;
  *most = curve->whole;
  sight->p50_us = latency_until(curve, 0.5f);
  sight->p95_us = latency_until(curve, 0.05f);
}

struct target_sight snapshot_see_target(const struct snapshot *snapshot,
                                        const struct group *group, unsigned i,
                                        int64_t now_us) {
  struct target_sight sight = {.failing = OUTLIER_OUT, .slow = OUTLIER_OUT};
  uint32_t most = 0;
  bool is_asked = false;
  for (const struct roster *r = snapshot_whole(snapshot)->rosters; r;
       r = r->next) {
    if (r->group != group) continue;
    see(&sight, r->pilots[i], &r->learners[i]->curve, &most, now_us);
    is_asked = true;
  }
  if (!is_asked) sight.failing = sight.slow = OUTLIER_IN;
  return sight;
}

/* ---- the reader ---- */

static void learn_target(const struct whole *whole, const struct roster *roster,
                         unsigned i, int64_t now_us) {
  struct learned_target *target = roster->targets[i];
  const struct slot *slot =
      slot_at(whole->slots, roster->group->targets[i].slot);
  struct latency_totals totals = {0};
  for (unsigned w = 0; w < whole->workers; w++)
    latency_add(&totals, &target->counts[w].latency);
  pilot_learn_target(&target->pilot, &target->learner, &totals,
                     slot_unanswered(slot), now_us);
}

static void learn_delay(struct pilot_set *set, int64_t now_us) {
  const struct roster *roster = set->roster;
  if (set->rule.per_mille == 0) return;
  pilot_learn_delay(&set->delay, &set->rule, roster->pilots,
                    (const struct pilot_learner *const *)roster->learners,
                    roster->group->count, now_us);
}

void snapshot_learn(struct snapshot *snapshot, int64_t now_us) {
  struct whole *whole = snapshot_whole(snapshot);
  for (const struct roster *r = whole->rosters; r; r = r->next)
    for (unsigned i = 0; i < r->group->count; i++)
      learn_target(whole, r, i, now_us);
  for (struct pilot_set *set = whole->pilot_sets; set; set = set->next)
    learn_delay(set, now_us);
  snapshot_turn_waits(whole, now_us);
}
