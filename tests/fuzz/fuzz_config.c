/* fuzz_config: a command line and an environment, one word or variable
 * ("$NAME=VALUE") a line, into config/config.
 *
 * What is accepted keeps every range that its table names, and is fit to race
 * by. What is not is one clean line. No secret stands in it: the line is the
 * same when the token, the values of headers, and the queries and passwords of
 * URLs are others. */
#include <stdlib.h>

#include "config/config.h"
#include "config/config_fit.h"
#include "config/config_options.h"
#include "fuzz/fuzz.h"

enum { WORDS_MAX = 100, ERROR_BYTES = 1024 };

struct line {
  char *words[WORDS_MAX], *variables[WORDS_MAX];
  int word_count, variable_count;
};

static const struct line *the_environment;

static const char *env(const char *name) {
  size_t len = strlen(name);
  for (int i = 0; i < the_environment->variable_count; i++) {
    const char *variable = the_environment->variables[i];
    if (strncmp(variable, name, len) == 0 && variable[len] == '=')
      return variable + len + 1;
  }
  return NULL;
}

static char *string_of(struct slice text) {
  struct text copy = fuzz_text(text.len + 1);
  text_slice(&copy, text);
  text_end(&copy);
  return copy.at;
}

static void split(struct line *line, struct slice input) {
  *line = (struct line){.word_count = 1};
  line->words[0] = string_of(slice_of("hedgerow"));
  while (input.len > 0) {
    struct slice word = fuzz_line(&input);
    bool variable = word.len > 0 && word.at[0] == '$';
    int *count = variable ? &line->variable_count : &line->word_count;
    if (*count == WORDS_MAX) continue;
    if (variable) line->variables[(*count)++] = string_of(slice_from(word, 1));
    else line->words[(*count)++] = string_of(word);
  }
}

static void clear(struct line *line) {
  for (int i = 0; i < line->word_count; i++) free(line->words[i]);
  for (int i = 0; i < line->variable_count; i++) free(line->variables[i]);
}

static enum config_result parse(struct config *config, struct line *line,
                                char *error, size_t cap) {
  the_environment = line;
  return config_parse(config, line->word_count, line->words, env, error, cap);
}

/* ---- other secrets ---- */

/* What decides over a verdict stays: control bytes, and what ends a part. */
static void mask(char *from, const char *end, const char *kept) {
  for (; from < end; from++)
    if (*from > ' ' && *from <= '~' && !strchr(kept, *from)) *from = 'x';
}

static void mask_header(char *item) {
  for (;;) {
    size_t len = strcspn(item, "\r\n"), name = strcspn(item, ":\r\n");
    mask(name < len ? item + name : item, item + len, ":");
    if (item[len] == '\0') return;
    item += len + 1;
  }
}

static void mask_one_url(char *url, char *end) {
  size_t url_len = (size_t)(end - url);
  char *authority = memmem(url, url_len, "://", 3);
  char *query = memchr(url, '?', url_len);
  if (authority) {
    size_t len = strcspn(authority += 3, "/?# \t\r\n");
    char *at = memrchr(authority, '@', len);
    if (at) mask(authority, at, "@:");
  }
  if (query) mask(query, end, "?@#");
}

/* A variable holds several, apart by white space. */
static void mask_url(char *urls) {
  for (;;) {
    size_t len = strcspn(urls, " \t\r\n");
    mask_one_url(urls, urls + len);
    if (urls[len] == '\0') return;
    urls += len + 1;
  }
}

static void mask_value(const char *name, size_t len, char *value) {
  static const struct {
    const char *flag, *variable;
    void (*mask)(char *value);
  } secrets[] = {{"--header", "HEDGEROW_HEADER", mask_header},
                 {"--to", "HEDGEROW_TO", mask_url},
                 {"--all", "HEDGEROW_ALL", mask_url}};
  struct slice source = {name, len};
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
    if (slice_equal(source, slice_of(secrets[i].flag)) ||
        slice_equal(source, slice_of(secrets[i].variable)))
      secrets[i].mask(value);
  if (slice_equal(source, slice_of("HEDGEROW_TOKEN")))
    mask(value, value + strlen(value), "");
}

static void mask_all(struct line *line) {
  for (int i = 1; i < line->word_count; i++) {
    char *word = line->words[i], *before = line->words[i - 1];
    size_t name = strcspn(word, "=");
    if (word[0] == '-' && word[name] == '=')
      mask_value(word, name, word + name + 1);
    else if (strncmp(word, "--", 2) != 0)
      mask_value(before, strlen(before), word);
  }
  for (int i = 0; i < line->variable_count; i++) {
    char *variable = line->variables[i];
    size_t name = strcspn(variable, "=");
    if (variable[name] == '=') mask_value(variable, name, variable + name + 1);
  }
}

/* ---- what was accepted ---- */

static int64_t number_at(const struct config *config,
                         const struct config_option *option) {
  const bool of_rules = option->scope & SCOPE_RULES;
  const char *base =
      of_rules ? (const char *)&config->defaults : (const char *)config;
  const char *member = base + option->offset;
  int64_t wide = 0;
  unsigned narrow = 0;
  memcpy(option->size == sizeof wide ? (void *)&wide : (void *)&narrow, member,
         option->size);
  return option->size == sizeof wide ? wide : (int64_t)narrow;
}

static bool number_of(const struct config_option *option, const char *text,
                      int64_t *number) {
  if (option->kind == OPTION_DURATION)
    return config_parse_duration(slice_of(text), number);
  if (option->kind == OPTION_SIZE)
    return config_parse_size(slice_of(text), number);
  return config_parse_count(slice_of(text), number);
}

static void check_ranges(const struct config *config) {
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    int64_t min, max;
    if (!option->min || option->kind > OPTION_COUNT) continue;
    int64_t number = number_at(config, option);
    demand(number_of(option, option->min, &min) &&
               number_of(option, option->max, &max),
           "a range is one");
    demand((number >= min && number <= max) ||
               (option->word && number == option->word_number),
           "every number is in its range");
  }
  demand(config->file ||
             config->defaults.timeout_us <= config->defaults.max_timeout_us,
         "the timeout fits");
  demand((unsigned)config->defaults.policy.on_failure <= RACE_WAIT, "a policy");
}

static void check_lists(const struct config *config) {
  unsigned targets = config->to_count + config->all_count;
  demand(targets >= 1 && targets <= CONFIG_TARGETS_MAX, "1 to 64 targets");
  demand(config->defaults.header_count <= CONFIG_HEADERS_MAX &&
             config->defaults.drop_header_count <= CONFIG_HEADERS_MAX,
         "no more fields than there is room for");
  for (unsigned i = 0; i < targets; i++)
    demand(config->targets[i].host.len > 0, "a target has a host");
  for (unsigned i = 0; i < config->defaults.header_count; i++)
    demand(http_is_token(config->defaults.headers[i].name) &&
               config->defaults.headers[i].value.len > 0 &&
               !fuzz_has_control(config->defaults.headers[i].value),
           "a header is one line");
  for (unsigned i = 0; i < config->defaults.drop_header_count; i++)
    demand(http_is_token(config->defaults.drop_headers[i]),
           "a name is a token");
  demand(!fuzz_has_control(config->defaults.user_agent),
         "a User-Agent is one line");
  demand(!config->token_env || fuzz_is_visible(slice_of(config->token_env)),
         "a token is visible ASCII");
}

static void check_remarks(const struct config *config) {
  char remark[ERROR_BYTES];
  unsigned n = 0;
  while (config_remark(config, n, remark, sizeof remark)) {
    demand(remark[0] && !fuzz_has_control(slice_of(remark)),
           "a remark is one clean line");
    demand(n++ < 32, "the remarks end");
  }
}

/* Of what an environment holds, only names are told. */
static void check_variables(const struct line *line) {
  char *environment[WORDS_MAX + 1] = {NULL}, remark[ERROR_BYTES];
  unsigned n = 0;
  memcpy(environment, line->variables,
         (size_t)line->variable_count * sizeof *environment);
  while (config_remark_variable(environment, n++, remark, sizeof remark))
    demand(!fuzz_has_control(slice_of(remark)) && !strchr(remark, '='),
           "a remark on a variable is one clean line");
  demand(n <= (unsigned)line->variable_count + 1, "one for each at most");
}

/* Targets of one origin share their attempts. */
static int64_t origins_of(const struct config *config) {
  int64_t count = 0;
  for (unsigned i = 0; i < config->to_count + config->all_count; i++) {
    unsigned first = 0;
    while (!base_url_same_origin(&config->targets[first], &config->targets[i]))
      first++;
    count += first == i;
  }
  return count;
}

static void check_lowered(const struct config *config, int64_t descriptors) {
  struct config fit = *config;
  int64_t count = origins_of(config);
  demand(config_build(&fit), "there is memory");
  bool lowered = config_fit_descriptors(&fit, descriptors, 1);
  int64_t attempts = fit.upstreams[0].rules.max_attempts;
  demand(fit.max_connections >= 1 && attempts >= 1, "something is left");
  demand(fit.max_connections <= config->max_connections &&
             attempts <= config->defaults.max_attempts,
         "limits are only lowered");
  demand(!lowered || descriptors < 512 ||
             fit.max_connections + count * attempts <= descriptors + count,
         "what was lowered fits");
  config_clear(&fit);
}

static void check_fit(const struct config *config) {
  for (int64_t descriptors = 1; descriptors < 1 << 20; descriptors *= 7)
    check_lowered(config, descriptors);
}

static void check(const struct config *config, enum config_result result,
                  const char *error) {
  demand((result == CONFIG_ERROR) == (error[0] != '\0'),
         "an error has a line, and nothing else has");
  for (const char *c = error; *c; c++)
    demand(*c >= ' ' && *c <= '~', "an error is one line of ASCII");
  if (result != CONFIG_RUN) return;
  check_ranges(config);
  check_remarks(config);
  if (config->file) return; /* which says who is asked */
  check_lists(config);
  check_fit(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct line line;
  struct config config;
  char error[ERROR_BYTES], other[ERROR_BYTES], small[24];
  split(&line, fuzz_input(data, size));
  enum config_result result = parse(&config, &line, error, sizeof error);
  check(&config, result, error);
  check_variables(&line);
  demand(parse(&config, &line, small, sizeof small) == result,
         "a small room for the error changes nothing");
  mask_all(&line);
  demand(parse(&config, &line, other, sizeof other) == result,
         "other secrets change no verdict");
  demand(strcmp(error, other) == 0, "an error shows no secret");
  clear(&line);
  return 0;
}
