/* json_rule: one comparison, from its text, and its answer.
 *
 * Some APIs say no with a 200. A rule is as much of a language as it takes to
 * see that, and no more: one place, one operator, one value. There is no "and",
 * since several rules are one, and no way to name a rule's answer in another.
 *
 * What is not there compares as null, so `/data != null` asks for data, and
 * `/error == null` for none, whichever way an API leaves it out. Only a pointer
 * alone tells the two apart.
 *
 * The value stays text: json_check has seen that it is JSON, and comparing
 * resolves it where it has to (core/json_string, core/json_number). */
#include "core/json_rule.h"

#include "core/json_check.h"
#include "core/json_number.h"
#include "core/json_string.h"

/* ---- reading ---- */

/* What is left of the text, and where complaints go. */
struct reading {
  struct slice text, left;
  struct text *why;
};

/* The column of a byte of the text. */
static bool complain(struct reading *reading, const char *at,
                     const char *words) {
  text_put(reading->why, "column ", at - reading->text.at + 1, ": ", words);
  return false;
}

/* JSON's own: a value may have it around. */
static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct reading *reading) {
  while (reading->left.len > 0 && is_space(*reading->left.at))
    reading->left = slice_from(reading->left, 1);
}

static struct slice trimmed(struct slice text) {
  while (text.len > 0 && is_space(*text.at)) text = slice_from(text, 1);
  while (text.len > 0 && is_space(text.at[text.len - 1])) text.len--;
  return text;
}

static bool is_json(struct slice text) {
  struct json_check check;
  json_check_init(&check, 1);
  if (json_check_feed(&check, text.at, text.len) == JSON_BAD) return false;
  return json_check_end(&check) == JSON_WHOLE;
}

/* How long the string is that the text begins with, its quotes included; 0:
 * it does not end. */
static size_t string_len(struct slice text) {
  for (size_t i = 1; i < text.len; i++) {
    if (text.at[i] == '"') return i + 1;
    if (text.at[i] == '\\') i++;
  }
  return 0;
}

static bool is_operator_byte(char c) {
  return c == '=' || c == '!' || c == '<' || c == '>';
}

/* A bare pointer may hold any byte, and has to be UTF-8 like the names that it
 * is compared with: json_check knows. */
static bool is_utf8(struct slice text) {
  struct json_check check;
  json_check_init(&check, 1);
  enum json_verdict verdict = json_check_feed(&check, "\"", 1);
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    if (c == '"' || c == '\\' || (unsigned char)c < ' ') c = ' ';
    verdict = json_check_feed(&check, &c, 1);
  }
  if (verdict != JSON_BAD) verdict = json_check_feed(&check, "\"", 1);
  return verdict == JSON_WHOLE;
}

/* Such a string equals nothing that can be written in UTF-8. */
static bool has_half_a_pair(struct slice string) {
  while (string.len > 0)
    if (json_is_surrogate(json_char_take(&string))) return true;
  return false;
}

static const char half_a_pair[] =
    "\\ud800 to \\udfff mean a character in pairs only: one of them stands "
    "alone here";

static bool read_quoted(struct reading *reading, struct json_pointer *pointer) {
  struct slice left = reading->left;
  size_t len = string_len(left);
  if (len == 0) return complain(reading, left.at, "this quote is never closed");
  if (!is_json((struct slice){left.at, len}))
    return complain(reading, left.at, "the pointer is no JSON string");
  pointer->text = (struct slice){left.at + 1, len - 2};
  if (has_half_a_pair(pointer->text))
    return complain(reading, left.at, half_a_pair);
  pointer->quoted = true;
  reading->left = slice_from(left, len);
  return true;
}

static bool read_bare(struct reading *reading, struct json_pointer *pointer) {
  struct slice left = reading->left;
  size_t len = 0;
  while (len < left.len && !is_space(left.at[len]) &&
         !is_operator_byte(left.at[len]))
    len++;
  pointer->text = (struct slice){left.at, len};
  if (len == 0 || !is_utf8(pointer->text))
    return complain(reading, left.at,
                    "a rule begins with a JSON pointer, such as /status, or "
                    "\"\" for the whole text");
  reading->left = slice_from(left, len);
  return true;
}

static bool read_pointer(struct reading *reading, struct json_rule *rule) {
  struct json_pointer *pointer = &rule->pointer;
  size_t at;
  *pointer = (struct json_pointer){0};
  skip_space(reading);
  bool quoted = reading->left.len > 0 && *reading->left.at == '"';
  if (!(quoted ? read_quoted(reading, pointer) : read_bare(reading, pointer)))
    return false;
  const char *why = json_pointer_fault(*pointer, &at);
  return why ? complain(reading, pointer->text.at + at, why) : true;
}

static bool read_operator(struct reading *reading, struct json_rule *rule) {
  static const struct {
    const char *text;
    enum json_rule_operator operator;
  } operators[] = {
      {"==", JSON_RULE_EQUAL}, {"!=", JSON_RULE_UNEQUAL},
      {"<=", JSON_RULE_UP_TO}, {">=", JSON_RULE_FROM},
      {"<", JSON_RULE_BELOW},  {">", JSON_RULE_ABOVE},
  };
  rule->operator= JSON_RULE_EXISTS;
  skip_space(reading);
  if (reading->left.len == 0) return true;
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    struct slice text = slice_of(operators[i].text);
    if (!slice_starts_with(reading->left, text)) continue;
    rule->operator= operators[i].operator;
    reading->left = slice_from(reading->left, text.len);
    return true;
  }
  return complain(reading, reading->left.at,
                  "behind the pointer stands nothing, or ==, !=, <, <=, > or "
                  ">=");
}

static bool is_container(struct slice value) {
  return *value.at == '[' || *value.at == '{';
}

static bool is_number(struct slice value) {
  return *value.at == '-' || (*value.at >= '0' && *value.at <= '9');
}

/* "[]", "{ }": only white space stands between the brackets. */
static bool is_empty(struct slice container) {
  for (size_t i = 1; i + 1 < container.len; i++)
    if ((unsigned char)container.at[i] > ' ') return false;
  return true;
}

static bool read_value(struct reading *reading, struct json_rule *rule) {
  const bool orders = rule->operator> JSON_RULE_UNEQUAL;
  struct slice value = trimmed(reading->left);
  rule->value = value;
  if (rule->operator== JSON_RULE_EXISTS) return true;
  if (value.len == 0 || !is_json(value) ||
      (is_container(value) && !is_empty(value)))
    return complain(reading, value.at,
                    "a value is a JSON string, a number, true, false, null, [] "
                    "or {}, and nothing stands behind it");
  if (*value.at == '"' &&
      has_half_a_pair((struct slice){value.at + 1, value.len - 2}))
    return complain(reading, value.at, half_a_pair);
  if (orders && !is_number(value))
    return complain(reading, value.at, "<, <=, > and >= compare numbers only");
  return true;
}

bool json_rule_parse(struct json_rule *rule, struct slice text,
                     struct text *why) {
  struct reading reading = {text, text, why};
  rule->text = text;
  return read_pointer(&reading, rule) && read_operator(&reading, rule) &&
         read_value(&reading, rule);
}

/* ---- comparing ---- */

static bool is_equal(struct slice a, struct slice b) {
  if (is_number(a) && is_number(b)) return json_number_compare(a, b) == 0;
  if (*a.at != *b.at) return false;
  if (*a.at == '"')
    return json_string_equal((struct slice){a.at + 1, a.len - 2},
                             (struct slice){b.at + 1, b.len - 2});
  /* Brackets are those of an empty one; a literal's first letter is its own. */
  return !is_container(a) || (is_empty(a) && is_empty(b));
}

static bool is_ordered(const struct json_rule *rule, struct slice value) {
  if (!is_number(value)) return false;
  int order = json_number_compare(value, rule->value);
  switch (rule->operator) {
    case JSON_RULE_BELOW: return order < 0;
    case JSON_RULE_UP_TO: return order <= 0;
    case JSON_RULE_ABOVE: return order > 0;
    default: return order >= 0;
  }
}

bool json_rule_holds(const struct json_rule *rule, struct slice text) {
  struct slice value = json_pointer_find(rule->pointer, text);
  if (rule->operator== JSON_RULE_EXISTS) return value.len > 0;
  if (value.len == 0) value = slice_of("null");
  switch (rule->operator) {
    case JSON_RULE_EQUAL: return is_equal(value, rule->value);
    case JSON_RULE_UNEQUAL: return !is_equal(value, rule->value);
    default: return is_ordered(rule, value);
  }
}

const struct json_rule *json_rules_broken(const struct json_rules *rules,
                                          struct slice text) {
  for (unsigned i = 0; i < rules->count; i++)
    if (json_rule_holds(&rules->rules[i], text) != (i < rules->needed))
      return &rules->rules[i];
  return NULL;
}
