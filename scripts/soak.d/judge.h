/* judge: whether an answer is what it must be. */
#ifndef SOAK_JUDGE_H
#define SOAK_JUDGE_H

#include "core/text.h"
#include "luck.h"

enum ask_kind { ASK_SMART, ASK_HEAD, ASK_ALL, ASK_ITEMS };

enum { ITEMS_MAX = 12, ATTEMPTS = 3, ID_BYTES = 48 };

/* A request of the soak's client. Everything else follows from the number. */
struct ask {
  unsigned long long number;
  enum ask_kind kind;
  unsigned items; /* ASK_ITEMS */
  int64_t timeout_ms;
  char id[ID_BYTES];
};

/* The two upstreams: target 0 is the soak's origin, target 1 the mock. */
struct world {
  struct faults faults;
  uint64_t seed;
};

/* What the request line and the body of an ask say. */
void ask_target(const struct ask *ask, struct text *out);
void ask_body(const struct ask *ask, struct text *out);

enum verdict_kind { RIGHT_2XX, RIGHT_4XX, RIGHT_502, RIGHT_504, WRONG };

/* WRONG comes with a reason. */
enum verdict_kind judge(const struct world *world, const struct ask *ask,
                        int status, struct slice head, struct slice body,
                        const char **why);

/* The value of a field of an answer's head; "" if it is not there. */
struct slice judge_field(struct slice head, const char *name);

#endif
