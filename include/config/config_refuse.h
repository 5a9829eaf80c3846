/* config_refuse: what errors say of a value that will not do. */
#ifndef HEDGEROW_CONFIG_CONFIG_REFUSE_H
#define HEDGEROW_CONFIG_CONFIG_REFUSE_H

#include <stdbool.h>

#include "config/config_store.h"
#include "core/slice.h"
#include "core/text.h"

/* Appends a value as an error may show it: in quotes, on one line, at a sane
 * length, without what may be a secret of a URL (its query, its userinfo). */
void config_show(struct text *out, struct slice value);

/* Appends why a URL will not do; where it names a user, also which option has
 * the token that was probably meant: "--token-file", or its key of a file. */
void config_write_url_fault(struct text *out, const char *why,
                            const char *token_option);

/* Each begins an error with the source of the input; the last three go on with
 * the reason and are false, so that a caller can return them. */

struct text *config_refuse_begin(const struct config_input *input,
                                 struct text *error);
bool config_refuse(const struct config_input *input, struct text *error,
                   const char *why);
/* Shows the value before the reason. */
bool config_refuse_value(const struct config_input *input, struct text *error,
                         const char *why);
/* Of a list that has max members. */
bool config_refuse_one_more(const struct config_input *input,
                            struct text *error, int max);

#endif
