/* workload: what `hedgerow simulate` plays: who asks, and who answers, and what
 * happens to them meanwhile. `hedgerow simulate --help-workload` prints the
 * format of its files. */
#ifndef HEDGEROW_TOOLS_WORKLOAD_H
#define HEDGEROW_TOOLS_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/luck.h"

enum { WORKLOAD_PARTS_MAX = 16, WORKLOAD_TARGETS_MAX = 16 };

enum workload_end {
  WORKLOAD_GOOD,
  WORKLOAD_FAILS, /* 500 */
  WORKLOAD_SHEDS, /* 429 without a Retry-After */
  WORKLOAD_HANGS,
};

/* One sort of answer. With sigma > 0 lognormal, by its median; else uniform. */
struct workload_answer {
  double weight;
  double from_us, to_us; /* uniform */
  double median_us, sigma;
  enum workload_end end;
};

/* What is different for a while. */
struct workload_change {
  double from_s, to_s;
  int target;          /* -1: all */
  double times;        /* each answer takes that much longer */
  double fails, hangs; /* shares of the answers, 0 to 1 */
};

/* What becomes of a request whose asker has left. */
enum workload_cancel {
  WORKLOAD_FREES, /* it leaves the line, or its server, at once */
  WORKLOAD_LINE,  /* it leaves the line; a server finishes it */
  WORKLOAD_BLIND, /* nobody notices: it is served all the same */
};

struct workload {
  char name[32];
  double rate; /* requests a second; 0: `load` says it */
  double load; /* of what the servers can bear, 0 to 1 */
  double burst, burst_s, burst_every_s; /* the rate times `burst` for a while */
  double seconds, settle_s;             /* settle: not counted */
  int64_t timeout_us;
  unsigned targets; /* primaries take turns */
  unsigned servers; /* of each target, which take requests in line; 0: as many
                     * as are needed */
  double limit;     /* attempts a second that a target takes; a tenth of that
                     * at once; others get a 429. 0: none */
  enum workload_cancel cancel;
  struct workload_answer answers[WORKLOAD_PARTS_MAX];
  unsigned answer_count;
  struct workload_change changes[WORKLOAD_PARTS_MAX];
  unsigned change_count;
};

/* The text of a built-in one, by its short name or its long one, or NULL. */
const char *workload_built_in(const char *name);
/* A line for each of them. */
void workload_list(void);

/* Reads a workload's text. False with one line in error. */
bool workload_parse(struct workload *workload, const char *text, char *error,
                    size_t error_cap) __attribute__((warn_unused_result));
extern const char workload_help[];

/* Requests a second at that time. */
double workload_rate(const struct workload *workload, double at_s);

struct workload_draw {
  double takes_us; /* as asked in good times */
  enum workload_end end;
};

/* No answer takes longer: some 30 years. */
#define WORKLOAD_LONGEST_US 1e15

/* What happens to one attempt, as the luck has it. */
struct workload_draw workload_draw(const struct workload *workload,
                                   struct luck *luck);
/* The same, if a server begins with it at that time. */
struct workload_draw workload_at(const struct workload *workload,
                                 struct workload_draw draw, unsigned target,
                                 double at_s, struct luck *luck);

#endif
