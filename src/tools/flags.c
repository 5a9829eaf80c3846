/* flags: the command line of a tool.
 *
 * What a flag does is a value: a text to show, a switch to turn, or a place and
 * how to read what goes there. So a tool's options are a table, and a word that
 * is unknown, has no value or has one too many is told the same way by all. */
#include "tools/flags.h"

#include <stdio.h>
#include <string.h>

#include "config/config_refuse.h"
#include "config/config_values.h"
#include "core/text.h"
#include "io/log.h"

enum { SHOWN_BYTES = 512 };

/* name: that of a flag, or NULL. */
static enum flags_reading complain_of(const char *tool, const char *name,
                                      struct slice value, const char *why) {
  char storage[SHOWN_BYTES];
  struct text shown;
  text_init(&shown, storage, sizeof storage);
  config_show(&shown, value);
  log_notice("%s: %s%s%s%s%s", tool, name ? name : "", name ? ": " : "",
             text_end(&shown), *why == ' ' ? "" : ": ", why);
  return FLAGS_ERROR;
}

enum flags_reading flags_complain(const char *tool, const char *name,
                                  const char *value, const char *why) {
  return complain_of(tool, name, slice_of(value), why);
}

/* Its value is missing, or is one too many. */
static enum flags_reading complain_of_flag(const char *tool,
                                           const struct flag *flag,
                                           const char *why) {
  log_notice("%s: %s: %s", tool, flag->name, why);
  return FLAGS_ERROR;
}

static const struct flag *find(const struct flag *flags, size_t count,
                               struct slice name) {
  for (size_t i = 0; i < count; i++)
    if (slice_equal(slice_of(flags[i].name), name)) return &flags[i];
  return NULL;
}

/* What nobody can read any more has not been told. */
static enum flags_reading show(const char *text) {
  return fputs(text, stdout) == EOF || fflush(stdout) == EOF ? FLAGS_ERROR
                                                             : FLAGS_DONE;
}

/* *i is left on the last word of it. */
static enum flags_reading read_value(const char *tool, const struct flag *flag,
                                     char **argv, int *i) {
  const char *word = argv[*i], *equals = strchr(word, '=');
  const char *value = equals ? equals + 1 : argv[*i + 1];
  if (!value) return complain_of_flag(tool, flag, "its value is missing");
  if (!equals) ++*i;
  const char *why = flag->read(flag, value);
  return why ? flags_complain(tool, flag->name, value, why) : FLAGS_RUN;
}

static enum flags_reading read_flag(const char *tool, const struct flag *flag,
                                    char **argv, int *i) {
  if (flag->read) return read_value(tool, flag, argv, i);
  if (strchr(argv[*i], '='))
    return complain_of_flag(tool, flag, "it takes no value");
  if (flag->shown) return show(flag->shown);
  *flag->on = true;
  return FLAGS_RUN;
}

enum flags_reading flags_read(const char *tool, char **argv,
                              const struct flag *flags, size_t count) {
  enum flags_reading reading = FLAGS_RUN;
  for (int i = 1; argv[i] && reading == FLAGS_RUN; i++) {
    const struct slice name = {argv[i], strcspn(argv[i], "=")};
    const struct flag *flag = find(flags, count, name);
    reading = flag
                  ? read_flag(tool, flag, argv, &i)
                  : complain_of(tool, NULL, name, "unknown option; see --help");
  }
  return reading;
}

/* ---- reads ---- */

const char *flags_words(const struct flag *flag, const char *value) {
  const char **into = flag->into;
  *into = value;
  return NULL;
}

static const char *within(const struct flag *flag, bool is_one, int64_t value) {
  if (!is_one || value < flag->least || value > flag->most)
    return flag->expected;
  *(int64_t *)flag->into = value;
  return NULL;
}

const char *flags_count(const struct flag *flag, const char *value) {
  int64_t count;
  const bool is_one = config_parse_count(slice_of(value), &count);
  return within(flag, is_one, is_one ? count : 0);
}

const char *flags_time(const struct flag *flag, const char *value) {
  int64_t us;
  const bool is_one = config_parse_duration(slice_of(value), &us);
  return within(flag, is_one, is_one ? us : 0);
}
