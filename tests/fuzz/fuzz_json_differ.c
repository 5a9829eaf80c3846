/* fuzz_json_differ: core/json_check against jansson, a strict parser that
 * shares no line with it.
 *
 * Both say what RFC 8259 says, and differ where it leaves room:
 *   - a lone surrogate (\ud800), and a NUL in a name: the grammar has them,
 *     jansson cannot store them;
 *   - a number too large for a double: the same;
 *   - depth: 512 here, 2048 there;
 *   - a raw NUL, which is nowhere in JSON: jansson skips it behind numbers.
 * So what we take, jansson must take once these are tamed: the digits behind
 * such a \u become 0041, and of each run of a number's digits the first is
 * left. And what jansson takes, we must take, unless it is nested too deeply,
 * which is counted here. Names that come twice are fine with both. */
#include <jansson.h>
#include <stdlib.h>

#include "core/json_check.h"
#include "fuzz/fuzz.h"

static bool jansson_takes(struct slice text) {
  json_error_t error;
  json_t *json = json_loadb(
      text.at, text.len,
      JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
  json_decref(json);
  return json != NULL;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Whether jansson may trip over what stands behind this \u: d8 to df, or a
 * NUL. Pairs of surrogates are tamed too, which loses nothing here: they are
 * looked at before, untamed. */
static bool is_wild(const char *hex) {
  bool surrogate = (hex[0] | 0x20) == 'd' && !(hex[1] >= '0' && hex[1] <= '7');
  return surrogate || memcmp(hex, "0000", 4) == 0;
}

/* Copies the string that begins at json[0], and returns its length. */
static size_t tame_string(struct text *out, struct slice json) {
  size_t at = 1;
  text_char(out, '"');
  while (json.at[at] != '"') {
    size_t len = json.at[at] != '\\' ? 1 : json.at[at + 1] == 'u' ? 6 : 2;
    if (len == 6 && is_wild(json.at + at + 2)) text_str(out, "\\u0041");
    else text_add(out, json.at + at, len);
    at += len;
  }
  text_char(out, '"');
  return at + 1;
}

/* Only for what we call JSON: then every string ends. */
static void tame(struct text *out, struct slice json) {
  for (size_t at = 0; at < json.len;) {
    char c = json.at[at];
    if (c == '"') {
      at += tame_string(out, slice_from(json, at));
      continue;
    }
    if (!is_digit(c) || at == 0 || !is_digit(json.at[at - 1]))
      text_char(out, c);
    at++;
  }
}

/* Whether a difference of the list can stand in it at all. */
static bool may_be_wild(struct slice json) {
  unsigned run = 0;
  for (size_t at = 0; at < json.len; at++) {
    if (json.len - at >= 6 && memcmp(json.at + at, "\\u", 2) == 0 &&
        is_wild(json.at + at + 2))
      return true;
    run = is_digit(json.at[at]) ? run + 1 : 0;
    if (run >= 3) return true; /* 1e309 */
  }
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice bytes = fuzz_input(data, size);
  bool ours = fuzz_is_json(bytes), theirs = jansson_takes(bytes);
  if (size > 0 && memchr(data, '\0', size)) {
    demand(!ours, "no JSON text holds a NUL");
    return 0;
  }
  if (theirs && !ours)
    demand(fuzz_json_depth(bytes) > JSON_DEPTH_MAX,
           "jansson takes it, and we do not");
  if (!ours || theirs) return 0;
  demand(may_be_wild(bytes), "we take it, and jansson does not");
  struct text tamed = fuzz_text(size + 1);
  tame(&tamed, bytes);
  demand(fuzz_is_json(text_slice_of(&tamed)), "what was tamed is JSON");
  demand(jansson_takes(text_slice_of(&tamed)),
         "we take it, and jansson does not, for no reason that is known");
  free(tamed.at);
  return 0;
}
