/* balance: whom to ask first.
 *
 * `least` looks at two targets that were drawn, not at all of them: then many
 * workers that look at the same instant do not all run to the same target, and
 * what a look costs does not grow with the group (Mitzenmacher, "The power of
 * two choices"). */
#include "proxy/balance.h"

static int64_t in_flight_to(const struct service *service,
                            const struct target *target) {
  struct slot *slot = slot_at(service->process->slots, target->slot);
  return atomic_load_explicit(&slot->in_flight, memory_order_relaxed);
}

static unsigned least_of_two(struct service *service,
                             const struct group *group) {
  uint64_t random = service_random(service);
  unsigned a = (unsigned)((uint32_t)random % group->count);
  unsigned step = (unsigned)((random >> 32) % (group->count - 1));
  unsigned b = (a + 1 + step) % group->count;
  return in_flight_to(service, &group->targets[b]) <
                 in_flight_to(service, &group->targets[a])
             ? b
             : a;
}

unsigned balance_first(struct service *service, const struct group *group) {
  if (group->count == 1) return 0;
  switch (group->balance) {
    case BALANCE_ROTATE:
      return atomic_fetch_add_explicit(group->turn, 1, memory_order_relaxed) %
             group->count;
    case BALANCE_LEAST: return least_of_two(service, group);
    default: return 0;
  }
}
