/* Tests of core/json_rule: rules, texts, and whether the one holds for the
 * other. */
#include "core/json_rule.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

static struct json_rule parsed(const char *text) {
  struct json_rule rule;
  EMPTY_TEXT(why, JSON_RULE_WHY_BYTES);
  cr_assert(json_rule_parse(&rule, slice_of(text), &why), "%s: %s", text,
            text_end(&why));
  return rule;
}

static void expect(const char *text, const char *json, bool want) {
  struct json_rule rule = parsed(text);
  words_expect_json(slice_of(json));
  cr_expect_eq(json_rule_holds(&rule, slice_of(json)), want, "%s of %s is %d",
               text, json, !want);
}

/* The texts stand apart by bars. */
static void expect_all(const char *text, const char *jsons, bool want) {
  char copy[1024], *rest = copy, *json;
  cr_assert_lt(strlen(jsons), sizeof copy);
  strcpy(copy, jsons);
  while ((json = strtok_r(rest, "|", &rest))) expect(text, json, want);
}

#define HOLDS(rule, jsons) expect_all(rule, jsons, true)
#define FAILS(rule, jsons) expect_all(rule, jsons, false)

/* ---- a pointer alone ---- */

Test(json_rule, a_pointer_alone_asks_whether_something_is_there) {
  HOLDS("/error", "{\"error\":1}|{\"error\":null}|{\"error\":{}}");
  FAILS("/error", "{}|[]|null|\"error\"|{\"a\":{\"error\":1}}");
  HOLDS("/0", "[null]|{\"0\":1}");
  FAILS("/0", "[]|{}");
  HOLDS("\"\"", "null|[]|1");
}

/* ---- equal or not ---- */

Test(json_rule, strings_are_compared_by_what_they_mean) {
  HOLDS("/s == \"ok\"", "{\"s\":\"ok\"}|{\"s\":\"\\u006fk\"}");
  FAILS("/s == \"ok\"", "{\"s\":\"OK\"}|{\"s\":\"okay\"}|{\"s\":\"\"}|{}");
  HOLDS("/s == \"\\ud83d\\ude00\"", "{\"s\":\"\xf0\x9f\x98\x80\"}");
  HOLDS("/s == \"a/b\"", "{\"s\":\"a\\/b\"}");
  HOLDS("/s != \"ok\"", "{\"s\":\"no\"}|{\"s\":1}|{\"s\":null}|{}");
}

Test(json_rule, numbers_are_compared_by_their_value) {
  HOLDS("/n == 1", "{\"n\":1}|{\"n\":1.0}|{\"n\":10e-1}");
  FAILS("/n == 1", "{\"n\":2}|{\"n\":-1}|{\"n\":\"1\"}|{\"n\":true}|{}");
  HOLDS("/n == 9007199254740993", "{\"n\":9007199254740993}");
  FAILS("/n == 9007199254740993", "{\"n\":9007199254740992}");
  HOLDS("/n == -0", "{\"n\":0}");
}

Test(json_rule, literals_equal_themselves) {
  HOLDS("/b == true", "{\"b\":true}");
  FAILS("/b == true", "{\"b\":false}|{\"b\":\"true\"}|{\"b\":1}|{}");
  HOLDS("/b == false", "{\"b\":false}");
  FAILS("/b == false", "{\"b\":null}|{\"b\":0}|{}");
}

Test(json_rule, what_is_not_there_compares_as_null) {
  HOLDS("/data == null", "{\"data\":null}|{}|[]|1");
  FAILS("/data == null", "{\"data\":0}|{\"data\":\"\"}|{\"data\":[]}");
  HOLDS("/data != null", "{\"data\":0}|{\"data\":\"\"}|{\"data\":[]}");
  FAILS("/data != null", "{\"data\":null}|{}|[]|null");
}

Test(json_rule, an_empty_container_equals_one_of_its_kind) {
  HOLDS("/a == []", "{\"a\":[]}|{\"a\":[ \n ]}");
  FAILS("/a == []", "{\"a\":[0]}|{\"a\":{}}|{\"a\":null}|{}|{\"a\":\"[]\"}");
  HOLDS("/a == { }", "{\"a\":{}}");
  FAILS("/a == { }", "{\"a\":{\"b\":1}}|{\"a\":[]}");
  HOLDS("\"\" == []", "[]| [ ] ");
  FAILS("\"\" == []", "[1]|{}|null");
  HOLDS("\"\" == null", "null");
  HOLDS("\"\" != {}", "{\"a\":1}|[]");
}

/* ---- more or less ---- */

Test(json_rule, an_order_is_one_of_numbers) {
  HOLDS("/n < 10", "{\"n\":9.99}|{\"n\":-1e9}");
  FAILS("/n < 10", "{\"n\":10}|{\"n\":1e1}|{\"n\":\"9\"}|{\"n\":null}|{}");
  HOLDS("/n > 10", "{\"n\":10.01}");
  FAILS("/n > 10", "{\"n\":10}|{\"n\":9}|{\"n\":[11]}|{}");
  HOLDS("/n <= 10", "{\"n\":10}|{\"n\":10.0}|{\"n\":9}");
  FAILS("/n <= 10", "{\"n\":10.01}|{}");
  HOLDS("/n >= -0.5", "{\"n\":-0.5}|{\"n\":0}");
  FAILS("/n >= -0.5", "{\"n\":-0.51}|{\"n\":true}");
}

/* ---- how a rule is written ---- */

Test(json_rule, white_space_around_the_parts_is_free) {
  HOLDS("/a==1", "{\"a\":1}");
  HOLDS(" \t/a  ==  1\t ", "{\"a\":1}");
  HOLDS("/a<2", "{\"a\":1}");
  HOLDS("/a<=\t1", "{\"a\":1}");
  HOLDS("  /a  ", "{\"a\":1}");
  HOLDS("/a == 1e0\r\n", "{\"a\":1}");
  HOLDS("/a\n==\n1", "{\"a\":1}");
  HOLDS("\"/a\"==1", "{\"a\":1}");
}

Test(json_rule, a_pointer_in_quotes_may_hold_anything) {
  HOLDS("\"/a b\" == 1", "{\"a b\":1}");
  HOLDS("\"/a==1\"", "{\"a==1\":0}");
  FAILS("\"/a==1\"", "{\"a\":1}");
  HOLDS("\"/q\\\"\" == \"\\\"\"", "{\"q\\\"\":\"\\\"\"}");
  HOLDS("\"/\\u00e9\"", "{\"\xc3\xa9\":0}");
  HOLDS("/\xc3\xa9", "{\"\\u00e9\":0}");
}

static void expect_error(const char *text, const char *want) {
  struct json_rule rule;
  EMPTY_TEXT(why, JSON_RULE_WHY_BYTES);
  cr_expect_not(json_rule_parse(&rule, slice_of(text), &why), "accepted: %s",
                text);
  cr_expect_not(why.cut);
  cr_expect_str_eq(text_end(&why), want, "%s:\n%s\nnot\n%s", text, why_storage,
                   want);
}

Test(json_rule, an_error_names_its_column) {
#define NO_POINTER                                                             \
  "a rule begins with a JSON pointer, such as /status, or \"\" for the whole " \
  "text"
#define NO_OPERATOR                                                            \
  "behind the pointer stands nothing, or ==, !=, <, <=, > or >="
#define NO_VALUE                                                               \
  "a value is a JSON string, a number, true, false, null, [] or {}, and "      \
  "nothing stands behind it"
#define HALF_A_PAIR                                                            \
  "\\ud800 to \\udfff mean a character in pairs only: one of them stands "     \
  "alone here"
  static const char *const cases[][2] = {
      {"", "column 1: " NO_POINTER},
      {"  ", "column 3: " NO_POINTER},
      {" == 1", "column 2: " NO_POINTER},
      {"/\xff", "column 1: " NO_POINTER},
      {"status == \"ok\"", "column 1: a pointer begins with '/'"},
      {"$.status", "column 1: a pointer begins with '/'"},
      {"/a~b", "column 3: a '~' is written as ~0, and a '/' in a name as ~1"},
      {"\"/a", "column 1: this quote is never closed"},
      {"\"/a\\\" == 1", "column 1: this quote is never closed"},
      {"\"/\\x\" == 1", "column 1: the pointer is no JSON string"},
      {"\"a\" == 1", "column 2: a pointer begins with '/'"},
      {"\"/\\ud800\" == 1", "column 1: " HALF_A_PAIR},
      {"/a == \"\\udc00\\ud800\"", "column 7: " HALF_A_PAIR},
      {"/a = 1", "column 4: " NO_OPERATOR},
      {"/a!", "column 3: " NO_OPERATOR},
      {"/a is 1", "column 4: " NO_OPERATOR},
      {"/a b == 1", "column 4: " NO_OPERATOR},
      {"/a =~ \"x\"", "column 4: " NO_OPERATOR},
      {"/a ==", "column 6: " NO_VALUE},
      {"/a == ", "column 7: " NO_VALUE},
      {"/a == ok", "column 7: " NO_VALUE},
      {"/a == 'ok'", "column 7: " NO_VALUE},
      {"/a == \"ok", "column 7: " NO_VALUE},
      {"/a === 1", "column 6: " NO_VALUE},
      {"/a == 01", "column 7: " NO_VALUE},
      {"/a == 1 2", "column 7: " NO_VALUE},
      {"/a == [1]", "column 7: " NO_VALUE},
      {"/a == [[]]", "column 7: " NO_VALUE},
      {"/a == {\"b\":1}", "column 7: " NO_VALUE},
      {"/a == 1 && /b == 2", "column 7: " NO_VALUE},
      {"/a < \"b\"", "column 6: <, <=, > and >= compare numbers only"},
      {"/a >= null", "column 7: <, <=, > and >= compare numbers only"},
      {"/a > []", "column 6: <, <=, > and >= compare numbers only"},
  };
  EACH_ROW (row, cases) expect_error((*row)[0], (*row)[1]);
}

/* ---- several ---- */

Test(json_rule, what_is_needed_must_hold_and_nothing_else_may) {
  const struct json_rule list[] = {parsed("/status == \"ok\""),
                                   parsed("/data != null"), parsed("/error")};
  const struct json_rules rules = {list, 3, 2};
  static const struct {
    const char *json;
    int broken; /* -1: none */
  } cases[] = {
      {"{\"status\":\"ok\",\"data\":1}", -1},
      {"{\"status\":\"no\",\"data\":1}", 0},
      {"{\"status\":\"ok\"}", 1},
      {"{\"status\":\"ok\",\"data\":1,\"error\":null}", 2},
      {"{\"error\":1}", 0},
      {"[]", 0},
  };
  EACH_ROW (row, cases) {
    const struct json_rule *want = row->broken < 0 ? NULL : &list[row->broken];
    cr_expect_eq(json_rules_broken(&rules, slice_of(row->json)), want, "%s",
                 row->json);
  }
}
