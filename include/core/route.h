/* route: what hedgerow does with the requests of one path, whom it asks for
 * them, and by which rules. Values without a life of their own: whoever makes
 * them (config/snapshot) owns all that they point to. */
#ifndef HEDGEROW_CORE_ROUTE_H
#define HEDGEROW_CORE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cidr.h"
#include "core/cors.h"
#include "core/forward.h"
#include "core/plan.h"
#include "core/slice.h"
#include "core/tally.h"
#include "core/target.h"
#include "core/verdict.h"

enum route_kind { ROUTE_SMART, ROUTE_ALL, ROUTE_GATHER, ROUTE_HEALTH };

struct pilot;

/* One thing that a ROUTE_GATHER asks for. */
struct gather_item {
  const struct pilot *pilots; /* by worker, of the group; see core/pilot */
  unsigned rules;             /* an index of the gather's rules */
  bool required;              /* without it there is no answer */
  const struct group *group;  /* whom it may be asked of, */
  const struct target *only;  /* or NULL: this one of the group */
  struct slice rest, query;   /* appended to the target's own */
  struct slice label;         /* "\"NAME\":"; empty: the answer is an array */
  struct slice shown;         /* what it is called in problems */
};

enum { GATHER_ITEMS_MAX = 64 };

/* What a ROUTE_GATHER is made of. */
struct gather {
  const struct gather_item *items;
  unsigned count;             /* 1 .. GATHER_ITEMS_MAX */
  const struct route **rules; /* by whose rules the items go, each once */
  unsigned rule_count;        /* count at most */
};

struct route {
  struct slice path;
  bool below;       /* also for what lies below the path, at a '/' */
  bool strip;       /* the path is cut before the rest joins the target's */
  unsigned methods; /* 1 << enum http_method, for each that it answers */
  enum route_kind kind;
  const struct group *group;  /* --to: what is raced */
  const struct group *listed; /* --all: what /all asks; may be empty */
  struct gather gather;       /* of ROUTE_GATHER */
  const struct pilot *pilots, *listed_pilots; /* by worker, of both; NULL where
                                               * there is no target */
  struct slice labels;         /* of metrics: "route=\"/smart\"" */
  struct route_tally *tallies; /* by worker; those of one path share them */
  struct tally_waits *waits; /* the same of late, of snapshot_learn's thread */
  bool learns_apart;         /* nothing of what is learned is shared with routes
                              * that ask the same targets */
  struct race_policy policy;
  enum success success;
  const struct json_rules *rules; /* --success-if, --fail-if; NULL: none */
  bool streams;           /* SUCCESS_ANY, and one attempt alone: answers are
                           * passed on while they come, whatever their size */
  int64_t stream_idle_us; /* --stream-idle-timeout */
  bool keep_errors;       /* --errors upstream */
  bool idempotent;        /* any request may be sent more than once */
  bool get_body;          /* a GET or HEAD may bring a body */
  struct forward_rules fields;
  const char *timeout_param;  /* of the query; NULL: none */
  struct cors_rule cors;      /* count 0: none */
  bool forwards;              /* X-Forwarded-* is written: */
  unsigned forwarded;         /* these of it, see core/forwarded */
  const struct cidr *trusted; /* clients who are believed there */
  unsigned trusted_count;
  bool rewrite_links; /* see core/links */
  int64_t timeout_us, max_timeout_us;
  size_t body_bytes;  /* --max-request-body; 0: no body is taken */
  unsigned max_items; /* of one POST /all */
  unsigned max_depth; /* of the JSON that a client sends */
};

#endif
