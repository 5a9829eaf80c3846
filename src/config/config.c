/* config.c: from argv and the environment to one immutable config.
 *
 * Three passes, the weakest first where it matters: every default is stored,
 * then what the flags say, then what variables say of options that no flag
 * named. So a variable that a flag beats is not even judged, and --help works
 * in a broken environment. Last come the rules between options.
 *
 * What an option is stands in config_options.c, what a value may be in
 * config_store.c, what is allowed and probably not meant in config_remark.c.
 *
 * The first error ends it, as one line. Nothing in it may give a secret away:
 * somebody who forgot the quotes of --header 'X-Key: s3cret' has the secret
 * standing alone as the next word, so that word is not repeated either. */
#include "config/config.h"

#include <string.h>

#include "config/config_option_search.h"
#include "config/config_options.h"
#include "config/config_refuse.h"
#include "config/config_store.h"
#include "core/text.h"

enum given { NOT_GIVEN, BY_FLAG, BY_VARIABLE };

struct reader {
  struct config *config;
  int argc;
  char **argv;
  int next; /* the argument to read next */
  enum given given[CONFIG_OPTIONS_MAX];
  enum given by; /* what is read now */
  bool header_given;
  struct text *error;
};

/* Pieces as text_put takes them. */
#define fail(reader, source, ...)                                              \
  (text_put((reader)->error, source, ": ", __VA_ARGS__), CONFIG_ERROR)

static void store_fallback(struct config *config,
                           const struct config_option *option) {
  char storage[1];
  struct text error = TEXT_ON(storage);
  const struct config_input input = {.option = option,
                                     .source = slice_of(option->name),
                                     .value = slice_of(option->fallback),
                                     .config = config,
                                     .rules = &config->defaults,
                                     .error = &error};
  /* A default that does not parse is a bug that the tests would see. */
  (void)!config_store(&input);
}

void config_listen_somewhere(struct config *config) {
  if (config->listen_count == 0)
    store_fallback(config, config_option_find(slice_of("--listen")));
}

void config_init(struct config *config) {
  memset(config, 0, sizeof *config);
  config->defaults.methods = HTTP_METHODS_ANY;
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    if (option->fallback && !config_option_is_list(option))
      store_fallback(config, option);
  }
}

static bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* As much of an unknown flag as is a name; of -Hsecret no more than -H. */
static struct slice flag_name(struct slice arg) {
  const bool is_long = slice_starts_with(arg, slice_of("--"));
  const size_t max = is_long ? OPTION_NAME_MAX + 2 : 2;
  size_t n = 1;
  while (n < arg.len && n < max && is_name_byte(arg.at[n])) n++;
  return (struct slice){arg.at, n};
}

static enum config_result fail_unknown(struct reader *reader,
                                       struct slice arg) {
  const struct slice name = flag_name(arg);
  const struct config_option *nearest = config_option_nearest(name, SCOPE_FLAG);
  if (!nearest)
    return fail(reader, name,
                "unknown option; hedgerow --help lists what there is");
  return fail(reader, name, "unknown option; did you mean --", nearest->name,
              "?");
}

static enum config_result fail_stray(struct reader *reader, struct slice arg) {
  if (reader->header_given)
    text_str(reader->error, "an argument behind --header");
  else config_show(reader->error, arg);
  text_str(reader->error, " belongs to no option");
  if (reader->header_given)
    text_str(reader->error, ": quote 'NAME: VALUE' as one word");
  else if (slice_starts_with(arg, slice_of("http")))
    text_str(reader->error, ": write --to in front of it");
  else text_str(reader->error, "; see hedgerow --help");
  return CONFIG_ERROR;
}

/* The next argument as a value, unless it looks like the next flag. */
static bool take_value(struct reader *reader, struct slice *value) {
  if (reader->next >= reader->argc) return false;
  *value = slice_of(reader->argv[reader->next]);
  if (slice_starts_with(*value, slice_of("--"))) return false;
  reader->next++;
  return true;
}

static enum given *mark_of(struct reader *reader,
                           const struct config_option *option) {
  return &reader->given[option - config_options];
}

static enum config_result read_word_alone(struct reader *reader,
                                          const struct config_option *option,
                                          struct slice flag,
                                          struct slice rest) {
  if (rest.len > 0) return fail(reader, flag, "it takes no value");
  switch (option->kind) {
    case OPTION_HELP: return CONFIG_HELP;
    case OPTION_SCHEMA: return CONFIG_SCHEMA;
    case OPTION_CHECK: reader->config->check = true; return CONFIG_RUN;
    case OPTION_DUMP: reader->config->dump = true; return CONFIG_RUN;
    default: return CONFIG_VERSION;
  }
}

/* The first value of a list takes the place of what was there. */
static bool store(struct reader *reader, const struct config_option *option,
                  struct slice source, struct slice value) {
  const struct config_input input = {.option = option,
                                     .source = source,
                                     .value = value,
                                     .config = reader->config,
                                     .rules = &reader->config->defaults,
                                     .error = reader->error};
  enum given *mark = mark_of(reader, option);
  if (*mark == NOT_GIVEN && config_option_is_list(option))
    config_store_nothing(&input);
  *mark = reader->by;
  return config_store(&input);
}

/* `rest` starts at the '=' of --flag=value, or is empty. */
static enum config_result read_option(struct reader *reader,
                                      const struct config_option *option,
                                      struct slice flag, struct slice rest) {
  struct slice value = rest;
  if (!option->value) return read_word_alone(reader, option, flag, rest);
  if (*mark_of(reader, option) && !config_option_is_list(option))
    return fail(reader, flag, "it is given twice");
  if (rest.len > 0) value = slice_from(rest, 1);
  else if (!take_value(reader, &value))
    return fail(reader, flag, "its value is missing: write --", option->name,
                " ", option->value);
  reader->header_given |= option->kind == OPTION_HEADERS;
  return store(reader, option, flag, value) ? CONFIG_RUN : CONFIG_ERROR;
}

static enum config_result read_argument(struct reader *reader) {
  const struct slice arg = slice_of(reader->argv[reader->next++]);
  if (arg.len < 2 || arg.at[0] != '-') return fail_stray(reader, arg);
  const struct slice flag = {arg.at, strcspn(arg.at, "=")};
  const struct config_option *option = config_option_find(flag);
  if (!option) return fail_unknown(reader, arg);
  return read_option(reader, option, flag, slice_from(arg, flag.len));
}

static enum config_result read_flags(struct reader *reader) {
  while (reader->next < reader->argc) {
    const enum config_result result = read_argument(reader);
    if (result != CONFIG_RUN) return result;
  }
  return CONFIG_RUN;
}

/* Takes the next item off *list; false when there is none. */
static bool next_item(const char **list, const char *separators,
                      struct slice *item) {
  *list += strspn(*list, separators);
  *item = (struct slice){*list, strcspn(*list, separators)};
  *list += item->len;
  return item->len > 0;
}

/* A list is taken apart where its items cannot have the byte: a header's value
 * and a rule may hold spaces, a URL or a name may not. Anything else is one
 * item. */
static const char *separators_of(const struct config_option *option) {
  if (!config_option_is_list(option)) return "";
  return option->kind == OPTION_HEADERS || option->kind == OPTION_RULES
             ? "\r\n"
             : " \t\r\n";
}

static bool read_variable(struct reader *reader,
                          const struct config_option *option,
                          const char *(*env)(const char *)) {
  char name[OPTION_NAME_MAX + sizeof "HEDGEROW_"];
  struct text source = TEXT_ON(name);
  config_option_variable(&source, option->name);
  const char *list = env(text_end(&source));
  struct slice value;
  if (!list) return true;
  while (next_item(&list, separators_of(option), &value))
    if (!store(reader, option, text_slice_of(&source), value)) return false;
  return true;
}

/* The token goes into a field as it is. Whatever is wrong with it, it is not
 * shown. RFC 6750, section 2.1 allows even less than visible ASCII. */
static enum config_result read_token(struct reader *reader,
                                     const char *(*env)(const char *)) {
  const char *token = env("HEDGEROW_TOKEN");
  if (!token || *token == '\0') return CONFIG_RUN;
  for (const char *c = token; *c != '\0'; c++)
    if (*c <= ' ' || *c >= 0x7f)
      return fail(reader, slice_of("HEDGEROW_TOKEN"),
                  "a token is visible ASCII without spaces or line ends");
  reader->config->token_env = token;
  return CONFIG_RUN;
}

static enum config_result read_environment(struct reader *reader,
                                           const char *(*env)(const char *)) {
  reader->by = BY_VARIABLE;
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    if (!config_option_has_variable(option) || *mark_of(reader, option))
      continue;
    if (!read_variable(reader, option, env)) return CONFIG_ERROR;
  }
  return read_token(reader, env);
}

/* What a file says in another way, or in more than one place. */
static bool belongs_to_file(const struct config_option *option) {
  return !(option->scope & (SCOPE_FILE | SCOPE_DEFAULTS)) ||
         (config_option_is_list(option) && option->kind != OPTION_ADDRESS);
}

static void name_given(struct reader *reader,
                       const struct config_option *option) {
  if (*mark_of(reader, option) == BY_VARIABLE) {
    config_option_variable(reader->error, option->name);
    return;
  }
  text_put(reader->error, "--", option->name);
}

static enum config_result check_beside_file(struct reader *reader) {
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    if (!reader->given[i] || option->kind == OPTION_FILE ||
        !belongs_to_file(option))
      continue;
    name_given(reader, option);
    text_str(reader->error, option->kind == OPTION_URLS
                                ? ": with --config the file says who is asked: "
                                  "write it under upstreams: targets:"
                                : ": with --config it stands in the file, "
                                  "beside whom it concerns");
    return CONFIG_ERROR;
  }
  return CONFIG_RUN;
}

enum config_result config_read_words(struct config *config,
                                     const struct config_words *words,
                                     struct text *error) {
  struct reader reader = {.config = config,
                          .argc = words->argc,
                          .argv = words->argv,
                          .next = 1,
                          .by = BY_FLAG,
                          .error = error};
  enum config_result result = read_flags(&reader);
  if (result == CONFIG_RUN) result = read_environment(&reader, words->env);
  if (result == CONFIG_RUN && config->file) result = check_beside_file(&reader);
  return result;
}

/* The rules between options. */
static enum config_result check_whole(const struct config *config,
                                      struct text *error) {
  if (config->file) return CONFIG_RUN; /* it may say more */
  if (config->to_count + config->all_count == 0) {
    text_str(error, "no upstream is named: write --to URL (or --all URL, or "
                    "--config FILE); see hedgerow --help");
    return CONFIG_ERROR;
  }
  return config_check_rules(&config->defaults, false, error) &&
                 config_check_admin(config, error)
             ? CONFIG_RUN
             : CONFIG_ERROR;
}

static bool check_timeouts(const struct config_rules *rules, bool by_keys,
                           struct text *error) {
  if (rules->timeout_us <= rules->max_timeout_us) return true;
  text_put(
      error,
      by_keys ? "timeout: " : "--timeout: ", as_duration(rules->timeout_us),
      " is longer than ", by_keys ? "max_timeout " : "--max-timeout ",
      as_duration(rules->max_timeout_us), ": lower the one or raise the other");
  return false;
}

static bool check_attempts(const struct config_rules *rules, bool by_keys,
                           struct text *error) {
  const struct race_policy *policy = &rules->policy;
  if (policy->hedges + policy->retries <= RACE_MAX_HEDGES) return true;
  text_put(error, by_keys ? "retries: " : "--retries: ", policy->retries,
           by_keys ? " and hedges " : " and --hedges ", policy->hedges,
           " are more than 15 together: lower one of them");
  return false;
}
_Static_assert(RACE_MAX_HEDGES == 15, "check_attempts names the number");

static bool check_success(const struct config_rules *rules, bool by_keys,
                          struct text *error) {
  if (rules->success == SUCCESS_JSON ||
      rules->success_if_count + rules->fail_if_count == 0)
    return true;
  text_str(error, by_keys ? "success_if and fail_if read JSON: write success: "
                            "json, or success_if: [] and fail_if: []"
                          : "--success-if and --fail-if read JSON: they need "
                            "--success json");
  return false;
}

bool config_check_admin(const struct config *config, struct text *error) {
  const struct listen_at *admin = &config->admin;
  if (admin->host.len == 0 || address_is_loopback(admin->host) ||
      config->admin_token_file.text)
    return true;
  text_str(error, config->file ? "admin: " : "--admin: ");
  address_write_place(error, admin, admin->port);
  text_put(error, " may be reached from other machines: name a token's file (",
           config->file ? "admin_token_file" : "--admin-token-file",
           "), or write 127.0.0.1:PORT, unix:/PATH or off");
  return false;
}

bool config_check_rules(const struct config_rules *rules, bool by_keys,
                        struct text *error) {
  return check_timeouts(rules, by_keys, error) &&
         check_attempts(rules, by_keys, error) &&
         check_success(rules, by_keys, error);
}

enum config_result config_parse(struct config *config, int argc, char **argv,
                                const char *(*env)(const char *name),
                                char *error, size_t error_cap) {
  const struct config_words words = {argc, argv, env};
  struct text line;
  text_init(&line, error, error_cap);
  config_init(config);
  enum config_result result = config_read_words(config, &words, &line);
  if (result == CONFIG_RUN) result = check_whole(config, &line);
  config_listen_somewhere(config);
  (void)text_end(&line);
  return result;
}
