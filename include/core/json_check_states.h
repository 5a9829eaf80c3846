/* json_check_states: what json_check knows between two bytes. Private to it. */
#ifndef HEDGEROW_CORE_JSON_CHECK_STATES_H
#define HEDGEROW_CORE_JSON_CHECK_STATES_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/json_check.h"

/* The order matters: between tokens, in a string, in a number, in a literal, at
 * the end. White space may stand up to JSON_AFTER_ROOT. */
enum json_state {
  JSON_AT_ROOT, /* nothing but white space so far */
  JSON_AT_VALUE,
  JSON_AT_FIRST_ITEM, /* behind '[': a value or ']' */
  JSON_AT_FIRST_NAME, /* behind '{': a name or '}' */
  JSON_AT_NAME,
  JSON_AT_COLON,
  JSON_AFTER_ITEM,
  JSON_AFTER_MEMBER,
  JSON_AFTER_ROOT,

  JSON_IN_STRING,
  JSON_IN_ESCAPE,
  JSON_IN_HEX_1, /* the n-th digit of \uXXXX comes next */
  JSON_IN_HEX_2,
  JSON_IN_HEX_3,
  JSON_IN_HEX_4,
  JSON_IN_UTF8_1, /* one more byte of 80..BF, then the character is whole */
  JSON_IN_UTF8_2,
  JSON_IN_UTF8_3,
  JSON_IN_UTF8_E0, /* the next must be A0..BF: no overlong forms */
  JSON_IN_UTF8_ED, /* 80..9F: no surrogates */
  JSON_IN_UTF8_F0, /* 90..BF: no overlong forms */
  JSON_IN_UTF8_F4, /* 80..8F: nothing above U+10FFFF */

  JSON_AFTER_MINUS,
  JSON_AFTER_ZERO,
  JSON_IN_INTEGER,
  JSON_AFTER_POINT,
  JSON_IN_FRACTION,
  JSON_AFTER_E,
  JSON_AFTER_E_SIGN,
  JSON_IN_EXPONENT,

  JSON_IN_T, /* the letters of true, false and null that have come */
  JSON_IN_TR,
  JSON_IN_TRU,
  JSON_IN_F,
  JSON_IN_FA,
  JSON_IN_FAL,
  JSON_IN_FALS,
  JSON_IN_N,
  JSON_IN_NU,
  JSON_IN_NUL,

  JSON_BAD_BYTE,
  JSON_BAD_DEPTH,
  JSON_BAD_END,
};

/* A number at the root has no end but the stream's. */
static inline bool json_is_whole_number(enum json_state state) {
  return state == JSON_AFTER_ZERO || state == JSON_IN_INTEGER ||
         state == JSON_IN_FRACTION || state == JSON_IN_EXPONENT;
}

/* ---- containers ---- */

static inline enum json_state json_open(struct json_check *check, bool object) {
  if (check->depth == check->depth_max) return JSON_BAD_DEPTH;
  uint64_t *word = &check->containers[check->depth / 64];
  unsigned bit = check->depth % 64;
  *word = (*word & ~(UINT64_C(1) << bit)) | (uint64_t)object << bit;
  check->depth++;
  check->after = object ? JSON_AFTER_MEMBER : JSON_AFTER_ITEM;
  return object ? JSON_AT_FIRST_NAME : JSON_AT_FIRST_ITEM;
}

static inline enum json_state json_close(struct json_check *check) {
  check->depth--;
  if (check->depth == 0) return check->after = JSON_AFTER_ROOT;
  unsigned top = check->depth - 1u;
  bool object = check->containers[top / 64] >> (top % 64) & 1;
  return check->after = object ? JSON_AFTER_MEMBER : JSON_AFTER_ITEM;
}

static inline enum json_state json_begin_string(struct json_check *check,
                                                enum json_state next) {
  check->next = (uint8_t)next;
  return JSON_IN_STRING;
}

/* ---- bytes ---- */

#define JSON_EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

static inline bool json_is_digit(char c) { return c >= '0' && c <= '9'; }

static inline bool json_is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The byte at the lowest address becomes the lowest byte of the word. */
static inline uint64_t json_load_word(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return le64toh(word);
}

/* *at is white space. Mostly it is the line end before an indentation, or one
 * blank behind a colon. */
static inline const char *json_skip_space(const char *at, const char *end) {
  do {
    at++;
    for (; end - at >= 8; at += 8) {
      uint64_t stop = json_load_word(at) ^ JSON_EACH_BYTE(' ');
      if (stop != 0) {
        at += __builtin_ctzll(stop) / 8;
        break;
      }
    }
  } while (at < end && json_is_space(*at));
  return at;
}

#endif
