/* intake_gzip: the part of an intake that inflates. */
#ifndef HEDGEROW_IO_INTAKE_GZIP_H
#define HEDGEROW_IO_INTAKE_GZIP_H

#include <stdbool.h>

#include "io/intake.h"

/* All of these are for intake.c alone. They are not inlined there, since they
 * would make every answer's path longer. */

/* The head is there, and may succeed: from here on there is a gunzip where the
 * answer is in gzip. JUDGED and UNDONE only. False: the verdict is that it
 * starved. */
bool intake_gzip_begin(struct intake *intake)
    __attribute__((warn_unused_result, noinline));
/* These are for an intake with a gunzip. The next piece of text in what has
 * come of the body, perhaps an empty one; intake->more: there is another. at
 * NULL: the verdict is certain. */
struct slice intake_gzip_next(struct intake *intake)
    __attribute__((warn_unused_result, noinline));
/* UNDONE: all of the text that has come. */
struct slice intake_gzip_text(const struct intake *intake)
    __attribute__((noinline));
/* UNDONE: what intake_hand_over does. */
void intake_gzip_hand_over(struct intake *intake, struct response *response)
    __attribute__((noinline));
void intake_gzip_clear(struct intake *intake) __attribute__((noinline));

#endif
