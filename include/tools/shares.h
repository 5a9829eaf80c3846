/* shares: how often each thing goes wrong, to be moved while a mock runs.
 *
 * A plan (tools/faults) may have several delays and kinds of one sort; a share
 * is what they have together, in per cent. */
#ifndef HEDGEROW_TOOLS_SHARES_H
#define HEDGEROW_TOOLS_SHARES_H

#include <stdbool.h>

#include "core/slice.h"
#include "core/text.h"
#include "tools/faults.h"

enum share {
  SHARE_SLOW, /* of the delays, those of 300 ms and above */
  SHARE_STATUS,
  SHARE_HTML,
  SHARE_TRUNCATE,
  SHARE_HANG,
  SHARE_COUNT,
};
enum { SHARES_TEXT_MAX = 160 };

struct shares {
  double percent[SHARE_COUNT];
};

/* Those of a plan. */
struct shares shares_of(const struct faults *plan);

/* The plan with other shares. What has one share keeps its proportions; where
 * the plan has nothing of the sort, it gets delays of 300 to 900 ms, answers at
 * once, or a kind, whose status is 500. Take the same plan each time: what a
 * share of 0 has silenced keeps no proportions. */
struct faults shares_put(const struct faults *plan,
                         const struct shares *shares);

/* Moves the shares that a JSON object names: {"slow":30,"html":0}. Those of the
 * plan's other kinds stay, and all kinds together have at most 100. False, with
 * one line in why and the shares as they were. */
bool shares_read(struct shares *shares, const struct faults *plan,
                 struct slice json, struct text *why)
    __attribute__((warn_unused_result));

/* {"slow":8,"status":2,"html":1,"truncate":1,"hang":1}; SHARES_TEXT_MAX
 * suffice. */
void shares_write(struct text *out, const struct shares *shares);

#endif
