/* config_store_numbers.c: numbers, and what is made of numbers, on their way
 * into the config. How they are written is config/config_values' to know;
 * between which bounds they lie, the table's. */
#include <string.h>

#include "config/config_refuse.h"
#include "config/config_store_parts.h"
#include "config/config_values.h"

/* The member may be an int64_t, an unsigned, an enum or a bool. */
static void set_number(const struct config_input *input, int64_t number) {
  const size_t size = input->option->size;
  void *member = config_member(input);
  const unsigned as_unsigned = (unsigned)number;
  const bool as_bool = number != 0;
  if (size == sizeof number) memcpy(member, &number, sizeof number);
  else if (size == sizeof as_unsigned)
    memcpy(member, &as_unsigned, sizeof as_unsigned);
  else memcpy(member, &as_bool, sizeof as_bool);
}

/* NULL: nothing is wrong. */
static bool reads_well(const struct config_input *input, const char *why) {
  return !why || config_refuse_value(input, why);
}

/* Behind an error of a number. */
static bool add_word(const struct config_input *input) {
  const char *word = input->option->word;
  if (word) text_put(input->error, ", or ", word);
  return false;
}

static bool refuse_range(const struct config_input *input) {
  const struct config_option *option = input->option;
  (void)config_refuse_value(input, " is out of range: ", option->min, " to ",
                            option->max);
  return add_word(input);
}

static bool in_range(const struct config_option *option, int64_t number,
                     bool (*parse)(struct slice, int64_t *)) {
  int64_t min, max;
  return parse(slice_of(option->min), &min) &&
         parse(slice_of(option->max), &max) && number >= min && number <= max;
}

static bool store_number(const struct config_input *input,
                         bool (*parse)(struct slice, int64_t *),
                         const char *expected) {
  const struct config_option *option = input->option;
  int64_t number = 0;
  if (option->word && slice_equal(input->value, slice_of(option->word))) {
    set_number(input, option->word_number);
    return true;
  }
  if (!parse(input->value, &number)) {
    (void)config_refuse_value(input, expected);
    return add_word(input);
  }
  if (!in_range(option, number, parse)) return refuse_range(input);
  set_number(input, number);
  return true;
}

bool config_store_duration(const struct config_input *input) {
  return store_number(input, config_parse_duration,
                      " is no duration: write it with a unit, such as 300ms, "
                      "10s or 2m");
}

bool config_store_durations(const struct config_input *input) {
  int64_t *us = config_member(input);
  if (!reads_well(input, config_parse_durations(input->value, us)))
    return false;
  return (in_range(input->option, us[0], config_parse_duration) &&
          in_range(input->option, us[1], config_parse_duration)) ||
         refuse_range(input);
}

bool config_store_delay(const struct config_input *input) {
  struct race_policy *policy = &input->rules->policy;
  return reads_well(input,
                    config_parse_delay(input->value, &policy->hedge_after_us,
                                       &policy->learn));
}

bool config_store_budget(const struct config_input *input) {
  return reads_well(input,
                    config_parse_budget(input->value, &input->rules->budget));
}

bool config_store_rate(const struct config_input *input) {
  return reads_well(input,
                    config_parse_rate(input->value, &input->rules->rate));
}

bool config_store_queue(const struct config_input *input) {
  return reads_well(input,
                    config_parse_queue(input->value, &input->rules->queue));
}

bool config_store_filter(const struct config_input *input) {
  return reads_well(
      input, config_parse_filter(input->value, &input->config->log_only));
}

bool config_store_ratio(const struct config_input *input) {
  return store_number(input, config_parse_ratio,
                      " is no share: write a number from 0 to 1, such as 0.01");
}

bool config_store_size(const struct config_input *input) {
  return store_number(input, config_parse_size,
                      " is no size: write bytes, K or M, such as 512, 16K or "
                      "8M");
}

bool config_store_count(const struct config_input *input) {
  return store_number(input, config_parse_count, " is no whole number");
}

/* The words stand in the table as --help prints them: "next|all|wait". */
bool config_store_choice(const struct config_input *input) {
  const char *words = input->option->value;
  for (int64_t place = 0; *words != '\0'; place++) {
    const size_t len = strcspn(words, "|");
    if (slice_equal(input->value, (struct slice){words, len})) {
      set_number(input, place);
      return true;
    }
    words += len + (words[len] == '|');
  }
  return config_refuse_value(input, " is none of ", input->option->value);
}

bool config_store_switch(const struct config_input *input) {
  bool on;
  if (!config_parse_switch(input->value, &on))
    return config_refuse_value(input, " is neither off nor on");
  set_number(input, on);
  return true;
}
