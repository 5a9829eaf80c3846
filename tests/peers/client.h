/* client: many requests over many connections, in one thread, whatever comes
 * back. What is asked, and what an answer is worth, is a subject's affair. */
#ifndef PEERS_CLIENT_H
#define PEERS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "figures.h"
#include "http.h"
#include "judge.h"

/* How a client leaves before it has its answer. */
enum leave { STAYS, RESETS, CLOSES, HALF_CLOSES, BREAKS_OFF, HANGS_UP };

/* What becomes of the connection behind an answer that does not end it. */
enum afterwards { IS_KEPT, IS_ENDED_BY_PEER, IS_RESET };

struct question {
  long number;  /* counted from 0 in the order of sending */
  bool is_head; /* its answer has no body */
  enum leave leave;
  int64_t leave_ns; /* after the sending */
  enum afterwards afterwards;
  bool has_half_closed;
  int64_t held_ns;   /* of its time, what nobody could use; known at its end */
  const char *bytes; /* the request; the subject's until it is sent */
  size_t len;
  struct ask ask; /* crowd's */
  long mark;      /* generations' */
};

/* How a request ended. */
enum ending {
  ANSWERED,
  REFUSED,    /* no handshake: nobody was promised anything */
  LOST,       /* the handshake was complete, and no whole answer came */
  TIMED_OUT,  /* neither came an answer nor an end within the limit */
  LEFT,       /* by its own will */
  UNANSWERED, /* it had half-closed, and nothing came */
  ODD,        /* what came is no answer, or came unasked */
  ENDINGS
};

struct subject {
  /* Fills in what is to be asked; number, and the rest all zero, are given. */
  void (*ask)(struct question *question);
  /* How it ended. bytes[len] is a NUL; `answer` is whole only where it is
   * ANSWERED. good and asked may be set; us and late_us are. */
  void (*on_end)(const struct question *question, enum ending ending,
                 const struct answer *answer, const char *bytes, size_t len,
                 struct fate *fate);
};

struct client_plan {
  int port;
  long rate;         /* requests a second, whether or not those before were
                      * answered, each timed from when it was due; 0: each
                      * connection asks again as soon as it was answered */
  long connections;  /* at most; what is due waits for one */
  long count;        /* requests in all */
  int64_t span_ns;   /* how long it asks; 0: until it is told to stop */
  int64_t limit_ns;  /* a request that takes longer has TIMED_OUT; 0: none */
  bool second_fresh; /* every second connection is new for each request */
};

struct client_sums {
  unsigned long long asked, connections, bytes, ends[ENDINGS];
  struct fate *fates; /* by number; the caller frees them */
};

/* Asks until the plan is fulfilled and what is in flight has ended. */
struct client_sums client_run(const struct client_plan *plan,
                              const struct subject *subject);

#endif
