/* route: where requests go, and by which rules. */
#ifndef HEDGEROW_CORE_ROUTE_H
#define HEDGEROW_CORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base_url.h"
#include "core/slice.h"

/* What an attempt's answer and connection are bounded by. */
struct target_limits {
  size_t head_bytes;   /* of an answer's head */
  uint64_t body_bytes; /* of an answer's body */
  unsigned depth;      /* of nested JSON */
  int64_t connect_timeout_us;
  bool read_losers; /* --losers drain: a loser's answer is read to its end */
};

/* One upstream base URL. */
struct target {
  struct base_url url;
  unsigned number;        /* as logs and problems tell it: --to, then --all */
  unsigned slot;          /* what is counted and kept for it; see io/upstream */
  struct slice host_line; /* " HTTP/1.1\r\nHost: AUTHORITY\r\n" */
  bool client_credentials; /* may be shown the client's Authorization, Cookie */
};

/* Targets that can stand in for each other. */
struct group {
  const struct target *targets;
  unsigned count;
  int64_t max_attempts; /* in flight to each of them */
  struct target_limits limits;
};

#endif
