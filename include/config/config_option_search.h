/* config_option_search: finds an option by what somebody wrote. */
#ifndef HEDGEROW_CONFIG_CONFIG_OPTION_SEARCH_H
#define HEDGEROW_CONFIG_CONFIG_OPTION_SEARCH_H

#include <stdbool.h>

#include "config/config_options.h"
#include "core/slice.h"

/* A flag, by "--name" or "-c"; NULL: there is none. */
const struct config_option *config_option_find(struct slice flag);
/* By its key, among those of one scope. */
const struct config_option *config_option_of_key(struct slice key,
                                                 enum option_scope scope);
/* What somebody who wrote this flag, or this key, may have meant, or NULL. */
const struct config_option *config_option_nearest(struct slice name,
                                                  enum option_scope scope);
/* Whether it is a name with one or two slips of the finger. */
bool config_option_is_slip(struct slice flag, struct slice name);

#endif
