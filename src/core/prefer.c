/* prefer: reads the fields in which a client says how it is to be served.
 *
 * A preference may be ignored (RFC 7240, section 2), so what cannot be read is
 * no error here: a client that writes `wait=soon` is served as if it had said
 * nothing. What comes of a wait (a deadline, Preference-Applied) and which
 * bounds it has is for whoever knows the route. */
#include "core/prefer.h"

/* Cuts `text` at the first `c`; what is behind it is empty without one. */
static struct slice take_until(struct slice *text, char c) {
  const struct slice taken = slice_until(*text, c);
  const bool more = taken.len < text->len;
  *text = http_trimmed(slice_from(*text, taken.len + more));
  return http_trimmed(taken);
}

static struct slice unquoted(struct slice word) {
  if (word.len < 2 || word.at[0] != '"' || word.at[word.len - 1] != '"')
    return word;
  return (struct slice){word.at + 1, word.len - 2};
}

/* More digits than any clock has are a long wait all the same. */
static bool parse_seconds(struct slice word, int64_t *us) {
  const struct slice digits = unquoted(word);
  int64_t seconds = 0;
  for (size_t i = 0; i < digits.len; i++) {
    const char c = digits.at[i];
    if (c < '0' || c > '9') return false;
    if (seconds < PREFER_WAIT_MAX_S) seconds = seconds * 10 + (c - '0');
  }
  if (seconds == 0) return false;
  if (seconds > PREFER_WAIT_MAX_S) seconds = PREFER_WAIT_MAX_S;
  *us = seconds * 1000000;
  return true;
}

/* Takes the value of the first preference `wait` off a list. A ';' inside a
 * quoted value cuts that value short, which no digits can be. */
static bool find_wait(struct slice list, struct slice *word) {
  struct slice preference;
  while (http_list_next(&list, &preference)) {
    *word = take_until(&preference, ';');
    if (slice_is(take_until(word, '='), "wait")) return true;
  }
  return false;
}

bool prefer_wait(const struct http_request *request, int64_t *us) {
  for (unsigned i = 0; i < request->field_count; i++) {
    struct slice word;
    if (slice_is(request->fields[i].name, "Prefer") &&
        find_wait(request->fields[i].value, &word))
      return parse_seconds(word, us);
  }
  return false;
}

bool prefer_hedge_off(const struct http_request *request) {
  return http_request_lists(request, "Hedge", slice_of("off"));
}
