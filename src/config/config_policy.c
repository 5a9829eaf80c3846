/* config_policy.c: what the values of policies look like: a delay that is
 * learned, and what extra attempts may cost.
 *
 * Percents have at most one digit behind the point, so that they are whole
 * numbers of thousandths everywhere. */
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
  text_char(out, '.');
  text_int(out, per_mille % 10);
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
    const char *why = config_parse_durations(slice_from(text, 1), us);
    if (why) return why;
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
  const int64_t us[2] = {learn->least_us, learn->most_us};
  if (learn->per_mille == 0) {
    config_write_duration(out, fixed_us);
    return;
  }
  text_char(out, 'p');
  write_per_mille(out, learn->per_mille);
  if (learn->most_us == 0) return;
  text_char(out, ':');
  config_write_durations(out, us);
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
  text_char(out, ':');
  text_int(out, rule->cap);
}
