/* config_store.c: one value on its way into the config.
 *
 * One function for each kind of value, found by the option's kind; what makes
 * one option differ from another of its kind stands in the table. A value is
 * judged here as hard as it can be without a socket or a file, since the person
 * who wrote it is looking now, and will not be when the first request fails.
 *
 * Numbers and what is made of them are in config_store_numbers.c, what has to
 * do with HTTP fields in config_store_fields.c, and how an error shows what was
 * given in config_refuse.c. */
#include "config/config_store.h"

#include <string.h>

#include "config/config_owned.h"
#include "config/config_refuse.h"
#include "config/config_store_parts.h"
#include "core/cors.h"

void *config_member(const struct config_input *input) {
  const bool of_rules = input->option->scope & SCOPE_RULES;
  char *base = of_rules ? (char *)input->rules : (char *)input->config;
  return base + input->option->offset;
}

static bool is_off(const struct config_input *input) {
  return slice_equal(input->value, slice_of("off"));
}

/* NULL: nothing is wrong. */
static bool is_good(const struct config_input *input, const char *why) {
  return !why || config_refuse_value(input, ": ", why);
}

static bool is_good_url(const struct config_input *input, const char *why,
                        const char *token_option) {
  if (!why) return true;
  (void)config_refuse_value(input, ": ");
  config_write_url_fault(input->error, why, token_option);
  return false;
}

static bool store_address(const struct config_input *input) {
  static const char form[] = "write it as HOST:PORT, such as 127.0.0.1:8480";
  struct config *config = input->config;
  struct listen_at address;
  if (!is_good(input, config_parse_address(input->value, form, &address)))
    return false;
  if (config->listen_count == CONFIG_LISTEN_MAX)
    return config_refuse_one_more(input, CONFIG_LISTEN_MAX);
  config->listen[config->listen_count++] = address;
  return true;
}

static bool store_place(const struct config_input *input) {
  static const char form[] =
      "write it as HOST:PORT, such as 127.0.0.1:8481, as unix:/PATH, or off";
  config_store_nothing(input);
  return is_off(input) ||
         is_good(input,
                 config_parse_place(input->value, form, config_member(input)));
}

static bool store_collector(const struct config_input *input) {
  return is_good_url(
      input, config_parse_collector(input->value, config_member(input)),
      config_is_of_file(input) ? "otlp_token_file" : "--otlp-token-file");
}

static bool is_named(const struct config_input *input) {
  return input->value.len > 0 ||
         config_refuse(input, "the name of a file is missing");
}

static bool store_path(const struct config_input *input) {
  struct config_name *name = config_member(input);
  *name = (struct config_name){input->value.at, input->place};
  return is_named(input);
}

static bool store_file(const struct config_input *input) {
  input->config->file = input->value.at;
  return is_named(input);
}

/* --to come first in config->targets, in whatever order the flags came. */
static bool store_url(const struct config_input *input) {
  struct config *config = input->config;
  unsigned *count = config_member(input);
  const unsigned total = config->to_count + config->all_count;
  const unsigned place = count == &config->to_count ? config->to_count : total;
  struct base_url target;
  if (!is_good_url(input, base_url_parse(&target, input->value),
                   "--token-file"))
    return false;
  if (total == CONFIG_TARGETS_MAX)
    return config_refuse(
        input, "more than 64 URLs are too many (--to and --all together)");
  memmove(&config->targets[place + 1], &config->targets[place],
          (total - place) * sizeof target);
  config->targets[place] = target;
  *count += 1;
  return true;
}
_Static_assert(CONFIG_TARGETS_MAX == 64, "store_url's error names the number");

static bool is_variable_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_';
}

static bool is_word(struct slice word) {
  for (size_t i = 0; i < word.len; i++)
    if (!is_variable_byte(word.at[i]) && word.at[i] != '-') return false;
  return word.len > 0;
}

static struct slice unless_off(const struct config_input *input) {
  if (is_off(input)) return (struct slice){0};
  return input->value;
}

static bool store_word(const struct config_input *input) {
  struct slice *word = config_member(input);
  *word = unless_off(input);
  return is_word(input->value) ||
         config_refuse_value(
             input, " is no name (letters, digits, '-', '_'), and not off");
}

static bool store_own_field(const struct config_input *input) {
  const char *why =
      config_owned_by_meaning(input->value, config_is_of_file(input));
  return why ? config_refuse_value(input, " ", why) : store_word(input);
}

static bool store_origin(const struct config_input *input) {
  struct config_rules *rules = input->rules;
  if (!is_good(input, cors_parse(input->value))) return false;
  if (rules->cors_count == CONFIG_ORIGINS_MAX)
    return config_refuse_one_more(input, CONFIG_ORIGINS_MAX);
  rules->cors[rules->cors_count++] = input->value;
  return true;
}

static bool store_local_origin(const struct config_input *input) {
  struct slice *origin = config_member(input);
  *origin = unless_off(input);
  return is_off(input) || cors_is_local(*origin) ||
         is_good(input, "write http://127.0.0.1:PORT, or off");
}

static bool store_block(const struct config_input *input) {
  struct config_rules *rules = input->rules;
  char storage[CIDR_WHY_BYTES];
  struct text why = TEXT_ON(storage);
  struct cidr block;
  if (!cidr_parse(&block, input->value, &why))
    return is_good(input, text_end(&why));
  if (rules->trusted_count == CONFIG_BLOCKS_MAX)
    return config_refuse_one_more(input, CONFIG_BLOCKS_MAX);
  rules->trusted[rules->trusted_count++] = block;
  return true;
}

static bool store_rule(const struct config_input *input) {
  struct config_rules *rules = input->rules;
  unsigned *count = config_member(input);
  struct slice *list =
      count == &rules->fail_if_count ? rules->fail_if : rules->success_if;
  char storage[JSON_RULE_WHY_BYTES];
  struct text why = TEXT_ON(storage);
  struct json_rule rule;
  if (!json_rule_parse(&rule, input->value, &why))
    return is_good(input, text_end(&why));
  if (*count == CONFIG_RULES_MAX)
    return config_refuse_one_more(input, CONFIG_RULES_MAX);
  list[(*count)++] = input->value;
  return true;
}

static bool store_variable(const struct config_input *input) {
  bool is_name = input->value.len > 0;
  for (size_t i = 0; i < input->value.len; i++)
    is_name = is_name && is_variable_byte(input->value.at[i]);
  return is_name
             ? store_path(input)
             : config_refuse(input, "expected the name of a variable (letters, "
                                    "digits, '_'), not the secret itself");
}

static bool store_method(const struct config_input *input) {
  const enum http_method method = http_method_of(input->value);
  if (method == HTTP_OTHER || method == HTTP_CONNECT || method == HTTP_TRACE)
    return config_refuse_value(
        input, " is no method that a route can name: GET, HEAD, POST, "
               "PUT, PATCH, DELETE, OPTIONS, QUERY, or any");
  input->rules->methods |= 1u << method;
  if (method == HTTP_GET) input->rules->methods |= 1u << HTTP_HEAD;
  return true;
}

void config_store_nothing(const struct config_input *input) {
  memset(config_member(input), 0, input->option->size);
}

bool config_store(const struct config_input *input) {
  static config_store_kind *const stores[] = {
      [OPTION_DURATION] = config_store_duration,
      [OPTION_SIZE] = config_store_size,
      [OPTION_COUNT] = config_store_count,
      [OPTION_CHOICE] = config_store_choice,
      [OPTION_SWITCH] = config_store_switch,
      [OPTION_ADDRESS] = store_address,
      [OPTION_PLACE] = store_place,
      [OPTION_PATH] = store_path,
      [OPTION_FILE] = store_file,
      [OPTION_FIELD] = config_store_field,
      [OPTION_WORD] = store_word,
      [OPTION_VARIABLE] = store_variable,
      [OPTION_METHODS] = store_method,
      [OPTION_URLS] = store_url,
      [OPTION_HEADERS] = config_store_header_line,
      [OPTION_NAMES] = config_store_field_name,
      [OPTION_ORIGINS] = store_origin,
      [OPTION_LOCAL_ORIGIN] = store_local_origin,
      [OPTION_BLOCKS] = store_block,
      [OPTION_DURATIONS] = config_store_durations,
      [OPTION_DELAY] = config_store_delay,
      [OPTION_BUDGET] = config_store_budget,
      [OPTION_RULES] = store_rule,
      [OPTION_FIELD_NAME] = store_own_field,
      [OPTION_RATE] = config_store_rate,
      [OPTION_QUEUE] = config_store_queue,
      [OPTION_RATIO] = config_store_ratio,
      [OPTION_FILTER] = config_store_filter,
      [OPTION_COLLECTOR] = store_collector,
  };
  return stores[input->option->kind](input);
}
