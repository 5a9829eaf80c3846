/* config_value_write: the value of one option, as a file would have it. */
#ifndef HEDGEROW_CONFIG_CONFIG_VALUE_WRITE_H
#define HEDGEROW_CONFIG_CONFIG_VALUE_WRITE_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_options.h"
#include "core/text.h"

/* In place of what may be a secret. */
#define CONFIG_MASK "[redacted]"

/* Whose the value is. */
struct config_values {
  const struct config *config;
  const struct config_rules *rules; /* those that it is a member of */
  const char *folder;               /* of relative names of files */
};

/* Nothing is there, and there is no way to write that. */
bool config_value_is_absent(const struct config_option *option,
                            const void *member);
/* Writes it. member: where the option is kept. */
void config_value_write(struct text *out, const struct config_option *option,
                        const void *member, const struct config_values *of);

#endif
