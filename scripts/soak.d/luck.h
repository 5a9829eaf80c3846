/* luck: what the soak's origin does with a request, as a value that its client
 * can compute too. So the client knows, byte for byte, what each attempt must
 * have been answered, and which attempts cannot have succeeded. */
#ifndef SOAK_LUCK_H
#define SOAK_LUCK_H

#include "tools/faults.h"
#include "core/slice.h"

enum { LUCK_BODY_MAX = 128 * 1024, TRICKLE_PARTS = 12, TRICKLE_MS = 10 };

enum luck_framing { BY_LENGTH, BY_CHUNKS, BY_CLOSE };

struct luck {
  uint64_t key;
  struct faults_draw draw;
  enum luck_framing framing;
  size_t body_len; /* of the good body */
};

/* `target` is what the request line asks for: a path that was joined wrongly,
 * or a parameter that was lost, is other luck and shows as a wrong body. */
struct luck luck_draw(const struct faults *faults, uint64_t seed,
                      struct slice request_id, unsigned attempt,
                      struct slice target);

static inline bool luck_is_good(const struct luck *luck) {
  return luck->draw.fault == FAULT_NONE || luck->draw.fault == FAULT_TRICKLE;
}

/* The body: JSON of body_len bytes, or the error of a status. At most
 * LUCK_BODY_MAX bytes are written; returns how many. */
size_t luck_body(const struct luck *luck, char *body);

/* How long the answer takes, about. */
int64_t luck_ms(const struct luck *luck);

/* Random numbers for whoever has a key: the next of a sequence. */
uint64_t luck_next(uint64_t *state);

#endif
