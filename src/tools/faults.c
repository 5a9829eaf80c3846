/* faults: how a flaky upstream behaves, as a value.
 *
 * A draw is a hash of (seed, key) and holds no state: the n-th request of one
 * run meets the same luck as the n-th of another, whatever happened between
 * them, and a hedge that carries its number meets luck of its own. Each
 * question (which kind, which delay, where in its range) hashes with a number
 * of its own, so the answers do not hang together: a slow request is no more
 * likely to be a broken one.
 *
 * The hash is tools/luck's, which is good enough for statistics over counting
 * keys. It is no secret: whoever knows the seed can tell the future.
 *
 * What a fault looks like on the wire is tools/mock's. */
#include "tools/faults.h"

#include <stdio.h>

#include "config/config_refuse.h"
#include "config/config_values.h"
#include "tools/luck.h"

static const int64_t hang_default_us = 10 * 1000 * 1000;

static const struct {
  const char *name;
  enum fault fault;
} fault_names[] = {
    {"none", FAULT_NONE},       {"status", FAULT_STATUS},
    {"html", FAULT_HTML},       {"truncate", FAULT_TRUNCATE},
    {"badjson", FAULT_BADJSON}, {"reset", FAULT_RESET},
    {"hang", FAULT_HANG},       {"trickle", FAULT_TRICKLE},
};

enum { FAULT_COUNT = sizeof fault_names / sizeof fault_names[0] };

const char *fault_name(enum fault fault) { return fault_names[fault].name; }

/* Takes what stands before the first of `ends` off *text, and that byte too. */
static struct slice take(struct slice *text, const char *ends) {
  size_t len = 0;
  while (len < text->len && !strchr(ends, text->at[len])) len++;
  struct slice taken = {text->at, len};
  *text = slice_from(*text, len < text->len ? len + 1 : len);
  return taken;
}

/* Whether take ended at one of its `ends`, not at the end of the text. */
static bool was_cut(struct slice taken, struct slice text) {
  return text.at > taken.at + taken.len;
}

/* "12", "0.5", ".5": no sign, no exponent, nothing that a locale could turn. */
static bool parse_number(struct slice text, double max, double *number) {
  double unit = 1;
  bool fraction = false, digits = false;
  *number = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') return false;
    digits = true;
    if (fraction) unit /= 10;
    *number = fraction ? *number + unit * (c - '0') : *number * 10 + (c - '0');
  }
  return digits && *number <= max;
}

/* "5ms", "50ms-150ms:4" */
static bool parse_delay(struct slice item, struct faults_delay *delay) {
  struct slice range = take(&item, ":");
  bool weighed = was_cut(range, item);
  struct slice from = take(&range, "-");
  bool ranged = was_cut(from, range);
  delay->weight = 1;
  if (!config_parse_duration(from, &delay->from_us)) return false;
  delay->to_us = delay->from_us;
  if (ranged && !config_parse_duration(range, &delay->to_us)) return false;
  if (weighed && !parse_number(item, 1e9, &delay->weight)) return false;
  return delay->from_us <= delay->to_us;
}

/* NULL, or what was expected. */
static const char *parse_delays(struct faults *faults, struct slice list) {
  double sum = 0;
  struct slice item;
  if (faults->delay_count > 0)
    return "delay only once, its parts apart by commas";
  do {
    if (faults->delay_count == FAULTS_DELAYS_MAX) return "at most 8 delays";
    struct faults_delay *delay = &faults->delays[faults->delay_count++];
    item = take(&list, ",");
    if (!parse_delay(item, delay))
      return "delay=DURATION[-DURATION][:WEIGHT],..., as in "
             "delay=5ms:95,50ms-150ms:5";
    sum += delay->weight;
  } while (was_cut(item, list));
  return sum > 0 ? NULL : "at least one delay with a weight above 0";
}

static const char *parse_kind(struct faults *faults, enum fault fault,
                              struct slice value) {
  struct faults_kind kind = {.fault = fault, .status = 200};
  double status = 200;
  if (fault == FAULT_STATUS) {
    struct slice code = take(&value, ":");
    if (code.len != 3 || !parse_number(code, 599, &status) || status < 200)
      return "status=CODE:PERCENT with a code from 200 to 599, as in "
             "status=500:1";
  }
  kind.status = (int)status;
  if (!parse_number(value, 100, &kind.percent))
    return "a percentage from 0 to 100, as in html=1 or status=500:0.5";
  if (faults->kind_count == FAULTS_KINDS_MAX)
    return "at most 16 kinds of faults";
  faults->kinds[faults->kind_count++] = kind;
  return NULL;
}

static const char *parse_word(struct faults *faults, struct slice word) {
  struct slice value = word;
  struct slice name = take(&value, "=");
  if (was_cut(name, value) && slice_equal(name, slice_of("delay")))
    return parse_delays(faults, value);
  for (int i = 1; i < FAULT_COUNT && was_cut(name, value); i++)
    if (slice_equal(name, slice_of(fault_names[i].name)))
      return parse_kind(faults, fault_names[i].fault, value);
  return "delay=, status=, html=, truncate=, badjson=, reset=, hang= or "
         "trickle=";
}

bool faults_parse(struct faults *faults, struct slice spec, char *error,
                  size_t error_cap) {
  double sum = 0;
  *faults = (struct faults){.hang_us = hang_default_us};
  while (spec.len > 0) {
    struct slice word = take(&spec, " \t\n");
    const char *expected = word.len ? parse_word(faults, word) : NULL;
    if (expected) {
      struct text line;
      text_init(&line, error, error_cap);
      config_show(&line, word);
      text_str(&line, ": expected ");
      text_str(&line, expected);
      text_end(&line);
      return false;
    }
  }
  for (unsigned i = 0; i < faults->kind_count; i++)
    sum += faults->kinds[i].percent;
  if (sum > 100 + 1e-6)
    snprintf(error, error_cap,
             "the percentages add up to %g: expected at most 100", sum);
  return sum <= 100 + 1e-6;
}

bool faults_preset(struct faults *faults, struct slice name) {
  static const double eleventh = 100.0 / 11;
  if (slice_equal(name, slice_of("steady"))) {
    *faults = (struct faults){.hang_us = hang_default_us, .steady = true};
    return true;
  }
  if (!slice_equal(name, slice_of("assignment"))) return false;
  *faults = (struct faults){
      .delays = {{100 * 1000, 600 * 1000, 1}},
      .delay_count = 1,
      .kinds = {{FAULT_BADJSON, 200, eleventh},
                {FAULT_STATUS, 500, eleventh},
                {FAULT_HANG, 200, eleventh}},
      .kind_count = 3,
      .hang_us = hang_default_us,
  };
  return true;
}

static uint64_t mix(uint64_t x) { return luck_next(&(struct luck){x}); }

static uint64_t mix_bytes(uint64_t sum, struct slice bytes) {
  for (size_t i = 0; i < bytes.len; i++)
    sum = mix(sum ^ (unsigned char)bytes.at[i]);
  return mix(sum ^ (uint64_t)bytes.len << 8); /* so that "a","bc" != "ab","c" */
}

uint64_t faults_key(struct slice request_id, struct slice hedge_attempt) {
  return mix_bytes(mix_bytes(0, request_id), hedge_attempt);
}

/* Uniform in [0, 1); `question` keeps draws of one request apart. */
static double chance(uint64_t seed, uint64_t key, uint64_t question) {
  uint64_t bits = mix(mix(mix(seed) ^ key) ^ question);
  return (double)(bits >> 11) / (double)(UINT64_C(1) << 53);
}

static int64_t draw_delay(const struct faults *faults, double which,
                          double where) {
  double sum = 0;
  const struct faults_delay *delay = NULL;
  for (unsigned i = 0; i < faults->delay_count; i++)
    sum += faults->delays[i].weight;
  double left = which * sum;
  for (unsigned i = 0; i < faults->delay_count; i++) {
    if (faults->delays[i].weight <= 0) continue;
    delay = &faults->delays[i]; /* the last one takes what rounding leaves */
    left -= delay->weight;
    if (left < 0) break;
  }
  if (!delay) return 0;
  int64_t from_ms = delay->from_us / 1000, to_ms = delay->to_us / 1000;
  return (from_ms + (int64_t)(where * (double)(to_ms - from_ms + 1))) * 1000;
}

struct faults_draw faults_draw(const struct faults *faults, uint64_t seed,
                               uint64_t key) {
  enum { KIND, DELAY, WITHIN };
  struct faults_draw draw = {FAULT_NONE, 200, 0};
  double left = chance(seed, key, KIND) * 100;
  for (unsigned i = 0; i < faults->kind_count; i++) {
    left -= faults->kinds[i].percent;
    if (left < 0) {
      draw.fault = faults->kinds[i].fault;
      draw.status = faults->kinds[i].status;
      break;
    }
  }
  draw.delay_us =
      draw_delay(faults, chance(seed, key, DELAY), chance(seed, key, WITHIN));
  return draw;
}
