/* gunzip: undoes the gzip coding (RFC 1952) as its bytes arrive, in memory that
 * is bounded from the start. */
#ifndef HEDGEROW_IO_GUNZIP_H
#define HEDGEROW_IO_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "io/buffer.h"

enum {
  GUNZIP_BYTES = 48 * 1024,     /* what one takes, also of the budget */
  GUNZIP_ROOM_BYTES = 8 * 1024, /* of that, for the caller */
  GUNZIP_FREE_BYTES = 1 << 20,  /* that come out whatever the ratio is; */
  GUNZIP_RATIO_MAX = 200,       /* of more, so many for each that went in.
                                 * Deflate's own limit is 1032 */
};

struct gunzip;

/* For a coded body of so many bytes at most. NULL: no buffer is free. */
struct gunzip *gunzip_new(struct blocks *blocks, uint64_t in_max)
    __attribute__((warn_unused_result));
/* NULL is fine. */
void gunzip_free(struct gunzip *gunzip);

enum gunzip_progress {
  GUNZIP_MORE,  /* all has been taken: more must come, or it is whole */
  GUNZIP_FULL,  /* the room is full: call it again, also where *in is empty */
  GUNZIP_BAD,   /* it is no gzip, or corrupt. This and the next are for good */
  GUNZIP_LARGE, /* the ratio, or in_max */
};

/* Takes what begins *in off it, and writes to out[0..cap); *len bytes stand
 * there. cap >= 1, and both are below 4 GiB. Members that follow one another
 * are one body (RFC 1952, section 2.2). What comes out, and the verdict, is the
 * same however the input was cut; only a ratio close to its limit is looked at
 * sooner or later. */
enum gunzip_progress gunzip_read(struct gunzip *gunzip, struct slice *in,
                                 char *out, size_t cap, size_t *len)
    __attribute__((warn_unused_result));

/* Room of GUNZIP_ROOM_BYTES, for text that nobody keeps. */
char *gunzip_room(struct gunzip *gunzip);

/* What came so far is a whole body: members, each to its end, whose check sums
 * and lengths are right. */
bool gunzip_is_whole(const struct gunzip *gunzip);

/* After GUNZIP_BAD and GUNZIP_LARGE: one line, as long as gunzip lives. */
const char *gunzip_why(const struct gunzip *gunzip);

#endif
