/* demo_options: the command line of `hedgerow demo`.
 *
 * Rate and duration have ceilings, since the demo is a picture and no load
 * test; for that there are `hedgerow mock` and wrk. */
#include "tools/demo_options.h"

#include "config/config_values.h"

enum { RATE_MAX = 500, DURATION_MAX_S = 60 };

#define A_SECOND_US INT64_C(1000000)

static const char help[] =
    "usage: hedgerow demo [options]\n"
    "\n"
    "Starts a flaky upstream and hedgerow in front of it, on free ports of\n"
    "127.0.0.1, asks both the same requests, and shows the difference.\n"
    "\n"
    "  --rate N         requests a second, each way, 1 to 500 (20)\n"
    "  --duration TIME  how long to ask, 1s to 60s (10s)\n"
    "  --seed N         the luck of this run (1)\n"
    "  --stay           keep both running and asked afterwards, until Ctrl-C,\n"
    "                   with a page that shows each race and moves the faults\n"
    "  --help           this text\n";

enum flags_reading demo_options_read(struct demo_options *options,
                                     char **argv) {
  const struct flag flags[] = {
      {.name = "--help", .shown = help},
      {.name = "--stay", .on = &options->stay},
      {.name = "--rate",
       .read = flags_count,
       .into = &options->rate,
       .least = 1,
       .most = RATE_MAX,
       .expected = "expected a whole number from 1 to 500"},
      {.name = "--duration",
       .read = flags_time,
       .into = &options->duration_us,
       .least = A_SECOND_US,
       .most = DURATION_MAX_S * A_SECOND_US,
       .expected = "expected a time from 1s to 60s, with its unit"},
      {.name = "--seed",
       .read = flags_count,
       .into = &options->seed,
       .most = CONFIG_NUMBER_MAX - 1,
       .expected = "expected a whole number, 0 or more"},
  };
  *options = (struct demo_options){
      .rate = 20, .duration_us = 10 * A_SECOND_US, .seed = 1};
  return flags_read("demo", argv, flags, sizeof flags / sizeof *flags);
}
