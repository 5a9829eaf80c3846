/* config_quote.c: strings in quotes.
 *
 * YAML takes a JSON string for what it is, but for a few characters that it
 * does not take raw: whoever reads a dump with them would be told of an
 * invisible end of a line. */
#include "config/config_quote.h"

enum { QUOTED_BYTES = 4096 };

/* How many bytes at the front are a character that JSON takes as it is and YAML
 * does not (YAML 1.2, section 5.1: other ends of lines, the mark of byte
 * order, and what is no character); 0: none. Its number is at *number. */
static size_t unprintable(struct slice text, unsigned *number) {
  const unsigned char *c = (const unsigned char *)text.at;
  if (text.len < 3 || (c[0] & 0xf0) != 0xe0) return 0;
  *number = (c[0] & 0xfu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
  return *number == 0x2028 || *number == 0x2029 || *number == 0xfeff ||
                 *number >= 0xfffe
             ? 3
             : 0;
}

static void add_escape(struct text *out, unsigned number) {
  text_str(out, "\\u");
  for (int shift = 12; shift >= 0; shift -= 4)
    text_char(out, "0123456789abcdef"[number >> shift & 0xf]);
}

void config_quote(struct text *out, struct slice string) {
  char storage[QUOTED_BYTES];
  struct text json;
  text_init(&json, storage, sizeof storage);
  text_json(&json, string);
  struct slice rest = text_slice_of(&json);
  while (rest.len > 0) {
    unsigned number;
    size_t len = unprintable(rest, &number);
    if (len > 0) add_escape(out, number);
    else text_char(out, rest.at[0]);
    rest = slice_from(rest, len > 0 ? len : 1);
  }
}
