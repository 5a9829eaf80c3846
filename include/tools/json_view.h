/* json_view: values out of JSON that json_check has passed, by JSON pointers
 * (core/json_pointer). Whatever is absent, null or of another type is as if it
 * were not there: a view shows what it finds. */
#ifndef HEDGEROW_TOOLS_JSON_VIEW_H
#define HEDGEROW_TOOLS_JSON_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

/* Whether it is whole, and an object. */
bool json_view_is_object(struct slice text);

/* An object or an array; empty: there is none. */
struct slice json_view_part(struct slice json, const char *pointer);
/* The element of this index of an array; empty: there is none. */
struct slice json_view_element(struct slice array, size_t index);
/* What stands between the quotes of a string, with its escapes, for sheet_json;
 * empty: there is none. */
struct slice json_view_string(struct slice json, const char *pointer);
/* NAN: there is none. */
double json_view_number(struct slice json, const char *pointer);
/* False: there is none. */
bool json_view_flag(struct slice json, const char *pointer);

#endif
