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
#define as_shown(value) ((struct text_string){config_show, value})

/* Appends why a URL will not do; where it names a user, also which option has
 * the token that was probably meant: "--token-file", or its key of a file. */
void config_write_url_fault(struct text *out, const char *why,
                            const char *token_option);

/* Begins an error with the source of the input, goes on with pieces as text_put
 * takes them, and is false, so that a caller can return it. */
#define config_refuse(input, ...)                                              \
  (text_put((input)->error, (input)->source, ": "),                            \
   text_put((input)->error, __VA_ARGS__), false)
/* Shows the value before them. */
#define config_refuse_value(input, ...)                                        \
  config_refuse(input, as_shown((input)->value), __VA_ARGS__)
/* Of a list that has max members. */
#define config_refuse_one_more(input, max)                                     \
  config_refuse(input, "more than ", max, " of them are too many")

#endif
