/* post: bodies to one URL, by POST, one at a time (libcurl).
 *
 * All but post_wake is for one thread, which calls post_wait again and again.
 * Nothing here waits for a peer but post_wait, and that for as long as it is
 * told. */
#ifndef HEDGEROW_IO_POST_H
#define HEDGEROW_IO_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "io/trust.h"

struct post;

/* A longer answer is cut off, and is none. */
enum { POST_WHY_BYTES = 256, POST_ANSWER_BYTES = 64 * 1024 };

/* How one went. */
struct post_end {
  int status;               /* of the answer; 0: there was none, and */
  char why[POST_WHY_BYTES]; /* why not */
  bool distrusted;          /* its certificate will not do */
  int64_t retry_after_s;    /* what the answer asked for; 0: nothing */
  struct slice answer;      /* its body, unpacked; until the next begins */
};

/* To that URL, with these fields, each a "NAME: VALUE"; a NULL ends them. Both
 * are copied. The trust is held. Each may take limit_ms. NULL: no memory. */
struct post *post_new(const char *url, const char *const *fields,
                      struct trust *trust, int64_t limit_ms)
    __attribute__((warn_unused_result));
/* Ends what is under way. NULL is fine. */
void post_free(struct post *post);

/* Begins one; none is under way. The body is borrowed until it is over. False:
 * no memory. */
bool post_start(struct post *post, struct slice body)
    __attribute__((warn_unused_result));
/* Works on it, until it is over, post_wake is called or wait_ms have passed. */
void post_wait(struct post *post, int wait_ms);
/* Whether one was under way and is over now; told once. */
bool post_is_over(struct post *post, struct post_end *end);
bool post_is_under_way(const struct post *post);
/* Ends it now. */
void post_stop(struct post *post);

/* From any thread: post_wait returns at once, now or when it is called next. */
void post_wake(struct post *post);

#endif
