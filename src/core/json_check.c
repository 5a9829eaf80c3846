/* json_check: one strict pass over a body, as its bytes arrive.
 *
 * Every byte of every upstream body goes through here, and the verdict decides
 * races: so it is exact (RFC 8259 for the grammar, RFC 3629 for the bytes), it
 * is early (an HTML page fails on its '<', so a hedge starts at once), and it
 * is fast.
 *
 * It is an automaton that takes one byte a step. What it knows between two
 * bytes is one state, and a bit for each open container: so a text may be cut
 * anywhere, and the work is linear by construction. Two runs of bytes go past
 * the automaton, eight at a time: plain text inside strings, and blanks. They
 * change no state, and are most of what a body is made of.
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

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The order matters: between tokens, in a string, in a number, in a literal, at
 * the end. White space may stand up to AFTER_ROOT. */
enum state {
  AT_ROOT, /* nothing but white space so far */
  AT_VALUE,
  AT_FIRST_ITEM, /* behind '[': a value or ']' */
  AT_FIRST_NAME, /* behind '{': a name or '}' */
  AT_NAME,
  AT_COLON,
  AFTER_ITEM,
  AFTER_MEMBER,
  AFTER_ROOT,

  IN_STRING,
  IN_ESCAPE,
  IN_HEX_1, /* the n-th digit of \uXXXX comes next */
  IN_HEX_2,
  IN_HEX_3,
  IN_HEX_4,
  IN_UTF8_1, /* one more byte of 80..BF, then the character is whole */
  IN_UTF8_2,
  IN_UTF8_3,
  IN_UTF8_E0, /* the next must be A0..BF: no overlong forms */
  IN_UTF8_ED, /* 80..9F: no surrogates */
  IN_UTF8_F0, /* 90..BF: no overlong forms */
  IN_UTF8_F4, /* 80..8F: nothing above U+10FFFF */

  AFTER_MINUS,
  AFTER_ZERO,
  IN_INTEGER,
  AFTER_POINT,
  IN_FRACTION,
  AFTER_E,
  AFTER_E_SIGN,
  IN_EXPONENT,

  IN_T, /* the letters of true, false and null that have come */
  IN_TR,
  IN_TRU,
  IN_F,
  IN_FA,
  IN_FAL,
  IN_FALS,
  IN_N,
  IN_NU,
  IN_NUL,

  BAD_BYTE,
  BAD_DEPTH,
  BAD_END,
};

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

void json_check_init(struct json_check *check, unsigned depth_max) {
  check->state = AT_ROOT;
  check->after = AFTER_ROOT;
  check->next = AFTER_ROOT;
  check->root = JSON_ROOT_NONE;
  check->bad_state = AT_ROOT;
  check->bad_byte = 0;
  check->depth = 0;
  check->depth_max = (uint16_t)depth_max;
  check->at = 0;
}

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

static inline bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The byte at the lowest address becomes the lowest byte of the word. */
static inline uint64_t load_word(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return le64toh(word);
}

/* *at is white space. Mostly it is the line end before an indentation, or one
 * blank behind a colon. */
static inline const char *skip_space(const char *at, const char *end) {
  do {
    at++;
    for (; end - at >= 8; at += 8) {
      uint64_t stop = load_word(at) ^ EACH_BYTE(' ');
      if (stop != 0) {
        at += __builtin_ctzll(stop) / 8;
        break;
      }
    }
  } while (at < end && is_space(*at));
  return at;
}

/* Bit 7 of the lowest byte that ends a run of plain text is set: a control
 * byte, a quote, a backslash, or a byte of 80 and above. A borrow can only
 * blur the bytes above the lowest one that is set. */
static inline uint64_t not_plain(uint64_t word) {
  uint64_t control = word - EACH_BYTE(0x20);
  uint64_t quote = (word ^ EACH_BYTE('"')) - EACH_BYTE(1);
  uint64_t backslash = (word ^ EACH_BYTE('\\')) - EACH_BYTE(1);
  return (word | control | quote | backslash) & EACH_BYTE(0x80);
}

static inline bool is_plain(char c) {
  return (uint8_t)(c - 0x20) < 0x60 && c != '"' && c != '\\';
}

static inline const char *skip_plain(const char *at, const char *end) {
  for (; end - at >= 8; at += 8) {
    uint64_t stop = not_plain(load_word(at));
    if (stop != 0) return at + __builtin_ctzll(stop) / 8;
  }
  while (at < end && is_plain(*at)) at++;
  return at;
}

/* RFC 3629, section 4: what must follow a byte of 80 or above. */
static inline enum state utf8_lead(uint8_t byte) {
  if (byte < 0xC2 || byte > 0xF4) return BAD_BYTE;
  if (byte < 0xE0) return IN_UTF8_1;
  if (byte < 0xF0)
    return byte == 0xE0 ? IN_UTF8_E0 : byte == 0xED ? IN_UTF8_ED : IN_UTF8_2;
  return byte == 0xF0 ? IN_UTF8_F0 : byte == 0xF4 ? IN_UTF8_F4 : IN_UTF8_3;
}

static inline enum state utf8_next(char c, uint8_t low, uint8_t high,
                                   enum state next) {
  return (uint8_t)c >= low && (uint8_t)c <= high ? next : BAD_BYTE;
}

static inline enum state in_string(const struct json_check *check, char c) {
  if (c == '"') return check->next;
  if (c == '\\') return IN_ESCAPE;
  return is_plain(c) ? IN_STRING : utf8_lead((uint8_t)c);
}

static inline enum state in_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return IN_STRING;
    case 'u': return IN_HEX_1;
    default: return BAD_BYTE;
  }
}

static inline enum state open_container(struct json_check *check, bool object) {
  if (check->depth == check->depth_max) return BAD_DEPTH;
  uint64_t *word = &check->containers[check->depth / 64];
  unsigned bit = check->depth % 64;
  *word = (*word & ~(UINT64_C(1) << bit)) | (uint64_t)object << bit;
  check->depth++;
  check->after = object ? AFTER_MEMBER : AFTER_ITEM;
  return object ? AT_FIRST_NAME : AT_FIRST_ITEM;
}

static inline enum state close_container(struct json_check *check) {
  check->depth--;
  if (check->depth == 0) return check->after = AFTER_ROOT;
  unsigned top = check->depth - 1u;
  bool object = check->containers[top / 64] >> (top % 64) & 1;
  return check->after = object ? AFTER_MEMBER : AFTER_ITEM;
}

static inline enum state begin_string(struct json_check *check,
                                      enum state next) {
  check->next = (uint8_t)next;
  return IN_STRING;
}

static inline enum state begin_value(struct json_check *check, char c) {
  switch (c) {
    case '"': return begin_string(check, check->after);
    case '{': return open_container(check, true);
    case '[': return open_container(check, false);
    case '-': return AFTER_MINUS;
    case '0': return AFTER_ZERO;
    case 't': return IN_T;
    case 'f': return IN_F;
    case 'n': return IN_N;
    default: return is_digit(c) ? IN_INTEGER : BAD_BYTE;
  }
}

static enum state begin_root(struct json_check *check, char c) {
  enum state next = begin_value(check, c);
  if (next < BAD_BYTE)
    check->root = check->depth ? JSON_ROOT_CONTAINER : JSON_ROOT_SCALAR;
  return next;
}

static inline enum state after_item(struct json_check *check, char c) {
  return c == ',' ? AT_VALUE : c == ']' ? close_container(check) : BAD_BYTE;
}

static inline enum state after_member(struct json_check *check, char c) {
  return c == ',' ? AT_NAME : c == '}' ? close_container(check) : BAD_BYTE;
}

/* A number has no end of its own: the byte that cannot continue it stands
 * behind it. */
static inline enum state end_number(struct json_check *check, char c) {
  if (is_space(c)) return check->after;
  if (check->after == AFTER_ITEM) return after_item(check, c);
  return check->after == AFTER_MEMBER ? after_member(check, c) : BAD_BYTE;
}

static inline enum state after_integer(struct json_check *check, char c) {
  if (c == '.') return AFTER_POINT;
  return c == 'e' || c == 'E' ? AFTER_E : end_number(check, c);
}

static inline enum state need_digit(char c, enum state next) {
  return is_digit(c) ? next : BAD_BYTE;
}

static inline enum state in_utf8(enum state state, char c) {
  switch (state) {
    case IN_UTF8_1: return utf8_next(c, 0x80, 0xBF, IN_STRING);
    case IN_UTF8_2: return utf8_next(c, 0x80, 0xBF, IN_UTF8_1);
    case IN_UTF8_3: return utf8_next(c, 0x80, 0xBF, IN_UTF8_2);
    case IN_UTF8_E0: return utf8_next(c, 0xA0, 0xBF, IN_UTF8_1);
    case IN_UTF8_ED: return utf8_next(c, 0x80, 0x9F, IN_UTF8_1);
    case IN_UTF8_F0: return utf8_next(c, 0x90, 0xBF, IN_UTF8_2);
    default: return utf8_next(c, 0x80, 0x8F, IN_UTF8_2); /* IN_UTF8_F4 */
  }
}

static inline enum state in_literal(const struct json_check *check,
                                    enum state state, char c) {
  switch (state) {
    case IN_T: return c == 'r' ? IN_TR : BAD_BYTE;
    case IN_TR: return c == 'u' ? IN_TRU : BAD_BYTE;
    case IN_TRU: return c == 'e' ? check->after : BAD_BYTE;
    case IN_F: return c == 'a' ? IN_FA : BAD_BYTE;
    case IN_FA: return c == 'l' ? IN_FAL : BAD_BYTE;
    case IN_FAL: return c == 's' ? IN_FALS : BAD_BYTE;
    case IN_FALS: return c == 'e' ? check->after : BAD_BYTE;
    case IN_N: return c == 'u' ? IN_NU : BAD_BYTE;
    case IN_NU: return c == 'l' ? IN_NUL : BAD_BYTE;
    default: return c == 'l' ? check->after : BAD_BYTE; /* IN_NUL */
  }
}

/* The state behind the byte, or a bad one, and then it is not taken. */
static inline enum state step(struct json_check *check, enum state state,
                              char c) {
  switch (state) {
    case AT_ROOT: return begin_root(check, c);
    case AT_VALUE: return begin_value(check, c);
    case AT_FIRST_ITEM:
      return c == ']' ? close_container(check) : begin_value(check, c);
    case AT_FIRST_NAME:
      if (c == '}') return close_container(check);
      /* fall through */
    case AT_NAME: return c == '"' ? begin_string(check, AT_COLON) : BAD_BYTE;
    case AT_COLON: return c == ':' ? AT_VALUE : BAD_BYTE;
    case AFTER_ITEM: return after_item(check, c);
    case AFTER_MEMBER: return after_member(check, c);

    case IN_STRING: return in_string(check, c);
    case IN_ESCAPE: return in_escape(c);
    case IN_HEX_1: return is_hex(c) ? IN_HEX_2 : BAD_BYTE;
    case IN_HEX_2: return is_hex(c) ? IN_HEX_3 : BAD_BYTE;
    case IN_HEX_3: return is_hex(c) ? IN_HEX_4 : BAD_BYTE;
    case IN_HEX_4: return is_hex(c) ? IN_STRING : BAD_BYTE;

    case AFTER_MINUS: return need_digit(c, c == '0' ? AFTER_ZERO : IN_INTEGER);
    case AFTER_ZERO: return is_digit(c) ? BAD_BYTE : after_integer(check, c);
    case IN_INTEGER: return is_digit(c) ? IN_INTEGER : after_integer(check, c);
    case AFTER_POINT: return need_digit(c, IN_FRACTION);
    case IN_FRACTION:
      if (is_digit(c)) return IN_FRACTION;
      return c == 'e' || c == 'E' ? AFTER_E : end_number(check, c);
    case AFTER_E:
      return c == '+' || c == '-' ? AFTER_E_SIGN : need_digit(c, IN_EXPONENT);
    case AFTER_E_SIGN: return need_digit(c, IN_EXPONENT);
    case IN_EXPONENT: return is_digit(c) ? IN_EXPONENT : end_number(check, c);
    case AFTER_ROOT: return BAD_BYTE; /* only white space may follow */
    default:
      return state < AFTER_MINUS ? in_utf8(state, c)
                                 : in_literal(check, state, c);
  }
}

static enum json_verdict verdict(const struct json_check *check) {
  if (check->state >= BAD_BYTE) return JSON_BAD;
  return check->state == AFTER_ROOT ? JSON_WHOLE : JSON_MORE;
}

/* No step between tokens takes white space: it is looked for only where a step
 * refuses, since most bodies have none. */
enum json_verdict json_check_feed(struct json_check *check, const char *bytes,
                                  size_t len) {
  const char *at = bytes, *end = bytes + len;
  enum state state = check->state;
  if (state >= BAD_BYTE) return JSON_BAD;
  while (at < end) {
    if (state == IN_STRING && (at = skip_plain(at, end)) == end) break;
    enum state next = step(check, state, *at);
    if (next < BAD_BYTE) {
      state = next;
      at++;
    } else if (state <= AFTER_ROOT && is_space(*at)) {
      at = skip_space(at, end);
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

/* A number at the root has no end but the stream's. */
static bool is_whole_number(enum state state) {
  return state == AFTER_ZERO || state == IN_INTEGER || state == IN_FRACTION ||
         state == IN_EXPONENT;
}

enum json_verdict json_check_end(struct json_check *check) {
  enum state state = check->state;
  if (state < BAD_BYTE && state != AFTER_ROOT) {
    bool whole = is_whole_number(state) && check->after == AFTER_ROOT;
    check->bad_state = (uint8_t)state;
    check->state = whole ? AFTER_ROOT : BAD_END;
  }
  return verdict(check);
}

/* Words that go in front of the byte that could not stand there. */
static const char *expectation(enum state state, uint8_t byte) {
  switch (state) {
    case AT_ROOT:
    case AT_VALUE: return "no value can start with";
    case AT_FIRST_ITEM: return "expected a value or ']', not";
    case AT_FIRST_NAME: return "expected a name in quotes or '}', not";
    case AT_NAME: return "expected a name in quotes, not";
    case AT_COLON: return "expected ':', not";
    case AFTER_ITEM: return "expected ',' or ']', not";
    case AFTER_MEMBER: return "expected ',' or '}', not";
    case AFTER_ROOT: return "the JSON text is over, but there follows";
    case IN_STRING:
      return byte < 0x20 ? "a string must escape the control byte"
                         : "no UTF-8 character can start with";
    case IN_ESCAPE: return "a backslash cannot escape";
    case IN_HEX_1:
    case IN_HEX_2:
    case IN_HEX_3:
    case IN_HEX_4: return "\\u takes four hex digits, not";
    case AFTER_MINUS:
    case AFTER_POINT:
    case AFTER_E:
    case AFTER_E_SIGN: return "a number needs a digit here, not";
    case AFTER_ZERO: return "a number has no leading zeros, but here is";
    default:
      return state < AFTER_MINUS ? "a UTF-8 character is broken by"
                                 : "expected true, false or null, not";
  }
}

static const char *unfinished(const struct json_check *check) {
  enum state state = check->bad_state;
  if (state == AT_ROOT)
    return check->at == 0 ? "is empty" : "is only white space";
  if (state >= IN_STRING && state < AFTER_MINUS) return "ends inside a string";
  if (state >= IN_T) return "ends inside a literal";
  if (state >= AFTER_MINUS && !is_whole_number(state))
    return "ends inside a number";
  return check->after == AFTER_ITEM ? "ends inside an array"
                                    : "ends inside an object";
}

static void explain_byte(const struct json_check *check, char *buf,
                         size_t cap) {
  uint8_t byte = check->bad_byte;
  enum state state = check->bad_state;
  bool zeros = state == AFTER_ZERO && is_digit((char)byte);
  if (is_whole_number(state) && !zeros) state = check->after;
  char shown[8];
  snprintf(shown, sizeof shown, byte > 0x20 && byte < 0x7F ? "'%c'" : "0x%02X",
           byte);
  snprintf(buf, cap, "byte %" PRIu64 ": %s %s", check->at,
           expectation(state, byte), shown);
}

const char *json_check_explain(const struct json_check *check, char *buf,
                               size_t cap) {
  if (check->state == BAD_BYTE) explain_byte(check, buf, cap);
  else if (check->state == BAD_DEPTH)
    snprintf(buf, cap,
             "byte %" PRIu64 ": arrays and objects nest deeper than %u",
             check->at, (unsigned)check->depth_max);
  else snprintf(buf, cap, "the body %s", unfinished(check));
  return buf;
}
