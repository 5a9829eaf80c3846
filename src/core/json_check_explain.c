/* json_check_explain: why a body is no JSON, in words.
 *
 * A state and the byte that could not follow it tell enough. Whoever reads this
 * has an upstream that sent something else, so the text names the byte, its
 * offset, and what the grammar would have taken. A byte that is not visible
 * ASCII is shown as a number: the text goes into logs and heads. */
#include <inttypes.h>
#include <stdio.h>

#include "core/json_check.h"
#include "core/json_check_states.h"

/* Words that go in front of the byte that could not stand there. */
static const char *expectation(enum json_state state, uint8_t byte) {
  switch (state) {
    case JSON_AT_ROOT:
    case JSON_AT_VALUE: return "no value can start with";
    case JSON_AT_FIRST_ITEM: return "expected a value or ']', not";
    case JSON_AT_FIRST_NAME: return "expected a name in quotes or '}', not";
    case JSON_AT_NAME: return "expected a name in quotes, not";
    case JSON_AT_COLON: return "expected ':', not";
    case JSON_AFTER_ITEM: return "expected ',' or ']', not";
    case JSON_AFTER_MEMBER: return "expected ',' or '}', not";
    case JSON_AFTER_ROOT: return "the JSON text is over, but there follows";
    case JSON_IN_STRING:
      return byte < 0x20 ? "a string must escape the control byte"
                         : "no UTF-8 character can start with";
    case JSON_IN_ESCAPE: return "a backslash cannot escape";
    case JSON_IN_HEX_1:
    case JSON_IN_HEX_2:
    case JSON_IN_HEX_3:
    case JSON_IN_HEX_4: return "\\u takes four hex digits, not";
    case JSON_AFTER_MINUS:
    case JSON_AFTER_POINT:
    case JSON_AFTER_E:
    case JSON_AFTER_E_SIGN: return "a number needs a digit here, not";
    case JSON_AFTER_ZERO: return "a number has no leading zeros, but here is";
    default:
      return state < JSON_AFTER_MINUS ? "a UTF-8 character is broken by"
                                      : "expected true, false or null, not";
  }
}

static const char *unfinished(const struct json_check *check) {
  enum json_state state = check->bad_state;
  if (state == JSON_AT_ROOT)
    return check->at == 0 ? "is empty" : "is only white space";
  if (state >= JSON_IN_STRING && state < JSON_AFTER_MINUS)
    return "ends inside a string";
  if (state >= JSON_IN_T) return "ends inside a literal";
  if (state >= JSON_AFTER_MINUS && !json_is_whole_number(state))
    return "ends inside a number";
  return check->after == JSON_AFTER_ITEM ? "ends inside an array"
                                         : "ends inside an object";
}

static void explain_byte(const struct json_check *check, char *buf,
                         size_t cap) {
  uint8_t byte = check->bad_byte;
  enum json_state state = check->bad_state;
  bool zeros = state == JSON_AFTER_ZERO && json_is_digit((char)byte);
  if (json_is_whole_number(state) && !zeros) state = check->after;
  char shown[8];
  snprintf(shown, sizeof shown, byte > 0x20 && byte < 0x7F ? "'%c'" : "0x%02X",
           byte);
  snprintf(buf, cap, "byte %" PRIu64 ": %s %s", check->at,
           expectation(state, byte), shown);
}

const char *json_check_explain(const struct json_check *check, char *buf,
                               size_t cap) {
  if (check->state == JSON_BAD_BYTE) explain_byte(check, buf, cap);
  else if (check->state == JSON_BAD_DEPTH)
    snprintf(buf, cap,
             "byte %" PRIu64 ": arrays and objects nest deeper than %u",
             check->at, (unsigned)check->depth_max);
  else snprintf(buf, cap, "the body %s", unfinished(check));
  return buf;
}
