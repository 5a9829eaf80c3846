/* config_fit: what the limits cost in descriptors.
 *
 * A client connection costs one, an attempt in flight to a target costs one,
 * and a few dozen go to listeners, loops, logs and idle upstream connections
 * that are about to close. Limits that together exceed the process's own would
 * be met as EMFILE, in the middle of a race; so they are lowered at start, and
 * main says so. */
#include "config/config_fit.h"

enum { RESERVED = 64, RESERVED_A_WORKER = 12 };

static int64_t at_least_one(int64_t n) { return n > 0 ? n : 1; }

bool config_fit_descriptors(struct config *config, int64_t descriptors,
                            int64_t workers) {
  int64_t targets = config->to_count + config->all_count;
  int64_t wanted = config->max_connections + targets * config->max_attempts;
  int64_t reserved = RESERVED + RESERVED_A_WORKER * workers;
  int64_t room = at_least_one(descriptors - reserved);
  if (wanted <= room) return false;
  config->max_connections =
      at_least_one(config->max_connections * room / wanted);
  config->max_attempts = at_least_one(config->max_attempts * room / wanted);
  return true;
}
