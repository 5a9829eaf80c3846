/* config_policy.c: what the values of policies look like: a delay that is
 * learned, what extra attempts may cost, how often attempts may start, and who
 * may wait until one may.
 *
 * Percents have at most one digit behind the point, so that they are whole
 * numbers of thousandths everywhere. */
#include <string.h>

#include "config/config_values.h"

/* "95" or "99.9" at the head of *text, which it is taken off. */
static bool take_per_mille(struct slice *text, uint32_t *per_mille) {
  size_t n = 0, digits = 0;
  uint32_t number = 0;
  for (; n < text->len && text->at[n] >= '0' && text->at[n] <= '9'; n++) {
    if (++digits > 7) return false;
    number = 10 * number + (uint32_t)(text->at[n] - '0');
  }
  number *= 10;
  if (n > 0 && n + 1 < text->len && text->at[n] == '.' &&
      text->at[n + 1] >= '0' && text->at[n + 1] <= '9') {
    number += (uint32_t)(text->at[n + 1] - '0');
    n += 2;
  }
  *per_mille = number;
  *text = slice_from(*text, n);
  return digits > 0;
}

static void write_per_mille(struct text *out, uint32_t per_mille) {
  text_int(out, per_mille / 10);
  if (per_mille % 10 == 0) return;
  text_put(out, ".", per_mille % 10);
}

/* ---- --hedge-after ---- */

static const char *parse_learned(struct slice text, struct delay_rule *learn) {
  int64_t us[2] = {0, 0};
  uint32_t per_mille;
  text = slice_from(text, 1);
  if (!take_per_mille(&text, &per_mille))
    return " is no percentile: write p95, or p95:20ms..2s";
  if (per_mille < 500 || per_mille > 999)
    return " is out of range: p50 to p99.9";
  if (text.len > 0 && text.at[0] != ':')
    return " is no percentile: write p95, or p95:20ms..2s";
  if (text.len > 0) {
    const struct slice bounds = slice_from(text, 1);
    if (!memmem(text.at, text.len, "..", 2) ||
        !config_are_durations(bounds, us))
      return " has no two bounds: write p95, or p95:20ms..2s";
    if (us[0] > us[1]) return " begins with the longer bound";
    if (us[1] == 0 || us[1] > CONFIG_DELAY_MAX_US)
      return " is out of range: the longer bound is 1ms to 60m";
  }
  *learn = (struct delay_rule){per_mille, us[0], us[1]};
  return NULL;
}

const char *config_parse_delay(struct slice text, int64_t *fixed_us,
                               struct delay_rule *learn) {
  int64_t us;
  *fixed_us = CONFIG_DELAY_COLD_US;
  *learn = (struct delay_rule){0};
  if (text.len > 0 && text.at[0] == 'p') return parse_learned(text, learn);
  if (!config_parse_duration(text, &us))
    return " is no duration and no percentile: write 300ms, p95 or "
           "p95:20ms..2s";
  if (us > CONFIG_DELAY_MAX_US) return " is out of range: 0ms to 60m";
  *fixed_us = us;
  return NULL;
}

void config_write_delay(struct text *out, int64_t fixed_us,
                        const struct delay_rule *learn) {
  if (learn->per_mille == 0) {
    config_write_duration(out, fixed_us);
    return;
  }
  text_char(out, 'p');
  write_per_mille(out, learn->per_mille);
  if (learn->most_us == 0) return;
  text_put(out, ":", as_duration(learn->least_us), "..",
           as_duration(learn->most_us));
}

/* ---- --budget ---- */

const char *config_parse_budget(struct slice text,
                                struct hedge_budget_rule *rule) {
  static const char what[] =
      " is no budget: write a share of the successes, and after a colon how "
      "many attempts it may hold, such as 10% or 10%:50";
  int64_t cap = HEDGE_BUDGET_CAP;
  uint32_t per_mille;
  if (!take_per_mille(&text, &per_mille) || text.len == 0 || text.at[0] != '%')
    return what;
  text = slice_from(text, 1);
  if (text.len > 0 &&
      (text.at[0] != ':' || !config_parse_count(slice_from(text, 1), &cap)))
    return what;
  if (per_mille > 15000 || cap < 1 || cap > 1000000)
    return " is out of range: 0% to 1500%, and 1 to 1000000 attempts";
  *rule = (struct hedge_budget_rule){per_mille, (uint32_t)cap};
  return NULL;
}

void config_write_budget(struct text *out,
                         const struct hedge_budget_rule *rule) {
  write_per_mille(out, rule->per_mille);
  text_char(out, '%');
  if (rule->cap == HEDGE_BUDGET_CAP) return;
  text_put(out, ":", rule->cap);
}

/* ---- --rate ---- */

static const struct {
  char letter;
  int64_t ns;
} units[] = {{'s', INT64_C(1000000000)},
             {'m', INT64_C(60000000000)},
             {'h', INT64_C(3600000000000)}};

enum { UNITS = sizeof units / sizeof *units, RATE_MAX = 1000000 };

static int64_t default_burst(int64_t interval_ns) {
  int64_t burst = units[0].ns / interval_ns;
  return burst > 1 ? burst : 1;
}

/* "/s" in front of the rest; 0: none of them. */
static int64_t take_unit(struct slice *text) {
  struct slice at = *text;
  if (at.len < 2 || at.at[0] != '/') return 0;
  *text = slice_from(at, 2);
  for (unsigned i = 0; i < UNITS; i++)
    if (at.at[1] == units[i].letter) return units[i].ns;
  return 0;
}

const char *config_parse_rate(struct slice text, struct rate_rule *rule) {
  static const char what[] =
      " is no rate: write how many attempts each second, minute or hour, and "
      "after a colon how many at once, such as 100/s or 100/s:20, or off";
  const struct slice number = slice_until(text, '/');
  struct slice rest = slice_from(text, number.len);
  int64_t count, burst = 0, unit_ns;
  *rule = (struct rate_rule){0};
  if (slice_equal(text, slice_of("off"))) return NULL;
  if (!config_parse_count(number, &count) || !(unit_ns = take_unit(&rest)))
    return what;
  if (rest.len > 0 &&
      (rest.at[0] != ':' || !config_parse_count(slice_from(rest, 1), &burst)))
    return what;
  if (count < 1 || count > RATE_MAX)
    return " is out of range: 1 to 1000000 in its unit";
  *rule = (struct rate_rule){unit_ns / count, burst};
  if (rest.len == 0) rule->burst = default_burst(rule->interval_ns);
  if (rule->burst < 1 || rule->burst > RATE_FULL_NS_MAX / rule->interval_ns)
    return " is out of range: at once may be 1 to what comes in an hour";
  return NULL;
}

/* In the first unit in which it is a whole number. */
void config_write_rate(struct text *out, const struct rate_rule *rule) {
  unsigned i = 0;
  if (rule->interval_ns == 0) {
    text_str(out, "off");
    return;
  }
  while (i < UNITS - 1 &&
         (rule->interval_ns > units[i].ns ||
          units[i].ns / (units[i].ns / rule->interval_ns) != rule->interval_ns))
    i++;
  text_put(out, units[i].ns / rule->interval_ns, "/");
  text_char(out, units[i].letter);
  if (rule->burst == default_burst(rule->interval_ns)) return;
  text_put(out, ":", rule->burst);
}

/* ---- --queue ---- */

const char *config_parse_queue(struct slice text, struct queue_rule *rule) {
  const struct slice number = slice_until(text, ':');
  int64_t most, us;
  *rule = (struct queue_rule){0};
  if (slice_equal(text, slice_of("off"))) return NULL;
  if (number.len == text.len || !config_parse_count(number, &most) ||
      !config_parse_duration(slice_from(text, number.len + 1), &us))
    return " is no queue: write how many may wait and for how long, such as "
           "100:50ms, or off";
  if (most < 1 || most > 10000 || us < 1000 || us > CONFIG_DELAY_MAX_US)
    return " is out of range: 1 to 10000 requests, for 1ms to 60m";
  *rule = (struct queue_rule){most, us};
  return NULL;
}

void config_write_queue(struct text *out, const struct queue_rule *rule) {
  if (rule->most == 0) text_str(out, "off");
  else text_put(out, rule->most, ":", as_duration(rule->time_us));
}
