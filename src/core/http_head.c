/* http_head: what the heads of requests and of responses have in common.
 *
 * Two passes look at each byte of a head. http_head_scan goes over what has
 * arrived and finds its end; http_field_next then takes it apart. The scan
 * refuses what no head may hold, so that a peer that speaks TLS, or sends a
 * bare LF, is answered at once and not at the head's deadline.
 *
 * The scan's only memory is *scanned. It stays in front of a CR until the byte
 * behind it is there, so that at *scanned we never stand inside a line end, and
 * one look back at the byte before tells whether a line has just begun. That is
 * why no split of the input can change a verdict.
 *
 * Most bytes of a head are text, whose check is "no control byte, and not
 * DEL". text_run makes it on sixteen bytes at a time, and both passes use it.
 * token_run does the same with what names are made of.
 *
 * http_field_next trusts no scan: it is also used on heads that others put
 * together, and takes what RFC 9112, section 5, calls a field line and nothing
 * else. What fields mean is for http_request. */
#include "core/http_head.h"

#include "core/block.h"

/* tchar of RFC 9110, section 5.6.2. */
static const bool is_tchar[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true,  ['0' ... '9'] = true,
    ['!'] = true,         ['#' ... '\''] = true, ['*'] = true,
    ['+'] = true,         ['-'] = true,          ['.'] = true,
    ['^' ... '`'] = true, ['|'] = true,          ['~'] = true};

/* Visible ASCII, SP, HTAB and obs-text. */
static const bool is_text[256] = {
    [' ' ... '~'] = true, ['\t'] = true, [0x80 ... 0xff] = true};

/* How many bytes of text stand at the head of `bytes`. */
static size_t text_run(struct slice bytes) {
  size_t at = 0;
  for (; bytes.len - at >= BLOCK_LEN; at += BLOCK_LEN) {
    ublock here = (ublock)block_load(bytes.at + at);
    unsigned stops = block_mask((here < ' ') | (here == 0x7f));
    if (stops == 0) continue;
    at += block_first(stops);
    if (bytes.at[at] != '\t') return at; /* mostly: it is a line's end */
    break;
  }
  while (at < bytes.len && is_text[(unsigned char)bytes.at[at]]) at++;
  return at;
}

/* The bytes of the empty lines that a server skips before a start line. */
static size_t empty_lines_len(const char *bytes, size_t len) {
  size_t at = 0;
  while (at < 2 * HTTP_EMPTY_LINES_MAX && len - at >= 2 && bytes[at] == '\r' &&
         bytes[at + 1] == '\n')
    at += 2;
  return at;
}

/* Scans from *scanned, which is in or at the end of a head that begins before
 * it; leaves it behind the head, at its bad byte, or where to go on from. */
static enum http_scan scan_lines(struct slice bytes, size_t *scanned) {
  for (;;) {
    size_t end = *scanned + text_run(slice_from(bytes, *scanned));
    *scanned = end;
    if (end == bytes.len) return HTTP_SCAN_MORE;
    if (bytes.at[end] != '\r') return HTTP_SCAN_BAD;
    if (end + 1 == bytes.len) return HTTP_SCAN_MORE;
    if (bytes.at[end + 1] != '\n') return HTTP_SCAN_BAD;
    *scanned = end + 2;
    if (bytes.at[end - 1] == '\n') return HTTP_SCAN_WHOLE;
  }
}

enum http_scan http_head_scan(const char *bytes, size_t len, size_t *scanned,
                              size_t *head_len) {
  size_t start = empty_lines_len(bytes, len);
  if (*scanned <= start) {
    *scanned = start;
    if (start == len) return HTTP_SCAN_MORE;
    bool may_be_empty_line = start < 2 * HTTP_EMPTY_LINES_MAX &&
                             len - start == 1 && bytes[start] == '\r';
    if (may_be_empty_line) return HTTP_SCAN_MORE;
    if (!is_tchar[(unsigned char)bytes[start]]) return HTTP_SCAN_BAD;
    ++*scanned;
  }
  enum http_scan result = scan_lines((struct slice){bytes, len}, scanned);
  if (result == HTTP_SCAN_WHOLE) *head_len = *scanned;
  return result;
}

/* How many bytes of a token do. Most names are letters, digits and '-' only. */
static size_t token_run(struct slice bytes) {
  size_t at = 0;
  for (; bytes.len - at >= BLOCK_LEN; at += BLOCK_LEN) {
    ublock here = (ublock)block_load(bytes.at + at);
    block common =
        ((here | 0x20) - 'a' < 26) | (here - '0' < 10) | (here == '-');
    unsigned stops = block_mask(~common);
    if (stops != 0) {
      at += block_first(stops);
      break;
    }
  }
  while (at < bytes.len && is_tchar[(unsigned char)bytes.at[at]]) at++;
  return at;
}

bool http_field_next(struct slice *lines, struct http_field *field) {
  size_t name_len = token_run(*lines);
  if (name_len == 0 || name_len == lines->len || lines->at[name_len] != ':')
    return false;
  struct slice rest = slice_from(*lines, name_len + 1);
  size_t value_len = text_run(rest);
  if (rest.len - value_len < 2 || memcmp(rest.at + value_len, "\r\n", 2) != 0)
    return false;
  field->name = (struct slice){lines->at, name_len};
  field->value = http_trimmed((struct slice){rest.at, value_len});
  *lines = slice_from(rest, value_len + 2);
  return true;
}

struct slice http_field_of(struct slice lines, const char *name) {
  struct http_field field;
  while (lines.len > 0 && http_field_next(&lines, &field))
    if (slice_equal_nocase(field.name, slice_of(name))) return field.value;
  return (struct slice){0};
}

bool http_is_token(struct slice text) {
  return text.len > 0 && token_run(text) == text.len;
}

bool http_parse_length(struct slice value, uint64_t *length) {
  uint64_t sum = 0;
  for (size_t i = 0; i < value.len; i++) {
    unsigned digit = (unsigned char)value.at[i] - (unsigned)'0';
    if (digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
        __builtin_add_overflow(sum, digit, &sum))
      return false;
  }
  *length = sum;
  return value.len > 0;
}

/* Of a quoted string that stands at the head of text, quotes included. */
static size_t quoted_len(struct slice text) {
  size_t at = 1;
  while (at < text.len && text.at[at] != '"') at += text.at[at] == '\\' ? 2 : 1;
  return at < text.len ? at + 1 : text.len;
}

size_t http_member_len(struct slice list) {
  size_t at = 0;
  while (at < list.len && list.at[at] != ',')
    at += list.at[at] == '"' ? quoted_len(slice_from(list, at)) : 1;
  return at;
}

bool http_member_is(struct slice member, struct slice token) {
  return slice_equal_nocase(http_trimmed(slice_until(member, ';')), token);
}

/* Takes a member of that length off, and the comma behind it. */
static struct slice take_member(struct slice *list, size_t len) {
  struct slice member = http_trimmed((struct slice){list->at, len});
  *list = slice_from(*list, len < list->len ? len + 1 : len);
  return member;
}

bool http_list_next(struct slice *list, struct slice *member) {
  while (list->len > 0) {
    *member = take_member(list, http_member_len(*list));
    if (member->len > 0) return true;
  }
  return false;
}

bool http_item_next(struct slice *list, struct slice *item) {
  while (list->len > 0) {
    *item = take_member(list, slice_until(*list, ',').len);
    if (item->len > 0) return true;
  }
  return false;
}

bool http_list_has(struct slice list, struct slice token) {
  struct slice member;
  while (http_list_next(&list, &member))
    if (http_member_is(member, token)) return true;
  return false;
}

/* Most names are told from these by their first letter. */
bool http_is_hop_by_hop(struct slice name) {
  switch (name.len > 0 ? name.at[0] | 0x20 : 0) { /* lower case of a letter */
    case 'c': return slice_is(name, "Connection");
    case 'k': return slice_is(name, "Keep-Alive");
    case 'p':
      return slice_is(name, "Proxy-Connection") ||
             slice_is(name, "Proxy-Authenticate") ||
             slice_is(name, "Proxy-Authorization");
    case 't':
      return slice_is(name, "TE") || slice_is(name, "Trailer") ||
             slice_is(name, "Transfer-Encoding");
    case 'u': return slice_is(name, "Upgrade");
    default: return false;
  }
}
