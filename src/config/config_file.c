/* config_file.c: from a tree of YAML to upstreams and routes.
 *
 *   defaults of the table -> the top of the file, and its `defaults` -> flags
 *   and variables -> upstreams and their targets -> routes
 *
 * Each of these inherits from the one before, by a copy: so what an upstream or
 * a route does not say is there already when its own keys are read.
 *
 * A mapping is read by one function whatever it is (config_file_read_mapping):
 * a key is an option of the table, if it may stand there, and its value goes
 * where a flag's would (config_store); or it is one of the few that a file is
 * built of, which have a function each. Nothing stops at the first error: every
 * one is told (config/config_errors), and the result is not used. */
#include "config/config_file.h"

#include <stdlib.h>

#include "config/config_file_parts.h"
#include "config/config_option_search.h"
#include "config/config_options.h"
#include "config/config_refuse.h"
#include "config/config_store.h"
#include "core/http_method.h"

void config_file_complain(struct config_file *file, struct yaml_place place,
                          struct slice shown, const char *why) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  if (shown.len > 0) config_show(&line, shown);
  text_str(&line, why);
  config_errors_add(&file->errors, place, &line);
}

static const char no_room[] = ": no memory for it";

void *config_file_take(struct config_file *file, const struct yaml_node *node,
                       size_t size) {
  void *items = calloc(node->count, size);
  if (!items) config_file_complain(file, node->place, node->key, no_room);
  return items;
}

/* ---- keys that do not belong where they stand ---- */

static const struct {
  enum option_scope scope;
  const char *name;
} places[] = {
    {SCOPE_FILE, "at the top of the file"},
    {SCOPE_DEFAULTS, "in defaults"},
    {SCOPE_UPSTREAM, "in an upstream"},
    {SCOPE_TARGET, "in a target"},
    {SCOPE_ROUTE, "in a route"},
    {SCOPE_ITEM, "in an item of gather"},
};

static void say_places(struct text *line, unsigned scopes) {
  const char *before = "; it stands ";
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (!(scopes & places[i].scope)) continue;
    text_put(line, before, places[i].name);
    before = " or ";
  }
}

static const struct config_option *option_elsewhere(struct slice key) {
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    const struct config_option *option =
        config_option_of_key(key, places[i].scope);
    if (option) return option;
  }
  return NULL;
}

static void complain_of_key(struct config_file *file,
                            const struct yaml_node *node,
                            enum option_scope scope) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  const struct config_option *elsewhere = option_elsewhere(node->key);
  const struct config_option *nearest = config_option_nearest(node->key, scope);
  config_show(&line, node->key);
  text_str(&line, elsewhere ? " does not stand here" : " is no key");
  if (elsewhere) {
    say_places(&line, elsewhere->scope);
  } else if (nearest) {
    text_str(&line, "; did you mean ");
    config_option_key(&line, nearest);
    text_char(&line, '?');
  }
  config_errors_add(&file->errors, node->key_place, &line);
}

/* ---- values ---- */

/* A name of a file: what CREDENTIALS_DIRECTORY or the file's own folder makes
 * of it. NULL: it has been told. */
static const char *path_of(struct config_file *file,
                           const struct yaml_node *node) {
  static const char variable[] = "${CREDENTIALS_DIRECTORY}/";
  struct slice folder = file->source->folder, path = node->text;
  if (slice_starts_with(path, slice_of(variable))) {
    const char *directory = file->source->words->env("CREDENTIALS_DIRECTORY");
    path = slice_from(path, sizeof variable - 2);
    folder = slice_of(directory ? directory : "");
    if (folder.len == 0) {
      config_file_complain(file, node->place, node->text,
                           ": CREDENTIALS_DIRECTORY is not set");
      return NULL;
    }
  } else if (path.len > 0 && path.at[0] == '/') {
    folder.len = 0;
  }
  const char *joined = config_join(file->config, folder, path);
  if (!joined) config_file_complain(file, node->place, path, no_room);
  return joined;
}

/* `into` says where it goes; the items of a list have no keys of their own. */
static void read_value(struct config_file *file,
                       const struct config_input *into,
                       const struct yaml_node *node) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  struct config_input input = *into;
  if (node->kind != YAML_SCALAR || yaml_is_null(node)) {
    config_file_complain(file, node->place, into->source,
                         node->kind == YAML_SCALAR ? ": its value is missing"
                                                   : ": expected one value");
    return;
  }
  input.value = node->text;
  input.error = &line;
  if (into->option->kind == OPTION_PATH) {
    const char *path = node->text.len > 0 ? path_of(file, node) : "";
    if (!path) return;
    input.value = slice_of(path);
  }
  if (!config_store(&input))
    config_errors_add(&file->errors, node->place, &line);
}

static void read_list(struct config_file *file, const struct config_input *into,
                      const struct yaml_node *node) {
  config_store_nothing(into);
  if (node->kind != YAML_SEQUENCE) {
    read_value(file, into, node);
    return;
  }
  for (const struct yaml_node *item = node->first; item; item = item->next)
    read_value(file, into, item);
}

static bool is_set_before(const struct yaml_node *fields,
                          const struct yaml_node *field) {
  const struct yaml_node *other = fields->first;
  while (other != field && !slice_equal_nocase(other->key, field->key))
    other = other->next;
  return other != field;
}

static void read_header(struct config_file *file,
                        const struct config_input *into,
                        const struct yaml_node *item) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  struct config_input input = *into;
  input.value = item->text;
  input.error = &line;
  if (item->kind != YAML_SCALAR)
    config_file_complain(file, item->place, item->key, ": expected one value");
  else if (!config_store_header(&input, item->key))
    config_errors_add(&file->errors, item->key_place, &line);
}

static void read_headers(struct config_file *file,
                         const struct config_input *into,
                         const struct yaml_node *node) {
  config_store_nothing(into);
  if (node->kind != YAML_MAPPING) {
    config_file_complain(file, node->place, node->key,
                         ": expected a mapping of names to values, such as "
                         "{X-Region: eu}");
    return;
  }
  for (const struct yaml_node *item = node->first; item; item = item->next) {
    if (is_set_before(node, item))
      config_file_complain(
          file, item->key_place, item->key,
          ": a field before it has this name: the case of its letters "
          "does not matter");
    read_header(file, into, item);
  }
}

/* `any`, or a list of some. */
static void read_methods(struct config_file *file,
                         const struct config_input *into,
                         const struct yaml_node *node) {
  if (node->kind == YAML_SCALAR && slice_equal(node->text, slice_of("any")))
    into->rules->methods = HTTP_METHODS_ANY;
  else if (node->kind == YAML_SEQUENCE && node->count == 0)
    config_file_complain(
        file, node->place, node->key,
        ": a route without a method answers nobody; write any, "
        "or a list such as [GET, POST]");
  else read_list(file, into, node);
}

static void read_option(struct config_file *file,
                        const struct config_option *option,
                        const struct yaml_node *node,
                        struct config_rules *rules) {
  const struct config_input into = {.option = option,
                                    .source = node->key,
                                    .place = node->key_place,
                                    .config = file->config,
                                    .rules = rules};
  if (option->kind == OPTION_HEADERS) read_headers(file, &into, node);
  else if (option->kind == OPTION_METHODS) read_methods(file, &into, node);
  else if (config_option_is_list(option)) read_list(file, &into, node);
  else read_value(file, &into, node);
}

/* ---- a mapping ---- */

static bool is_structure(const struct config_option *option) {
  return option->kind >= OPTION_DEFAULTS && option->kind < OPTION_HELP;
}

bool config_file_is_mapping(struct config_file *file,
                            const struct yaml_node *node) {
  if (node->kind == YAML_MAPPING) return true;
  config_file_complain(file, node->place, node->key,
                       node->key.len > 0 ? ": expected a mapping (KEY: VALUE)"
                                         : "expected a mapping (KEY: VALUE)");
  return false;
}

void config_file_read_mapping(struct config_file *file,
                              const struct yaml_node *node,
                              enum option_scope scope,
                              struct config_rules *rules) {
  if (!config_file_is_mapping(file, node)) return;
  for (const struct yaml_node *child = node->first; child;
       child = child->next) {
    const struct config_option *option =
        config_option_of_key(child->key, scope);
    if (!option) complain_of_key(file, child, scope);
    else if (!is_structure(option)) read_option(file, option, child, rules);
  }
}

void config_file_check_rules(struct config_file *file, struct yaml_place place,
                             const struct config_rules *rules) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  if (!config_check_rules(rules, true, &line))
    config_errors_add(&file->errors, place, &line);
}

/* ---- the whole ---- */

static void read_top(struct config_file *file, const struct yaml_node *root) {
  struct config *config = file->config;
  config_file_read_mapping(file, root, SCOPE_FILE, &config->defaults);
  const struct yaml_node *defaults = yaml_get(root, "defaults");
  if (defaults)
    config_file_read_mapping(file, defaults, SCOPE_DEFAULTS, &config->defaults);
}

/* They were read before, so what they say is known to be good. */
static void read_words(struct config_file *file) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  if (config_read_words(file->config, file->source->words, &line) ==
      CONFIG_ERROR)
    config_errors_add(&file->errors, (struct yaml_place){0}, &line);
}

/* Where a key of the file stands; zeros: it is not there. */
static struct yaml_place place_of(const struct yaml_node *root,
                                  const char *key) {
  const struct yaml_node *node = yaml_get(root, key);
  return node ? node->place : (struct yaml_place){0};
}

/* Only now, since words go before them. */
static void check_defaults(struct config_file *file,
                           const struct yaml_node *root) {
  config_file_check_rules(file, place_of(root, "defaults"),
                          &file->config->defaults);
}

static void check_admin(struct config_file *file,
                        const struct yaml_node *root) {
  char storage[CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  if (!config_check_admin(file->config, &line))
    config_errors_add(&file->errors, place_of(root, "admin"), &line);
}

static bool names_variable(const struct config_rules *rules, const char *name) {
  const char *variable = rules->token_env.text;
  return variable && strcmp(variable, name) == 0;
}

/* The token of flags is nobody's here, unless a target takes that variable. */
static void check_token(struct config_file *file) {
  static const char name[] = "HEDGEROW_TOKEN";
  const struct config *config = file->config;
  if (!config->token_env) return;
  for (unsigned i = 0; i < config->upstream_count; i++)
    for (unsigned k = 0; k < config->upstreams[i].target_count; k++)
      if (names_variable(&config->upstreams[i].targets[k].rules, name)) return;
  config_file_complain(file, (struct yaml_place){0}, (struct slice){0},
                       "HEDGEROW_TOKEN: with --config a token stands beside "
                       "whom it is for: write token_env: HEDGEROW_TOKEN there");
}

static void read_root(struct config_file *file, const struct yaml_node *root) {
  if (!config_file_is_mapping(file, root)) return;
  read_top(file, root);
  read_words(file);
  check_defaults(file, root);
  check_admin(file, root);
  config_file_read_upstreams(file, root);
  check_token(file);
  config_file_read_routes(file, root);
  config_listen_somewhere(file->config);
}

static void add_faults(struct config_file *file,
                       const struct yaml_fault *fault) {
  for (; fault; fault = fault->next)
    config_file_complain(file, fault->place, (struct slice){0}, fault->what);
}

bool config_read_file(struct config *config, const struct config_source *source,
                      config_complain *complain, void *arg) {
  struct config_file file = {
      .config = config,
      .source = source,
      .errors = {.file = source->name, .complain = complain, .arg = arg}};
  char error[CONFIG_ERROR_BYTES], storage[2 * CONFIG_ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  config_init(config);
  config->yaml = yaml_read(source->bytes, error, sizeof error);
  if (config->yaml) {
    add_faults(&file, yaml_faults(config->yaml));
    read_root(&file, yaml_root(config->yaml));
    config_errors_tell(&file.errors);
    return !file.errors.any;
  }
  text_put(&line, source->name, ": ", error);
  complain(arg, text_end(&line));
  return false;
}
