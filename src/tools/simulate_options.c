/* simulate_options: the command line of `hedgerow simulate`.
 *
 * The flags of the policy are named as the proxy's, and have its defaults. They
 * are read by hand, as those of `hedgerow demo`. */
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

static bool complain(const char *flag, const char *value,
                     const char *expected) {
  log_notice("simulate: %s '%s': %s", flag, value, expected);
  return false;
}

/* ---- the workload ---- */

/* So that each text begins a line, and none is empty that was not. */
static bool append(struct simulate_options *options, const char *text) {
  size_t len = strlen(options->text), text_len = strlen(text);
  size_t room = sizeof options->text - len;
  const char *end = text_len > 0 && text[text_len - 1] == '\n' ? "" : "\n";
  return (size_t)snprintf(options->text + len, room, "%s%s", text, end) < room;
}

static bool unreadable(const char *path) {
  if (errno == ENOENT)
    return complain("--workload", path, "no such file, nor built in (--list)");
  log_notice("simulate: --workload '%s': cannot be read: %s", path,
             strerror(errno));
  return false;
}

static bool read_file(struct simulate_options *options, const char *path) {
  char bytes[SIMULATE_TEXT_MAX];
  FILE *file = fopen(path, "r");
  if (!file) return unreadable(path);
  size_t len = fread(bytes, 1, sizeof bytes - 1, file);
  /* fread leaves errno as read(2) set it: a directory opens, and fails here. */
  bool failed = ferror(file) && !unreadable(path);
  fclose(file);
  if (failed) return false;
  bytes[len] = '\0';
  return append(options, bytes) ||
         complain("--workload", path, "expected less than 8 KiB of text");
}

static bool read_workload(struct simulate_options *options, const char *value) {
  const char *text = workload_built_in(value);
  return text ? append(options, text) : read_file(options, value);
}

static bool read_set(struct simulate_options *options, const char *value) {
  return append(options, value) || complain("--set", value, "too much text");
}

/* ---- numbers ---- */

static bool read_count(const char *flag, const char *value, int64_t least,
                       int64_t most, int64_t *count) {
  if (config_parse_count(slice_of(value), count) && *count >= least &&
      *count <= most)
    return true;
  log_notice("simulate: %s '%s': expected a whole number, %lld to %lld", flag,
             value, (long long)least, (long long)most);
  return false;
}

static bool read_seed(struct simulate_options *options, const char *value) {
  return read_count("--seed", value, 0, INT32_MAX, (int64_t *)&options->seed);
}

static bool read_seeds(struct simulate_options *options, const char *value) {
  return read_count("--seeds", value, 1, 1000, (int64_t *)&options->seeds);
}

static bool read_second(const char *flag, const char *value, double *second) {
  char *end;
  *second = strtod(value, &end);
  return (end > value && !*end && *second >= 0) ||
         complain(flag, value, "expected seconds, without a unit");
}

static bool read_from(struct simulate_options *options, const char *value) {
  return read_second("--from", value, &options->from_s);
}

static bool read_to(struct simulate_options *options, const char *value) {
  return read_second("--to", value, &options->to_s);
}

/* ---- the policy ---- */

/* Here a part of a millisecond may be asked for, so "7.5ms" is a time too. */
static bool duration(const char *flag, const char *value, int64_t *us) {
  char *end;
  double ms = strtod(value, &end);
  if (end > value && strcmp(end, "ms") == 0 && ms >= 0 && ms < 1e9) {
    *us = (int64_t)(ms * 1000);
    return true;
  }
  return config_parse_duration(slice_of(value), us) ||
         complain(flag, value, "expected a time with its unit, as 300ms");
}

/* What is wrong with it, if anything, stands behind the value. */
static bool understood(const char *flag, const char *value, const char *why) {
  if (why) log_notice("simulate: %s '%s'%s", flag, value, why);
  return !why;
}

static bool read_hedge_after(struct simulate_options *options,
                             const char *value) {
  struct race_policy *race = &options->policy.race;
  if (value[0] != 'p')
    return duration("--hedge-after", value, &race->hedge_after_us);
  return understood(
      "--hedge-after", value,
      config_parse_delay(slice_of(value), &race->hedge_after_us, &race->learn));
}

static bool read_hedges(struct simulate_options *options, const char *value) {
  int64_t hedges;
  if (!read_count("--hedges", value, 0, RACE_MAX_HEDGES, &hedges)) return false;
  options->policy.race.hedges = (unsigned)hedges;
  return true;
}

static bool read_stagger(struct simulate_options *options, const char *value) {
  options->policy.race.stagger_us = RACE_STAGGER_AUTO;
  return strcmp(value, "auto") == 0 ||
         duration("--stagger", value, &options->policy.race.stagger_us);
}

static bool read_on_failure(struct simulate_options *options,
                            const char *value) {
  static const char *const words[] = {"next", "all", "wait"};
  for (unsigned i = 0; i < 3; i++) {
    if (strcmp(value, words[i]) != 0) continue;
    options->policy.race.on_failure = (enum race_on_failure)i;
    return true;
  }
  return complain("--on-failure", value, "expected next, all or wait");
}

static bool read_retries(struct simulate_options *options, const char *value) {
  int64_t retries;
  if (!read_count("--retries", value, 0, RACE_MAX_HEDGES, &retries))
    return false;
  options->policy.race.retries = (unsigned)retries;
  return true;
}

static bool read_backoff(struct simulate_options *options, const char *value) {
  int64_t us[2];
  struct race_backoff *backoff = &options->policy.race.backoff;
  if (!understood("--backoff", value,
                  config_parse_durations(slice_of(value), us)))
    return false;
  *backoff = (struct race_backoff){us[0], us[1]};
  return true;
}

static bool read_budget(struct simulate_options *options, const char *value) {
  return understood(
      "--budget", value,
      config_parse_budget(slice_of(value), &options->policy.budget));
}

static bool read_gate(struct simulate_options *options, const char *value) {
  options->policy.gate = strcmp(value, "on") == 0;
  return options->policy.gate || strcmp(value, "off") == 0 ||
         complain("--gate", value, "expected on or off");
}

static bool read_attempt_timeout(struct simulate_options *options,
                                 const char *value) {
  return duration("--attempt-timeout", value,
                  &options->policy.race.attempt_timeout_us);
}

static bool read_max_attempts(struct simulate_options *options,
                              const char *value) {
  return read_count("--max-attempts", value, 1, 1000000,
                    &options->policy.max_attempts);
}

static bool read_rate(struct simulate_options *options, const char *value) {
  return understood("--rate", value,
                    config_parse_rate(slice_of(value), &options->policy.rate));
}

static bool read_queue(struct simulate_options *options, const char *value) {
  return understood(
      "--queue", value,
      config_parse_queue(slice_of(value), &options->policy.queue));
}

/* ---- all of them ---- */

static const struct {
  const char *flag;
  bool (*read)(struct simulate_options *options, const char *value);
} valued[] = {
    {"--workload", read_workload},
    {"--set", read_set},
    {"--seed", read_seed},
    {"--seeds", read_seeds},
    {"--from", read_from},
    {"--to", read_to},
    {"--hedge-after", read_hedge_after},
    {"--hedges", read_hedges},
    {"--stagger", read_stagger},
    {"--on-failure", read_on_failure},
    {"--retries", read_retries},
    {"--backoff", read_backoff},
    {"--budget", read_budget},
    {"--gate", read_gate},
    {"--attempt-timeout", read_attempt_timeout},
    {"--max-attempts", read_max_attempts},
    {"--rate", read_rate},
    {"--queue", read_queue},
};

enum { VALUED = sizeof valued / sizeof *valued };

/* One option that takes a value, "--flag value" or "--flag=value". */
static bool read_valued(struct simulate_options *options, char **argv, int *i) {
  const char *word = argv[*i];
  size_t len = strcspn(word, "=");
  unsigned f = 0;
  while (f < VALUED && (strlen(valued[f].flag) != len ||
                        memcmp(valued[f].flag, word, len) != 0))
    f++;
  if (f == VALUED) return complain("option", word, "not known; see --help");
  const char *value = word[len] == '=' ? word + len + 1 : argv[++*i];
  if (!value) {
    --*i;
    return complain("option", word, "expected a value behind it");
  }
  return valued[f].read(options, value);
}

static bool read_switch(struct simulate_options *options, const char *word) {
  if (strcmp(word, "--rivals") == 0) options->rivals = true;
  else if (strcmp(word, "--tabs") == 0) options->tabs = true;
  else return false;
  return true;
}

static bool answer_question(const char *word) {
  if (strcmp(word, "--help") == 0) printf("%s", help);
  else if (strcmp(word, "--help-workload") == 0) printf("%s", workload_help);
  else if (strcmp(word, "--list") == 0) workload_list();
  else return false;
  return true;
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

static enum simulate_reading finish(struct simulate_options *options) {
  char error[512];
  struct race_policy *race = &options->policy.race;
  if (race->hedges + race->retries > RACE_MAX_HEDGES) {
    log_notice(
        "simulate: --hedges and --retries: expected 15 together at most");
    return SIMULATE_ERROR;
  }
  if (options->text[0] == '\0') {
    complain("--workload", "", "expected a name or a file; see --list");
    return SIMULATE_ERROR;
  }
  if (!workload_parse(&options->workload, options->text, error, sizeof error)) {
    log_notice("simulate: the workload: %s", error);
    return SIMULATE_ERROR;
  }
  if (options->from_s < 0) options->from_s = options->workload.settle_s;
  if (options->to_s < 0) options->to_s = options->workload.seconds;
  return seconds_are_there(options) ? SIMULATE_RUN : SIMULATE_ERROR;
}

enum simulate_reading simulate_options_read(struct simulate_options *options,
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
  for (int i = 1; argv[i]; i++) {
    if (answer_question(argv[i])) return SIMULATE_DONE;
    if (read_switch(options, argv[i])) continue;
    if (!read_valued(options, argv, &i)) return SIMULATE_ERROR;
  }
  return finish(options);
}
