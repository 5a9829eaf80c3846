/* config_store_numbers.c: numbers, and what is made of numbers, on their way
 * into the config. How they are written is config/config_values' to know;
 * between which bounds they lie, the table's. */
#include <string.h>

#include "config/config_refuse.h"
#include "config/config_store_parts.h"
#include "config/config_values.h"

/* The member may be an int64_t, an unsigned, an enum or a bool. */
static void set_number(const struct config_into *into,
                       const struct config_option *option, int64_t number) {
  void *member = config_member(into, option);
  const unsigned as_unsigned = (unsigned)number;
  const bool as_bool = number != 0;
  if (option->size == sizeof number) memcpy(member, &number, sizeof number);
  else if (option->size == sizeof as_unsigned)
    memcpy(member, &as_unsigned, sizeof as_unsigned);
  else memcpy(member, &as_bool, sizeof as_bool);
}

static void add_word(struct text *error, const struct config_option *option) {
  if (!option->word) return;
  text_put(error, ", or ", option->word);
}

static bool refuse_range(const struct config_input *input, struct text *error) {
  const struct config_option *option = input->option;
  (void)config_refuse_value(input, error, " is out of range: ");
  text_put(error, option->min, " to ", option->max);
  add_word(error, option);
  return false;
}

static bool in_range(const struct config_option *option, int64_t number,
                     bool (*parse)(struct slice, int64_t *)) {
  int64_t min, max;
  return parse(slice_of(option->min), &min) &&
         parse(slice_of(option->max), &max) && number >= min && number <= max;
}

static bool store_number(const struct config_into *into,
                         const struct config_input *input, struct text *error,
                         bool (*parse)(struct slice, int64_t *),
                         const char *expected) {
  const struct config_option *option = input->option;
  int64_t number = 0;
  if (option->word && slice_equal(input->value, slice_of(option->word))) {
    set_number(into, option, option->word_number);
    return true;
  }
  if (!parse(input->value, &number)) {
    (void)config_refuse_value(input, error, expected);
    add_word(error, option);
    return false;
  }
  if (!in_range(option, number, parse)) return refuse_range(input, error);
  set_number(into, option, number);
  return true;
}

bool config_store_duration(const struct config_into *into,
                           const struct config_input *input,
                           struct text *error) {
  return store_number(into, input, error, config_parse_duration,
                      " is no duration: write it with a unit, such as 300ms, "
                      "10s or 2m");
}

bool config_store_durations(const struct config_into *into,
                            const struct config_input *input,
                            struct text *error) {
  int64_t us[2];
  const char *why = config_parse_durations(input->value, us);
  if (why) return config_refuse_value(input, error, why);
  if (!in_range(input->option, us[0], config_parse_duration) ||
      !in_range(input->option, us[1], config_parse_duration))
    return refuse_range(input, error);
  memcpy(config_member(into, input->option), us, sizeof us);
  return true;
}

bool config_store_delay(const struct config_into *into,
                        const struct config_input *input, struct text *error) {
  struct race_policy *policy = &into->rules->policy;
  int64_t fixed_us;
  struct delay_rule learn;
  const char *why = config_parse_delay(input->value, &fixed_us, &learn);
  if (why) return config_refuse_value(input, error, why);
  policy->hedge_after_us = fixed_us;
  policy->learn = learn;
  return true;
}

bool config_store_budget(const struct config_into *into,
                         const struct config_input *input, struct text *error) {
  struct hedge_budget_rule rule;
  const char *why = config_parse_budget(input->value, &rule);
  if (why) return config_refuse_value(input, error, why);
  into->rules->budget = rule;
  return true;
}

bool config_store_rate(const struct config_into *into,
                       const struct config_input *input, struct text *error) {
  struct rate_rule rule;
  const char *why = config_parse_rate(input->value, &rule);
  if (why) return config_refuse_value(input, error, why);
  into->rules->rate = rule;
  return true;
}

bool config_store_queue(const struct config_into *into,
                        const struct config_input *input, struct text *error) {
  struct queue_rule rule;
  const char *why = config_parse_queue(input->value, &rule);
  if (why) return config_refuse_value(input, error, why);
  into->rules->queue = rule;
  return true;
}

bool config_store_filter(const struct config_into *into,
                         const struct config_input *input, struct text *error) {
  struct race_filter filter;
  const char *why = config_parse_filter(input->value, &filter);
  if (why) return config_refuse_value(input, error, why);
  memcpy(config_member(into, input->option), &filter, sizeof filter);
  return true;
}

bool config_store_ratio(const struct config_into *into,
                        const struct config_input *input, struct text *error) {
  return store_number(into, input, error, config_parse_ratio,
                      " is no share: write a number from 0 to 1, such as 0.01");
}

bool config_store_size(const struct config_into *into,
                       const struct config_input *input, struct text *error) {
  return store_number(into, input, error, config_parse_size,
                      " is no size: write bytes, K or M, such as 512, 16K or "
                      "8M");
}

bool config_store_count(const struct config_into *into,
                        const struct config_input *input, struct text *error) {
  return store_number(into, input, error, config_parse_count,
                      " is no whole number");
}

/* The words stand in the table as --help prints them: "next|all|wait". */
bool config_store_choice(const struct config_into *into,
                         const struct config_input *input, struct text *error) {
  const char *words = input->option->value;
  for (int64_t place = 0; *words != '\0'; place++) {
    const size_t len = strcspn(words, "|");
    if (slice_equal(input->value, (struct slice){words, len})) {
      set_number(into, input->option, place);
      return true;
    }
    words += len + (words[len] == '|');
  }
  (void)config_refuse_value(input, error, " is none of ");
  text_str(error, input->option->value);
  return false;
}

bool config_store_switch(const struct config_into *into,
                         const struct config_input *input, struct text *error) {
  bool on;
  if (!config_parse_switch(input->value, &on))
    return config_refuse_value(input, error, " is neither off nor on");
  set_number(into, input->option, on);
  return true;
}
