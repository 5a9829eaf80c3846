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

void *config_member(const struct config_into *into,
                    const struct config_option *option) {
  const bool of_rules = option->scope & SCOPE_RULES;
  char *base = of_rules ? (char *)into->rules : (char *)into->config;
  return base + option->offset;
}

static bool refuse_because(const struct config_input *input, struct text *error,
                           const char *why) {
  (void)config_refuse_value(input, error, ": ");
  text_str(error, why);
  return false;
}

static bool refuse_url(const struct config_input *input, struct text *error,
                       const char *why, const char *token_option) {
  (void)config_refuse_value(input, error, ": ");
  config_write_url_fault(error, why, token_option);
  return false;
}

static bool store_address(const struct config_into *into,
                          const struct config_input *input,
                          struct text *error) {
  static const char form[] = "write it as HOST:PORT, such as 127.0.0.1:8480";
  struct config *config = into->config;
  struct listen_at address;
  const char *why = config_parse_address(input->value, form, &address);
  if (why) return refuse_because(input, error, why);
  if (config->listen_count == CONFIG_LISTEN_MAX)
    return config_refuse_one_more(input, error, CONFIG_LISTEN_MAX);
  config->listen[config->listen_count++] = address;
  return true;
}

static bool store_place(const struct config_into *into,
                        const struct config_input *input, struct text *error) {
  static const char form[] =
      "write it as HOST:PORT, such as 127.0.0.1:8481, as unix:/PATH, or off";
  struct listen_at address = {0};
  const bool off = slice_equal(input->value, slice_of("off"));
  const char *why =
      off ? NULL : config_parse_place(input->value, form, &address);
  if (why) return refuse_because(input, error, why);
  memcpy(config_member(into, input->option), &address, sizeof address);
  return true;
}

static bool store_collector(const struct config_into *into,
                            const struct config_input *input,
                            struct text *error) {
  struct slice url;
  const char *why = config_parse_collector(input->value, &url);
  if (why)
    return refuse_url(input, error, why,
                      config_is_of_file(input) ? "otlp_token_file"
                                               : "--otlp-token-file");
  memcpy(config_member(into, input->option), &url, sizeof url);
  return true;
}

static const char no_name[] = "the name of a file is missing";

static bool store_path(const struct config_into *into,
                       const struct config_input *input, struct text *error) {
  const struct config_name name = {input->value.at, input->place};
  if (input->value.len == 0) return config_refuse(input, error, no_name);
  memcpy(config_member(into, input->option), &name, sizeof name);
  return true;
}

static bool store_file(const struct config_into *into,
                       const struct config_input *input, struct text *error) {
  if (input->value.len == 0) return config_refuse(input, error, no_name);
  into->config->file = input->value.at;
  return true;
}

/* --to come first in config->targets, in whatever order the flags came. */
static bool store_url(const struct config_into *into,
                      const struct config_input *input, struct text *error) {
  struct config *config = into->config;
  unsigned *count = config_member(into, input->option);
  const unsigned total = config->to_count + config->all_count;
  const unsigned place = count == &config->to_count ? config->to_count : total;
  struct base_url target;
  const char *why = base_url_parse(&target, input->value);
  if (why) return refuse_url(input, error, why, "--token-file");
  if (total == CONFIG_TARGETS_MAX)
    return config_refuse(
        input, error,
        "more than 64 URLs are too many (--to and --all together)");
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

static bool store_word(const struct config_into *into,
                       const struct config_input *input, struct text *error) {
  struct slice word = input->value;
  if (!is_word(word))
    return config_refuse_value(
        input, error, " is no name (letters, digits, '-', '_'), and not off");
  if (slice_equal(word, slice_of("off"))) word = (struct slice){0};
  memcpy(config_member(into, input->option), &word, sizeof word);
  return true;
}

static bool store_own_field(const struct config_into *into,
                            const struct config_input *input,
                            struct text *error) {
  const char *why =
      config_owned_by_meaning(input->value, config_is_of_file(input));
  if (!why) return store_word(into, input, error);
  (void)config_refuse_value(input, error, " ");
  text_str(error, why);
  return false;
}

static bool store_origin(const struct config_into *into,
                         const struct config_input *input, struct text *error) {
  struct config_rules *rules = into->rules;
  const char *why = cors_parse(input->value);
  if (why) return refuse_because(input, error, why);
  if (rules->cors_count == CONFIG_ORIGINS_MAX)
    return config_refuse_one_more(input, error, CONFIG_ORIGINS_MAX);
  rules->cors[rules->cors_count++] = input->value;
  return true;
}

static bool store_local_origin(const struct config_into *into,
                               const struct config_input *input,
                               struct text *error) {
  struct slice origin = input->value;
  if (slice_equal(origin, slice_of("off"))) origin = (struct slice){0};
  else if (!cors_is_local(origin))
    return refuse_because(input, error, "write http://127.0.0.1:PORT, or off");
  memcpy(config_member(into, input->option), &origin, sizeof origin);
  return true;
}

static bool store_block(const struct config_into *into,
                        const struct config_input *input, struct text *error) {
  struct config_rules *rules = into->rules;
  char storage[CIDR_WHY_BYTES];
  struct text why = TEXT_IN(storage);
  struct cidr block;
  if (!cidr_parse(&block, input->value, &why))
    return refuse_because(input, error, text_end(&why));
  if (rules->trusted_count == CONFIG_BLOCKS_MAX)
    return config_refuse_one_more(input, error, CONFIG_BLOCKS_MAX);
  rules->trusted[rules->trusted_count++] = block;
  return true;
}

static bool store_rule(const struct config_into *into,
                       const struct config_input *input, struct text *error) {
  struct config_rules *rules = into->rules;
  unsigned *count = config_member(into, input->option);
  struct slice *list =
      count == &rules->fail_if_count ? rules->fail_if : rules->success_if;
  char storage[JSON_RULE_WHY_BYTES];
  struct json_rule rule;
  struct text why = TEXT_IN(storage);
  if (!json_rule_parse(&rule, input->value, &why))
    return refuse_because(input, error, text_end(&why));
  if (*count == CONFIG_RULES_MAX)
    return config_refuse_one_more(input, error, CONFIG_RULES_MAX);
  list[(*count)++] = input->value;
  return true;
}

static bool store_variable(const struct config_into *into,
                           const struct config_input *input,
                           struct text *error) {
  bool is_name = input->value.len > 0;
  for (size_t i = 0; i < input->value.len; i++)
    is_name = is_name && is_variable_byte(input->value.at[i]);
  return is_name ? store_path(into, input, error)
                 : config_refuse(input, error,
                                 "expected the name of a variable (letters, "
                                 "digits, '_'), not the secret itself");
}

static bool store_method(const struct config_into *into,
                         const struct config_input *input, struct text *error) {
  const enum http_method method = http_method_of(input->value);
  if (method == HTTP_OTHER || method == HTTP_CONNECT || method == HTTP_TRACE)
    return config_refuse_value(
        input, error,
        " is no method that a route can name: GET, HEAD, POST, "
        "PUT, PATCH, DELETE, OPTIONS, QUERY, or any");
  into->rules->methods |= 1u << method;
  if (method == HTTP_GET) into->rules->methods |= 1u << HTTP_HEAD;
  return true;
}

void config_store_nothing(const struct config_into *into,
                          const struct config_option *option) {
  memset(config_member(into, option), 0, option->size);
}

bool config_store(const struct config_into *into,
                  const struct config_input *input, struct text *error) {
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
  return stores[input->option->kind](into, input, error);
}
