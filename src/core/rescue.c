/* rescue: what a race would have come to without its extra attempts.
 *
 * Only a race that another attempt than its primary answered has rescued
 * anything. Where its primary had ended, it alone would have been an error.
 * Where it was still running it might have failed later, too; it counts as
 * slow, since nothing worse is known of it.
 *
 * By how much sooner the answer came is estimated, from how long the answers of
 * the primary's target take (latency_ahead_us). Where a cancelled primary is
 * read to its end all the same (--losers drain), that end tells it. A client
 * would not have waited longer for it than until its limit, and an error. */
#include "core/rescue.h"

const char *rescue_name(enum rescue rescue) {
  static const char *const names[] = {[RESCUE_NONE] = "none",
                                      [RESCUE_FAILED] = "failed",
                                      [RESCUE_SLOW] = "slow"};
  return names[rescue];
}

enum rescue rescue_of(bool answered, unsigned winner,
                      const struct attempt_end *primary) {
  if (!answered || winner == 0) return RESCUE_NONE;
  return primary->result == ATTEMPT_CANCELLED ? RESCUE_SLOW : RESCUE_FAILED;
}

int64_t rescue_known_us(const struct rescue_saving *saving,
                        int64_t primary_us) {
  const int64_t ends_us =
      primary_us < saving->limit_us ? primary_us : saving->limit_us;
  return ends_us > saving->at_us ? ends_us - saving->at_us : 0;
}
