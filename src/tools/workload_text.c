/* workload_text: workloads as text, and those that are built in.
 *
 * One line says one thing, a key and its words. Words are read by hand, since
 * there are few and each has one place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/workload.h"

enum { WORDS_MAX = 8, LINE_MAX_BYTES = 256 };

const char workload_help[] =
    "A workload is a text of lines, each a key and its words; # begins a\n"
    "comment. Times have a unit: us, ms or s.\n"
    "\n"
    "  rate 200             requests a second, at random instants; or\n"
    "  load 80%             what the servers can bear, so much of it; of the\n"
    "                       two the last counts\n"
    "  burst 3x 1s 10s      three times as many for 1 s in each 10 s\n"
    "  seconds 300          how long it lasts\n"
    "  settle 20            so many seconds at first are not counted\n"
    "  timeout 1s           a client's patience\n"
    "  targets 2            primaries take turns (1)\n"
    "  servers 16           of each target; a request waits in line for one.\n"
    "                       0: as many as are needed (0)\n"
    "  limit 240            more requests a second get a 429 (0: no limit)\n"
    "  cancel frees         where the asker leaves: frees its server and its\n"
    "                       place in line, line: only its place, blind: "
    "neither\n"
    "  answer 95 5ms..9ms   95 parts of the answers take 5 to 9 ms; also\n"
    "                       `5ms`, and `median 10ms sigma 0.5` (lognormal);\n"
    "                       with `fails`, `sheds` (429) or `hangs` behind it\n"
    "                       they do that\n"
    "  change 100s..130s 5x all takes five times as long; also `fails 50%`,\n"
    "                       `hangs 50%`; with `target 1` in front, at that "
    "one\n"
    "                       (0 is the first)\n";

static const struct {
  const char *name, *long_name, *text;
} built_in[] = {
    {"W1", "lognormal",
     "rate 200\nseconds 320\ntimeout 3s\n"
     "answer 95 median 4.642ms sigma 0.3853\n"
     "answer 5 median 46.42ms sigma 0.3853\n"},
    {"W2", "gap",
     "rate 200\nseconds 320\ntimeout 3s\n"
     "answer 93 5ms\nanswer 4 50ms..150ms\nanswer 1 1s..2s\n"
     "answer 1.5 1ms fails\nanswer 0.5 1ms hangs\n"},
    {"W3", "assignment",
     "rate 100\nseconds 320\ntimeout 1s\n"
     "answer 8 100ms..600ms\nanswer 2 100ms..600ms fails\n"
     "answer 1 1ms hangs\n"},
    {"W4", "queue",
     "load 80%\nseconds 320\ntimeout 1s\nservers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"},
    {"W5", "brown-out",
     "load 60%\nseconds 300\ntimeout 1s\nservers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..130s 5x\n"},
    {"W6", "outage",
     "load 60%\nseconds 300\ntimeout 1s\nservers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..130s fails 100%\n"},
    {"W7", "slower",
     "rate 200\nseconds 320\ntimeout 3s\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..200s 3x\n"},
    {"W8", "one-slow",
     "rate 200\nseconds 300\ntimeout 3s\ntargets 2\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..200s target 1 20x\n"},
    {"W9", "bursts",
     "load 35%\nburst 3x 1s 10s\nseconds 320\ntimeout 1s\n"
     "servers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"},
    {"W10", "quiet",
     "rate 2\nseconds 3000\ntimeout 3s\nanswer 1 median 100ms sigma 0.5\n"},
};

enum { BUILT_IN = sizeof built_in / sizeof *built_in };

const char *workload_built_in(const char *name) {
  for (unsigned i = 0; i < BUILT_IN; i++)
    if (strcasecmp(name, built_in[i].name) == 0 ||
        strcasecmp(name, built_in[i].long_name) == 0)
      return built_in[i].text;
  return NULL;
}

void workload_list(void) {
  for (unsigned i = 0; i < BUILT_IN; i++)
    printf("# %s, or %s\n%s\n", built_in[i].name, built_in[i].long_name,
           built_in[i].text);
}

/* ---- words ---- */

struct words {
  char *at[WORDS_MAX + 1]; /* NULL behind the last */
  unsigned count;
};

/* A number with that unit behind it, and the rest of the word. */
static bool number(const char *word, const char *unit, double *value,
                   const char **rest) {
  char *end;
  if (!word) return false;
  *value = strtod(word, &end);
  if (end == word || !isfinite(*value) || *value < 0) return false;
  if (strncmp(end, unit, strlen(unit)) != 0) return false;
  *rest = end + strlen(unit);
  return true;
}

static bool whole_number(const char *word, const char *unit, double *value) {
  const char *rest;
  return number(word, unit, value, &rest) && *rest == '\0';
}

/* A time in microseconds, and the rest of the word. */
static bool time_us(const char *word, double *us, const char **rest) {
  if (number(word, "us", us, rest)) return true;
  if (number(word, "ms", us, rest)) *us *= 1e3;
  else if (number(word, "s", us, rest)) *us *= 1e6;
  else return false;
  return true;
}

static bool whole_time(const char *word, double *us) {
  const char *rest;
  return time_us(word, us, &rest) && *rest == '\0';
}

/* "5ms..9ms", or "5ms" for both. */
static bool span_us(const char *word, double *from_us, double *to_us) {
  const char *rest;
  if (!time_us(word, from_us, &rest)) return false;
  *to_us = *from_us;
  if (*rest == '\0') return true;
  if (strncmp(rest, "..", 2) != 0) return false;
  return whole_time(rest + 2, to_us) && *to_us >= *from_us;
}

static bool share(const char *word, double *value) {
  if (!word) *value = 1;
  else if (whole_number(word, "%", value)) *value /= 100;
  else return false;
  return *value <= 1;
}

static bool count(const char *word, unsigned most, unsigned *value) {
  double read;
  if (!whole_number(word, "", &read) || read > most) return false;
  *value = (unsigned)read;
  return true;
}

/* ---- keys ---- */

static bool read_cancel(struct workload *w, char **word) {
  static const char *const names[] = {"frees", "line", "blind"};
  for (unsigned i = 0; word[0] && i < 3; i++)
    if (strcmp(word[0], names[i]) == 0) {
      w->cancel = (enum workload_cancel)i;
      return true;
    }
  return false;
}

static bool read_answer(struct workload *w, char **word) {
  if (w->answer_count == WORKLOAD_PARTS_MAX) return false;
  struct workload_answer *answer = &w->answers[w->answer_count++];
  *answer = (struct workload_answer){0};
  if (!whole_number(*word++, "", &answer->weight)) return false;
  if (*word && strcmp(*word, "median") == 0) {
    if (!whole_time(word[1], &answer->median_us) || !word[2] ||
        strcmp(word[2], "sigma") != 0 ||
        !whole_number(word[3], "", &answer->sigma))
      return false;
    word += 4;
  } else if (!span_us(*word++, &answer->from_us, &answer->to_us)) {
    return false;
  }
  if (!*word) return true;
  if (strcmp(*word, "fails") == 0) answer->end = WORKLOAD_FAILS;
  else if (strcmp(*word, "sheds") == 0) answer->end = WORKLOAD_SHEDS;
  else if (strcmp(*word, "hangs") == 0) answer->end = WORKLOAD_HANGS;
  else return false;
  return true;
}

static bool read_change(struct workload *w, char **word) {
  if (w->change_count == WORKLOAD_PARTS_MAX) return false;
  struct workload_change *change = &w->changes[w->change_count++];
  *change = (struct workload_change){.target = -1, .times = 1};
  if (!span_us(*word++, &change->from_s, &change->to_s)) return false;
  change->from_s /= 1e6;
  change->to_s /= 1e6;
  if (*word && strcmp(*word, "target") == 0) {
    unsigned target;
    if (!count(word[1], WORKLOAD_TARGETS_MAX - 1, &target)) return false;
    change->target = (int)target;
    word += 2;
  }
  if (!*word) return false;
  if (strcmp(*word, "fails") == 0) return share(word[1], &change->fails);
  if (strcmp(*word, "hangs") == 0) return share(word[1], &change->hangs);
  return whole_number(*word, "x", &change->times);
}

static bool read_burst(struct workload *w, char **word) {
  if (!word[0] || !whole_number(word[0], "x", &w->burst) ||
      !whole_time(word[1], &w->burst_s) ||
      !whole_time(word[2], &w->burst_every_s))
    return false;
  w->burst_s /= 1e6;
  w->burst_every_s /= 1e6;
  return true;
}

static bool read_timeout(struct workload *w, char **word) {
  double us;
  if (!whole_time(word[0], &us) || us < 1 || us > 600e6) return false;
  w->timeout_us = (int64_t)us;
  return true;
}

/* Of a rate and a load the last line counts, so each ends the other. */
static bool read_rate(struct workload *w, char **word) {
  w->load = 0;
  return whole_number(*word, "", &w->rate);
}

static bool read_load(struct workload *w, char **word) {
  w->rate = 0;
  return whole_number(*word, "%", &w->load) && (w->load /= 100) > 0;
}

static bool read_line(struct workload *w, struct words *words) {
  const char *key = words->at[0];
  char **word = words->at + 1;
  if (strcmp(key, "rate") == 0) return read_rate(w, word);
  if (strcmp(key, "load") == 0) return read_load(w, word);
  if (strcmp(key, "burst") == 0) return read_burst(w, word);
  if (strcmp(key, "seconds") == 0) return whole_number(*word, "", &w->seconds);
  if (strcmp(key, "settle") == 0) return whole_number(*word, "", &w->settle_s);
  if (strcmp(key, "timeout") == 0) return read_timeout(w, word);
  if (strcmp(key, "targets") == 0)
    return count(*word, WORKLOAD_TARGETS_MAX, &w->targets) && w->targets > 0;
  if (strcmp(key, "limit") == 0) return whole_number(*word, "", &w->limit);
  if (strcmp(key, "servers") == 0) return count(*word, 100000, &w->servers);
  if (strcmp(key, "cancel") == 0) return read_cancel(w, word);
  if (strcmp(key, "answer") == 0) return read_answer(w, word);
  if (strcmp(key, "change") == 0) return read_change(w, word);
  return false;
}

/* ---- the text ---- */

static void split(struct words *words, char *line) {
  char *left;
  line[strcspn(line, "#")] = '\0';
  memset(words, 0, sizeof *words);
  for (char *word = strtok_r(line, " \t\r", &left);
       word && words->count < WORDS_MAX; word = strtok_r(NULL, " \t\r", &left))
    words->at[words->count++] = word;
}

static double mean_us(const struct workload *w) {
  double sum = 0, weights = 0;
  for (unsigned i = 0; i < w->answer_count; i++) {
    const struct workload_answer *a = &w->answers[i];
    double mean = a->sigma > 0 ? a->median_us * exp(a->sigma * a->sigma / 2)
                               : (a->from_us + a->to_us) / 2;
    sum += a->weight * mean;
    weights += a->weight;
  }
  return weights > 0 ? sum / weights : 0;
}

static bool targets_are_there(const struct workload *w, char *error,
                              size_t error_cap) {
  for (unsigned i = 0; i < w->change_count; i++) {
    if (w->changes[i].target < (int)w->targets) continue;
    snprintf(error, error_cap,
             "a `change` names target %d; `targets` is %u, so that the last "
             "is %u",
             w->changes[i].target, w->targets, w->targets - 1);
    return false;
  }
  return true;
}

static const char *finish(struct workload *w) {
  double mean = mean_us(w);
  if (w->answer_count == 0 || mean <= 0) return "there is no `answer` line";
  if (w->load > 0 && w->servers == 0) return "`load` wants `servers`";
  if (w->load > 0) w->rate = w->load * w->servers * w->targets / mean * 1e6;
  if (w->rate <= 0) return "there is no `rate` and no `load`";
  if (w->rate * w->seconds > 5e7) return "more than 50 million requests";
  if (w->settle_s >= w->seconds) return "nothing is left behind `settle`";
  return NULL;
}

bool workload_parse(struct workload *workload, const char *text, char *error,
                    size_t error_cap) {
  *workload = (struct workload){
      .seconds = 120, .settle_s = 20, .timeout_us = 3000000, .targets = 1};
  for (unsigned number = 1; *text; number++) {
    char line[LINE_MAX_BYTES], copy[LINE_MAX_BYTES];
    struct words words;
    size_t len = strcspn(text, "\n");
    snprintf(line, sizeof line, "%.*s", (int)len, text);
    memcpy(copy, line, sizeof copy);
    text += len + (text[len] == '\n');
    split(&words, line);
    if (words.count == 0 || read_line(workload, &words)) continue;
    snprintf(error, error_cap,
             "line %u, '%s': not understood; see --help-workload", number,
             copy);
    return false;
  }
  const char *why = finish(workload);
  if (why) snprintf(error, error_cap, "%s", why);
  return !why && targets_are_there(workload, error, error_cap);
}
