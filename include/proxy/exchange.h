/* exchange: one client request that asks upstreams, and its answer. */
#ifndef HEDGEROW_PROXY_EXCHANGE_H
#define HEDGEROW_PROXY_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/forward.h"
#include "core/pilot.h"
#include "core/plan.h"
#include "core/route.h"
#include "core/target.h"
#include "io/arena.h"
#include "io/ask.h"
#include "io/connection.h"
#include "proxy/service.h"

struct exchange;

/* How the races of some items go, and by which rules clients' fields reach
 * their targets. */
struct exchange_race {
  const struct race_policy *policy;
  const struct pilot *pilot; /* of whom is asked; NULL: of several groups */
  unsigned targets, first;   /* of a group that is asked whole, and whom the
                              * primary asks; 1 and 0 where each item has its
                              * own `only` */
  int64_t timeout_us;
  const struct forward_rules *fields;
  const struct json_rules *json; /* what good JSON must say; NULL: nothing */
};

/* One thing to be fetched. */
struct exchange_item {
  const struct group *group; /* whom it may be asked of, */
  const struct target *only; /* or NULL: this one of the group */
  const struct pilot *pilot; /* of the group, and of this worker */
  struct slice rest;         /* appended to the target's path; "" or "/..." */
  struct slice query;        /* behind the target's own; see io/ask */
  unsigned number;           /* Hedge-Attempt of its primary */
  unsigned race;             /* an index of the setup's races */
  const struct ask_message *message; /* for every variant of the group; it lies
                                      * in the exchange's arena */
};

/* Every slice, those of the items included, lies in the exchange's arena or in
 * the lease's snapshot, or is empty. */
struct exchange_setup {
  struct lease *lease; /* on the snapshot that it goes by; it is taken once more
                        */
  bool head_only;      /* HEAD: no body is sent */
  struct slice answer_fields;        /* lines of ours for the answer */
  struct slice if_none_match;        /* the client's, or empty */
  const struct route *route;         /* of that snapshot */
  const struct exchange_race *races; /* copied into plans */
  unsigned race_count;
  struct ask_message message;  /* what all items' have in common; method empty:
                                * the client's */
  const struct gather *gather; /* of that snapshot, too: what the items are
                                * called; NULL: an array, as of /all */
  bool gathers; /* /all: the answer is an array of all items; else there
                 * is one item, and its answer is the answer */
  bool detail;  /* /all?detail=1 */
  struct exchange_item *items; /* copied */
  unsigned item_count;
};

/* Memory for a request, and nothing more. NULL: there is none. */
struct exchange *exchange_new(struct service *service)
    __attribute__((warn_unused_result));
struct arena *exchange_arena(struct exchange *x);
/* What the log and the answer tell of it. The caller writes who asks for what,
 * and since when, which is the races' t = 0, before it starts; slices as in
 * the setup. */
struct race_record *exchange_record(struct exchange *x);
/* Copies a client's body to where it lives as long as the exchange. False: no
 * buffer is free. */
bool exchange_keep_body(struct exchange *x, struct slice body,
                        struct slice *kept) __attribute__((warn_unused_result));
/* The same of the trace that it is part of. */
const struct trace_context *exchange_keep_trace(
    struct exchange *x, const struct trace_context *trace);
/* One that was not started. */
void exchange_discard(struct exchange *x);

/* Starts. The answer goes to the connection, and the exchange frees itself.
 * False: no memory, and it is still the caller's. */
bool exchange_start(struct exchange *x, struct connection *connection,
                    const struct exchange_setup *setup)
    __attribute__((warn_unused_result));

/* The drain time is over: every open exchange is answered with a 503. */
void exchange_drain_all(struct service *service);

#endif
