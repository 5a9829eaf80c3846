/* config_store_parts: what the files that store values share.
 *
 * For config_store.c and config_store_*.c alone; others see
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
void *config_member(const struct config_input *input);

/* As config_store, for one kind of option each. */
typedef bool config_store_kind(const struct config_input *input);

/* ---- config_store_numbers.c ---- */

config_store_kind config_store_duration, config_store_durations,
    config_store_size, config_store_count, config_store_choice,
    config_store_switch;
config_store_kind config_store_delay, config_store_budget, config_store_rate,
    config_store_queue, config_store_ratio, config_store_filter;

/* ---- config_store_fields.c ---- */

config_store_kind config_store_field, config_store_header_line,
    config_store_field_name;

#endif
