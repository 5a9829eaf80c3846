/* json_check: is this byte stream exactly one RFC 8259 JSON text in valid
 * UTF-8? Decided in one pass, as the bytes arrive, in constant memory. */
#ifndef HEDGEROW_CORE_JSON_CHECK_H
#define HEDGEROW_CORE_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

enum { JSON_DEPTH_MAX = 512 };

enum json_verdict {
  JSON_MORE,  /* a beginning of a JSON text; more must come */
  JSON_WHOLE, /* one whole text so far; white space may follow. A number at
               * the root is whole only by json_check_end, since a digit may
               * still follow: it says JSON_MORE until then. */
  JSON_BAD,   /* no continuation makes it valid; this is final */
};

enum json_root { JSON_ROOT_NONE, JSON_ROOT_SCALAR, JSON_ROOT_CONTAINER };

/* Open so that tests can copy it; only json_check*.c know the members. */
struct json_check {
  uint8_t state;
  uint8_t after;     /* the state behind a whole value, where we are now */
  uint8_t next;      /* the state behind the string that is being read */
  uint8_t root;      /* enum json_root */
  uint8_t bad_state; /* after JSON_BAD: where, ... */
  uint8_t bad_byte;  /* ... and what could not stand there */
  uint16_t depth, depth_max;
  uint64_t at; /* bytes accepted; after JSON_BAD: the offset of the
                * first byte that cannot stand there */
  uint64_t containers[JSON_DEPTH_MAX / 64]; /* bit set: an object. Written
                                             * when one opens, not before. */
};

/* 1 <= depth_max <= JSON_DEPTH_MAX: how deep arrays and objects may nest. */
void json_check_init(struct json_check *check, unsigned depth_max);

/* Feeds the next bytes. Linear; allocates nothing; does not recurse. The
 * verdict on a stream, its offset and its explanation are the same however it
 * was cut into calls. */
enum json_verdict json_check_feed(struct json_check *check, const char *bytes,
                                  size_t len)
    __attribute__((warn_unused_result));

/* The stream has ended: JSON_WHOLE or JSON_BAD. */
enum json_verdict json_check_end(struct json_check *check)
    __attribute__((warn_unused_result));

/* What the root value is, known from its first byte on. */
static inline enum json_root json_check_root(const struct json_check *check) {
  return (enum json_root)check->root;
}

/* For an error text: "byte 17: no value can start with '<'", "the body is
 * empty", "the body ends inside a string", ... Written to buf, NUL-terminated,
 * at most cap bytes; returns buf. Only after JSON_BAD. The offending byte is
 * printed as a character only when it is visible ASCII. */
const char *json_check_explain(const struct json_check *check, char *buf,
                               size_t cap);

#endif
