/* http_head: what the heads of requests and of responses have in common.
 *
 * A head is a start line and field lines, each ended by CRLF, then an empty
 * line (RFC 9112, section 2.1). We take the strict half of every "MAY": a bare
 * LF, a bare CR, a NUL or any other control byte but HTAB is an error wherever
 * it stands, since lenient readers are what request smuggling is made of. */
#ifndef HEDGEROW_CORE_HTTP_HEAD_H
#define HEDGEROW_CORE_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

/* A server ignores empty lines before a request line (RFC 9112, section 2.2);
 * so many of them, since a peer that sends nothing else is no client. */
enum { HTTP_EMPTY_LINES_MAX = 4 };

enum http_scan {
  HTTP_SCAN_MORE,  /* the head has not ended yet */
  HTTP_SCAN_WHOLE, /* it has: *head_len bytes, the empty line included */
  HTTP_SCAN_BAD,   /* a byte that no head may hold at this place */
};

/* Looks for the end of the head in bytes[0..len). `*scanned` starts at 0 and
 * is kept by the caller between calls, so that a head that drips in is looked
 * at once, byte by byte, and never again from its start. The verdict on a byte
 * sequence is the same however it was cut into calls.
 * Up to HTTP_EMPTY_LINES_MAX CRLFs before the start line belong to the head,
 * are counted in *head_len, and do not end it; one more is bad. The first byte
 * behind them must be one of a token, so that whoever speaks TLS is found out
 * by the first byte. Bytes from 0x80 to 0xff are let pass behind it: where they
 * may stand (in field values, RFC 9110, section 5.5) is for the parser. */
enum http_scan http_head_scan(const char *bytes, size_t len, size_t *scanned,
                              size_t *head_len)
    __attribute__((warn_unused_result));

struct http_field {
  struct slice name, value; /* value without white space around it */
};

/* Takes the next line off *lines (field lines with their CRLFs, up to and
 * without the empty line). True with *field set; false when the line is no
 * field line (RFC 9112, section 5: token, colon with no space before it, no
 * fold, no control byte in the value, CRLF); then *lines is as it was. Call it
 * only while lines->len > 0. */
bool http_field_next(struct slice *lines, struct http_field *field)
    __attribute__((warn_unused_result));

/* The value of the first field of that name in such lines; empty: there is
 * none, or a line before it is no field line. */
struct slice http_field_of(struct slice lines, const char *name);

/* RFC 9110, section 5.6.2. False for an empty slice. */
bool http_is_token(struct slice text);

/* 1*DIGIT that fits; signs, spaces, hex and lists are false (RFC 9110, section
 * 8.6: a list of equal numbers is refused too). */
bool http_parse_length(struct slice value, uint64_t *length)
    __attribute__((warn_unused_result));

static inline bool http_is_blank(char c) { return c == ' ' || c == '\t'; }

/* Without the spaces and tabs around it. */
static inline struct slice http_trimmed(struct slice text) {
  const char *from = text.at, *to = text.at + text.len;
  while (from < to && http_is_blank(*from)) from++;
  while (from < to && http_is_blank(to[-1])) to--;
  return (struct slice){from, (size_t)(to - from)};
}

/* How long the first member of a comma-separated list (RFC 9110, section 5.6.1)
 * is: up to a comma outside quoted strings (section 5.6.4), or to the end. An
 * open quote takes the rest. */
size_t http_member_len(struct slice list);

/* Takes the next member, trimmed, off *list; empty ones are passed over. False
 * when there is none left. */
bool http_list_next(struct slice *list, struct slice *member)
    __attribute__((warn_unused_result));

/* The same of a list without quoted strings: every comma ends a member. */
bool http_item_next(struct slice *list, struct slice *item)
    __attribute__((warn_unused_result));

/* Whether a member is this token, letters without case. Parameters behind ';'
 * are no part of it. */
bool http_member_is(struct slice member, struct slice token);

/* Whether a comma-separated list (RFC 9110, section 5.6.1) names `token`. */
bool http_list_has(struct slice list, struct slice token);

/* Fields that speak of one connection and never cross a proxy (RFC 9110,
 * section 7.6.1): Connection, Keep-Alive, Proxy-Connection, Proxy-
 * Authenticate, Proxy-Authorization, TE, Trailer, Transfer-Encoding, Upgrade.
 */
bool http_is_hop_by_hop(struct slice name);

#endif
