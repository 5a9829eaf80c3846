/* config_fit: what the limits cost in descriptors.
 *
 * A client connection costs one, an attempt in flight costs one, of which each
 * origin may have --max-attempts, an address to listen on costs one in each
 * worker, --admin costs its few, and a few dozen go to loops, logs and idle
 * upstream connections that are about to close. Limits that together exceed the
 * process's own would be met as EMFILE, in the middle of a race; so they are
 * lowered at start, and main says so. */
#include "config/config_fit.h"

enum { RESERVED = 64, RESERVED_A_WORKER = 11 };

static int64_t at_least_one(int64_t n) { return n > 0 ? n : 1; }

/* ---- origins ---- */

/* How many attempts more an upstream's target allows to its origin than the
 * targets before it do. The search ends at the first that allows as many: of
 * thousands of targets most have an origin that stood there before. */
static int64_t attempts_more(const struct config *config,
                             const struct config_upstream *of,
                             const struct config_target *target) {
  int64_t more = of->rules.max_attempts;
  for (const struct config_upstream *other = config->upstreams;; other++) {
    const int64_t beyond = of->rules.max_attempts - other->rules.max_attempts;
    for (unsigned k = 0; k < other->target_count; k++) {
      if (more <= 0) return 0;
      if (&other->targets[k] == target) return more;
      if (beyond < more &&
          base_url_same_origin(&other->targets[k].url, &target->url))
        more = beyond;
    }
  }
}

static int64_t attempts_in_all(const struct config *config) {
  int64_t sum = 0;
  for (unsigned i = 0; i < config->upstream_count; i++) {
    const struct config_upstream *of = &config->upstreams[i];
    for (unsigned k = 0; k < of->target_count; k++)
      sum += attempts_more(config, of, &of->targets[k]);
  }
  return sum;
}

/* ---- --admin ---- */

/* A sixteenth of all, so that where these are few clients have them. */
unsigned config_admin_readers(int64_t descriptors) {
  const int64_t part = descriptors / 16;
  return part < CONFIG_ADMIN_READERS ? (unsigned)part : CONFIG_ADMIN_READERS;
}

static int64_t of_admin(const struct config *config, int64_t descriptors) {
  if (!listen_at_is_set(&config->admin)) return 0;
  return 1 + CONFIG_ADMIN_CONNECTIONS + config_admin_readers(descriptors);
}

/* ---- lowering ---- */

static void shrink(int64_t *limit, int64_t room, int64_t wanted) {
  *limit = at_least_one(*limit * room / wanted);
}

bool config_fit_descriptors(struct config *config, int64_t descriptors,
                            int64_t workers) {
  int64_t wanted = config->max_connections + attempts_in_all(config);
  int64_t reserved = RESERVED +
                     (RESERVED_A_WORKER + config->listen_count) * workers +
                     of_admin(config, descriptors);
  int64_t room = at_least_one(descriptors - reserved);
  if (wanted <= room) return false;
  shrink(&config->max_connections, room, wanted);
  shrink(&config->defaults.max_attempts, room, wanted);
  for (unsigned i = 0; i < config->upstream_count; i++)
    shrink(&config->upstreams[i].rules.max_attempts, room, wanted);
  return true;
}
