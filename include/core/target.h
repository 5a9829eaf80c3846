/* target: one URL that may be asked, and what stands for it. Values without a
 * life of their own, as those of core/route. */
#ifndef HEDGEROW_CORE_TARGET_H
#define HEDGEROW_CORE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base_url.h"
#include "core/hedge_budget.h"
#include "core/http_head.h"
#include "core/rate.h"
#include "core/slice.h"
#include "core/tally.h"

/* What an attempt may take, and what becomes of it when it has lost. */
struct target_limits {
  size_t head_bytes;          /* --max-upstream-head */
  uint64_t body_bytes;        /* --max-body */
  unsigned depth;             /* --max-depth */
  int64_t connect_timeout_us; /* --connect-timeout */
  int64_t keep_us;  /* --upstream-keepalive-timeout; 0: no connection is kept */
  bool read_losers; /* --losers drain: read a loser's answer, keep its wire */
};

/* What targets of one variant are shown, beside what their route says; see
 * core/forward. The token is a secret. */
struct target_fields {
  const struct http_field *headers; /* in place of the route's, the client's */
  unsigned header_count;
  const struct slice *drop; /* names of the client's that do not cross */
  unsigned drop_count;
  struct slice token; /* Authorization: Bearer; empty: the client's */
};

struct trust; /* core/ only passes these on */
struct turnstile;

/* --queue N:TIME */
struct queue_rule {
  int64_t most;    /* who may wait at once, for all targets; 0: nobody */
  int64_t time_us; /* for how long */
};

/* One URL that may be asked. */
struct target {
  struct base_url url;
  unsigned number;  /* as logs and problems tell it: --to first, then --all */
  const char *name; /* of a file "UPSTREAM/PLACE", from 0; NULL: of flags */
  unsigned slot;    /* its identity, which outlives snapshots: see io/slot */
  unsigned variant; /* its group's: what it is shown */
  bool client_credentials; /* may carry the client's Authorization and Cookie:
                            * its origin is that of a --to */
  struct trust *trust;     /* the CAs that vouch for it: see io/trust */
  struct turnstile *turnstile;  /* what outlives snapshots: see io/turnstile */
  struct slice labels;          /* of metrics */
  struct target_tally *tallies; /* by worker */
  struct slice host_line;       /* " HTTP/1.1\r\nHost: authority\r\n", and
                                 * "Connection: close\r\n" where none is kept */
};

/* Whom the primary asks; attempt k asks the k-th behind that, in a circle. */
enum balance {
  BALANCE_FIRST,  /* the first */
  BALANCE_ROTATE, /* each in turn, from request to request */
  BALANCE_LEAST,  /* of two that were drawn, the one with fewer attempts in
                   * flight */
};

/* Targets that stand for each other. */
struct group {
  struct slice name;
  const struct target *targets;
  unsigned count;                       /* 0: nobody was named */
  const struct base_url *const *bases;  /* their URLs */
  const struct target_fields *variants; /* by target->variant; groups that have
                                         * the same may share them */
  unsigned variant_count;               /* 1 or more where count is */
  enum balance balance;
  _Atomic unsigned *turn; /* of BALANCE_ROTATE: counts requests */
  int64_t max_attempts;   /* in flight to each of its targets' slots */
  struct hedge_budget_rule budget;
  bool gate;             /* --gate: hedges spare a target that is in trouble */
  struct rate_rule rate; /* of each target's attempts */
  struct queue_rule queue;           /* of primaries that find no room */
  bool limited;                      /* there is a rate, or a queue */
  _Atomic int64_t *waiting;          /* how many do */
  const struct hedge_budget *purses; /* what it may spend on extra attempts */
  struct slice labels;               /* of metrics */
  struct upstream_tally *tallies;    /* by worker */
  struct target_limits limits;
};

#endif
