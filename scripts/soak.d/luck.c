/* luck: tools/faults draws what goes wrong and when, as in `hedgerow mock`; the
 * size of the body, how it is framed and what is in it come from the same key.
 *
 * Most bodies are small, as those of APIs are, and one in eight is large enough
 * to need many reads. Bodies are an array of strings of random letters: a byte
 * that is lost, doubled or of another answer shows. */
#include "luck.h"

#include <stdio.h>
#include <string.h>

enum { STRING_BYTES = 61 };

uint64_t luck_next(uint64_t *state) {
  uint64_t x = *state ? *state : 1;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

static size_t draw_size(uint64_t *state) {
  uint64_t kind = luck_next(state) % 8;
  size_t most = kind < 4 ? 1024 : kind < 7 ? 16 * 1024 : LUCK_BODY_MAX;
  return 64 + luck_next(state) % (most - 64);
}

struct luck luck_draw(const struct faults *faults, uint64_t seed,
                      struct slice request_id, unsigned attempt,
                      struct slice target) {
  char which[512];
  struct luck luck;
  int len =
      snprintf(which, sizeof which, "%u %.*s", attempt, SLICE_ARG(target));
  luck.key = faults_key(request_id, (struct slice){which, (size_t)len});
  luck.draw = faults_draw(faults, seed, luck.key);
  uint64_t state = luck.key;
  luck.body_len = draw_size(&state);
  uint64_t framing = luck_next(&state) % 10;
  luck.framing = framing < 6 ? BY_LENGTH : framing < 9 ? BY_CHUNKS : BY_CLOSE;
  return luck;
}

static size_t write_error(const struct luck *luck, char *body) {
  return (size_t)sprintf(body, "{\"error\":%d,\"key\":\"%016llx\"}",
                         luck->draw.status, (unsigned long long)luck->key);
}

size_t luck_body(const struct luck *luck, char *body) {
  uint64_t state = luck->key, letters = 0;
  if (luck->draw.fault == FAULT_STATUS) return write_error(luck, body);
  size_t end = luck->body_len - 3, at = 0;
  at += (size_t)sprintf(body, "{\"key\":\"%016llx\",\"list\":[\"",
                        (unsigned long long)luck->key);
  for (size_t in_string = 0, left = 0; at < end; left--) {
    if (in_string == STRING_BYTES && at + 3 < end) {
      memcpy(body + at, "\",\"", 3);
      at += 3;
      in_string = 0;
    }
    if (left == 0) {
      letters = luck_next(&state);
      left = 8;
    }
    body[at++] = (char)('a' + (letters & 15));
    letters >>= 8;
    in_string++;
  }
  memcpy(body + at, "\"]}", 3);
  return at + 3;
}

int64_t luck_ms(const struct luck *luck) {
  int64_t trickle =
      luck->draw.fault == FAULT_TRICKLE ? TRICKLE_PARTS * TRICKLE_MS : 0;
  return luck->draw.delay_us / 1000 + trickle;
}
