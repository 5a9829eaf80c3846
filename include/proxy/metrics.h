/* metrics: all that hedgerow counts, as Prometheus reads it. */
#ifndef HEDGEROW_PROXY_METRICS_H
#define HEDGEROW_PROXY_METRICS_H

#include <stdint.h>

#include "config/snapshot.h"
#include "core/exposition.h"
#include "io/log.h"
#include "proxy/common.h"

/* Where it is read. No worker waits for the reader. */
struct metrics_source {
  const struct process *process;
  const struct snapshot *snapshot; /* in force */
  const struct log *log;           /* NULL: there is none */
  uint64_t reloads_taken, reloads_refused;
  int64_t started_wall_us;
};

/* Every family, and the end. From the thread that makes snapshots. docs/api.md
 * lists them. */
void metrics_write(struct exposition *to, const struct metrics_source *source,
                   int64_t now_us);

#endif
