/* fuzz_query: any bytes as a query, into core/query.
 *
 * What is ours is told a second time here, by decoding each name. What is left
 * is what is not ours, in its order and spelling; nothing of ours is left in
 * it. A timeout is a number in digits, clamped, or nothing. */
#include <stdlib.h>

#include "core/percent.h"
#include "core/query.h"
#include "fuzz/fuzz.h"

enum { MAX_MS = 60000, PARAMS = 2 };

static bool is_named(struct slice piece, const char *name) {
  struct text decoded = fuzz_text(piece.len + 1);
  const char *mark = piece.len > 0 ? memchr(piece.at, '=', piece.len) : NULL;
  if (mark) piece.len = (size_t)(mark - piece.at);
  while (piece.len > 0) {
    char c;
    (void)percent_next(&piece, &c);
    text_char(&decoded, c);
  }
  bool named = slice_equal(text_slice_of(&decoded), slice_of(name));
  free(decoded.at);
  return named;
}

static struct slice next_piece(struct slice *query) {
  const char *end = query->len > 0 ? memchr(query->at, '&', query->len) : NULL;
  size_t len = end ? (size_t)(end - query->at) : query->len;
  struct slice piece = {query->at, len};
  *query = slice_from(*query, end ? len + 1 : len);
  return piece;
}

/* The same by hand; counts are checked on the way. */
static void keep_others(struct text *out, struct slice query,
                        const struct query_param *params) {
  unsigned counts[PARAMS] = {0};
  bool first = true, more = true;
  while (more) {
    size_t before = query.len;
    struct slice piece = next_piece(&query);
    bool ours = false;
    more = before > piece.len;
    for (unsigned i = 0; i < PARAMS && !ours; i++) {
      ours = is_named(piece, params[i].name);
      counts[i] += ours;
    }
    if (ours) continue;
    if (!first) text_char(out, '&');
    text_slice(out, piece);
    first = false;
  }
  for (unsigned i = 0; i < PARAMS; i++)
    demand(counts[i] == params[i].count, "each of ours is counted");
}

static void check_timeout(struct slice value) {
  int64_t ms = -1;
  bool taken = query_parse_timeout(value, MAX_MS, &ms);
  bool digits = value.len > 0;
  double number = 0;
  for (struct slice rest = value; rest.len > 0;) {
    char c;
    digits &= percent_next(&rest, &c) && c >= '0' && c <= '9';
    number = number * 10 + (c - '0');
  }
  demand(taken == (digits && number >= 1), "a timeout is a number from 1 on");
  if (taken)
    demand(number >= MAX_MS ? ms == MAX_MS : (double)ms == number,
           "a timeout is its number, clamped");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice query = fuzz_input(data, size);
  struct query_param params[PARAMS] = {{.name = "timeout"}, {.name = "detail"}};
  struct query_param again[PARAMS] = {{.name = "timeout"}, {.name = "detail"}};
  struct text rest = fuzz_text(size + 1), others = fuzz_text(size + 1);
  struct slice left = query_take(query, params, PARAMS, &rest);
  demand(slice_equal(left, text_slice_of(&rest)), "what is left is returned");
  keep_others(&others, query, params);
  demand(!rest.cut, "what is left is not longer");
  demand(slice_equal(text_slice_of(&rest), text_slice_of(&others)),
         "what is left is what is not ours");
  demand((left.at != NULL) == (left.len > 0 || query.len == 0),
         "of an empty query alone an empty one is left");
  query_take(text_slice_of(&rest), again, PARAMS, NULL);
  for (unsigned i = 0; i < PARAMS; i++) {
    demand(again[i].count == 0, "nothing of ours is left");
    demand(fuzz_inside(params[i].value, query), "a value lies in the query");
    demand(params[i].count > 0 || params[i].value.len == 0, "no value of none");
  }
  check_timeout(params[0].value);
  check_timeout(query);
  free(rest.at);
  free(others.at);
  return 0;
}
