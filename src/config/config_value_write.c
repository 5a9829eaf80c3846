/* config_value_write.c: the value of one option, as a file would have it. */
#include "config/config_value_write.h"

#include <string.h>

#include "config/config_quote.h"
#include "config/config_values.h"
#include "core/http_method.h"

static int64_t number_at(const void *member, size_t size) {
  int64_t wide = 0;
  unsigned narrow = 0;
  bool flag = false;
  if (size == sizeof wide) memcpy(&wide, member, sizeof wide);
  else if (size == sizeof narrow) memcpy(&narrow, member, sizeof narrow);
  else memcpy(&flag, member, sizeof flag);
  return size == sizeof wide ? wide : size == sizeof narrow ? narrow : flag;
}

static void add_choice(struct text *out, const char *words, int64_t place) {
  for (; place > 0; place--) words += strcspn(words, "|") + 1;
  text_add(out, words, strcspn(words, "|"));
}

static void add_address(struct text *out, const struct listen_at *address) {
  text_char(out, '"');
  address_write_place(out, address, address->port);
  text_char(out, '"');
}

static void add_place(struct text *out, const struct listen_at *address) {
  if (!listen_at_is_set(address)) text_str(out, "off");
  else add_address(out, address);
}

static void add_addresses(struct text *out, const struct config *config) {
  text_char(out, '[');
  for (unsigned i = 0; i < config->listen_count; i++) {
    if (i > 0) text_str(out, ", ");
    add_address(out, &config->listen[i]);
  }
  text_char(out, ']');
}

static void add_headers(struct text *out, const struct config_rules *rules) {
  text_char(out, '{');
  for (unsigned i = 0; i < rules->header_count; i++) {
    text_put(out, i > 0 ? ", " : "", as_quoted(rules->headers[i].name),
             ": \"" CONFIG_MASK "\"");
  }
  text_char(out, '}');
}

/* A colon would begin a mapping for some readers. */
static void add_filter(struct text *out, const struct race_filter *filter) {
  char storage[64];
  struct text text = TEXT_ON(storage);
  config_write_filter(&text, filter);
  config_quote(out, text_slice_of(&text));
}

static void add_blocks(struct text *out, const struct config_rules *rules) {
  text_char(out, '[');
  for (unsigned i = 0; i < rules->trusted_count; i++) {
    text_str(out, i > 0 ? ", \"" : "\"");
    cidr_write(out, &rules->trusted[i]);
    text_char(out, '"');
  }
  text_char(out, ']');
}

static void add_strings(struct text *out, const struct slice *strings,
                        unsigned count) {
  text_char(out, '[');
  for (unsigned i = 0; i < count; i++) {
    text_put(out, i > 0 ? ", " : "", as_quoted(strings[i]));
  }
  text_char(out, ']');
}

static void add_methods(struct text *out, unsigned methods) {
  if (methods == HTTP_METHODS_ANY) {
    text_str(out, "any");
    return;
  }
  text_char(out, '[');
  http_methods_write(out, methods);
  text_char(out, ']');
}

static void add_path(struct text *out, const char *folder, const char *path) {
  const struct slice pieces[] = {slice_of(path[0] != '/' ? folder : ""),
                                 slice_of(path)};
  config_quote_all(out, pieces, 2);
}

static void add_number(struct text *out, const struct config_option *option,
                       int64_t number) {
  if (option->word && number == option->word_number)
    text_str(out, option->word);
  else if (option->kind == OPTION_DURATION) config_write_duration(out, number);
  else if (option->kind == OPTION_SIZE) config_write_size(out, number);
  else if (option->kind == OPTION_COUNT) text_int(out, number);
  else if (option->kind == OPTION_RATIO) config_write_ratio(out, number);
  else add_choice(out, option->value, number);
}

static const char *name_at(const void *member) {
  struct config_name name;
  memcpy(&name, member, sizeof name);
  return name.text;
}

void config_value_write(struct text *out, const struct config_option *option,
                        const void *member, const struct config_values *of) {
  const struct config_rules *rules = of->rules;
  struct slice text = {0};
  switch (option->kind) {
    case OPTION_ADDRESS: add_addresses(out, of->config); break;
    case OPTION_PLACE: add_place(out, member); break;
    case OPTION_DURATIONS: config_write_durations(out, member); break;
    case OPTION_DELAY:
      config_write_delay(out, rules->policy.hedge_after_us,
                         &rules->policy.learn);
      break;
    case OPTION_BUDGET: config_write_budget(out, &rules->budget); break;
    case OPTION_RATE: config_write_rate(out, &rules->rate); break;
    case OPTION_QUEUE: config_write_queue(out, &rules->queue); break;
    case OPTION_FILTER: add_filter(out, member); break;
    case OPTION_HEADERS: add_headers(out, rules); break;
    case OPTION_NAMES:
      add_strings(out, rules->drop_headers, rules->drop_header_count);
      break;
    case OPTION_ORIGINS:
      add_strings(out, rules->cors, rules->cors_count);
      break;
    case OPTION_BLOCKS: add_blocks(out, rules); break;
    case OPTION_RULES:
      if (member == &rules->fail_if_count)
        add_strings(out, rules->fail_if, rules->fail_if_count);
      else add_strings(out, rules->success_if, rules->success_if_count);
      break;
    case OPTION_METHODS: add_methods(out, rules->methods); break;
    case OPTION_PATH: add_path(out, of->folder, name_at(member)); break;
    case OPTION_VARIABLE: config_quote(out, slice_of(name_at(member))); break;
    case OPTION_FIELD:
    case OPTION_WORD:
    case OPTION_COLLECTOR:
    case OPTION_LOCAL_ORIGIN:
    case OPTION_FIELD_NAME:
      memcpy(&text, member, sizeof text);
      if (option->kind != OPTION_FIELD && text.len == 0) text_str(out, "off");
      else config_quote(out, text);
      break;
    default: add_number(out, option, number_at(member, option->size));
  }
}

bool config_value_is_absent(const struct config_option *option,
                            const void *member) {
  static const struct slice nothing;
  switch (option->kind) {
    case OPTION_PATH:
    case OPTION_VARIABLE: return !name_at(member);
    case OPTION_FIELD: return memcmp(member, &nothing, sizeof nothing) == 0;
    default: return false;
  }
}
