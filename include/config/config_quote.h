/* config_quote: writes strings as a file may hold them. */
#ifndef HEDGEROW_CONFIG_CONFIG_QUOTE_H
#define HEDGEROW_CONFIG_CONFIG_QUOTE_H

#include "core/slice.h"
#include "core/text.h"

/* A string in quotes, one to JSON and to YAML alike: as text_json has it, with
 * escapes for what is a character to JSON alone. */
void config_quote(struct text *out, struct slice string);
/* One string, of so many pieces. */
void config_quote_all(struct text *out, const struct slice *pieces,
                      unsigned count);
#define as_quoted(string) ((struct text_string){config_quote, string})

#endif
