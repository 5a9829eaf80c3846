/* words: no test needs a buffer of its own for a line. */
#include "support/words.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/json_check.h"

enum { WORDS_MAX = 4096, KEPT = 16 };

const char *words_of(const char *format, ...) {
  static char kept[KEPT][WORDS_MAX];
  static unsigned turn;
  char *into = kept[turn++ % KEPT];
  va_list arguments;
  va_start(arguments, format);
  int len = vsnprintf(into, WORDS_MAX, format, arguments);
  va_end(arguments);
  cr_assert(len >= 0 && len < WORDS_MAX, "%d bytes are too many words", len);
  return into;
}

const char *words_next(const char **list) {
  if (!*list) return NULL;
  const char *bar = strchrnul(*list, '|');
  const char *word = words_of("%.*s", (int)(bar - *list), *list);
  *list = *bar ? bar + 1 : NULL;
  return word;
}

void words_expect(const char *text, const char *part) {
  cr_expect(strstr(text, part), "no \"%s\" in:\n%s", part, text);
}

void words_expect_none(const char *text, const char *part) {
  cr_expect(!strstr(text, part), "\"%s\" is in:\n%s", part, text);
}

unsigned words_count(const char *text, const char *part) {
  unsigned count = 0;
  for (; (text = strstr(text, part)); text++) count++;
  return count;
}

void words_expect_slice(struct slice got, const char *want) {
  cr_expect(slice_equal(got, slice_of(want)), "'%.*s', not '%s'",
            SLICE_ARG(got), want);
}

void words_expect_json(struct slice text) {
  struct json_check check;
  json_check_init(&check, JSON_DEPTH_MAX);
  (void)!json_check_feed(&check, text.at, text.len);
  cr_expect_eq(json_check_end(&check), JSON_WHOLE, "no JSON: %.*s",
               SLICE_ARG(text));
}
