/* config_store: puts one value into a config, or says why it cannot. */
#ifndef HEDGEROW_CONFIG_CONFIG_STORE_H
#define HEDGEROW_CONFIG_CONFIG_STORE_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_options.h"
#include "core/slice.h"
#include "core/text.h"

struct config_input {
  const struct config_option *option;
  struct slice source;     /* the flag or variable it comes from */
  struct slice value;      /* of OPTION_PATH: with a NUL behind it */
  struct yaml_place place; /* of its key in the file; zeros: there is none */
};

/* Where it goes. */
struct config_into {
  struct config *config;
  struct config_rules *rules; /* for what is a member of these */
};

/* A list gets one element more, anything else is set. It borrows the value.
 * False with one line in error, source in front. */
bool config_store(const struct config_into *into,
                  const struct config_input *input, struct text *error)
    __attribute__((warn_unused_result));

/* The same of a field, whose name is given, and whose value is input->value. */
bool config_store_header(const struct config_into *into,
                         const struct config_input *input, struct slice name,
                         struct text *error)
    __attribute__((warn_unused_result));

/* Empties a list. */
void config_store_nothing(const struct config_into *into,
                          const struct config_option *option);

#endif
