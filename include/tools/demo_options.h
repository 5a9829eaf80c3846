/* demo_options: the command line of `hedgerow demo`. */
#ifndef HEDGEROW_TOOLS_DEMO_OPTIONS_H
#define HEDGEROW_TOOLS_DEMO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/flags.h"

struct demo_options {
  int64_t rate; /* requests a second, each way */
  int64_t duration_us;
  uint64_t seed;
  bool stay;
};

/* Reads argv[1..] up to the NULL: see tools/flags. */
enum flags_reading demo_options_read(struct demo_options *options, char **argv)
    __attribute__((warn_unused_result));

#endif
