/* asker: io/attempt at work on a loop in a thread of its own, so that a script
 * of blocking sockets can be the upstream. It asks one thing at a time. */
#ifndef HEDGEROW_TESTS_SUPPORT_ASKER_H
#define HEDGEROW_TESTS_SUPPORT_ASKER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/target.h"
#include "io/ask.h"

enum { ASKED_BYTES = 512 };

/* What came of an attempt. */
struct asked {
  struct attempt_end end;
  unsigned resends;
  char error[ASKED_BYTES];
  bool has_response;
  int status; /* these four are the response's */
  uint64_t length;
  char fields[ASKED_BYTES], body[ASKED_BYTES]; /* as much as fits */
  /* Where the message streams: */
  unsigned pieces; /* heads and bodies that were told before the end */
  size_t passed;   /* bytes of the body in them */
};

struct asker;

/* Asks below that URL. ca_file: who vouches for it, or NULL. The limits are
 * 1 MiB for the body, 8 KiB for the head. */
struct asker *asker_new(const char *url, const char *ca_file);
/* Nothing may be under way. */
void asker_free(struct asker *asker);

/* May be changed while nothing is under way: losers are closed at first. */
struct target_limits *asker_limits(struct asker *asker);

/* Starts an attempt at that message, which is borrowed until its end; its
 * fields are the asker's. Before it, on the loop's thread and in the same turn,
 * `first`, if there is one, is called: nothing that it does to a kept
 * connection can have been seen. */
void asker_start(struct asker *asker, struct ask_message *message);
void asker_start_after(struct asker *asker, struct ask_message *message,
                       void (*first)(void *arg), void *arg);
/* Waits for its end. Valid until the next start. */
const struct asked *asker_await(struct asker *asker);
/* What the upstream has sent is read before. */
void asker_cancel(struct asker *asker);
/* Where the message streams, the first piece pauses the attempt, until it is
 * resumed from outside. Waits until so many pieces have been told. Valid until the next
 * piece. */
const struct asked *asker_await_pieces(struct asker *asker, unsigned pieces);
void asker_resume(struct asker *asker);
/* The next piece cancels the attempt in place of that, from inside. */
void asker_cancel_at_piece(struct asker *asker);

#endif
