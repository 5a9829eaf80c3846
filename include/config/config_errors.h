/* config_errors: what is wrong with a configuration, told in the order of the
 * file. */
#ifndef HEDGEROW_CONFIG_CONFIG_ERRORS_H
#define HEDGEROW_CONFIG_CONFIG_ERRORS_H

#include <stdbool.h>

#include "config/config.h"
#include "config/yaml.h"
#include "core/text.h"

enum { CONFIG_ERROR_BYTES = 512 }; /* of one, without its place */

/* Called once for each thing that is wrong, in the order of their places in the
 * file, with one line, without its end. */
typedef void config_complain(void *arg, const char *line);

/* Those of one reading. */
struct config_errors {
  const char *file; /* its name, in front of what has a place in it */
  config_complain *complain;
  void *arg;
  bool any; /* there was one */
  struct config_error *kept;
  unsigned count, room;
};

/* Takes a line without its end, which is an error at this place; zeros: of no
 * file. */
void config_errors_add(struct config_errors *errors, struct yaml_place place,
                       struct text *line);
/* An error of what a name names: "token_file: /etc/a.token: why" at its place,
 * or "--token-file: a.token: why" where no file says it. `option` is its name,
 * without dashes. */
void config_errors_add_name(struct config_errors *errors, const char *option,
                            const struct config_name *name, const char *why);

/* Tells all of them, those of no file first, each once; and forgets them. */
void config_errors_tell(struct config_errors *errors);

#endif
