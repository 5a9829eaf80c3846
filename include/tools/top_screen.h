/* top_screen: what of a table stands on a terminal. */
#ifndef HEDGEROW_TOOLS_TOP_SCREEN_H
#define HEDGEROW_TOOLS_TOP_SCREEN_H

#include <stdbool.h>

#include "core/slice.h"
#include "core/text.h"
#include "tools/sheet.h"

struct top_screen {
  unsigned rows;  /* of the terminal */
  unsigned first; /* the line of the table that stands at the top */
};

/* Escape sequences and lines that fill the terminal: the table from `first` on,
 * which is brought down to where the table ends, and a line below it that says
 * what keys do, or the notice if there is one. */
void top_screen_draw(struct text *out, struct sheet_look look,
                     struct top_screen *screen, struct slice table,
                     const char *notice);

enum top_key { TOP_NOTHING, TOP_QUIT, TOP_DRAW };

/* Takes a key off what a terminal sent; TOP_DRAW: the screen has changed. */
enum top_key top_screen_key(struct top_screen *screen, struct slice *keys);

#endif
