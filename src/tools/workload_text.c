/* workload_text: workloads as text.
 *
 * One line says one thing, a key and its words. Words are read by hand, since
 * there are few and each has one place: a reader takes them one after the
 * other, and what nobody has taken is too many. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_refuse.h"
#include "core/text.h"
#include "tools/workload.h"

enum { WORDS_MAX = 8, LINE_MAX_BYTES = 256 };

/* ---- words ---- */

struct words {
  char *at[WORDS_MAX];
  unsigned count, taken; /* those below are understood, but for the last of
                          * them where a reader says false */
  bool missing;          /* one was wanted behind the last */
  const char *why;       /* that one is wrong; NULL: it is not understood */
};

/* NULL: there is none. */
static const char *peek(const struct words *words) {
  return words->taken < words->count ? words->at[words->taken] : NULL;
}

static const char *take(struct words *words) {
  const char *word = peek(words);
  if (word) words->taken++;
  else words->missing = true;
  return word;
}

static bool take_if(struct words *words, const char *want) {
  const char *word = peek(words);
  if (!word || strcmp(word, want) != 0) return false;
  words->taken++;
  return true;
}

/* The last that was taken is understood, and wrong. */
static bool wrong(struct words *words, const char *why) {
  words->why = why;
  return false;
}

/* A number with that unit behind it, and the rest of the word. */
static bool number(const char *word, const char *unit, double *value,
                   const char **rest) {
  char *end;
  if (!word) return false;
  *value = strtod(word, &end);
  if (end == word || !(*value >= 0 && *value <= 1e9)) return false;
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

/* Behind a word; without one it is the whole. */
static bool take_share(struct words *words, double *value) {
  *value = 1;
  if (!peek(words)) return true;
  if (!whole_number(take(words), "%", value)) return false;
  *value /= 100;
  return *value <= 1 || wrong(words, "a share is 100% at most");
}

static bool count(const char *word, unsigned most, unsigned *value) {
  double read;
  if (!whole_number(word, "", &read) || read > most || read != floor(read))
    return false;
  *value = (unsigned)read;
  return true;
}

/* ---- keys ---- */

static bool read_cancel(struct workload *w, struct words *words) {
  static const char *const names[] = {"frees", "line", "blind"};
  for (unsigned i = 0; i < 3; i++)
    if (take_if(words, names[i])) {
      w->cancel = (enum workload_cancel)i;
      return true;
    }
  (void)take(words);
  return false;
}

static bool read_lognormal(struct workload_answer *answer,
                           struct words *words) {
  const char *sigma;
  if (!whole_time(take(words), &answer->median_us)) return false;
  if (!(sigma = take(words)) || strcmp(sigma, "sigma") != 0) return false;
  if (!whole_number(take(words), "", &answer->sigma)) return false;
  return answer->sigma <= 10 || wrong(words, "a sigma is 10 at most");
}

static bool read_end(struct workload_answer *answer, struct words *words) {
  if (take_if(words, "fails")) answer->end = WORKLOAD_FAILS;
  else if (take_if(words, "sheds")) answer->end = WORKLOAD_SHEDS;
  else if (take_if(words, "hangs")) answer->end = WORKLOAD_HANGS;
  return true;
}

static const char too_many[] = "there are 16 lines of this key already";

static bool read_answer(struct workload *w, struct words *words) {
  if (w->answer_count == WORKLOAD_PARTS_MAX) return wrong(words, too_many);
  struct workload_answer *answer = &w->answers[w->answer_count++];
  *answer = (struct workload_answer){0};
  if (!whole_number(take(words), "", &answer->weight)) return false;
  const bool read =
      take_if(words, "median")
          ? read_lognormal(answer, words)
          : span_us(take(words), &answer->from_us, &answer->to_us);
  return read && read_end(answer, words);
}

static bool read_change(struct workload *w, struct words *words) {
  if (w->change_count == WORKLOAD_PARTS_MAX) return wrong(words, too_many);
  struct workload_change *change = &w->changes[w->change_count++];
  unsigned target;
  *change = (struct workload_change){.target = -1, .times = 1};
  if (!span_us(take(words), &change->from_s, &change->to_s)) return false;
  change->from_s /= 1e6;
  change->to_s /= 1e6;
  if (take_if(words, "target")) {
    if (!count(take(words), WORKLOAD_TARGETS_MAX - 1, &target)) return false;
    change->target = (int)target;
  }
  if (take_if(words, "fails")) return take_share(words, &change->fails);
  if (take_if(words, "hangs")) return take_share(words, &change->hangs);
  return whole_number(take(words), "x", &change->times);
}

static bool read_burst(struct workload *w, struct words *words) {
  if (!whole_number(take(words), "x", &w->burst)) return false;
  if (w->burst == 0) return wrong(words, "a burst is more than 0 times");
  if (!whole_time(take(words), &w->burst_s)) return false;
  if (w->burst_s == 0) return wrong(words, "a burst lasts longer than that");
  if (!whole_time(take(words), &w->burst_every_s)) return false;
  w->burst_s /= 1e6;
  w->burst_every_s /= 1e6;
  return w->burst_s <= w->burst_every_s ||
         wrong(words, "a burst lasts no longer than from one to the next");
}

static bool read_timeout(struct workload *w, struct words *words) {
  double us;
  if (!whole_time(take(words), &us)) return false;
  if (us < 1 || us > 600e6) return wrong(words, "a timeout is 1us to 600s");
  w->timeout_us = (int64_t)us;
  return true;
}

/* Of a rate and a load the last line counts, so each ends the other. */
static bool read_rate(struct workload *w, struct words *words) {
  w->load = 0;
  return whole_number(take(words), "", &w->rate) &&
         (w->rate > 0 || wrong(words, "a rate is more than 0"));
}

static bool read_load(struct workload *w, struct words *words) {
  w->rate = 0;
  return whole_number(take(words), "%", &w->load) &&
         ((w->load /= 100) > 0 || wrong(words, "a load is more than 0%"));
}

static bool read_seconds(struct workload *w, struct words *words) {
  return whole_number(take(words), "", &w->seconds);
}

static bool read_settle(struct workload *w, struct words *words) {
  return whole_number(take(words), "", &w->settle_s);
}

static bool read_limit(struct workload *w, struct words *words) {
  return whole_number(take(words), "", &w->limit);
}

static bool read_targets(struct workload *w, struct words *words) {
  return count(take(words), WORKLOAD_TARGETS_MAX, &w->targets) &&
         w->targets > 0;
}

static bool read_servers(struct workload *w, struct words *words) {
  return count(take(words), 100000, &w->servers);
}

static const struct {
  const char *name;
  bool (*read)(struct workload *w, struct words *words);
} keys[] = {{"rate", read_rate},       {"load", read_load},
            {"burst", read_burst},     {"seconds", read_seconds},
            {"settle", read_settle},   {"timeout", read_timeout},
            {"targets", read_targets}, {"limit", read_limit},
            {"servers", read_servers}, {"cancel", read_cancel},
            {"answer", read_answer},   {"change", read_change}};

static bool read_words(struct workload *w, struct words *words) {
  const char *key = take(words);
  if (!key) return true; /* a line may be empty */
  for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strcmp(key, keys[i].name) == 0) return keys[i].read(w, words);
  return false;
}

/* ---- the text ---- */

static void split(struct words *words, char *line) {
  char *left;
  memset(words, 0, sizeof *words);
  for (char *word = strtok_r(line, " \t\r", &left);
       word && words->count < WORDS_MAX; word = strtok_r(NULL, " \t\r", &left))
    words->at[words->count++] = word;
}

/* What is wrong with that line, or NULL; *word: with which of its words, if it
 * is one. */
static const char *read_line(struct workload *w, char *line,
                             const char **word) {
  struct words words;
  split(&words, line);
  *word = NULL;
  if (read_words(w, &words)) {
    *word = peek(&words);
    return *word ? "one word too many" : NULL;
  }
  if (words.missing) return "a word is missing at its end";
  *word = words.at[words.taken - 1];
  return words.why ? words.why : "not understood";
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

/* In the mean, bursts and all. */
static double requests(const struct workload *w) {
  double more = 0;
  if (w->burst_every_s > 0)
    more = (w->burst - 1) * w->burst_s / w->burst_every_s;
  return w->rate * (1 + more) * w->seconds;
}

static const char *finish(struct workload *w) {
  double mean = mean_us(w);
  if (w->answer_count == 0) return "there is no `answer` line";
  if (mean <= 0) return "no `answer` has a weight, and takes any time";
  if (w->load > 0 && w->servers == 0) return "`load` wants `servers`";
  if (w->load > 0) w->rate = w->load * w->servers * w->targets / mean * 1e6;
  if (w->rate <= 0) return "there is no `rate` and no `load`";
  if (requests(w) > 5e7) return "more than 50 million requests";
  if (w->settle_s >= w->seconds) return "nothing is left behind `settle`";
  return NULL;
}

/* word: of the line; NULL: it is about all of it. */
static void refuse(unsigned number, const char *line, const char *word,
                   const char *why, char *error, size_t error_cap) {
  struct text out;
  text_init(&out, error, error_cap);
  text_str(&out, "line ");
  text_int(&out, number);
  text_str(&out, ", ");
  config_show(&out, slice_of(line));
  text_str(&out, ": ");
  if (word) config_show(&out, slice_of(word));
  if (word) text_str(&out, ": ");
  text_str(&out, why);
  text_str(&out, "; see --help-workload");
  text_end(&out);
}

static bool read_text(struct workload *workload, const char *text, char *error,
                      size_t error_cap) {
  for (unsigned number = 1; *text; number++) {
    char line[LINE_MAX_BYTES], copy[LINE_MAX_BYTES];
    const char *word = NULL, *why = "longer than 255 bytes";
    const size_t len = strcspn(text, "\n"), said = strcspn(text, "#\n");
    snprintf(line, sizeof line, "%.*s", (int)said, text);
    memcpy(copy, line, sizeof copy);
    text += len + (text[len] == '\n');
    if (said < sizeof line) why = read_line(workload, line, &word);
    if (!why) continue;
    refuse(number, copy, word, why, error, error_cap);
    return false;
  }
  return true;
}

bool workload_parse(struct workload *workload, const char *text, char *error,
                    size_t error_cap) {
  *workload = (struct workload){
      .seconds = 120, .settle_s = 20, .timeout_us = 3000000, .targets = 1};
  if (!read_text(workload, text, error, error_cap)) return false;
  const char *why = finish(workload);
  if (why) snprintf(error, error_cap, "%s", why);
  return !why && targets_are_there(workload, error, error_cap);
}
