/* Tests of json_check: tables for the grammar, every cut of every text, and a
 * naive reference that must agree on every byte. */
#include "core/json_check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/slice.h"
#include "support/draw.h"
#include "support/rows.h"

struct refused {
  const char *at;
  size_t len;
  const char *explanation;
};

#define TEXT(t) t, sizeof(t) - 1

/* Apart by bars; split fills valid with them. */
static const char valid_texts[] =
    "null|true|false|0|-0|7|10|1234567890|-1|-12|0.0|0.5|-0.5|12.75|1e1|1E1|"
    "1e+1|1e-1|0e0|0E+00|-0.0e-0|1.5e300|123456789012345678901234567890|"
    "1e99999|\"\"|\"a\"|\"abcdefg\"|\"abcdefgh\"|\"abcdefghi\"|"
    "\"abcdefghijklmnopqrstuvwxyz 0123456789\"|\"\\\"\"|\"\\\\\"|\"\\/\"|"
    "\"\\b\\f\\n\\r\\t\"|\"\\u0000\"|\"\\u00e9\"|\"\\uABCD\\uabcd\"|"
    "\"\\ud83d\\ude00\"|\"\\ud800\"|\"\\udc00\\ud800\"|\"\\\\\\\\\\\"\"|"
    "\"abcdefg\\n\"|\"abcdefgh\\n\"|\"\x7f\"|\"'\"|\"/\"|\"[{]},:\"|"
    "\"\\u0022\"|[]|[ ]|{}|{ }|[[]]|[[],[]]|[{}]|[{},{}]|{\"a\":{}}|"
    "{\"a\":[]}|[1]|[1,2]|[1 , 2]|[-0]|[0,0.0,0e0]|[1.5,2e3]|"
    "[true,false,null]|[\"a\",\"b\"]|[\"\",\"\"]|[[[[[[[[]]]]]]]]|{\"\":0}|"
    "{\"a\":1}|{\"a\":1,\"b\":2}|{\"a\":1,\"a\":2}|{\"a\":\"b\"}|"
    "{\"a\":null}|{\"a\":true,\"b\":false}|{ \"a\" : 1 , \"b\" : [ ] }|"
    "{\"a\":{\"b\":{\"c\":[1,{\"d\":\"e\"}]}}}|{\"\\u0061\":1}|"
    "{\"a\\\"b\":1}|{\"a\":-1.5e-3}| 0|0 |\t\n\r 0\r\n\t |[]\n|\n[]|"
    " [ 1 ,\n2\t,\r3 ] |{\n  \"a\": 1,\n  \"b\": [\n    true\n  ]\n}\n|"
    "[               1]|[1,\n                2]|[\n\t\t\t\t\t\t\t\t\t\t1\n]|"
    "\"\xC2\x80\"|\"\xDF\xBF\"|\"\xE0\xA0\x80\"|\"\xE2\x82\xAC\"|"
    "\"\xED\x9F\xBF\"|\"\xEE\x80\x80\"|\"\xEF\xBF\xBF\"|\"\xEF\xBB\xBF\"|"
    "\"\xF0\x90\x80\x80\"|\"\xF0\x9F\x98\x80\"|\"\xF4\x8F\xBF\xBF\"|"
    "{\"\xC3\xA9\":\"\xE6\x97\xA5\xE6\x9C\xAC\"}|\"abcdefg\xC3\xA9hijklmn\"";

static struct slice valid[128];
static size_t valid_count;

static void split(void) {
  const char *at = valid_texts, *word;
  for (; (word = at); at = *at ? at + 1 : NULL) {
    at = strchrnul(word, '|');
    valid[valid_count++] = (struct slice){word, (size_t)(at - word)};
  }
}

TestSuite(json_check, .init = split);

static const struct refused INVALID[] = {
    {TEXT("<"), "byte 0: no value can start with '<'"},
    {TEXT("<html>"), "byte 0: no value can start with '<'"},
    {TEXT("x"), "byte 0: no value can start with 'x'"},
    {TEXT("+1"), "byte 0: no value can start with '+'"},
    {TEXT(".5"), "byte 0: no value can start with '.'"},
    {TEXT("-"), "the body ends inside a number"},
    {TEXT("--1"), "byte 1: a number needs a digit here, not '-'"},
    {TEXT("-a"), "byte 1: a number needs a digit here, not 'a'"},
    {TEXT("-.5"), "byte 1: a number needs a digit here, not '.'"},
    {TEXT("00"), "byte 1: a number has no leading zeros, but here is '0'"},
    {TEXT("01"), "byte 1: a number has no leading zeros, but here is '1'"},
    {TEXT("-01"), "byte 2: a number has no leading zeros, but here is '1'"},
    {TEXT("-00"), "byte 2: a number has no leading zeros, but here is '0'"},
    {TEXT("1."), "the body ends inside a number"},
    {TEXT("1.e1"), "byte 2: a number needs a digit here, not 'e'"},
    {TEXT("1.x"), "byte 2: a number needs a digit here, not 'x'"},
    {TEXT("1.5."), "byte 3: the JSON text is over, but there follows '.'"},
    {TEXT("1e"), "the body ends inside a number"},
    {TEXT("1e+"), "the body ends inside a number"},
    {TEXT("1ex"), "byte 2: a number needs a digit here, not 'x'"},
    {TEXT("1e+x"), "byte 3: a number needs a digit here, not 'x'"},
    {TEXT("1e1.5"), "byte 3: the JSON text is over, but there follows '.'"},
    {TEXT("1e1e1"), "byte 3: the JSON text is over, but there follows 'e'"},
    {TEXT("0x10"), "byte 1: the JSON text is over, but there follows 'x'"},
    {TEXT("1a"), "byte 1: the JSON text is over, but there follows 'a'"},
    {TEXT("1 2"), "byte 2: the JSON text is over, but there follows '2'"},
    {TEXT("0b"), "byte 1: the JSON text is over, but there follows 'b'"},
    {TEXT("Infinity"), "byte 0: no value can start with 'I'"},
    {TEXT("NaN"), "byte 0: no value can start with 'N'"},
    {TEXT("-Infinity"), "byte 1: a number needs a digit here, not 'I'"},
    {TEXT("nul"), "the body ends inside a literal"},
    {TEXT("nulll"), "byte 4: the JSON text is over, but there follows 'l'"},
    {TEXT("nxll"), "byte 1: expected true, false or null, not 'x'"},
    {TEXT("tru"), "the body ends inside a literal"},
    {TEXT("trux"), "byte 3: expected true, false or null, not 'x'"},
    {TEXT("t"), "the body ends inside a literal"},
    {TEXT("True"), "byte 0: no value can start with 'T'"},
    {TEXT("TRUE"), "byte 0: no value can start with 'T'"},
    {TEXT("fals"), "the body ends inside a literal"},
    {TEXT("falsy"), "byte 4: expected true, false or null, not 'y'"},
    {TEXT("false0"), "byte 5: the JSON text is over, but there follows '0'"},
    {TEXT("undefined"), "byte 0: no value can start with 'u'"},
    {TEXT("'a'"), "byte 0: no value can start with '''"},
    {TEXT("\""), "the body ends inside a string"},
    {TEXT("\"a"), "the body ends inside a string"},
    {TEXT("\"abc\\"), "the body ends inside a string"},
    {TEXT("\"\\x\""), "byte 2: a backslash cannot escape 'x'"},
    {TEXT("\"\\u"), "the body ends inside a string"},
    {TEXT("\"\\u1"), "the body ends inside a string"},
    {TEXT("\"\\u12"), "the body ends inside a string"},
    {TEXT("\"\\u123"), "the body ends inside a string"},
    {TEXT("\"\\u123\""), "byte 6: \\u takes four hex digits, not '\"'"},
    {TEXT("\"\\uxyzw\""), "byte 3: \\u takes four hex digits, not 'x'"},
    {TEXT("\"\\u00G0\""), "byte 5: \\u takes four hex digits, not 'G'"},
    {TEXT("\"\\U0041\""), "byte 2: a backslash cannot escape 'U'"},
    {TEXT("\"\\'\""), "byte 2: a backslash cannot escape '''"},
    {TEXT("\"\\0\""), "byte 2: a backslash cannot escape '0'"},
    {TEXT("\"\\a\""), "byte 2: a backslash cannot escape 'a'"},
    {TEXT("\"a\"\"b\""),
     "byte 3: the JSON text is over, but there follows '\"'"},
    {TEXT("\"a\"b"), "byte 3: the JSON text is over, but there follows 'b'"},
    {TEXT("["), "the body ends inside an array"},
    {TEXT("[1"), "the body ends inside an array"},
    {TEXT("[1,"), "the body ends inside an array"},
    {TEXT("[,"), "byte 1: expected a value or ']', not ','"},
    {TEXT("[,1]"), "byte 1: expected a value or ']', not ','"},
    {TEXT("[1,]"), "byte 3: no value can start with ']'"},
    {TEXT("[1,,2]"), "byte 3: no value can start with ','"},
    {TEXT("[1 2]"), "byte 3: expected ',' or ']', not '2'"},
    {TEXT("[1:2]"), "byte 2: expected ',' or ']', not ':'"},
    {TEXT("[1}"), "byte 2: expected ',' or ']', not '}'"},
    {TEXT("[a]"), "byte 1: expected a value or ']', not 'a'"},
    {TEXT("[nul]"), "byte 4: expected true, false or null, not ']'"},
    {TEXT("[1.]"), "byte 3: a number needs a digit here, not ']'"},
    {TEXT("[01]"), "byte 2: a number has no leading zeros, but here is '1'"},
    {TEXT("]"), "byte 0: no value can start with ']'"},
    {TEXT("[]]"), "byte 2: the JSON text is over, but there follows ']'"},
    {TEXT("[][]"), "byte 2: the JSON text is over, but there follows '['"},
    {TEXT("[],"), "byte 2: the JSON text is over, but there follows ','"},
    {TEXT("[\"a"), "the body ends inside a string"},
    {TEXT("[\"a\""), "the body ends inside an array"},
    {TEXT("[\"a\" \"b\"]"), "byte 5: expected ',' or ']', not '\"'"},
    {TEXT("[{]"), "byte 2: expected a name in quotes or '}', not ']'"},
    {TEXT("[{}"), "the body ends inside an array"},
    {TEXT("[}"), "byte 1: expected a value or ']', not '}'"},
    {TEXT("[*]"), "byte 1: expected a value or ']', not '*'"},
    {TEXT("{"), "the body ends inside an object"},
    {TEXT("}"), "byte 0: no value can start with '}'"},
    {TEXT("{]"), "byte 1: expected a name in quotes or '}', not ']'"},
    {TEXT("{,}"), "byte 1: expected a name in quotes or '}', not ','"},
    {TEXT("{1:2}"), "byte 1: expected a name in quotes or '}', not '1'"},
    {TEXT("{a:1}"), "byte 1: expected a name in quotes or '}', not 'a'"},
    {TEXT("{'a':1}"), "byte 1: expected a name in quotes or '}', not '''"},
    {TEXT("{\"a\""), "the body ends inside an object"},
    {TEXT("{\"a\"}"), "byte 4: expected ':', not '}'"},
    {TEXT("{\"a\","), "byte 4: expected ':', not ','"},
    {TEXT("{\"a\":"), "the body ends inside an object"},
    {TEXT("{\"a\":}"), "byte 5: no value can start with '}'"},
    {TEXT("{\"a\":,"), "byte 5: no value can start with ','"},
    {TEXT("{\"a\":1"), "the body ends inside an object"},
    {TEXT("{\"a\":1,"), "the body ends inside an object"},
    {TEXT("{\"a\":1,}"), "byte 7: expected a name in quotes, not '}'"},
    {TEXT("{\"a\":1,,\"b\":2}"), "byte 7: expected a name in quotes, not ','"},
    {TEXT("{\"a\":1 \"b\":2}"), "byte 7: expected ',' or '}', not '\"'"},
    {TEXT("{\"a\" 1}"), "byte 5: expected ':', not '1'"},
    {TEXT("{\"a\"::1}"), "byte 5: no value can start with ':'"},
    {TEXT("{\"a\":1]"), "byte 6: expected ',' or '}', not ']'"},
    {TEXT("{\"a\":1}}"),
     "byte 7: the JSON text is over, but there follows '}'"},
    {TEXT("{\"a\":1}{}"),
     "byte 7: the JSON text is over, but there follows '{'"},
    {TEXT("{\"a"), "the body ends inside a string"},
    {TEXT("{\"a\\"), "the body ends inside a string"},
    {TEXT("{\"a\":x}"), "byte 5: no value can start with 'x'"},
    {TEXT("{\"a\":+1}"), "byte 5: no value can start with '+'"},
    {TEXT("{null:1}"), "byte 1: expected a name in quotes or '}', not 'n'"},
    {TEXT("{[]:1}"), "byte 1: expected a name in quotes or '}', not '['"},
    {TEXT("{\"a\":1;}"), "byte 6: expected ',' or '}', not ';'"},
    {TEXT("//"), "byte 0: no value can start with '/'"},
    {TEXT("/**/1"), "byte 0: no value can start with '/'"},
    {TEXT("1 // c"), "byte 2: the JSON text is over, but there follows '/'"},
    {TEXT("[1,/**/2]"), "byte 3: no value can start with '/'"},
    {TEXT("#"), "byte 0: no value can start with '#'"},
    {TEXT("{}#"), "byte 2: the JSON text is over, but there follows '#'"},
    {TEXT("true false"),
     "byte 5: the JSON text is over, but there follows 'f'"},
    {TEXT("null,"), "byte 4: the JSON text is over, but there follows ','"},
    {TEXT(","), "byte 0: no value can start with ','"},
    {TEXT(":"), "byte 0: no value can start with ':'"},
    {TEXT(";"), "byte 0: no value can start with ';'"},
    {TEXT("&"), "byte 0: no value can start with '&'"},
    {TEXT("[1,2"), "the body ends inside an array"},
    {TEXT(""), "the body is empty"},
    {TEXT(" "), "the body is only white space"},
    {TEXT("\n\t\r "), "the body is only white space"},
    {TEXT("\xEF\xBB\xBF{}"), "byte 0: no value can start with 0xEF"},
    {TEXT("\xFE\xFF"), "byte 0: no value can start with 0xFE"},
    {TEXT("\0"), "byte 0: no value can start with 0x00"},
    {TEXT("[\0]"), "byte 1: expected a value or ']', not 0x00"},
    {TEXT("1\0"), "byte 1: the JSON text is over, but there follows 0x00"},
    {TEXT("\f1"), "byte 0: no value can start with 0x0C"},
    {TEXT("\v1"), "byte 0: no value can start with 0x0B"},
    {TEXT("[1\f]"), "byte 2: expected ',' or ']', not 0x0C"},
    {TEXT("\xC2\xA0"
          "1"),
     "byte 0: no value can start with 0xC2"},
    {TEXT("[1,\xE2\x80\xA8"
          "2]"),
     "byte 3: no value can start with 0xE2"},
    {TEXT("\"\n\""), "byte 1: a string must escape the control byte 0x0A"},
    {TEXT("\"\t\""), "byte 1: a string must escape the control byte 0x09"},
    {TEXT("\"a\0b\""), "byte 2: a string must escape the control byte 0x00"},
    {TEXT("\"\x1F\""), "byte 1: a string must escape the control byte 0x1F"},
    {TEXT("\"abcdefgh\x01\""),
     "byte 9: a string must escape the control byte 0x01"},
    {TEXT("{\"a\nb\":1}"),
     "byte 3: a string must escape the control byte 0x0A"},
    {TEXT("\"\x80\""), "byte 1: no UTF-8 character can start with 0x80"},
    {TEXT("\"\xBF\""), "byte 1: no UTF-8 character can start with 0xBF"},
    {TEXT("\"\xC0\x80\""), "byte 1: no UTF-8 character can start with 0xC0"},
    {TEXT("\"\xC1\xBF\""), "byte 1: no UTF-8 character can start with 0xC1"},
    {TEXT("\"\xC2\""), "byte 2: a UTF-8 character is broken by '\"'"},
    {TEXT("\"\xC2"), "the body ends inside a string"},
    {TEXT("\"\xC3"
          "A\""),
     "byte 2: a UTF-8 character is broken by 'A'"},
    {TEXT("\"\xC3\xC3\""), "byte 2: a UTF-8 character is broken by 0xC3"},
    {TEXT("\"\xE0\x80\x80\""), "byte 2: a UTF-8 character is broken by 0x80"},
    {TEXT("\"\xE0\x9F\xBF\""), "byte 2: a UTF-8 character is broken by 0x9F"},
    {TEXT("\"\xE2\x82\""), "byte 3: a UTF-8 character is broken by '\"'"},
    {TEXT("\"\xE2\x82"), "the body ends inside a string"},
    {TEXT("\"\xE2\x28\xA1\""), "byte 2: a UTF-8 character is broken by '('"},
    {TEXT("\"\xED\xA0\x80\""), "byte 2: a UTF-8 character is broken by 0xA0"},
    {TEXT("\"\xED\xBF\xBF\""), "byte 2: a UTF-8 character is broken by 0xBF"},
    {TEXT("\"\xF0\x80\x80\x80\""),
     "byte 2: a UTF-8 character is broken by 0x80"},
    {TEXT("\"\xF0\x8F\xBF\xBF\""),
     "byte 2: a UTF-8 character is broken by 0x8F"},
    {TEXT("\"\xF0\x9F\x98\""), "byte 4: a UTF-8 character is broken by '\"'"},
    {TEXT("\"\xF0\x9F\x98"), "the body ends inside a string"},
    {TEXT("\"\xF4\x90\x80\x80\""),
     "byte 2: a UTF-8 character is broken by 0x90"},
    {TEXT("\"\xF5\x80\x80\x80\""),
     "byte 1: no UTF-8 character can start with 0xF5"},
    {TEXT("\"\xF8\x88\x80\x80\x80\""),
     "byte 1: no UTF-8 character can start with 0xF8"},
    {TEXT("\"\xFE\""), "byte 1: no UTF-8 character can start with 0xFE"},
    {TEXT("\"\xFF\""), "byte 1: no UTF-8 character can start with 0xFF"},
    {TEXT("[\xC3\xA9]"), "byte 1: expected a value or ']', not 0xC3"},
    {TEXT("{\xC3\xA9:1}"),
     "byte 1: expected a name in quotes or '}', not 0xC3"},
    {TEXT("[1]\xC3"), "byte 3: the JSON text is over, but there follows 0xC3"},
    {TEXT("\"\\\xC3\xA9\""), "byte 2: a backslash cannot escape 0xC3"},
    {TEXT("\"\\u\xC3\xA9\""), "byte 3: \\u takes four hex digits, not 0xC3"},
    {TEXT("\"caf\xE9\""), "byte 5: a UTF-8 character is broken by '\"'"},
};

enum { INVALID_COUNT = sizeof INVALID / sizeof *INVALID };

/* ---- running a check ---- */

struct outcome {
  enum json_verdict verdict;
  uint64_t at;
  enum json_root root;
  char explanation[120];
};

static void start(struct json_check *check) {
  memset(check, 0xFF, sizeof *check); /* init must not count on zeros */
  json_check_init(check, JSON_DEPTH_MAX);
}

static struct outcome finish(struct json_check *check) {
  struct outcome outcome = {.verdict = json_check_end(check)};
  outcome.at = check->at;
  outcome.root = json_check_root(check);
  if (outcome.verdict == JSON_BAD)
    json_check_explain(check, outcome.explanation, sizeof outcome.explanation);
  return outcome;
}

/* Through a copy of the very size, so that a sanitizer sees a read beyond. */
static enum json_verdict feed(struct json_check *check, const char *at,
                              size_t len) {
  char *copy = malloc(len ? len : 1);
  memcpy(copy, at, len);
  enum json_verdict verdict = json_check_feed(check, copy, len);
  free(copy);
  return verdict;
}

static struct outcome in_two(const char *at, size_t len, size_t cut) {
  struct json_check check;
  start(&check);
  feed(&check, at, cut);
  feed(&check, at + cut, len - cut);
  return finish(&check);
}

static struct outcome whole(const char *at, size_t len) {
  return in_two(at, len, len);
}

static struct outcome byte_by_byte(const char *at, size_t len) {
  struct json_check check;
  start(&check);
  for (size_t i = 0; i < len; i++) feed(&check, at + i, 1);
  return finish(&check);
}

static bool same(const struct outcome *a, const struct outcome *b) {
  return a->verdict == b->verdict && a->at == b->at && a->root == b->root &&
         strcmp(a->explanation, b->explanation) == 0;
}

static void expect_same(const struct outcome *got, const struct outcome *want,
                        const char *at, size_t len, size_t cut) {
  if (!same(got, want))
    cr_assert(false,
              "%.*s cut at %zu: verdict %d at %lu (%s), whole: %d at %lu (%s)",
              (int)len, at, cut, got->verdict, (unsigned long)got->at,
              got->explanation, want->verdict, (unsigned long)want->at,
              want->explanation);
}

static void expect_every_split_alike(const char *at, size_t len) {
  struct outcome want = whole(at, len);
  for (size_t cut = 0; cut <= len; cut++) {
    struct outcome got = in_two(at, len, cut);
    expect_same(&got, &want, at, len, cut);
  }
  struct outcome got = byte_by_byte(at, len);
  expect_same(&got, &want, at, len, 1);
}

/* ---- the grammar ---- */

Test(json_check, valid_texts_are_whole_in_every_split) {
  for (size_t i = 0; i < valid_count; i++) {
    struct outcome got = whole(valid[i].at, valid[i].len);
    if (got.verdict != JSON_WHOLE || got.at != valid[i].len)
      cr_assert(false, "%.*s: %s", SLICE_ARG(valid[i]), got.explanation);
    expect_every_split_alike(valid[i].at, valid[i].len);
  }
}

Test(json_check, invalid_texts_are_explained_alike_in_every_split) {
  for (size_t i = 0; i < INVALID_COUNT; i++) {
    const struct refused *text = &INVALID[i];
    struct outcome got = whole(text->at, text->len);
    if (got.verdict != JSON_BAD ||
        strcmp(got.explanation, text->explanation) != 0)
      cr_assert(false, "%s: got \"%s\", expected \"%s\"", text->at,
                got.explanation, text->explanation);
    expect_every_split_alike(text->at, text->len);
  }
}

/* Feeds every byte behind every prefix that is still good: what is accepted
 * between the quotes must be exactly the characters of Unicode. */
static unsigned characters_behind(const struct json_check *before) {
  unsigned count = 0;
  for (int byte = 0; byte < 256; byte++) {
    struct json_check check = *before;
    char c = (char)byte;
    if (json_check_feed(&check, &c, 1) == JSON_BAD || c == '"' || c == '\\')
      continue;
    struct json_check closed = check;
    count += json_check_feed(&closed, "\"", 1) == JSON_WHOLE
                 ? 1
                 : characters_behind(&check);
  }
  return count;
}

Test(json_check, a_string_holds_every_unicode_character_and_nothing_else) {
  struct json_check check;
  start(&check);
  feed(&check, "\"", 1);
  unsigned count = characters_behind(&check);
  unsigned controls = 0x20, special = 2, surrogates = 0x800;
  unsigned want = 0x110000 - surrogates - controls - special;
  cr_assert(count == want, "%u characters, expected %u", count, want);
}

/* ---- the contract ---- */

static enum json_verdict verdict_of(const char *text) {
  struct json_check check;
  start(&check);
  return json_check_feed(&check, text, strlen(text));
}

Test(json_check, says_more_until_the_root_has_ended) {
  cr_assert(verdict_of("") == JSON_MORE);
  cr_assert(verdict_of(" [1") == JSON_MORE);
  cr_assert(verdict_of(" [1]") == JSON_WHOLE);
  cr_assert(verdict_of(" [1] \n") == JSON_WHOLE);
  cr_assert(verdict_of("\"a") == JSON_MORE);
  cr_assert(verdict_of("\"a\"") == JSON_WHOLE);
  cr_assert(verdict_of("tru") == JSON_MORE);
  cr_assert(verdict_of("true") == JSON_WHOLE);
}

Test(json_check, a_number_at_the_root_is_whole_only_at_the_end) {
  cr_assert(verdict_of("12") == JSON_MORE);
  cr_assert(verdict_of("12 ") == JSON_WHOLE);
  cr_assert(whole("12", 2).verdict == JSON_WHOLE);
  cr_assert(whole("12", 2).at == 2);
}

Test(json_check, tells_the_kind_of_root_from_its_first_byte) {
  static const struct {
    const char *text;
    enum json_root root;
  } cases[] = {
      {"", JSON_ROOT_NONE},          {" ", JSON_ROOT_NONE},
      {"<", JSON_ROOT_NONE},         {"]", JSON_ROOT_NONE},
      {"[", JSON_ROOT_CONTAINER},    {" {", JSON_ROOT_CONTAINER},
      {"[]", JSON_ROOT_CONTAINER},   {"\"", JSON_ROOT_SCALAR},
      {"-", JSON_ROOT_SCALAR},       {"0", JSON_ROOT_SCALAR},
      {"n", JSON_ROOT_SCALAR},       {"1 ", JSON_ROOT_SCALAR},
      {"[1]x", JSON_ROOT_CONTAINER},
  };
  EACH_ROW (row, cases) {
    struct json_check check;
    start(&check);
    feed(&check, row->text, strlen(row->text));
    cr_assert(json_check_root(&check) == row->root, "%s: root %d", row->text,
              json_check_root(&check));
  }
}

Test(json_check, stays_bad_and_keeps_its_reason) {
  struct json_check check;
  char words[120];
  start(&check);
  cr_assert(json_check_feed(&check, "[1 x", 4) == JSON_BAD);
  cr_assert(json_check_feed(&check, "]", 1) == JSON_BAD);
  cr_assert(json_check_feed(&check, "", 0) == JSON_BAD);
  cr_assert(json_check_end(&check) == JSON_BAD);
  cr_assert(check.at == 3, "at %lu", (unsigned long)check.at);
  json_check_explain(&check, words, sizeof words);
  cr_assert_str_eq(words, "byte 3: expected ',' or ']', not 'x'");
}

Test(json_check, stays_bad_after_an_end_that_came_too_early) {
  struct json_check check;
  start(&check);
  feed(&check, "[1", 2);
  cr_assert(json_check_end(&check) == JSON_BAD);
  cr_assert(json_check_feed(&check, "]", 1) == JSON_BAD);
  cr_assert(json_check_end(&check) == JSON_BAD);
}

Test(json_check, an_explanation_keeps_to_its_buffer) {
  struct json_check check;
  char words[10] = "#########";
  start(&check);
  feed(&check, "<", 1);
  json_check_explain(&check, words, 8);
  cr_assert_str_eq(words, "byte 0:");
  cr_assert(words[8] == '#');
}

Test(json_check, depth_is_bounded_and_the_limit_is_named) {
  static const char *const cases[][2] = {
      {"[[[", "byte 2: arrays and objects nest deeper than 2"},
      {"[{\"a\":[", "byte 6: arrays and objects nest deeper than 2"},
      {"[[],[[", "byte 5: arrays and objects nest deeper than 2"},
      {"{\"a\":{\"b\":{", "byte 10: arrays and objects nest deeper than 2"},
  };
  EACH_ROW (row, cases) {
    struct json_check check;
    char words[120];
    json_check_init(&check, 2);
    feed(&check, (*row)[0], strlen((*row)[0]));
    cr_assert(json_check_end(&check) == JSON_BAD, "%s", (*row)[0]);
    json_check_explain(&check, words, sizeof words);
    cr_assert_str_eq(words, (*row)[1]);
  }
}

Test(json_check, shallow_texts_of_any_width_pass_a_depth_of_one) {
  struct json_check check;
  json_check_init(&check, 1);
  cr_assert(json_check_feed(&check, "[1,\"[[\",2]", 10) == JSON_WHOLE);
}

/* ---- a naive reference ---- */

/* Recursive descent over a whole text. False: bad at `at` (== len: it ended
 * too early). Shares nothing with json_check but the RFC. */
struct reference {
  const unsigned char *text;
  size_t len, at;
  unsigned depth;
};

static int peek(const struct reference *r) {
  return r->at < r->len ? r->text[r->at] : -1;
}

static bool take_range(struct reference *r, int low, int high) {
  if (peek(r) < low || peek(r) > high) return false;
  r->at++;
  return true;
}

static bool take_one_of(struct reference *r, const char *set) {
  int c = peek(r);
  if (c <= 0 || !strchr(set, c)) return false;
  r->at++;
  return true;
}

static void blanks(struct reference *r) {
  while (take_one_of(r, " \t\r\n"))
    ;
}

static bool word(struct reference *r, const char *letters) {
  for (; *letters; letters++)
    if (!take_range(r, *letters, *letters)) return false;
  return true;
}

static bool digits(struct reference *r) {
  if (!take_range(r, '0', '9')) return false;
  while (take_range(r, '0', '9'))
    ;
  return true;
}

static bool number(struct reference *r) {
  take_one_of(r, "-");
  if (take_one_of(r, "0")) {
    if (peek(r) >= '0' && peek(r) <= '9') return false;
  } else if (!digits(r)) {
    return false;
  }
  if (take_one_of(r, ".") && !digits(r)) return false;
  if (!take_one_of(r, "eE")) return true;
  take_one_of(r, "+-");
  return digits(r);
}

static bool character(struct reference *r) {
  static const unsigned char shapes[][8] = {
      {0xC2, 0xDF, 0x80, 0xBF},
      {0xE0, 0xE0, 0xA0, 0xBF, 0x80, 0xBF},
      {0xE1, 0xEC, 0x80, 0xBF, 0x80, 0xBF},
      {0xED, 0xED, 0x80, 0x9F, 0x80, 0xBF},
      {0xEE, 0xEF, 0x80, 0xBF, 0x80, 0xBF},
      {0xF0, 0xF0, 0x90, 0xBF, 0x80, 0xBF, 0x80, 0xBF},
      {0xF1, 0xF3, 0x80, 0xBF, 0x80, 0xBF, 0x80, 0xBF},
      {0xF4, 0xF4, 0x80, 0x8F, 0x80, 0xBF, 0x80, 0xBF},
  };
  if (take_range(r, 0x20, 0x7F)) return true;
  EACH_ROW (row, shapes) {
    if (!take_range(r, (*row)[0], (*row)[1])) continue;
    for (size_t k = 2; k < 8 && (*row)[k]; k += 2)
      if (!take_range(r, (*row)[k], (*row)[k + 1])) return false;
    return true;
  }
  return false;
}

static bool string(struct reference *r) {
  if (!take_one_of(r, "\"")) return false;
  while (!take_one_of(r, "\"")) {
    if (!take_one_of(r, "\\")) {
      if (!character(r)) return false;
    } else if (take_one_of(r, "u")) {
      for (int i = 0; i < 4; i++)
        if (!take_one_of(r, "0123456789abcdefABCDEF")) return false;
    } else if (!take_one_of(r, "\"\\/bfnrt")) {
      return false;
    }
  }
  return true;
}

static bool value(struct reference *r);

static bool members(struct reference *r, bool object, const char *close) {
  if (r->depth == JSON_DEPTH_MAX) return false;
  r->at++;
  r->depth++;
  blanks(r);
  if (!take_one_of(r, close)) {
    do {
      blanks(r);
      if (object) {
        if (!string(r)) return false;
        blanks(r);
        if (!take_one_of(r, ":")) return false;
        blanks(r);
      }
      if (!value(r)) return false;
      blanks(r);
    } while (take_one_of(r, ","));
    if (!take_one_of(r, close)) return false;
  }
  r->depth--;
  return true;
}

static bool value(struct reference *r) {
  switch (peek(r)) {
    case '[': return members(r, false, "]");
    case '{': return members(r, true, "}");
    case '"': return string(r);
    case 't': return word(r, "true");
    case 'f': return word(r, "false");
    case 'n': return word(r, "null");
    default: return number(r);
  }
}

static bool reference_accepts(const char *at, size_t len, size_t *bad_at) {
  struct reference r = {(const unsigned char *)at, len, 0, 0};
  blanks(&r);
  bool good = value(&r);
  if (good) blanks(&r);
  *bad_at = r.at;
  return good && r.at == len;
}

static void expect_reference_agrees(const char *at, size_t len) {
  size_t bad_at;
  bool good = reference_accepts(at, len, &bad_at);
  struct outcome got = whole(at, len);
  if (good != (got.verdict == JSON_WHOLE) || bad_at != got.at)
    cr_assert(false, "%.*s: verdict %d at %lu (%s); the reference: %s at %zu",
              (int)len, at, got.verdict, (unsigned long)got.at, got.explanation,
              good ? "good" : "bad", bad_at);
}

static const char *seed_text(size_t n, size_t *len) {
  n %= valid_count + INVALID_COUNT;
  if (n < valid_count) {
    *len = valid[n].len;
    return valid[n].at;
  }
  *len = INVALID[n - valid_count].len;
  return INVALID[n - valid_count].at;
}

Test(json_check, agrees_with_a_reference_on_every_change_of_one_byte) {
  for (size_t n = 0; n < valid_count + INVALID_COUNT; n++) {
    char text[128];
    size_t len;
    const char *seed = seed_text(n, &len);
    memcpy(text, seed, len);
    for (size_t i = 0; i < len; i++) {
      for (int byte = 0; byte < 256; byte++) {
        text[i] = (char)byte;
        expect_reference_agrees(text, len);
      }
      text[i] = seed[i];
    }
  }
}

/* ---- whole tokens at a time ---- */

/* `open`, the text, `close` and n bytes more: the more follow, the further the
 * lane goes. In one piece it is used, byte by byte it is not. */
static void expect_lane_agrees(const char *open, const char *at, size_t len,
                               const char *close, size_t n) {
  static const char rest[] = "\"name\":\"some more text\", \"n\": 12.75 } ]"
                             "                                        ";
  char text[512];
  size_t all = (size_t)sprintf(text, "%s", open);
  memcpy(text + all, at, len);
  all += len;
  all += (size_t)sprintf(text + all, "%s%.*s", close, (int)n, rest);
  struct outcome got = whole(text, all), want = byte_by_byte(text, all);
  expect_same(&got, &want, text, all, all);
  expect_reference_agrees(text, all);
}

Test(json_check, takes_whole_tokens_as_it_takes_their_bytes) {
  for (size_t n = 0; n < valid_count + INVALID_COUNT; n++) {
    size_t len;
    const char *text = seed_text(n, &len);
    for (size_t more = 0; more <= 80; more++) {
      expect_lane_agrees("[{\"a\":", text, len, ",", more);
      expect_lane_agrees("[ 1.5 , ", text, len, ",{", more);
      expect_lane_agrees("[{\"a name that is long\":\"", text, len, "\",",
                         more);
      expect_lane_agrees("[{\"", text, len, "\":1,", more);
      expect_lane_agrees("[{\"a\":[", text, len, "]},{", more);
    }
  }
}

Test(json_check, takes_numbers_of_any_length) {
  for (size_t whole_part = 0; whole_part < 40; whole_part++)
    for (size_t fraction = 0; fraction < 40; fraction++) {
      char text[128];
      int len =
          sprintf(text, "-%.*s.%.*s", (int)whole_part,
                  "1234567890123456789012345678901234567890", (int)fraction,
                  "1234567890123456789012345678901234567890");
      expect_lane_agrees("[{\"a\":", text, (size_t)len, ",", 80);
      expect_lane_agrees("[{\"a\":", text + 1, (size_t)len - 1, "e5,", 80);
      expect_lane_agrees("[{\"a\":", text, (size_t)len, ".5,", 80);
    }
}

Test(json_check, agrees_with_a_reference_on_every_change_of_a_record) {
  static const char record[] =
      "[{\"id\":7,\"name\":\"caf\xC3\xA9 \\n\",\"ok\":true, \"n\" : 0.1429,\n"
      "  "
      "\"tags\":[\"\xE6\x97\xA5\",\"b\",false],\"o\":{\"x\":null}},[-12.5,{}]]"
      "                                                  ";
  char text[sizeof record];
  size_t len = sizeof record - 1;
  memcpy(text, record, sizeof record);
  for (size_t i = 0; i < len; i++) {
    for (int byte = 0; byte < 256; byte++) {
      text[i] = (char)byte;
      expect_lane_agrees("", text, len, "", 0);
    }
    text[i] = record[i];
  }
}

/* Bytes that mean something. */
static const char telling[] = "{}[]\":,\\u0123e.-+Etrufalsn \n\t\r\x01"
                              "\x7F\x80\x9F\xA0\xBF\xC2\xE0\xED\xEF\xF0\xF4";

Test(json_check, agrees_with_a_reference_on_random_changes_and_splits) {
  for (unsigned round = 0; round < 200000; round++) {
    char text[160];
    size_t len;
    const char *seed = seed_text(draw(1000), &len);
    memcpy(text, seed, len);
    for (size_t i = draw(4); i > 0; i--) len = draw_change(text, len, telling);
    expect_reference_agrees(text, len);
    size_t cut = draw(len + 1);
    struct outcome want = whole(text, len), got = in_two(text, len, cut);
    expect_same(&got, &want, text, len, cut);
  }
}

/* ---- large texts. A step takes a byte and never goes back, so the work is
 * linear by construction: `at` counts the steps. ---- */

enum { LARGE = 1 << 20 };

/* open, then unit as often as fits, then close; in pieces of random sizes. */
static void expect_whole_when_large(const char *open, const char *unit,
                                    const char *close) {
  char *text = malloc(LARGE + 64);
  size_t len = (size_t)sprintf(text, "%s", open);
  while (len + strlen(unit) < LARGE)
    len += (size_t)sprintf(text + len, "%s", unit);
  len += (size_t)sprintf(text + len, "%s", close);
  struct json_check check;
  start(&check);
  for (size_t at = 0, piece; at < len; at += piece) {
    piece = 1 + draw(draw(2) ? 40 : 20000);
    piece = piece < len - at ? piece : len - at;
    feed(&check, text + at, piece);
    cr_assert(check.at == at + piece, "%s stopped at %lu", unit,
              (unsigned long)check.at);
  }
  free(text);
  struct outcome got = finish(&check);
  cr_assert(got.verdict == JSON_WHOLE && got.at == len, "%s: %s", unit,
            got.explanation);
}

Test(json_check, takes_a_megabyte_of_anything) {
  expect_whole_when_large("[", "{},", "{}]");
  expect_whole_when_large("[", "[[[[]]]],", "0]");
  expect_whole_when_large("\"", "a", "\"");
  expect_whole_when_large("\"", "\\n\\u00e9\\\"", "\"");
  expect_whole_when_large("\"", "\xE6\x97\xA5\xF0\x9F\x98\x80\xC3\xA9", "\"");
  expect_whole_when_large("[", "1,-2.5e+7,", "0]");
  expect_whole_when_large("1", "7", "");
  expect_whole_when_large("[", "true,false,null,", "0]");
  expect_whole_when_large("0", " \n\t\r  ", "");
  expect_whole_when_large("{", "\"a\" : [ ] ,\n    ", "\"b\":1}");
}

/* 512 levels of "[" or {"": , by turns as pattern says. */
static size_t nest(char *text, const char *pattern, unsigned depth) {
  size_t len = 0, kinds = strlen(pattern);
  for (unsigned i = 0; i < depth; i++)
    len += (size_t)sprintf(text + len, "%s",
                           pattern[i % kinds] == '[' ? "[" : "{\"\":");
  text[len++] = '0';
  for (unsigned i = depth; i-- > 0;)
    text[len++] = pattern[i % kinds] == '[' ? ']' : '}';
  return len;
}

Test(json_check, remembers_the_kind_of_512_open_containers) {
  static const char *const patterns[] = {"[",   "{",     "[{",
                                         "[[{", "{{[{[", "{[[[[[[{{"};
  EACH_ROW (row, patterns) {
    char text[4096];
    size_t len = nest(text, *row, 512);
    struct outcome got = whole(text, len);
    cr_assert(got.verdict == JSON_WHOLE, "%s: %s", *row, got.explanation);
    text[len - 100] ^= '[' ^ '{'; /* also turns ] into } and back */
    expect_reference_agrees(text, len);
    got = whole(text, len);
    cr_assert(got.verdict == JSON_BAD && got.at == len - 100, "%s at %lu", *row,
              (unsigned long)got.at);
  }
}

Test(json_check, refuses_the_513th_level) {
  char text[4096];
  size_t len = nest(text, "[", 513);
  struct outcome got = whole(text, len);
  cr_assert_str_eq(got.explanation,
                   "byte 512: arrays and objects nest deeper than 512");
  expect_every_split_alike(text, len);
}
