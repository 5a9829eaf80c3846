/* machine: what the machine gives the process.
 *
 * What the limits cost is config/config_fit's to know, and that is pure; here
 * the kernel is asked, at the start and again for each file that a reload
 * reads. */
#include "proxy/machine.h"

#include <sys/resource.h>
#include <unistd.h>

#include "config/config_fit.h"

unsigned machine_workers(const struct config *config) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (config->workers > 0) return (unsigned)config->workers;
  if (cores > CONFIG_WORKERS_MAX) return CONFIG_WORKERS_MAX;
  return cores > 0 ? (unsigned)cores : 1;
}

bool machine_fit(struct config *config, uint64_t *descriptors) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  *descriptors = limit.rlim_cur;
  return limit.rlim_cur <= INT32_MAX &&
         config_fit_descriptors(config, (int64_t)limit.rlim_cur,
                                machine_workers(config));
}
