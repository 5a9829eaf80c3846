/* sheet: lines for a terminal, in columns.
 *
 * A line never becomes wider than the sheet: what does not fit is cut. What a
 * peer can have put into a text is shown as visible ASCII, everything else as
 * \xHH, \uHHHH or \UHHHHHHHH. Escape sequences are written only by
 * sheet_style, and only where the sheet has colours. */
#ifndef HEDGEROW_TOOLS_SHEET_H
#define HEDGEROW_TOOLS_SHEET_H

#include <stdbool.h>

#include "core/slice.h"
#include "core/text.h"

/* Where it is shown. */
struct sheet_look {
  unsigned columns; /* 0: no terminal, a line is as long as it needs */
  bool colours;
};

enum sheet_style {
  SHEET_PLAIN,
  SHEET_BOLD,
  SHEET_DIM,
  SHEET_GOOD,
  SHEET_WARN,
  SHEET_BAD,
  SHEET_REVERSED,
};

struct sheet {
  struct text *out;
  struct sheet_look look;
  unsigned used; /* columns of the line so far */
  enum sheet_style style;
};

struct sheet sheet_on(struct text *out, struct sheet_look look);

/* What follows is of this style, up to the end of the line. */
void sheet_style(struct sheet *sheet, enum sheet_style style);
/* Words of ours. */
void sheet_str(struct sheet *sheet, const char *words);
void sheet_char(struct sheet *sheet, char c);
void sheet_format(struct sheet *sheet, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What stands between the quotes of a JSON string, in at most max columns; a
 * longer one is cut and ends in '~'. */
void sheet_json(struct sheet *sheet, struct slice string, unsigned max);
/* The same of a sentence: spaces and quotes stand as they are. */
void sheet_json_words(struct sheet *sheet, struct slice string);
/* Blanks up to this column, and at least one. */
void sheet_tab(struct sheet *sheet, unsigned column);
/* Words of ours at the right end of so many columns. */
void sheet_right(struct sheet *sheet, unsigned width, const char *words);
/* The same of a number; `-` of a NAN. */
void sheet_number(struct sheet *sheet, unsigned width, int digits,
                  double number);
void sheet_end(struct sheet *sheet);

/* Columns that are left of a line of `columns`; many where that is 0. */
unsigned sheet_left(const struct sheet *sheet);

#endif
