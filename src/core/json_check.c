/* json_check: one strict pass over a body, as its bytes arrive.
 *
 * Every byte of every upstream body goes through here, and the verdict decides
 * races: so it is exact (RFC 8259 for the grammar, RFC 3629 for the bytes), it
 * is early (an HTML page fails on its '<', so a hedge starts at once), and it
 * is fast.
 *
 * It is an automaton that takes one byte a step. What it knows between two
 * bytes is one state, and a bit for each open container: so a text may be cut
 * anywhere, and the work is linear by construction. Most of a body goes past
 * it: whole tokens in the lane (json_check_lane), plain text and blanks eight
 * bytes at a time. What the lane leaves comes here, so all of the grammar is
 * here.
 *
 * `after` and `next` are shortcuts: `after` saves a look at the container bits
 * at the end of each value, and `next` tells a member's name, which a colon
 * must follow, from a value.
 *
 * Left to others: what the values mean (json_read), how many bytes there may
 * be (the caller's cap). Equal names in one object and lone surrogates in
 * escapes are allowed, as the grammar allows them.
 */
#include "core/json_check.h"

#include "core/json_check_lane.h"
#include "core/json_check_states.h"
#include "core/percent.h"

void json_check_init(struct json_check *check, unsigned depth_max) {
  check->state = JSON_AT_ROOT;
  check->after = JSON_AFTER_ROOT;
  check->next = JSON_AFTER_ROOT;
  check->root = JSON_ROOT_NONE;
  check->bad_state = JSON_AT_ROOT;
  check->bad_byte = 0;
  check->depth = 0;
  check->depth_max = (uint16_t)depth_max;
  check->at = 0;
}

/* Bit 7 of the lowest byte that ends a run of plain text is set: a control
 * byte, a quote, a backslash, or a byte of 80 and above. A borrow can only
 * blur the bytes above the lowest one that is set. */
static inline uint64_t not_plain(uint64_t word) {
  uint64_t control = word - JSON_EACH_BYTE(0x20);
  uint64_t quote = (word ^ JSON_EACH_BYTE('"')) - JSON_EACH_BYTE(1);
  uint64_t backslash = (word ^ JSON_EACH_BYTE('\\')) - JSON_EACH_BYTE(1);
  return (word | control | quote | backslash) & JSON_EACH_BYTE(0x80);
}

static inline bool is_plain(char c) {
  return (uint8_t)(c - 0x20) < 0x60 && c != '"' && c != '\\';
}

static inline const char *skip_plain(const char *at, const char *end) {
  for (; end - at >= 8; at += 8) {
    uint64_t stop = not_plain(json_load_word(at));
    if (stop != 0) return at + __builtin_ctzll(stop) / 8;
  }
  while (at < end && is_plain(*at)) at++;
  return at;
}

/* RFC 3629, section 4: what must follow a byte of 80 or above. */
static inline enum json_state utf8_lead(uint8_t byte) {
  if (byte < 0xC2 || byte > 0xF4) return JSON_BAD_BYTE;
  if (byte < 0xE0) return JSON_IN_UTF8_1;
  if (byte < 0xF0)
    return byte == 0xE0   ? JSON_IN_UTF8_E0
           : byte == 0xED ? JSON_IN_UTF8_ED
                          : JSON_IN_UTF8_2;
  return byte == 0xF0   ? JSON_IN_UTF8_F0
         : byte == 0xF4 ? JSON_IN_UTF8_F4
                        : JSON_IN_UTF8_3;
}

static inline enum json_state utf8_next(char c, uint8_t low, uint8_t high,
                                        enum json_state next) {
  return (uint8_t)c >= low && (uint8_t)c <= high ? next : JSON_BAD_BYTE;
}

static inline enum json_state in_string(const struct json_check *check,
                                        char c) {
  if (c == '"') return check->next;
  if (c == '\\') return JSON_IN_ESCAPE;
  return is_plain(c) ? JSON_IN_STRING : utf8_lead((uint8_t)c);
}

static inline enum json_state in_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return JSON_IN_STRING;
    case 'u': return JSON_IN_HEX_1;
    default: return JSON_BAD_BYTE;
  }
}

static inline enum json_state begin_value(struct json_check *check, char c) {
  switch (c) {
    case '"': return json_begin_string(check, check->after);
    case '{': return json_open(check, true);
    case '[': return json_open(check, false);
    case '-': return JSON_AFTER_MINUS;
    case '0': return JSON_AFTER_ZERO;
    case 't': return JSON_IN_T;
    case 'f': return JSON_IN_F;
    case 'n': return JSON_IN_N;
    default: return json_is_digit(c) ? JSON_IN_INTEGER : JSON_BAD_BYTE;
  }
}

static enum json_state begin_root(struct json_check *check, char c) {
  enum json_state next = begin_value(check, c);
  if (next < JSON_BAD_BYTE)
    check->root = check->depth ? JSON_ROOT_CONTAINER : JSON_ROOT_SCALAR;
  return next;
}

static inline enum json_state after_item(struct json_check *check, char c) {
  return c == ','   ? JSON_AT_VALUE
         : c == ']' ? json_close(check)
                    : JSON_BAD_BYTE;
}

static inline enum json_state after_member(struct json_check *check, char c) {
  return c == ',' ? JSON_AT_NAME : c == '}' ? json_close(check) : JSON_BAD_BYTE;
}

/* A number has no end of its own: the byte that cannot continue it stands
 * behind it. */
static inline enum json_state end_number(struct json_check *check, char c) {
  if (json_is_space(c)) return check->after;
  if (check->after == JSON_AFTER_ITEM) return after_item(check, c);
  return check->after == JSON_AFTER_MEMBER ? after_member(check, c)
                                           : JSON_BAD_BYTE;
}

static inline enum json_state after_integer(struct json_check *check, char c) {
  if (c == '.') return JSON_AFTER_POINT;
  return c == 'e' || c == 'E' ? JSON_AFTER_E : end_number(check, c);
}

static inline enum json_state need_digit(char c, enum json_state next) {
  return json_is_digit(c) ? next : JSON_BAD_BYTE;
}

static inline enum json_state in_utf8(enum json_state state, char c) {
  switch (state) {
    case JSON_IN_UTF8_1: return utf8_next(c, 0x80, 0xBF, JSON_IN_STRING);
    case JSON_IN_UTF8_2: return utf8_next(c, 0x80, 0xBF, JSON_IN_UTF8_1);
    case JSON_IN_UTF8_3: return utf8_next(c, 0x80, 0xBF, JSON_IN_UTF8_2);
    case JSON_IN_UTF8_E0: return utf8_next(c, 0xA0, 0xBF, JSON_IN_UTF8_1);
    case JSON_IN_UTF8_ED: return utf8_next(c, 0x80, 0x9F, JSON_IN_UTF8_1);
    case JSON_IN_UTF8_F0: return utf8_next(c, 0x90, 0xBF, JSON_IN_UTF8_2);
    default:
      return utf8_next(c, 0x80, 0x8F, JSON_IN_UTF8_2); /* JSON_IN_UTF8_F4 */
  }
}

/* The letters that are awaited, in the order of the states. */
static inline enum json_state in_literal(const struct json_check *check,
                                         enum json_state state, char c) {
  const bool is_last =
      state == JSON_IN_TRU || state == JSON_IN_FALS || state == JSON_IN_NUL;
  if (c != "ruealseull"[state - JSON_IN_T]) return JSON_BAD_BYTE;
  return is_last ? check->after : state + 1;
}

/* The state behind the byte, or a bad one, and then it is not taken. */
static inline enum json_state step(struct json_check *check,
                                   enum json_state state, char c) {
  switch (state) {
    case JSON_AT_ROOT: return begin_root(check, c);
    case JSON_AT_VALUE: return begin_value(check, c);
    case JSON_AT_FIRST_ITEM:
      return c == ']' ? json_close(check) : begin_value(check, c);
    case JSON_AT_FIRST_NAME:
      if (c == '}') return json_close(check);
      /* fall through */
    case JSON_AT_NAME:
      return c == '"' ? json_begin_string(check, JSON_AT_COLON) : JSON_BAD_BYTE;
    case JSON_AT_COLON: return c == ':' ? JSON_AT_VALUE : JSON_BAD_BYTE;
    case JSON_AFTER_ITEM: return after_item(check, c);
    case JSON_AFTER_MEMBER: return after_member(check, c);

    case JSON_IN_STRING: return in_string(check, c);
    case JSON_IN_ESCAPE: return in_escape(c);
    case JSON_IN_HEX_1:
      return percent_hex(c) >= 0 ? JSON_IN_HEX_2 : JSON_BAD_BYTE;
    case JSON_IN_HEX_2:
      return percent_hex(c) >= 0 ? JSON_IN_HEX_3 : JSON_BAD_BYTE;
    case JSON_IN_HEX_3:
      return percent_hex(c) >= 0 ? JSON_IN_HEX_4 : JSON_BAD_BYTE;
    case JSON_IN_HEX_4:
      return percent_hex(c) >= 0 ? JSON_IN_STRING : JSON_BAD_BYTE;

    case JSON_AFTER_MINUS:
      return need_digit(c, c == '0' ? JSON_AFTER_ZERO : JSON_IN_INTEGER);
    case JSON_AFTER_ZERO:
      return json_is_digit(c) ? JSON_BAD_BYTE : after_integer(check, c);
    case JSON_IN_INTEGER:
      return json_is_digit(c) ? JSON_IN_INTEGER : after_integer(check, c);
    case JSON_AFTER_POINT: return need_digit(c, JSON_IN_FRACTION);
    case JSON_IN_FRACTION:
      if (json_is_digit(c)) return JSON_IN_FRACTION;
      return c == 'e' || c == 'E' ? JSON_AFTER_E : end_number(check, c);
    case JSON_AFTER_E:
      return c == '+' || c == '-' ? JSON_AFTER_E_SIGN
                                  : need_digit(c, JSON_IN_EXPONENT);
    case JSON_AFTER_E_SIGN: return need_digit(c, JSON_IN_EXPONENT);
    case JSON_IN_EXPONENT:
      return json_is_digit(c) ? JSON_IN_EXPONENT : end_number(check, c);
    case JSON_AFTER_ROOT:
      return JSON_BAD_BYTE; /* only white space may follow */
    default:
      return state < JSON_AFTER_MINUS ? in_utf8(state, c)
                                      : in_literal(check, state, c);
  }
}

static enum json_verdict verdict(const struct json_check *check) {
  if (check->state >= JSON_BAD_BYTE) return JSON_BAD;
  return check->state == JSON_AFTER_ROOT ? JSON_WHOLE : JSON_MORE;
}

/* No step between tokens takes white space: it is looked for only where a step
 * refuses, since most bodies have none. */
enum json_verdict json_check_feed(struct json_check *check, const char *bytes,
                                  size_t len) {
  const char *at = bytes, *end = bytes + len;
  enum json_state state = check->state;
  if (state >= JSON_BAD_BYTE) return JSON_BAD;
  while (at < end) {
    if (state >= JSON_AT_VALUE && state <= JSON_AT_NAME)
      at = json_check_lane(check, &state, at, end);
    if (state == JSON_IN_STRING) at = skip_plain(at, end);
    if (at == end) break;
    enum json_state next = step(check, state, *at);
    if (next < JSON_BAD_BYTE) {
      state = next;
      at++;
    } else if (state <= JSON_AFTER_ROOT && json_is_space(*at)) {
      at = json_skip_space(at, end);
    } else {
      check->bad_state = (uint8_t)state;
      check->bad_byte = (uint8_t)*at;
      state = next;
      break;
    }
  }
  check->state = (uint8_t)state;
  check->at += (uint64_t)(at - bytes);
  return verdict(check);
}

enum json_verdict json_check_end(struct json_check *check) {
  enum json_state state = check->state;
  if (state < JSON_BAD_BYTE && state != JSON_AFTER_ROOT) {
    bool whole = json_is_whole_number(state) && check->after == JSON_AFTER_ROOT;
    check->bad_state = (uint8_t)state;
    check->state = whole ? JSON_AFTER_ROOT : JSON_BAD_END;
  }
  return verdict(check);
}
