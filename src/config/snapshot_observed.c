/* snapshot_observed.c: routes whose hedges are only observed, and what their
 * races tell.
 *
 * What they tell outlives a reload, unless that changes how the route hedges:
 * figures of two policies are no figures. So the policy is part of the name by
 * which the next snapshot finds them. */
#include "config/learned.h"
#include "config/snapshot_parts.h"
#include "core/text.h"

struct observed {
  struct observed *next;
  struct slice path;
  struct learned_route *route;
};

/* "\nPATH\nMETHODS AFTER ..."; a name that begins so is no upstream's. */
static struct slice name_of(struct whole *whole, const struct route *route) {
  const struct race_policy *policy = &route->policy;
  const int64_t values[] = {
      route->methods,         policy->hedge_after_us, policy->hedges,
      policy->stagger_us,     policy->on_failure,     policy->learn.per_mille,
      policy->learn.least_us, policy->learn.most_us,
  };
  enum { COUNT = sizeof values / sizeof *values };
  size_t room = route->path.len + 2 + COUNT * sizeof "-9223372036854775808";
  char *at = snapshot_take(whole, room, 1);
  struct text text;
  if (!at) return (struct slice){0};
  text_init(&text, at, room);
  text_char(&text, '\n');
  text_slice(&text, route->path);
  text_char(&text, '\n');
  for (unsigned i = 0; i < COUNT; i++) {
    text_int(&text, values[i]);
    text_char(&text, ' ');
  }
  return text_slice_of(&text);
}

struct estimate_seen *snapshot_observe(struct whole *whole,
                                       const struct route *route) {
  struct observed **last = &whole->observed;
  struct observed *observed = snapshot_take(whole, 1, sizeof *observed);
  struct slice name = name_of(whole, route);
  if (whole->failed) return NULL;
  observed->path = route->path;
  observed->route = learned_route(
      &whole->learned, snapshot_learned_before(whole), name, whole->workers);
  whole->failed |= !observed->route;
  if (whole->failed) return NULL;
  while (*last) last = &(*last)->next;
  *last = observed;
  return observed->route->seen;
}

bool snapshot_observed(const struct snapshot *snapshot, unsigned n,
                       struct slice *path, struct estimate_totals *totals) {
  const struct whole *whole = snapshot_whole(snapshot);
  const struct observed *observed = whole->observed;
  while (observed && n-- > 0) observed = observed->next;
  if (!observed) return false;
  *path = observed->path;
  *totals = (struct estimate_totals){0};
  for (unsigned w = 0; w < whole->workers; w++)
    estimate_add(totals, &observed->route->seen[w]);
  return true;
}
