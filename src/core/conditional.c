/* conditional: compares entity tags.
 *
 * The one harm that can be done here is a match where there is none: the client
 * goes on with an old answer and nobody notices. So a tag is read by the letter
 * (RFC 9110, section 8.8.3: no white space in it, and a backslash is nothing
 * special), and whatever is no tag matches nothing; the client then gets the
 * whole answer. That is also why core/http_head's reader of lists does not do:
 * to it, "a\" is an open quoted string. */
#include "core/conditional.h"

#include "core/http_head.h"

/* etagc of RFC 9110, section 8.8.3. */
static bool is_tag_char(char c) {
  unsigned char byte = (unsigned char)c;
  return byte > ' ' && byte != '"' && byte != 0x7f;
}

/* The opaque tag at the head of `text`, quotes included, behind a W/; empty
 * when there is none. *len: how much was read. */
static struct slice tag_at(struct slice text, size_t *len) {
  size_t from = slice_starts_with(text, slice_of("W/")) ? 2 : 0;
  size_t at = from + 1;
  *len = 0;
  if (from == text.len || text.at[from] != '"') return (struct slice){0};
  while (at < text.len && is_tag_char(text.at[at])) at++;
  if (at == text.len || text.at[at] != '"') return (struct slice){0};
  *len = at + 1;
  return (struct slice){text.at + from, *len - from};
}

static struct slice after_comma(struct slice list) {
  size_t len = slice_until(list, ',').len;
  return slice_from(list, len < list.len ? len + 1 : len);
}

/* Takes the next tag off a list that is trimmed; empty where a member is none.
 */
static struct slice take_tag(struct slice *list) {
  size_t len;
  struct slice tag = tag_at(*list, &len);
  struct slice behind = http_trimmed(slice_from(*list, len));
  bool ended = behind.len == 0 || behind.at[0] == ',';
  *list = http_trimmed(behind.len > 0 ? after_comma(behind) : behind);
  return ended ? tag : (struct slice){0};
}

bool conditional_matches(struct slice if_none_match, struct slice etag) {
  struct slice list = http_trimmed(if_none_match);
  if (slice_equal(list, slice_of("*"))) return true;
  size_t len;
  struct slice wanted = tag_at(etag, &len);
  if (wanted.len == 0 || len < etag.len) return false;
  while (list.len > 0)
    if (slice_equal(take_tag(&list), wanted)) return true;
  return false;
}

bool conditional_is_unchanged(const struct http_request *request,
                              struct slice etag) {
  if (request->method != HTTP_GET && request->method != HTTP_HEAD) return false;
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (slice_equal_nocase(field->name, slice_of("If-None-Match")) &&
        conditional_matches(field->value, etag))
      return true;
  }
  return false;
}

bool conditional_crosses(struct slice name) {
  static const char *const crossing[] = {"Content-Location",
                                         "Content-Security-Policy",
                                         "Content-Security-Policy-Report-Only"};
  if (!slice_starts_with_nocase(name, "Content-")) return true;
  for (size_t i = 0; i < sizeof crossing / sizeof *crossing; i++)
    if (slice_equal_nocase(name, slice_of(crossing[i]))) return true;
  return false;
}
