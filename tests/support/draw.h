/* draw: luck that is the same in every run, for tests of many random changes. */
#ifndef HEDGEROW_TESTS_SUPPORT_DRAW_H
#define HEDGEROW_TESTS_SUPPORT_DRAW_H

#include <stddef.h>

/* A number below that. */
size_t draw(size_t below);
/* Replaces, inserts or removes one byte of a text, which has room for one more:
 * mostly one of these, a string and its NUL that mean something in it. Returns
 * the new length. */
size_t draw_change(char *text, size_t len, const char *bytes);

#endif
