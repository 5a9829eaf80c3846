/* json_read: fields out of JSON, by jsmn, once json_check has passed it.
 *
 * jsmn never judges: it takes `{"a":1,}` and refuses a bare `true` even when
 * strict. Only feed it what json_check called whole. */
#ifndef HEDGEROW_CORE_JSON_READ_H
#define HEDGEROW_CORE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

enum json_list_error {
  JSON_LIST_OK,
  JSON_LIST_NOT_JSON,    /* json_check refuses it */
  JSON_LIST_NOT_ARRAY,   /* the root is no array */
  JSON_LIST_NOT_STRINGS, /* *bad_item is the index of the first non-string */
  JSON_LIST_BAD_STRING,  /* *bad_item holds an escaped NUL or a lone surrogate
                          * (\ud800): no URL can be made of it */
  JSON_LIST_TOO_LONG,    /* more than max_items, more than cap bytes in all,
                          * or a text of more than INT_MAX bytes */
};

/* Reads a JSON array of strings, escapes resolved to UTF-8. The strings are
 * written one behind the other into storage (cap >= json.len always suffices)
 * and items[0..*count) point at them. Checks the JSON first, by json_check
 * with depth_max; of what else is wrong, the first in the order of the items
 * is told. *bad_item is set where the enum says so, *count always. */
enum json_list_error json_read_strings(struct slice json, unsigned depth_max,
                                       char *storage, size_t cap,
                                       struct slice *items, size_t max_items,
                                       size_t *count, size_t *bad_item)
    __attribute__((warn_unused_result));

/* Both stand in the text. */
struct json_member {
  struct slice name;  /* between its quotes, escapes as they are written */
  struct slice value; /* a string with its quotes, a container with brackets */
};

/* The members of a small JSON object, in their order; a name may come twice.
 * False, and *count is 0: json_check refuses it, or it is no object of at most
 * max members, or has more than a few dozen names and values in all. */
bool json_read_members(struct slice json, struct json_member *members,
                       size_t max, size_t *count)
    __attribute__((warn_unused_result));

#endif
