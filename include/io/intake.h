/* intake: one answer on its way in: its bytes, where its parts are, and what it
 * is worth so far.
 *
 * An answer is held until it is whole (intake_hand_over), or, where its message
 * streams, taken out while it comes: intake_show, and then again and again
 * intake_forget and intake_body. */
#ifndef HEDGEROW_IO_INTAKE_H
#define HEDGEROW_IO_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/http_response.h"
#include "core/target.h"
#include "core/verdict.h"
#include "io/ask.h"
#include "io/buffer.h"
#include "io/gunzip.h"
#include "io/response.h"

struct intake {
  const struct target_limits *limits; /* borrowed, until intake_lose */
  struct buffer bytes;                /* whoever receives adds to it */
  int64_t keep_us;       /* the limits', which a loser may outlive */
  size_t judged;         /* bytes of the body that the verdict has seen */
  uint8_t gzip;          /* enum gzip_use, the message's */
  bool more;             /* with gunzip: there may be more text in what came */
  struct gunzip *gunzip; /* NULL: the answer is not inflated, or not yet */
  struct {
    struct buffer bytes; /* field lines and body */
    size_t fields_len;   /* bytes of the former */
  } plain; /* UNDONE, with gunzip: the answer without the coding */
  struct http_response response;
  struct verdict verdict;
};

/* The answer to that message, which is borrowed for this call. */
void intake_init(struct intake *intake, const struct target_limits *limits,
                 const struct ask_message *message, struct blocks *blocks);
void intake_clear(struct intake *intake);

/* Room for the first bytes: `usual` of them, or one block. False: none. */
bool intake_make_room(struct intake *intake, size_t usual)
    __attribute__((warn_unused_result));
/* What is usual from now on, where it was `usual` before: answers of one target
 * are often alike, and only a success tells how long they are. */
size_t intake_usual(const struct intake *intake, size_t usual);

/* Looks at what has come. False: the verdict is certain. */
bool intake_judge(struct intake *intake) __attribute__((warn_unused_result));
/* The connection has ended, after some bytes: the verdict is certain. */
void intake_end(struct intake *intake);
/* The same where the peer has not said that it ends: see http_response_cut,
 * which goes for what is not judged as JSON. */
void intake_cut(struct intake *intake);

/* Whether anything of an answer has come. */
static inline bool intake_has_begun(const struct intake *intake) {
  return intake->bytes.len > 0 || intake->response.head_len > 0;
}
/* Whether its final head is there. */
static inline bool intake_has_head(const struct intake *intake) {
  return intake->response.head_len > 0;
}

/* Nobody wants it any more: only its end is still to be found. */
void intake_lose(struct intake *intake);
/* Only finds where the answer ends. RESPONSE_DONE, RESPONSE_BAD, or
 * RESPONSE_MORE. */
enum response_progress intake_skip(struct intake *intake);
/* How long its connection may be idle before it carries another request, by the
 * answer and the limits: 0, and so not at all, unless the answer is whole and
 * no byte came behind it. */
int64_t intake_keep_us(struct intake *intake);

/* Moves a whole answer out, of which nothing was forgotten. */
void intake_hand_over(struct intake *intake, struct response *response);

/* Head and body as they are so far; `bytes` stays empty, and the slices are
 * valid until the intake is touched. */
void intake_show(const struct intake *intake, struct response *response);
/* The body that has come since intake_forget. */
struct slice intake_body(const struct intake *intake);
/* What has been judged so far is taken out. An intake that has all of it taken
 * out holds no memory. */
void intake_forget(struct intake *intake);

#endif
