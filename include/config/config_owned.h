/* config_owned: the fields of upstream requests that nobody may configure. */
#ifndef HEDGEROW_CONFIG_CONFIG_OWNED_H
#define HEDGEROW_CONFIG_CONFIG_OWNED_H

#include <stdbool.h>

#include "core/slice.h"

/* NULL, or why no value may be set for the field of that name: static words to
 * stand behind it, in those of a file or of flags. */
const char *config_owned(struct slice name, bool in_file);
/* The same of a field that is to hold a number of hedgerow's. */
const char *config_owned_by_meaning(struct slice name, bool in_file);

#endif
