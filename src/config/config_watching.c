/* config_watching.c: what whoever watches hedgerow may ask for: which lines of
 * the log, how many traces, and where they go. */
#include "config/config_values.h"

#include "core/base_url.h"
#include "core/http_head.h"

/* ---- --log-only ---- */

static bool take_word(struct slice word, struct race_filter *filter) {
  static const struct slice slow = SLICE("slow:");
  if (slice_equal(word, slice_of("failed"))) filter->failed = true;
  else if (slice_equal(word, slice_of("rescued"))) filter->rescued = true;
  else
    return slice_starts_with(word, slow) &&
           config_parse_duration(slice_from(word, slow.len),
                                 &filter->slow_us) &&
           filter->slow_us > 0 && filter->slow_us <= CONFIG_DELAY_MAX_US;
  return true;
}

const char *config_parse_filter(struct slice text, struct race_filter *filter) {
  bool more = !slice_equal(text, slice_of("all"));
  *filter = (struct race_filter){0};
  while (more) {
    const size_t len = http_member_len(text);
    more = len < text.len;
    if (!take_word(http_trimmed((struct slice){text.at, len}), filter))
      return " is neither all nor a list of failed, rescued and slow:TIME (1ms "
             "to 60m), such as failed,slow:500ms";
    text = slice_from(text, len + more);
  }
  return NULL;
}

static void add_one_more(struct text *out, size_t from) {
  if (out->len > from) text_char(out, ',');
}

void config_write_filter(struct text *out, const struct race_filter *filter) {
  const size_t from = out->len;
  if (race_filter_is_all(filter)) text_str(out, "all");
  if (filter->failed) text_str(out, "failed");
  if (filter->rescued) {
    add_one_more(out, from);
    text_str(out, "rescued");
  }
  if (filter->slow_us == 0) return;
  add_one_more(out, from);
  text_put(out, "slow:", as_duration(filter->slow_us));
}

/* ---- --trace-ratio ---- */

/* What is finer than a millionth is one more, so that no share becomes none. */
static bool read_fraction(struct slice digits, int64_t *millionths) {
  int64_t unit = CONFIG_RATIO_ALL;
  bool finer = false;
  for (size_t i = 0; i < digits.len; i++) {
    const char digit = digits.at[i];
    if (digit < '0' || digit > '9') return false;
    unit /= 10; /* 0 from the seventh on */
    *millionths += (digit - '0') * unit;
    finer |= unit == 0 && digit > '0';
  }
  *millionths += finer;
  return digits.len > 0;
}

bool config_parse_ratio(struct slice text, int64_t *millionths) {
  const struct slice whole = slice_until(text, '.');
  if (!config_parse_count(whole, millionths)) return false;
  if (*millionths > CONFIG_RATIO_ALL)
    *millionths = CONFIG_RATIO_ALL; /* far out of range */
  *millionths *= CONFIG_RATIO_ALL;
  return whole.len == text.len ||
         read_fraction(slice_from(text, whole.len + 1), millionths);
}

void config_write_ratio(struct text *out, int64_t millionths) {
  int64_t rest = millionths % CONFIG_RATIO_ALL;
  text_int(out, millionths / CONFIG_RATIO_ALL);
  if (rest > 0) text_char(out, '.');
  for (int64_t unit = CONFIG_RATIO_ALL / 10; rest > 0; rest %= unit, unit /= 10)
    text_char(out, (char)('0' + rest / unit));
}

/* ---- --otlp ---- */

const char *config_parse_collector(struct slice text, struct slice *url) {
  struct base_url parsed;
  *url = (struct slice){0};
  if (slice_equal(text, slice_of("off"))) return NULL;
  const char *why = base_url_parse(&parsed, text);
  if (why) return why;
  if (parsed.query.len > 0)
    return "no query belongs there: a token has a file of its own";
  *url = text;
  return NULL;
}
