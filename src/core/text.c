/* text: a writer into a buffer of fixed size.
 *
 * Everything that hedgerow says (heads, problem+json, log lines, Server-Timing)
 * is written by this one writer, so that no formatter anywhere counts bytes by
 * itself. It never allocates and never calls printf: numbers are few and
 * simple, and a head is written for each request.
 *
 * An addition is whole or absent. One that does not fit sets `cut` and leaves
 * the text as it was; a later, shorter one may still fit and is then written.
 * So a log line that had no room for a long value keeps its line end, and a
 * writer whose output must be complete looks at `cut` once, at the end.
 * text_json keeps that promise too: it writes piece by piece and, if a piece
 * did not fit, takes the pieces back.
 *
 * What a peer sent may stand in a JSON string, and the string may stand on a
 * terminal. So beyond what RFC 8259 asks, DEL and the C1 controls (U+0080 to
 * U+009F, where U+009B opens an escape sequence as ESC [ does) are escaped. */
#include "core/text.h"

void text_init(struct text *text, char *storage, size_t cap) {
  *text = (struct text){.at = storage, .cap = cap};
}

static unsigned digits_in(uint64_t number) {
  unsigned digits = 1;
  for (; number >= 10; number /= 10) digits++;
  return digits;
}

/* Writes the digits so that they end at `end`. */
static void digits_before(char *end, uint64_t number) {
  do {
    *--end = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
}

/* Negating in the unsigned type is defined for INT64_MIN too. */
static uint64_t magnitude(int64_t number) {
  return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

void text_long_int(struct text *text, int64_t number) {
  uint64_t whole = magnitude(number);
  size_t len = digits_in(whole) + (number < 0);
  char *at;
  if (!text_take(text, len, &at)) return;
  digits_before(at + len, whole);
  if (number < 0) *at = '-';
}

/* Cut, not rounded: a time that is told has passed. */
void text_ms(struct text *text, int64_t us) {
  uint64_t tenths = magnitude(us) / 100, whole = tenths / 10;
  bool minus = us < 0 && tenths > 0;
  size_t len = minus + digits_in(whole) + 2;
  char *at;
  if (!text_take(text, len, &at)) return;
  if (minus) *at = '-';
  digits_before(at + len - 2, whole);
  at[len - 2] = '.';
  at[len - 1] = (char)('0' + tenths % 10);
}

void text_seconds(struct text *text, int64_t us) {
  int64_t rest = us % 1000000, unit = 100000;
  text_put(text, us / 1000000, ".");
  do {
    text_char(text, (char)('0' + rest / unit));
    rest %= unit;
    unit /= 10;
  } while (rest > 0);
}

/* How many bytes the UTF-8 character at the head of `bytes` has; 0 when it is
 * none (RFC 3629, section 4: the second byte's range rules out overlong forms,
 * surrogates and what lies above U+10FFFF). */
static size_t utf8_len(struct slice bytes) {
  const unsigned char *at = (const unsigned char *)bytes.at;
  unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  size_t len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (bytes.len < len) return 0;
  unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at[1] < low || at[1] > high) return 0;
  for (size_t i = 2; i < len; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  return len;
}

/* Bytes that a JSON string may hold as they are: visible ASCII and the space,
 * but for quote and backslash; and in a page. */
static const bool plain[256] = {
    [0x20 ... 0x21] = true, [0x23 ... 0x5b] = true, [0x5d ... 0x7e] = true};
static const bool
    plain_in_page[256] = {[0x20 ... 0x21] = true, [0x23 ... 0x25] = true,
                          [0x27 ... 0x3b] = true, ['='] = true,
                          [0x3f ... 0x5b] = true, [0x5d ... 0x7e] = true};

static const char hex[] = "0123456789abcdef";

void text_hex(struct text *text, char c) {
  const unsigned char code = (unsigned char)c;
  const char escape[] = {'\\', 'x', hex[code >> 4], hex[code & 15]};
  text_add(text, escape, sizeof escape);
}

static void add_unicode_escape(struct text *text, unsigned code) {
  char escape[] = {'\\',
                   'u',
                   hex[code >> 12 & 15],
                   hex[code >> 8 & 15],
                   hex[code >> 4 & 15],
                   hex[code & 15]};
  text_add(text, escape, sizeof escape);
}

static void add_ascii_escape(struct text *text, char c) {
  static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
  const char *at = c != '\0' ? strchr(from, c) : NULL;
  if (at) text_add(text, (const char[]){'\\', to[at - from]}, 2);
  else add_unicode_escape(text, (unsigned char)c);
}

/* Writes the character at the head of `rest`, which is not plain; returns how
 * many bytes it took. */
static size_t add_special(struct text *text, struct slice rest) {
  size_t len = utf8_len(rest);
  const unsigned char *at = (const unsigned char *)rest.at;
  bool is_c1 = len == 2 && at[0] == 0xc2 && at[1] < 0xa0;
  bool ends_line = len == 3 && at[0] == 0xe2 && at[1] == 0x80 &&
                   (at[2] == 0xa8 || at[2] == 0xa9);
  if (len == 0) {
    text_str(text, "\xef\xbf\xbd");
    return 1;
  }
  if (len == 1) add_ascii_escape(text, rest.at[0]);
  else if (is_c1) add_unicode_escape(text, at[1]);
  else if (ends_line) add_unicode_escape(text, 0x2000u | (at[2] & 0x3fu));
  else text_add(text, rest.at, len);
  return len;
}

static void add_json(struct text *text, struct slice bytes) {
  const bool *as_it_is = text->for_page ? plain_in_page : plain;
  text_char(text, '"');
  for (size_t at = 0; at < bytes.len;) {
    size_t from = at;
    while (at < bytes.len && as_it_is[(unsigned char)bytes.at[at]]) at++;
    text_add(text, bytes.at + from, at - from);
    if (at < bytes.len) at += add_special(text, slice_from(bytes, at));
  }
  text_char(text, '"');
}

void text_json(struct text *text, struct slice bytes) {
  const size_t len = text->len;
  const bool was_cut = text->cut;
  text->cut = false;
  add_json(text, bytes);
  if (text->cut) text->len = len;
  text->cut |= was_cut;
}

const char *text_end(struct text *text) {
  if (text->len == text->cap) {
    text->len--;
    text->cut = true;
  }
  text->at[text->len] = '\0';
  return text->at;
}
