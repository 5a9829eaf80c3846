/* json_pointer: the place in a JSON text that a pointer names (RFC 6901). */
#ifndef HEDGEROW_CORE_JSON_POINTER_H
#define HEDGEROW_CORE_JSON_POINTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct json_pointer {
  struct slice text; /* "/a/b"; empty: the whole text. Borrowed */
  bool quoted; /* it is what stands between the quotes of a JSON string (section
                * 5), escapes and all; else every byte is meant as it is */
};

/* NULL, or why it is no pointer, static, with *at set to the byte that it is
 * about. A quoted one is what json_check has passed. */
const char *json_pointer_fault(struct json_pointer pointer, size_t *at)
    __attribute__((warn_unused_result));

/* The value, as it stands in a text that json_check has called whole: a string
 * with its quotes, a container with its brackets. Empty: there is none. Of
 * members of one name the last counts, as for most readers (RFC 8259, section
 * 4). "-", the place behind an array, is nowhere. Linear; allocates nothing;
 * does not recurse. */
struct slice json_pointer_find(struct json_pointer pointer, struct slice text);

#endif
