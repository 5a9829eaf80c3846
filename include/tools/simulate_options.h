/* simulate_options: the command line of `hedgerow simulate`. */
#ifndef HEDGEROW_TOOLS_SIMULATE_OPTIONS_H
#define HEDGEROW_TOOLS_SIMULATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/flags.h"
#include "tools/simulation.h"

enum { SIMULATE_TEXT_MAX = 8192 };

struct simulate_options {
  char text[SIMULATE_TEXT_MAX]; /* the workload, as read */
  struct workload workload;
  struct simulated_policy policy;
  uint64_t seed, seeds; /* from seed on, so many */
  double from_s, to_s;
  bool rivals, tabs, list;
};

/* Reads argv[1..] up to the NULL: see tools/flags. FLAGS_DONE: it was a
 * question (--help, --list), and is answered. */
enum flags_reading simulate_options_read(struct simulate_options *options,
                                         char **argv)
    __attribute__((warn_unused_result));

#endif
