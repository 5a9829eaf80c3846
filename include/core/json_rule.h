/* json_rule: what the JSON of a good answer says, or must not say.
 *
 *   /data                  the place is there (RFC 6901)
 *   /status == "ok"        and holds this value
 *   /code != 0             or another, or none
 *   /count > 0             or a larger number; also <, <= and >=
 *   /items == []           or nothing
 *   "/a b" != null         a pointer with a space, or one of = ! < >, in quotes
 *
 * Left of the operator stands a JSON pointer, in quotes as a JSON string; ""
 * is the whole text. Right of it stands a string, a number, true, false, null,
 * [] or {}. What is not there compares as null. Numbers compare by their value,
 * exactly, strings with their escapes resolved, and values of two kinds are not
 * equal; < and its like hold for numbers alone. */
#ifndef HEDGEROW_CORE_JSON_RULE_H
#define HEDGEROW_CORE_JSON_RULE_H

#include <stdbool.h>

#include "core/json_pointer.h"
#include "core/slice.h"
#include "core/text.h"

enum json_rule_operator {
  JSON_RULE_EXISTS, /* there is none: the pointer stands alone */
  JSON_RULE_EQUAL,
  JSON_RULE_UNEQUAL,
  JSON_RULE_BELOW,
  JSON_RULE_UP_TO,
  JSON_RULE_ABOVE,
  JSON_RULE_FROM,
};

/* Slices stand in its text, which is borrowed. */
struct json_rule {
  struct slice text;
  struct json_pointer pointer;
  enum json_rule_operator operator;
  struct slice value; /* as it is written; empty with JSON_RULE_EXISTS */
};

/* What is asked of an answer; borrowed. */
struct json_rules {
  const struct json_rule *rules;
  unsigned count;
  unsigned needed; /* so many of them, the first, must hold, and none of the
                    * others may */
};

enum { JSON_RULE_WHY_BYTES = 160 };

/* False: it is none, and what is wrong is added to why, with its column, which
 * is that of a byte and counts from 1. JSON_RULE_WHY_BYTES suffice. */
bool json_rule_parse(struct json_rule *rule, struct slice text,
                     struct text *why) __attribute__((warn_unused_result));

/* Whether it holds for a text that json_check has called whole. */
bool json_rule_holds(const struct json_rule *rule, struct slice text)
    __attribute__((warn_unused_result));

/* The first that the text breaks; NULL: it breaks none. */
const struct json_rule *json_rules_broken(const struct json_rules *rules,
                                          struct slice text)
    __attribute__((warn_unused_result));

#endif
