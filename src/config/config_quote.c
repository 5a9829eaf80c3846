/* config_quote.c: strings in quotes.
 *
 * YAML takes a JSON string for what it is, but for a few characters that it
 * does not take raw: whoever reads a dump with them would be told of an
 * invisible end of a line. */
#include "config/config_quote.h"

/* Whether the front is a character of three bytes that JSON takes as it is and
 * YAML does not (YAML 1.2, section 5.1: the mark of byte order, and what is no
 * character). Its number is at *number. */
static bool is_unprintable(struct slice text, unsigned *number) {
  const unsigned char *c = (const unsigned char *)text.at;
  if (text.len < 3 || (c[0] & 0xf0) != 0xe0) return false;
  *number = (c[0] & 0xfu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
  return *number == 0xfeff || *number >= 0xfffe;
}

/* In place of the three bytes of a character. */
static void escape(struct text *out, size_t at, unsigned number) {
  char *to = out->at + at;
  text_str(out, "...");
  if (out->cut) return;
  memmove(to + 6, to + 3, out->len - at - 6);
  *to++ = '\\';
  *to++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4)
    *to++ = "0123456789abcdef"[number >> shift & 0xf];
}

/* As text_json has it, without its quotes. */
static void add_inside(struct text *out, struct slice string) {
  const size_t from = out->len;
  text_json(out, string);
  if (out->len == from) return; /* cut */
  out->len -= 2;
  memmove(out->at + from, out->at + from + 1, out->len - from);
  for (size_t at = from; at < out->len; at++) {
    unsigned number;
    const struct slice rest = {out->at + at, out->len - at};
    if (is_unprintable(rest, &number)) escape(out, at, number);
  }
}

void config_quote_all(struct text *out, const struct slice *pieces,
                      unsigned count) {
  text_char(out, '"');
  for (unsigned i = 0; i < count; i++) add_inside(out, pieces[i]);
  text_char(out, '"');
}

void config_quote(struct text *out, struct slice string) {
  config_quote_all(out, &string, 1);
}
