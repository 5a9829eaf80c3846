/* config_upstreams.c: the upstreams of a file, and their targets. */
#include <stdlib.h>

#include "config/config_file_parts.h"
#include "config/config_refuse.h"

/* Names stand in logs, metrics and errors. */
static bool is_name(struct slice name) {
  for (size_t i = 0; i < name.len; i++) {
    char c = name.at[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-')
      return false;
  }
  return name.len > 0 && name.len <= OPTION_NAME_MAX;
}

/* ---- targets ---- */

static void read_url(struct config_file *file, const struct yaml_node *node,
                     struct config_target *target) {
  const char *why = "expected a URL, such as https://api.example.com/v1";
  struct slice shown = {0};
  if (node->kind == YAML_SCALAR) {
    shown = node->text;
    why = base_url_parse(&target->url, node->text);
  }
  if (!why) return;
  char storage[256];
  struct text line = TEXT_ON(storage);
  text_str(&line, shown.len > 0 ? ": " : "");
  config_write_url_fault(&line, why, "token_file");
  config_file_complain(file, node->place, shown, text_end(&line));
}

/* What it does not say, it has from its upstream; but no token beside its own.
 */
static void read_own(struct config_file *file, const struct yaml_node *node,
                     struct config_rules *rules) {
  const struct config_name none = {0}, token_file = rules->token_file,
                           token_env = rules->token_env;
  rules->token_file = rules->token_env = none;
  config_file_read_mapping(file, node, SCOPE_TARGET, rules);
  if (rules->token_file.text && rules->token_env.text)
    config_file_complain(file, node->place, (struct slice){0},
                         "token_file and token_env exclude each other");
  if (rules->token_file.text || rules->token_env.text) return;
  rules->token_file = token_file;
  rules->token_env = token_env;
}

static void read_target(struct config_file *file, const struct yaml_node *node,
                        const struct config_upstream *upstream,
                        struct config_target *target) {
  target->rules = upstream->rules;
  target->rules.header_count = target->rules.drop_header_count = 0;
  if (node->kind != YAML_MAPPING) {
    read_url(file, node, target);
    return;
  }
  read_own(file, node, &target->rules);
  const struct yaml_node *url = yaml_get(node, "url");
  if (url) read_url(file, url, target);
  else
    config_file_complain(file, node->place, (struct slice){0},
                         "a target needs a url");
}

static void read_list(struct config_file *file, const struct yaml_node *list,
                      struct config_upstream *upstream) {
  if (list->count > CONFIG_TARGETS_MAX) {
    config_file_complain(file, list->place, upstream->name,
                         ": more than 64 targets are too many");
    return;
  }
  upstream->targets = config_file_take(file, list, sizeof *upstream->targets);
  if (!upstream->targets) return;
  for (const struct yaml_node *item = list->first; item; item = item->next)
    read_target(file, item, upstream,
                &upstream->targets[upstream->target_count++]);
}
_Static_assert(CONFIG_TARGETS_MAX == 64, "read_list names the number");

static void read_targets(struct config_file *file, const struct yaml_node *node,
                         struct config_upstream *upstream) {
  const struct yaml_node *targets = yaml_get(node, "targets");
  if (targets && targets->kind == YAML_SCALAR && !yaml_is_null(targets)) {
    struct yaml_node url = *targets, list = *targets;
    url.next = NULL;
    list.first = &url;
    list.count = 1;
    read_list(file, &list, upstream);
  } else if (targets && targets->kind == YAML_SEQUENCE && targets->count > 0) {
    read_list(file, targets, upstream);
  } else {
    config_file_complain(file, targets ? targets->place : node->key_place,
                         upstream->name,
                         ": an upstream needs targets, a URL or a list of "
                         "them");
  }
}

/* ---- upstreams ---- */

static void read_upstream(struct config_file *file,
                          const struct yaml_node *node,
                          struct config_upstream *upstream) {
  upstream->name = node->key;
  upstream->rules = file->config->defaults;
  if (!is_name(node->key))
    config_file_complain(file, node->key_place, node->key,
                         ": a name has 1 to 32 letters, digits, '-' and '_'");
  if (!config_file_is_mapping(file, node)) return;
  config_file_read_mapping(file, node, SCOPE_UPSTREAM, &upstream->rules);
  if (upstream->rules.token_file.text && upstream->rules.token_env.text)
    config_file_complain(file, node->key_place, node->key,
                         ": token_file and token_env exclude each other");
  read_targets(file, node, upstream);
}

void config_file_read_upstreams(struct config_file *file,
                                const struct yaml_node *root) {
  struct config *config = file->config;
  const struct yaml_node *all = yaml_get(root, "upstreams");
  if (!all) {
    config_file_complain(file, root->place, (struct slice){0},
                         "upstreams are missing: who is asked?");
    return;
  }
  if (!config_file_is_mapping(file, all)) return;
  if (all->count == 0 || all->count > CONFIG_UPSTREAMS_MAX) {
    config_file_complain(file, all->place, (struct slice){0},
                         "expected 1 to 256 upstreams");
    return;
  }
  config->upstreams = config_file_take(file, all, sizeof *config->upstreams);
  if (!config->upstreams) return;
  for (const struct yaml_node *node = all->first; node; node = node->next)
    read_upstream(file, node, &config->upstreams[config->upstream_count++]);
}
_Static_assert(CONFIG_UPSTREAMS_MAX == 256, "the error names the number");
