/* config_store_parts: what the files that store values share.
 *
 * For config_store.c and config_store_fields.c alone; others see
 * config/config_store.h. */
#ifndef HEDGEROW_CONFIG_CONFIG_STORE_PARTS_H
#define HEDGEROW_CONFIG_CONFIG_STORE_PARTS_H

#include <stdbool.h>

#include "config/config_store.h"

/* Whether errors are to speak of keys, not of flags. */
static inline bool config_is_of_file(const struct config_input *input) {
  return input->place.line > 0;
}

/* Where an option goes. */
void *config_member(const struct config_into *into,
                    const struct config_option *option);

/* As config_store, for an OPTION_FIELD, OPTION_HEADERS and OPTION_NAMES. */
bool config_store_field(const struct config_into *into,
                        const struct config_input *input, struct text *error)
    __attribute__((warn_unused_result));
bool config_store_header_line(const struct config_into *into,
                              const struct config_input *input,
                              struct text *error)
    __attribute__((warn_unused_result));
bool config_store_field_name(const struct config_into *into,
                             const struct config_input *input,
                             struct text *error)
    __attribute__((warn_unused_result));

#endif
