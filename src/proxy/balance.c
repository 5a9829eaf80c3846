/* balance: whom to ask first.
 *
 * `least` looks at two targets that were drawn, not at all of them: then many
 * workers that look at the same instant do not all run to the same target, and
 * what a look costs does not grow with the group (Mitzenmacher, "The power of
 * two choices").
 *
 * Whoever is out is drawn anew, and not replaced by the next one, who would get
 * two shares. */
#include "proxy/balance.h"

#include <assert.h>

static int64_t in_flight_to(const struct service *service,
                            const struct target *target) {
  struct slot *slot = slot_at(service->process->slots, target->slot);
  return relaxed_load(&slot->in_flight);
}

/* One of `span` targets, the first of which is `from`. One that is out comes
 * only after as many draws as there are targets. */
static unsigned draw(struct service *service, const struct pilot *pilot,
                     unsigned from, unsigned span, int64_t now_us) {
  unsigned number, left = pilot->count;
  do number = (from + (uint32_t)service_random(service) % span) % pilot->count;
  while (--left > 0 && pilot_is_out(pilot, number, now_us));
  return number;
}

static unsigned least_of_two(struct service *service, const struct group *group,
                             const struct pilot *pilot, int64_t now_us) {
  assert(pilot->count > 1);
  unsigned a = draw(service, pilot, 0, pilot->count, now_us);
  unsigned b = draw(service, pilot, a + 1, pilot->count - 1, now_us);
  bool a_is_out = pilot_is_out(pilot, a, now_us);
  if (a_is_out != pilot_is_out(pilot, b, now_us)) return a_is_out ? b : a;
  return in_flight_to(service, &group->targets[b]) <
                 in_flight_to(service, &group->targets[a])
             ? b
             : a;
}

unsigned balance_first(struct service *service, const struct group *group,
                       const struct pilot *pilot, int64_t now_us) {
  if (group->count == 1) return 0;
  switch (group->balance) {
    case BALANCE_ROTATE: return pilot_next_in_turn(pilot, group->turn, now_us);
    case BALANCE_LEAST: return least_of_two(service, group, pilot, now_us);
    default: return 0;
  }
}
