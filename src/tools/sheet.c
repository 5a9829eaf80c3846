/* sheet: the one writer of what tap and top show.
 *
 * It counts columns while it writes, so that a line can be cut where the
 * terminal ends, and colours can be put into it without being counted. Since
 * everything that is written is visible ASCII, a byte is a column.
 *
 * Escapes are those of Python's ascii(), since \xHH alone cannot tell U+00E9
 * from a byte, and JSON has characters. Quote and backslash are escaped too, as
 * in the log: what is shown can be taken back. */
#include "tools/sheet.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "core/json_string.h"

static const char *const sequences[] = {
    [SHEET_PLAIN] = "\x1b[0m",    [SHEET_BOLD] = "\x1b[1m",
    [SHEET_DIM] = "\x1b[2m",      [SHEET_GOOD] = "\x1b[32m",
    [SHEET_WARN] = "\x1b[33m",    [SHEET_BAD] = "\x1b[31m",
    [SHEET_REVERSED] = "\x1b[7m",
};

struct sheet sheet_on(struct text *out, struct sheet_look look) {
  return (struct sheet){.out = out, .look = look};
}

unsigned sheet_left(const struct sheet *sheet) {
  return sheet->look.columns > 0 ? sheet->look.columns - sheet->used : UINT_MAX;
}

void sheet_style(struct sheet *sheet, enum sheet_style style) {
  if (!sheet->look.colours || style == sheet->style) return;
  if (sheet->style != SHEET_PLAIN) text_str(sheet->out, sequences[SHEET_PLAIN]);
  if (style != SHEET_PLAIN) text_str(sheet->out, sequences[style]);
  sheet->style = style;
}

void sheet_char(struct sheet *sheet, char c) {
  if (sheet_left(sheet) == 0) return;
  text_char(sheet->out, c >= ' ' && c <= '~' ? c : '?');
  sheet->used++;
}

void sheet_str(struct sheet *sheet, const char *words) {
  for (; *words; words++) sheet_char(sheet, *words);
}

void sheet_format(struct sheet *sheet, const char *format, ...) {
  char words[256];
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  sheet_str(sheet, words);
}

/* How a character is shown; its length. */
static size_t show(char shown[11], uint32_t code) {
  bool plain = code > ' ' && code <= '~' && code != '"' && code != '\\';
  if (plain) snprintf(shown, 11, "%c", (int)code);
  else if (code < 0x100) snprintf(shown, 11, "\\x%02x", code);
  else if (code < 0x10000) snprintf(shown, 11, "\\u%04x", code);
  else snprintf(shown, 11, "\\U%08x", code);
  return strlen(shown);
}

/* The last column that it may have is kept for the mark of a cut. */
void sheet_json(struct sheet *sheet, struct slice string, unsigned max) {
  char shown[11];
  unsigned left = sheet_left(sheet);
  if (max > left) max = left;
  while (string.len > 0) {
    size_t len = show(shown, json_char_take(&string));
    if (len > max || (len == max && string.len > 0)) {
      if (max > 0) sheet_char(sheet, '~');
      return;
    }
    sheet_str(sheet, shown);
    max -= (unsigned)len;
  }
}

void sheet_json_words(struct sheet *sheet, struct slice string) {
  char shown[11] = " ";
  while (string.len > 0 && sheet_left(sheet) > 0) {
    uint32_t code = json_char_take(&string);
    if (code == ' ' || code == '"') sheet_char(sheet, (char)code);
    else if (show(shown, code)) sheet_str(sheet, shown);
  }
}

void sheet_tab(struct sheet *sheet, unsigned column) {
  do sheet_char(sheet, ' ');
  while (sheet->used < column && sheet_left(sheet) > 0);
}

void sheet_right(struct sheet *sheet, unsigned width, const char *words) {
  for (size_t len = strlen(words); len < width; len++) sheet_char(sheet, ' ');
  sheet_str(sheet, words);
}

void sheet_number(struct sheet *sheet, unsigned width, int digits,
                  double number) {
  char words[400] = "-";
  if (!isnan(number)) snprintf(words, sizeof words, "%.*f", digits, number);
  sheet_right(sheet, width, words);
}

void sheet_end(struct sheet *sheet) {
  sheet_style(sheet, SHEET_PLAIN);
  text_char(sheet->out, '\n');
  sheet->used = 0;
}
