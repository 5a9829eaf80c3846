/* config_file_parts: what the files that read a file's parts share.
 *
 * For config_file.c, config_upstreams.c, config_routes.c and config_gather.c
 * alone; others see config/config_file.h. */
#ifndef HEDGEROW_CONFIG_CONFIG_FILE_PARTS_H
#define HEDGEROW_CONFIG_CONFIG_FILE_PARTS_H

#include <stdbool.h>

#include "config/config_errors.h"
#include "config/config_file.h"
#include "config/config_options.h"
#include "config/yaml.h"
#include "core/text.h"

/* One reading. */
struct config_file {
  struct config *config;
  const struct config_source *source;
  struct config_errors errors;
};

/* An error at this place: the shown value, where it is not empty, then why. */
void config_file_complain(struct config_file *file, struct yaml_place place,
                          struct slice shown, const char *why);

/* Zeros, for the items of a list, from the heap. NULL, told at this node: there
 * is no memory. */
void *config_file_take(struct config_file *file, const struct yaml_node *node,
                       size_t size) __attribute__((warn_unused_result));

/* False: it is none, and that was told. */
bool config_file_is_mapping(struct config_file *file,
                            const struct yaml_node *node)
    __attribute__((warn_unused_result));
/* Reads every option of a mapping that may stand there; what a file is built of
 * is left to the caller. */
void config_file_read_mapping(struct config_file *file,
                              const struct yaml_node *node,
                              enum option_scope scope,
                              struct config_rules *rules);
/* The rules between options of the mapping at this place; zeros as above. */
void config_file_check_rules(struct config_file *file, struct yaml_place place,
                             const struct config_rules *rules);

/* ---- config_upstreams.c, config_routes.c, config_gather.c ---- */

void config_file_read_upstreams(struct config_file *file,
                                const struct yaml_node *root);
void config_file_read_routes(struct config_file *file,
                             const struct yaml_node *root);
/* The items of every gather in the list of routes, once all of them are read:
 * config->routes are in its order. */
void config_file_read_gathers(struct config_file *file,
                              const struct yaml_node *routes);

#endif
