/* fuzz_json_rule: rules of core/json_rule against jansson.
 *
 * The first line is a rule, the rest a text. Where both are good, whether the
 * rule holds is found a second time: jansson makes a tree of the text, and the
 * pointer is taken apart into names as RFC 6901 says it, section 4, each '~1'
 * first and then each '~0'. jansson's numbers are doubles, so numbers are only
 * compared where few digits make them exact enough; what jansson cannot store
 * (a lone surrogate, a NUL in a name, 1e999) is passed by. */
#include <jansson.h>
#include <stdlib.h>

#include "core/json_rule.h"
#include "fuzz/fuzz.h"

enum { DIGITS_MAX = 12 };

static json_t *load(struct slice text) {
  json_error_t error;
  return json_loadb(text.at, text.len,
                    JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
                    &error);
}

/* ---- pointers ---- */

/* In place; returns the new length. */
static size_t replace(char *name, size_t len, char digit, char by) {
  size_t to = 0;
  for (size_t at = 0; at < len; at++) {
    bool is_it = name[at] == '~' && at + 1 < len && name[at + 1] == digit;
    name[to++] = is_it ? by : name[at];
    at += is_it;
  }
  return to;
}

static json_t *element(json_t *array, const char *name, size_t len) {
  size_t index = 0;
  if (len == 0 || len > 9 || (name[0] == '0' && len > 1)) return NULL;
  for (size_t i = 0; i < len; i++) {
    if (name[i] < '0' || name[i] > '9') return NULL;
    index = index * 10 + (size_t)(name[i] - '0');
  }
  return json_array_get(array, index);
}

static json_t *step(json_t *in, const char *token, size_t len) {
  char *name = malloc(len + 1);
  memcpy(name, token, len);
  len = replace(name, len, '1', '/');
  len = replace(name, len, '0', '~');
  json_t *found = NULL;
  if (json_is_object(in)) found = json_object_getn(in, name, len);
  if (json_is_array(in)) found = element(in, name, len);
  free(name);
  return found;
}

static json_t *walk(json_t *root, const char *pointer, size_t len) {
  const char *end = pointer + len;
  while (root && pointer < end) {
    const char *begin = ++pointer;
    while (pointer < end && *pointer != '/') pointer++;
    root = step(root, begin, (size_t)(pointer - begin));
  }
  return root;
}

/* ---- comparing ---- */

static bool is_exact(struct slice value) {
  unsigned digits = 0;
  for (size_t i = 0; i < value.len; i++)
    digits += value.at[i] >= '0' && value.at[i] <= '9';
  return digits <= DIGITS_MAX;
}

static bool is_same_string(const json_t *a, const json_t *b) {
  size_t len = json_string_length(a);
  return len == json_string_length(b) &&
         memcmp(json_string_value(a), json_string_value(b), len) == 0;
}

static bool is_equal(json_t *a, json_t *b) {
  if (json_is_string(a) && json_is_string(b)) return is_same_string(a, b);
  return json_equal(a, b);
}

static bool holds(const struct json_rule *rule, json_t *found, json_t *value) {
  const bool ordered = json_is_number(found) && json_is_number(value);
  const double a = json_number_value(found), b = json_number_value(value);
  switch (rule->operator) {
    case JSON_RULE_EXISTS: return found != NULL;
    case JSON_RULE_EQUAL:
      return found ? is_equal(found, value) : json_is_null(value);
    case JSON_RULE_UNEQUAL:
      return found ? !is_equal(found, value) : !json_is_null(value);
    case JSON_RULE_BELOW: return ordered && a < b;
    case JSON_RULE_UP_TO: return ordered && a <= b;
    case JSON_RULE_ABOVE: return ordered && a > b;
    case JSON_RULE_FROM: return ordered && a >= b;
  }
  return false;
}

/* The pointer as a string of jansson's; NULL: it cannot store it. */
static json_t *name_of(const struct json_pointer *pointer) {
  if (!pointer->quoted)
    return json_stringn(pointer->text.at, pointer->text.len);
  return load((struct slice){pointer->text.at - 1, pointer->text.len + 2});
}

static void compare(const struct json_rule *rule, struct slice text) {
  const bool held = json_rule_holds(rule, text);
  json_t *root = load(text), *name = name_of(&rule->pointer);
  json_t *value = rule->value.len > 0 ? load(rule->value) : json_null();
  struct slice place = json_pointer_find(rule->pointer, text);
  if (root && name && value && is_exact(place) && is_exact(rule->value)) {
    json_t *found =
        walk(root, json_string_value(name), json_string_length(name));
    demand((place.len > 0) == (found != NULL),
           "one finds it, and one does not");
    demand(held == holds(rule, found, value),
           "it holds for one, and not for the other");
  }
  json_decref(value);
  json_decref(name);
  json_decref(root);
}

/* ---- the input ---- */

static void check_place(const struct json_rule *rule, struct slice text) {
  struct slice place = json_pointer_find(rule->pointer, text);
  if (place.len == 0) return;
  demand(fuzz_inside(place, text), "a place stands in the text");
  demand(fuzz_is_json(place), "a place is a value");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice rest = fuzz_input(data, size), line = fuzz_line(&rest);
  char *rule_bytes = fuzz_copy(line), *text_bytes = fuzz_copy(rest);
  struct slice text = {text_bytes, rest.len};
  struct text why = fuzz_text(JSON_RULE_WHY_BYTES);
  struct json_rule rule;
  bool good =
      json_rule_parse(&rule, (struct slice){rule_bytes, line.len}, &why);
  demand(good == (why.len == 0) && !why.cut, "what is no rule has a reason");
  if (good && fuzz_is_json(text)) {
    check_place(&rule, text);
    compare(&rule, text);
  }
  free(why.at);
  free(text_bytes);
  free(rule_bytes);
  return 0;
}
