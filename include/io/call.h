/* call: one request and its answer, in whatever HTTP.
 *
 * An attempt drives a call; a call knows no attempt. What differs between
 * protocols is a call_kind; which one a call gets, io/pool decides by the
 * connection that it finds. */
#ifndef HEDGEROW_IO_CALL_H
#define HEDGEROW_IO_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record.h"
#include "core/target.h"
#include "io/ask.h"
#include "io/intake.h"

struct call;
struct wire;

/* Of an answer that is passed on: room for one read, a record of TLS. */
enum { CALL_PASS_BYTES = 16 * 1024 };

enum call_end {
  CALL_JUDGED,   /* the intake's verdict is certain */
  CALL_UNHEARD,  /* the connection ended without a byte of an answer, as `why`
                  * says: nobody may have read the request */
  CALL_UNSENT,   /* the same, and nobody can have read a byte of it */
  CALL_READ_OUT, /* after call_kind.read_out: the answer has been read, or is
                  * given up */
};

/* Whoever drives calls. Told from the loop. */
struct call_owner {
  /* Once, when the call has let its connection go. */
  void (*on_end)(void *arg, enum call_end end, const char *why, int64_t now_us);
  /* Only where the message streams: some of an answer has come, its head
   * included, and more is to come. May cancel or pause the call, and returns
   * false if it has done so. */
  bool (*on_more)(void *arg);
};

struct call_kind {
  /* Writes the request on a wire that is the call's now. False: nothing of it
   * could be written; the wire is closed, and on_end is not called. */
  bool (*start)(struct call *call, struct wire *wire);
  /* Ends it: on_end is not called, the connection closes. */
  void (*cancel)(struct call *call);
  /* Reads nothing more of the answer, and then goes on. False: no memory. */
  void (*pause)(struct call *call);
  bool (*resume)(struct call *call);
  /* Nobody wants the answer any more, and ask and record are gone. True: it is
   * read all the same, so that the connection can be kept, and on_end comes.
   * False: that is not possible; cancel it. */
  bool (*read_out)(struct call *call);
};

/* Embedded in its owner. */
struct call {
  const struct call_kind *kind; /* NULL: it is not under way */
  const struct ask *ask;        /* these three are borrowed */
  const struct target *target;
  struct attempt_record *record;  /* connected_us, first_byte_us and bytes are
                                   * written here as they happen */
  const struct call_owner *owner; /* borrowed */
  void *arg;                      /* the owner's */
  size_t usual; /* bytes that its target's answers usually have; 0: unknown */
  struct intake intake;
  /* The kind's own: */
  struct wire *wire;
  size_t sent; /* bytes of the request */
  bool sent_all;
  bool reading_out;
  bool paused;
};

#endif
