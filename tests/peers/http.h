/* http: where an answer ends, as a client finds it that shares no code with
 * hedgerow: a client that reads by the product's own parser cannot see what is
 * wrong with it. */
#ifndef PEERS_HTTP_H
#define PEERS_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum answer_state { ANSWER_PARTIAL, ANSWER_WHOLE, ANSWER_BAD };

struct answer {
  int status;
  size_t head_len; /* with the empty line; 0: its end has not come */
  size_t body_len; /* as Content-Length says; 0 for a HEAD */
  bool closes;     /* Connection: close */
};

/* Looks at what has come of one answer; bytes[len] is a NUL. BAD: no status, no
 * Content-Length, or more bytes than it says. An answer whose head was seen
 * once is not read again: `answer` keeps it and begins as all zero. */
enum answer_state answer_find(struct answer *answer, const char *bytes,
                              size_t len, bool is_head);

/* The value of a field, which ends where a CR or a NUL stands; `name` is with
 * the CRLF before it and with its colon. "" where it is not in the head. */
const char *head_field(const char *bytes, size_t head_len, const char *name);

/* The field as a number; `otherwise` where it is none. */
long head_number(const char *bytes, size_t head_len, const char *name,
                 long otherwise);

/* Cuts a sound answer everywhere and plants unsound ones; gives up where one is
 * not seen for what it is. */
void http_self_test(void);

#endif
