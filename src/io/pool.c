/* pool: which connection carries a call, and in which protocol.
 *
 * Today every connection speaks HTTP/1.1, and carries one call at a time: an
 * idle wire (io/wire) or a new one. A protocol that carries many at once would
 * look for its session here first; nothing above would change. */
#include "io/pool.h"

#include "io/h1.h"

static bool pool_start(struct call *call, struct wire *wire) {
  call->kind = &h1_kind;
  return call->kind->start(call, wire);
}

enum pool_result pool_call(struct wires *wires, struct call *call,
                           uint32_t generation, unsigned avoid,
                           int64_t now_us) {
  struct wire_want want = {.slot = call->target->slot,
                           .trust = call->target->trust,
                           .generation = generation,
                           .avoid = avoid,
                           .keep_us = call->intake.keep_us};
  struct wire *wire = wire_take(wires, &want, now_us, call);
  if (!wire) return POOL_NONE;
  call->record->tried |= (uint8_t)(1u << wire_address(wire));
  call->record->connected_us = call->record->start_us;
  return pool_start(call, wire) ? POOL_STARTED : POOL_DIED;
}

bool pool_call_on(struct wires *wires, struct call *call,
                  const struct stream *stream, uint32_t generation,
                  unsigned address) {
  struct wire *wire =
      wire_new(wires, stream, call->target->slot, generation, address, call);
  /* A wire that was never kept always starts: what goes wrong ends the call. */
  return wire && pool_start(call, wire);
}
