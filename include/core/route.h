/* route: what hedgerow does with the requests of one path, whom it asks for
 * them, and by which rules. Values without a life of their own: whoever makes
 * them (config/snapshot) owns all that they point to. */
#ifndef HEDGEROW_CORE_ROUTE_H
#define HEDGEROW_CORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base_url.h"
#include "core/forward.h"
#include "core/race.h"
#include "core/slice.h"

/* What an attempt may take, and what becomes of it when it has lost. */
struct target_limits {
  size_t head_bytes;          /* --max-upstream-head */
  uint64_t body_bytes;        /* --max-body */
  unsigned depth;             /* --max-depth */
  int64_t connect_timeout_us; /* --connect-timeout */
  bool read_losers; /* --losers drain: read a loser's answer, keep its wire */
};

/* One URL that may be asked. */
struct target {
  struct base_url url;
  unsigned number; /* as logs and problems tell it: --to first, then --all */
  unsigned slot;   /* its identity, which outlives snapshots: see io/slot */
  bool client_credentials; /* may carry the client's Authorization and Cookie:
                            * its origin is that of a --to */
  struct slice host_line;  /* " HTTP/1.1\r\nHost: authority\r\n" */
};

/* Targets that stand for each other: attempt k asks target k mod count. */
struct group {
  struct slice name;
  const struct target *targets;
  unsigned count;       /* 0: nobody was named */
  int64_t max_attempts; /* in flight to each of its targets' slots */
  struct target_limits limits;
};

enum route_kind { ROUTE_SMART, ROUTE_ALL, ROUTE_HEALTH };

struct route {
  struct slice path;
  bool below;        /* also for what lies below the path, at a '/' */
  unsigned methods;  /* 1 << enum http_method, for each that it answers */
  const char *allow; /* the same, as an Allow field says it */
  enum route_kind kind;
  const struct group *group;  /* --to: what is raced */
  const struct group *listed; /* --all: what /all asks; may be empty */
  struct race_policy policy;
  struct forward_rules fields;
  int64_t timeout_us, max_timeout_us;
  size_t body_bytes;  /* --max-request-body; 0: no body is taken */
  unsigned max_items; /* of one POST /all */
  unsigned max_depth; /* of the JSON that a client sends */
};

#endif
