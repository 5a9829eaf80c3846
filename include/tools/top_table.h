/* top_table: the state of a running hedgerow as a table. */
#ifndef HEDGEROW_TOOLS_TOP_TABLE_H
#define HEDGEROW_TOOLS_TOP_TABLE_H

#include "core/slice.h"
#include "core/text.h"
#include "tools/sheet.h"

/* now and before: states as docs/api.md has them, that json_check has passed;
 * before is an earlier one of the same hedgerow, from which rates come, or
 * empty. place: where it was asked. Lines with their line ends. */
void top_table(struct text *out, struct sheet_look look, const char *place,
               struct slice now, struct slice before);

#endif
