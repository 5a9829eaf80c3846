/* intake_gzip: the part of an intake that inflates. */
#ifndef HEDGEROW_IO_INTAKE_GZIP_H
#define HEDGEROW_IO_INTAKE_GZIP_H

#include <stdbool.h>

#include "io/intake.h"

/* All of these are for intake.c alone, with GZIP_JUDGED or GZIP_UNDONE. */

/* The head is there. Where the coding will be undone, the head's is NONE then;
 * else intake->gzip is OFF. */
void intake_gzip_look(struct intake *intake, struct response_meaning *head);
/* UNDONE: opens `plain`. False: the verdict is that it starved. */
bool intake_gzip_begin(struct intake *intake)
    __attribute__((warn_unused_result));
/* Inflates what has come of the body. False: the verdict is certain. */
bool intake_gzip_judge(struct intake *intake)
    __attribute__((warn_unused_result));
/* The body has ended. False: too early, and that is the verdict. */
bool intake_gzip_end(struct intake *intake) __attribute__((warn_unused_result));
/* UNDONE: what intake_hand_over does. */
void intake_gzip_hand_over(struct intake *intake, struct response *response);
void intake_gzip_clear(struct intake *intake);

#endif
