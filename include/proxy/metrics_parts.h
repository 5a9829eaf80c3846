/* metrics_parts: what the files of proxy/metrics know of each other.
 *
 * For metrics*.c alone; others see proxy/metrics.h. */
#ifndef HEDGEROW_PROXY_METRICS_PARTS_H
#define HEDGEROW_PROXY_METRICS_PARTS_H

#include "proxy/metrics.h"

/* ---- metrics_process.c ---- */

/* What is in flight and held, what the workers do beside requests, and the life
 * of the process. */
void metrics_write_process(struct exposition *to,
                           const struct metrics_source *source, int64_t now_us);

#endif
