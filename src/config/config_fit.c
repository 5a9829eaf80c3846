/* config_fit: what the limits cost in descriptors.
 *
 * A client connection costs one, an attempt in flight costs one, of which each
 * origin may have --max-attempts, and a few dozen go to listeners, loops, logs
 * and idle upstream connections that are about to close. Limits that together
 * exceed the process's own would be met as EMFILE, in the middle of a race; so
 * they are lowered at start, and main says so. */
#include "config/config_fit.h"

enum { RESERVED = 64, RESERVED_A_WORKER = 12 };

static int64_t at_least_one(int64_t n) { return n > 0 ? n : 1; }

static bool is_first_of_its_origin(const struct config *config, unsigned i) {
  for (unsigned before = 0; before < i; before++)
    if (base_url_same_origin(&config->targets[before], &config->targets[i]))
      return false;
  return true;
}

static int64_t origins(const struct config *config) {
  int64_t count = 0;
  for (unsigned i = 0; i < config->to_count + config->all_count; i++)
    count += is_first_of_its_origin(config, i);
  return count;
}

bool config_fit_descriptors(struct config *config, int64_t descriptors,
                            int64_t workers) {
  int64_t wanted =
      config->max_connections + origins(config) * config->max_attempts;
  int64_t reserved = RESERVED + RESERVED_A_WORKER * workers;
  int64_t room = at_least_one(descriptors - reserved);
  if (wanted <= room) return false;
  config->max_connections =
      at_least_one(config->max_connections * room / wanted);
  config->max_attempts = at_least_one(config->max_attempts * room / wanted);
  return true;
}
