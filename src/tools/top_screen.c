/* top_screen: a window on a table, as escape sequences (ECMA-48).
 *
 * Each row is emptied before it is written, not behind its end: behind a row
 * that is full the cursor still stands on its last column. All of it goes out
 * in one write, so nothing flickers. */
#include "tools/top_screen.h"

#define HOME "\x1b[H"
#define EMPTY_ROW "\x1b[2K"
#define EMPTY_BELOW "\x1b[J"

static unsigned lines_of(struct slice table) {
  unsigned lines = 0;
  for (size_t i = 0; i < table.len; i++) lines += table.at[i] == '\n';
  return lines;
}

static void draw_footer(struct text *out, struct sheet_look look,
                        const struct top_screen *screen, unsigned lines,
                        unsigned shown, const char *notice) {
  struct sheet sheet = sheet_on(out, look);
  sheet_style(&sheet, notice ? SHEET_BAD : SHEET_DIM);
  if (notice) sheet_str(&sheet, notice);
  else if (lines > shown)
    sheet_format(&sheet, "lines %u-%u of %u; arrows scroll, q quits",
                 screen->first + 1, screen->first + shown, lines);
  else sheet_str(&sheet, "q quits");
  sheet_style(&sheet, SHEET_PLAIN);
}

void top_screen_draw(struct text *out, struct sheet_look look,
                     struct top_screen *screen, struct slice table,
                     const char *notice) {
  unsigned room = screen->rows > 1 ? screen->rows - 1 : 1;
  unsigned lines = lines_of(table);
  unsigned shown = lines < room ? lines : room;
  if (screen->first > lines - shown) screen->first = lines - shown;
  for (unsigned i = 0; i < screen->first; i++) (void)slice_take(&table, '\n');
  text_str(out, HOME);
  for (unsigned i = 0; i < shown; i++) {
    text_put(out, EMPTY_ROW, slice_take(&table, '\n'), "\r\n");
  }
  text_str(out, EMPTY_BELOW);
  if (screen->rows > 1) draw_footer(out, look, screen, lines, shown, notice);
}

/* ---- keys ---- */

static void move(struct top_screen *screen, int lines) {
  if (lines < 0 && screen->first < (unsigned)-lines) screen->first = 0;
  else screen->first += (unsigned)lines;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Behind ESC [ : the letter that ends it, or in front of a '~' the number, if
 * it has one digit. Function keys have two; what ';' begins is Shift or so. */
static char take_sequence(struct slice *keys) {
  const char *number = keys->at;
  char end = 0;
  while (keys->len > 0 && !(end >= '@' && end <= '~')) {
    end = *keys->at;
    *keys = slice_from(*keys, 1);
  }
  if (end != '~') return end;
  return is_digit(number[0]) && !is_digit(number[1]) ? number[0] : 0;
}

/* As the letter that does the same. Home and End end in a letter as xterm sends
 * them, are 1 and 4 in tmux, screen and the Linux console, 7 and 8 in rxvt. */
static char letter_of(char key, struct slice *keys) {
  if (key != '\x1b') return key;
  if (keys->len == 0 || (*keys->at != '[' && *keys->at != 'O')) return 0;
  *keys = slice_from(*keys, 1);
  switch (take_sequence(keys)) {
    case 'A': return 'k';
    case 'B': return 'j';
    case '5': return 'b';
    case '6': return ' ';
    case 'H':
    case '1':
    case '7': return 'g';
    case 'F':
    case '4':
    case '8': return 'G';
    default: return 0;
  }
}

enum top_key top_screen_key(struct top_screen *screen, struct slice *keys) {
  enum { FAR = 1 << 20 };
  char key = *keys->at;
  *keys = slice_from(*keys, 1);
  switch (letter_of(key, keys)) {
    case 'q':
    case 'Q': return TOP_QUIT;
    case 'k': move(screen, -1); return TOP_DRAW;
    case 'j': move(screen, 1); return TOP_DRAW;
    case 'b': move(screen, 2 - (int)screen->rows); return TOP_DRAW;
    case ' ': move(screen, (int)screen->rows - 2); return TOP_DRAW;
    case 'g': screen->first = 0; return TOP_DRAW;
    case 'G': screen->first = FAR; return TOP_DRAW;
    case 'L' - '@': return TOP_DRAW;
    default: return TOP_NOTHING;
  }
}
