/* demo_options: the command line of `hedgerow demo`. */
#ifndef HEDGEROW_TOOLS_DEMO_OPTIONS_H
#define HEDGEROW_TOOLS_DEMO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct demo_options {
  int64_t rate; /* requests a second, each way */
  int64_t duration_us;
  uint64_t seed;
  bool stay;
};

enum demo_reading { DEMO_RUN, DEMO_HELP, DEMO_ERROR };

/* Reads argv[1..] up to the NULL. After DEMO_ERROR one line was written to
 * stderr. */
enum demo_reading demo_options_read(struct demo_options *options, char **argv)
    __attribute__((warn_unused_result));

extern const char demo_options_help[];

#endif
