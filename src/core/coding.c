/* coding: who may have gzip, and what is said of bytes that lost it.
 *
 * Whatever cannot be read here makes the client get the plain bytes, which any
 * client takes.
 *
 * The two representations of one resource must not share a strong entity tag
 * (RFC 9110, section 8.8.3.3): a cache would join parts of the one with parts
 * of the other. A weak tag says what holds, that both mean the same, and still
 * brings a client its 304, since If-None-Match compares weakly (section
 * 13.1.2). nginx does so, too, where it inflates. */
#include "core/coding.h"

#include "core/accept.h"

enum { NOT_NAMED = -1 };

/* Weights in thousandths. */
struct wishes {
  int gzip, identity, any;
};

/* ---- weights ---- */

/* What stands behind the coding: nothing, or ";q=" and a qvalue. */
static int weight_of(struct slice rest) {
  if (rest.len == 0) return ACCEPT_ONE;
  rest = http_trimmed(slice_from(rest, 1));
  if (rest.len < 2 || (rest.at[0] | 0x20) != 'q' || rest.at[1] != '=') return 0;
  return accept_qvalue(slice_from(rest, 2));
}

/* ---- Accept-Encoding ---- */

static int *wish_for(struct wishes *wishes, struct slice coding) {
  if (slice_is(coding, "gzip") || slice_is(coding, "x-gzip"))
    return &wishes->gzip;
  if (slice_is(coding, "identity")) return &wishes->identity;
  return slice_is(coding, "*") ? &wishes->any : NULL;
}

static void note_member(struct wishes *wishes, struct slice member) {
  struct slice name = slice_until(member, ';');
  int weight = weight_of(slice_from(member, name.len));
  int *wish = wish_for(wishes, http_trimmed(name));
  if (wish && (*wish == NOT_NAMED || weight < *wish)) *wish = weight;
}

bool coding_takes_gzip(const struct http_request *request) {
  struct wishes wishes = {NOT_NAMED, NOT_NAMED, NOT_NAMED};
  struct slice member;
  for (unsigned i = 0; i < request->field_count; i++) {
    struct slice list = request->fields[i].value;
    if (!slice_is(request->fields[i].name, "Accept-Encoding")) continue;
    while (http_list_next(&list, &member)) note_member(&wishes, member);
  }
  if (wishes.gzip == NOT_NAMED) wishes.gzip = wishes.any;
  return wishes.gzip > 0 && wishes.gzip >= wishes.identity;
}

bool coding_is_kept(const struct http_request *request) {
  return http_request_lists(request, "Cache-Control", slice_of("no-transform"));
}

/* ---- fields without the coding ---- */

static bool speaks_of_coded_bytes(struct slice name) {
  static const char *const names[] = {"Content-Encoding", "Content-MD5",
                                      "Digest", "Content-Digest",
                                      "Repr-Digest"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (slice_equal_nocase(name, slice_of(names[i]))) return true;
  return false;
}

static void write_etag(struct text *out, struct slice line,
                       struct slice value) {
  size_t before = (size_t)(value.at - line.at);
  if (slice_starts_with(value, slice_of("W/\""))) {
    text_slice(out, line);
  } else if (slice_starts_with(value, slice_of("\""))) {
    text_add(out, line.at, before);
    text_put(out, "W/", slice_from(line, before));
  }
}

void coding_plain_fields(struct text *out, struct slice lines) {
  struct http_field field;
  while (lines.len > 0) {
    const char *at = lines.at;
    if (!http_field_next(&lines, &field)) return;
    struct slice line = {at, (size_t)(lines.at - at)};
    if (slice_is(field.name, "ETag")) write_etag(out, line, field.value);
    else if (!speaks_of_coded_bytes(field.name)) text_slice(out, line);
  }
}
