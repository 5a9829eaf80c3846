/* json_string: what the escapes of a JSON string mean.
 *
 * Strings are compared character by character as they are resolved, so nobody
 * needs memory for the result. A lone surrogate, which the grammar allows and
 * Unicode does not, counts as a character of its own: it equals itself, and
 * nothing that can be written in UTF-8. */
#include "core/json_string.h"

#include "core/percent.h"

static uint32_t hex_at(const char *at) {
  uint32_t code = 0;
  for (unsigned i = 0; i < 4; i++)
    code = code << 4 | (unsigned)percent_hex(at[i]);
  return code;
}

/* Behind a \u. */
static uint32_t take_unicode(struct slice *string) {
  uint32_t high = hex_at(string->at);
  *string = slice_from(*string, 4);
  if (high < 0xD800 || high > 0xDBFF || string->len < 6 ||
      memcmp(string->at, "\\u", 2) != 0)
    return high;
  uint32_t low = hex_at(string->at + 2);
  if (low < 0xDC00 || low > 0xDFFF) return high;
  *string = slice_from(*string, 6);
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

uint32_t json_escape_take(struct slice *string) {
  char c = *string->at;
  *string = slice_from(*string, 1);
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': return take_unicode(string);
    default: return (uint32_t)c; /* quote, backslash, slash */
  }
}

/* RFC 3629, section 3. */
uint32_t utf8_take(struct slice *bytes) {
  unsigned char lead = (unsigned char)*bytes->at;
  size_t len = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint32_t code = len == 1 ? lead : lead & (0x7Fu >> len);
  if (len > bytes->len) len = bytes->len;
  for (size_t i = 1; i < len; i++)
    code = code << 6 | ((unsigned char)bytes->at[i] & 0x3F);
  *bytes = slice_from(*bytes, len);
  return code;
}

uint32_t json_char_take(struct slice *string) {
  if (*string->at != '\\') return utf8_take(string);
  *string = slice_from(*string, 1);
  return json_escape_take(string);
}

bool json_string_equal(struct slice a, struct slice b) {
  while (a.len > 0 && b.len > 0)
    if (json_char_take(&a) != json_char_take(&b)) return false;
  return a.len == 0 && b.len == 0;
}
