/* simulate_options: the command line of `hedgerow simulate`.
 *
 * The flags of the policy are named as the proxy's, and have its defaults. */
#include "tools/simulate_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_values.h"
#include "io/log.h"

static const char help[] =
    "usage: hedgerow simulate --workload NAME [options]\n"
    "\n"
    "Plays a workload in virtual time with a policy, beside the same without\n"
    "hedging, and prints what both would do.\n"
    "\n"
    "  --workload NAME     a file, or one that is built in (--list)\n"
    "  --set LINE          one more line of the workload, as 'load 90%'\n"
    "  --seed N            the luck of the first run (1)\n"
    "  --seeds N           how many runs, each with a seed of its own (1)\n"
    "  --from S --to S     count only what begins within these seconds\n"
    "  --rivals            also what the rules of other hedgers would do\n"
    "  --tabs              only the policy's own row, for programs\n"
    "  --list              the workloads that are built in, as text\n"
    "  --help-workload     the format of a workload\n"
    "  --help              this text\n"
    "\n"
    "The policy, as the proxy's flags:\n"
    "  --hedge-after TIME  or pN, or pN:MIN..MAX (300ms)\n"
    "  --hedges N          0 to 15 (2)\n"
    "  --stagger TIME      or auto: none, with pN as long again (auto)\n"
    "  --on-failure WORD   next, all or wait (next)\n"
    "  --retries N         0 to 15, with the hedges 15 at most (0)\n"
    "  --backoff TIME..TIME  (25ms..250ms)\n"
    "  --budget N%[:CAP]   (200%:400)\n"
    "  --gate WORD         on or off (on)\n"
    "  --rate N/s[:BURST]  of each target, as 250/s:20 (off)\n"
    "  --queue N:TIME      primaries that find no room, as 100:50ms (off)\n"
    "  --attempt-timeout TIME, --max-attempts N\n";

/* ---- the workload ---- */

/* So that each text begins a line, and none is empty that was not. */
static bool append(struct simulate_options *options, const char *text) {
  size_t len = strlen(options->text), text_len = strlen(text);
  size_t room = sizeof options->text - len;
  const char *end = text_len > 0 && text[text_len - 1] == '\n' ? "" : "\n";
  return (size_t)snprintf(options->text + len, room, "%s%s", text, end) < room;
}

static const char *unreadable(void) {
  static char why[128];
  if (errno == ENOENT) return "no such file, nor built in (--list)";
  snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
  return why;
}

static const char *read_file(struct simulate_options *options,
                             const char *path) {
  char bytes[SIMULATE_TEXT_MAX];
  FILE *file = fopen(path, "r");
  if (!file) return unreadable();
  size_t len = fread(bytes, 1, sizeof bytes - 1, file);
  /* fread leaves errno as read(2) set it: a directory opens, and fails here. */
  const char *why = ferror(file) ? unreadable() : NULL;
  fclose(file);
  bytes[len] = '\0';
  if (why || append(options, bytes)) return why;
  return "expected less than 8 KiB of text";
}

static const char *read_workload(const struct flag *flag, const char *value) {
  const char *text = workload_built_in(value);
  if (!text) return read_file(flag->into, value);
  return append(flag->into, text) ? NULL : "too much text";
}

static const char *read_set(const struct flag *flag, const char *value) {
  return append(flag->into, value) ? NULL : "too much text";
}

static const char *read_second(const struct flag *flag, const char *value) {
  double *second = flag->into;
  char *end;
  *second = strtod(value, &end);
  return end > value && !*end && *second >= 0
             ? NULL
             : "expected seconds, without a unit";
}

/* ---- the policy ---- */

/* Here a part of a millisecond may be asked for, so "7.5ms" is a time too. */
static const char *read_time(const struct flag *flag, const char *value) {
  int64_t *us = flag->into;
  char *end;
  double ms = strtod(value, &end);
  if (end > value && strcmp(end, "ms") == 0 && ms >= 0 && ms < 1e9) {
    *us = (int64_t)(ms * 1000);
    return NULL;
  }
  return config_parse_duration(slice_of(value), us)
             ? NULL
             : "expected a time with its unit, as 300ms";
}

static const char *read_hedge_after(const struct flag *flag,
                                    const char *value) {
  struct race_policy *race = flag->into;
  const struct flag fixed = {.into = &race->hedge_after_us};
  if (value[0] != 'p') return read_time(&fixed, value);
  return config_parse_delay(slice_of(value), &race->hedge_after_us,
                            &race->learn);
}

static const char *read_stagger(const struct flag *flag, const char *value) {
  *(int64_t *)flag->into = RACE_STAGGER_AUTO;
  return strcmp(value, "auto") == 0 ? NULL : read_time(flag, value);
}

static const char *read_on_failure(const struct flag *flag, const char *value) {
  static const char *const words[] = {"next", "all", "wait"};
  for (unsigned i = 0; i < 3; i++) {
    if (strcmp(value, words[i]) != 0) continue;
    *(enum race_on_failure *)flag->into = (enum race_on_failure)i;
    return NULL;
  }
  return "expected next, all or wait";
}

static const char *read_backoff(const struct flag *flag, const char *value) {
  int64_t us[2];
  struct race_backoff *backoff = flag->into;
  const char *why = config_parse_durations(slice_of(value), us);
  if (!why) *backoff = (struct race_backoff){us[0], us[1]};
  return why;
}

static const char *read_budget(const struct flag *flag, const char *value) {
  return config_parse_budget(slice_of(value), flag->into);
}

static const char *read_gate(const struct flag *flag, const char *value) {
  bool *gate = flag->into;
  *gate = strcmp(value, "on") == 0;
  return *gate || strcmp(value, "off") == 0 ? NULL : "expected on or off";
}

static const char *read_rate(const struct flag *flag, const char *value) {
  return config_parse_rate(slice_of(value), flag->into);
}

static const char *read_queue(const struct flag *flag, const char *value) {
  return config_parse_queue(slice_of(value), flag->into);
}

/* ---- all of them ---- */

_Static_assert(RACE_MAX_HEDGES == 15, "help and errors say so");

#define COUNT(from, to)                                                        \
  .read = flags_count, .least = from, .most = to,                              \
  .expected = "expected a whole number, " #from " to " #to

static enum flags_reading read_all(struct simulate_options *options,
                                   char **argv) {
  struct simulated_policy *policy = &options->policy;
  struct race_policy *race = &policy->race;
  int64_t hedges = race->hedges, retries = race->retries;
  const struct flag flags[] = {
      {"--help", .shown = help},
      {"--help-workload", .shown = workload_help},
      {"--list", .on = &options->list},
      {"--rivals", .on = &options->rivals},
      {"--tabs", .on = &options->tabs},
      {"--workload", .read = read_workload, .into = options},
      {"--set", .read = read_set, .into = options},
      {"--seed", COUNT(0, 2147483647), .into = &options->seed},
      {"--seeds", COUNT(1, 1000), .into = &options->seeds},
      {"--from", .read = read_second, .into = &options->from_s},
      {"--to", .read = read_second, .into = &options->to_s},
      {"--hedge-after", .read = read_hedge_after, .into = race},
      {"--hedges", COUNT(0, 15), .into = &hedges},
      {"--stagger", .read = read_stagger, .into = &race->stagger_us},
      {"--on-failure", .read = read_on_failure, .into = &race->on_failure},
      {"--retries", COUNT(0, 15), .into = &retries},
      {"--backoff", .read = read_backoff, .into = &race->backoff},
      {"--budget", .read = read_budget, .into = &policy->budget},
      {"--gate", .read = read_gate, .into = &policy->gate},
      {"--attempt-timeout", .read = read_time,
       .into = &race->attempt_timeout_us},
      {"--max-attempts", COUNT(1, 1000000), .into = &policy->max_attempts},
      {"--rate", .read = read_rate, .into = &policy->rate},
      {"--queue", .read = read_queue, .into = &policy->queue},
  };
  enum flags_reading reading =
      flags_read("simulate", argv, flags, sizeof flags / sizeof *flags);
  race->hedges = (unsigned)hedges;
  race->retries = (unsigned)retries;
  return reading;
}

/* Not so with a NaN, either. */
static bool seconds_are_there(const struct simulate_options *options) {
  double end_s = options->workload.seconds;
  if (options->from_s < options->to_s && options->to_s <= end_s) return true;
  log_notice(
      "simulate: --from %g --to %g: expected --from below --to, and --to at "
      "most %g, the workload's end",
      options->from_s, options->to_s, end_s);
  return false;
}

static enum flags_reading finish(struct simulate_options *options) {
  char error[512];
  struct race_policy *race = &options->policy.race;
  if (race->hedges + race->retries > RACE_MAX_HEDGES) {
    log_notice(
        "simulate: --hedges and --retries: expected 15 together at most");
    return FLAGS_ERROR;
  }
  if (options->text[0] == '\0') {
    return flags_complain("simulate", "--workload", "",
                          "expected a name or a file; see --list");
  }
  if (!workload_parse(&options->workload, options->text, error, sizeof error)) {
    log_notice("simulate: the workload: %s", error);
    return FLAGS_ERROR;
  }
  if (options->from_s < 0) options->from_s = options->workload.settle_s;
  if (options->to_s < 0) options->to_s = options->workload.seconds;
  return seconds_are_there(options) ? FLAGS_RUN : FLAGS_ERROR;
}

enum flags_reading simulate_options_read(struct simulate_options *options,
                                         char **argv) {
  *options = (struct simulate_options){
      .policy = {.name = "policy",
                 .race = {.hedges = 2,
                          .hedge_after_us = 300000,
                          .stagger_us = RACE_STAGGER_AUTO,
                          .backoff = {25000, 250000}},
                 .budget = {2000, 400},
                 .gate = true,
                 .max_attempts = 4000},
      .seed = 1,
      .seeds = 1,
      .from_s = -1,
      .to_s = -1};
  enum flags_reading reading = read_all(options, argv);
  if (reading == FLAGS_RUN && options->list) {
    workload_list();
    reading = FLAGS_DONE;
  }
  return reading == FLAGS_RUN ? finish(options) : reading;
}
