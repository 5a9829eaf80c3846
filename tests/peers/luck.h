/* luck: what origin --faults does with a request, as a value that its client
 * can compute too. So the client knows, byte for byte, what each attempt must
 * have been answered, and which attempts cannot have succeeded. */
#ifndef PEERS_LUCK_H
#define PEERS_LUCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "tools/faults.h"

enum { LUCK_BODY_MAX = 128 * 1024, LUCK_ANSWER_MAX = 144 * 1024 };
enum { TRICKLE_PARTS = 12, TRICKLE_MS = 10 };

enum luck_framing { BY_LENGTH, BY_CHUNKS, BY_CLOSE };

struct luck {
  uint64_t key;
  struct faults_draw draw;
  enum luck_framing framing;
  size_t body_len; /* of the good body */
};

/* `target` is what the request line asks for: a path that was joined wrongly,
 * or a parameter that was lost, is other luck and shows as a wrong body.
 *
 * A target with /j/SIZE/SEED in it names its body, which is then the same for
 * every attempt: about SIZE bytes (100,000 at most) that follow from SEED, and
 * no fault. Of every four seeds one makes attempt 0 slow (30 ms), so that
 * hedges are sent and cancelled; of every three one is answered in chunks. */
struct luck luck_draw(const struct faults *faults, uint64_t seed,
                      struct slice request_id, unsigned attempt,
                      struct slice target);

static inline bool luck_is_good(const struct luck *luck) {
  return luck->draw.fault == FAULT_NONE || luck->draw.fault == FAULT_TRICKLE;
}

/* The body: JSON of body_len bytes, or the error of a status. At most
 * LUCK_BODY_MAX bytes are written; returns how many. */
size_t luck_body(const struct luck *luck, char *body);

enum luck_end { KEEPS, ENDS, ENDS_BY_RESET };

/* The whole answer, or as much of it as the fault lets out; not for a hang. At
 * most LUCK_ANSWER_MAX bytes are written; returns how many. *end says what the
 * connection comes to behind it. */
size_t luck_answer(const struct luck *luck, char *out, enum luck_end *end);

/* How long the answer takes, about. */
int64_t luck_ms(const struct luck *luck);

/* Random numbers for whoever has a key: the next of a sequence. */
uint64_t luck_next(uint64_t *state);

#endif
