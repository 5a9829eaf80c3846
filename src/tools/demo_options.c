/* demo_options: the command line of `hedgerow demo`.
 *
 * A handful of options, read by hand: the table of config/ is the proxy's.
 * Rate and duration have ceilings, since the demo is a picture and no load
 * test; for that there are `hedgerow mock` and wrk. */
#include "tools/demo_options.h"

#include <stddef.h>
#include <string.h>

#include "config/config_values.h"
#include "io/log.h"

enum { RATE_MAX = 500, DURATION_MAX_S = 60 };

const char demo_options_help[] =
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

static enum demo_reading complain(const char *flag, const char *value,
                                  const char *expected) {
  log_notice("demo: %s '%s': %s", flag, value, expected);
  return DEMO_ERROR;
}

static enum demo_reading read_rate(struct demo_options *options,
                                   const char *value) {
  if (config_parse_count(slice_of(value), &options->rate) &&
      options->rate >= 1 && options->rate <= RATE_MAX)
    return DEMO_RUN;
  return complain("--rate", value, "expected a whole number from 1 to 500");
}

static enum demo_reading read_duration(struct demo_options *options,
                                       const char *value) {
  if (config_parse_duration(slice_of(value), &options->duration_us) &&
      options->duration_us >= 1000000 &&
      options->duration_us <= DURATION_MAX_S * INT64_C(1000000))
    return DEMO_RUN;
  return complain("--duration", value,
                  "expected a time from 1s to 60s, with its unit");
}

static enum demo_reading read_seed(struct demo_options *options,
                                   const char *value) {
  int64_t seed;
  if (!config_parse_count(slice_of(value), &seed) || seed >= CONFIG_NUMBER_MAX)
    return complain("--seed", value, "expected a whole number, 0 or more");
  options->seed = (uint64_t)seed;
  return DEMO_RUN;
}

static const struct {
  const char *flag;
  enum demo_reading (*read)(struct demo_options *options, const char *value);
} flags[] = {{"--rate", read_rate},
             {"--duration", read_duration},
             {"--seed", read_seed}};

enum { FLAG_COUNT = sizeof flags / sizeof flags[0] };

/* One option that takes a value, "--flag value" or "--flag=value". */
static enum demo_reading read_valued(struct demo_options *options, char **argv,
                                     int *i) {
  const char *word = argv[*i];
  size_t len = strcspn(word, "=");
  unsigned f = 0;
  while (f < FLAG_COUNT && (strlen(flags[f].flag) != len ||
                            memcmp(flags[f].flag, word, len) != 0))
    f++;
  if (f == FLAG_COUNT) return complain("option", word, "not known; see --help");
  const char *value = word[len] == '=' ? word + len + 1 : argv[++*i];
  if (!value) return complain("option", word, "expected a value behind it");
  return flags[f].read(options, value);
}

enum demo_reading demo_options_read(struct demo_options *options, char **argv) {
  enum demo_reading reading = DEMO_RUN;
  *options = (struct demo_options){
      .rate = 20, .duration_us = 10 * 1000 * 1000, .seed = 1};
  for (int i = 1; argv[i] && reading == DEMO_RUN; i++) {
    if (strcmp(argv[i], "--help") == 0) return DEMO_HELP;
    if (strcmp(argv[i], "--stay") == 0) options->stay = true;
    else reading = read_valued(options, argv, &i);
  }
  return reading;
}
