/* config_store: puts one value into a config, or says why it cannot. */
#ifndef HEDGEROW_CONFIG_CONFIG_STORE_H
#define HEDGEROW_CONFIG_CONFIG_STORE_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_options.h"
#include "core/slice.h"
#include "core/text.h"

/* A value on its way into the config. */
struct config_input {
  const struct config_option *option;
  struct slice source;        /* the flag, variable or key it comes from */
  struct slice value;         /* of OPTION_PATH: with a NUL behind it */
  struct yaml_place place;    /* of its key in the file; zeros: there is none */
  struct config *config;      /* where it goes, */
  struct config_rules *rules; /* or these, where it is a member of them */
  struct text *error;         /* gets one line, source in front */
};

/* A list gets one element more, anything else is set. It borrows the value.
 * False with an error: the config is of no use then. */
bool config_store(const struct config_input *input)
    __attribute__((warn_unused_result));

/* The same of a field, whose name is given, and whose value is input->value. */
bool config_store_header(const struct config_input *input, struct slice name)
    __attribute__((warn_unused_result));

/* Sets it to zeros: empties a list. */
void config_store_nothing(const struct config_input *input);

#endif
