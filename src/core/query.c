/* query: hedgerow's own parameters, taken out of a client's query.
 *
 * A query is cut at its ampersands, what is ours is left out, and the rest is
 * joined by ampersands again: nothing is decoded and encoded anew, since no
 * two programs agree on how. Names alone are compared decoded, or a client
 * could send `t%69meout=` past us to an upstream that has a timeout of its own.
 *
 * Parameters are counted rather than refused when they come twice: which of
 * them may, and what is answered otherwise, is the router's. */
#include "core/query.h"

#include "core/percent.h"

static struct slice take_until(struct slice *text, char c) {
  const struct slice taken = slice_until(*text, c);
  *text = slice_from(*text, taken.len);
  return taken;
}

static bool names(struct slice encoded, const char *name) {
  while (encoded.len > 0) {
    char c;
    (void)percent_next(&encoded, &c); /* a stray '%' stands for itself */
    if (c == '\0' || c != *name) return false;
    name++;
  }
  return *name == '\0';
}

static bool is_ours(struct slice piece, struct query_param *params,
                    size_t count) {
  struct slice value = piece;
  struct slice name = take_until(&value, '=');
  for (size_t i = 0; i < count; i++) {
    if (!names(name, params[i].name)) continue;
    if (params[i].count++ == 0 && value.len > 0)
      params[i].value = slice_from(value, 1);
    return true;
  }
  return false;
}

struct slice query_take(struct slice query, struct query_param *params,
                        size_t count, struct text *rest) {
  const size_t from = rest ? rest->len : 0;
  const bool was_empty = query.at && query.len == 0;
  for (size_t i = 0; i < count; i++) {
    params[i].count = 0;
    params[i].value = (struct slice){0};
  }
  bool first = true, more = query.at != NULL; /* first: of those that stay */
  while (more) {
    struct slice piece = take_until(&query, '&');
    if (!is_ours(piece, params, count)) {
      if (rest && !first) text_char(rest, '&');
      if (rest) text_slice(rest, piece);
      first = false;
    }
    more = query.len > 0;
    if (more) query = slice_from(query, 1);
  }
  if (!rest || (rest->len == from && !was_empty)) return (struct slice){0};
  return slice_from(text_slice_of(rest), from);
}

bool query_parse_timeout(struct slice value, int64_t max_ms, int64_t *ms) {
  int64_t sum = 0;
  if (value.len == 0) return false;
  while (value.len > 0) {
    char c;
    if (!percent_next(&value, &c) || c < '0' || c > '9') return false;
    int digit = c - '0';
    /* Beyond the clamp the digits are still read, and count no more. */
    sum = sum > (INT64_MAX - digit) / 10 ? INT64_MAX : sum * 10 + digit;
  }
  *ms = sum < max_ms ? sum : max_ms;
  return sum >= 1;
}
