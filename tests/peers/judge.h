/* judge: whether an answer is what it must be. */
#ifndef PEERS_JUDGE_H
#define PEERS_JUDGE_H

#include "core/text.h"
#include "luck.h"

enum ask_kind { ASK_SMART, ASK_HEAD, ASK_ALL, ASK_ITEMS };

enum { ITEMS_MAX = 12, ATTEMPTS = 3, ID_BYTES = 48 };

/* A request of the crowd. Everything else follows from the number. */
struct ask {
  unsigned long long number;
  enum ask_kind kind;
  unsigned items; /* ASK_ITEMS */
  int64_t timeout_ms;
  char id[ID_BYTES];
  int64_t held_ms; /* of its time, what the machine let nobody use */
};

/* The upstreams: target 0 is origin at /o, target 1 a mock, if there is one. */
struct world {
  struct faults faults;
  uint64_t seed;
  bool has_mock;
  bool may_fail; /* the machine itself fails: any problem is right, any null */
};

/* What the request line and the body of an ask say. */
void ask_target(const struct ask *ask, struct text *out);
void ask_body(const struct ask *ask, struct text *out);

enum verdict_kind {
  RIGHT_2XX,
  RIGHT_NULLS, /* an array in which may_fail excuses a null */
  RIGHT_4XX,
  RIGHT_502,
  RIGHT_504,
  RIGHT_PROBLEM, /* a 502, 503 or 504 that may_fail excuses */
  WRONG,
  VERDICTS
};

/* `head` ends with the CRLF of its last line. WRONG comes with a reason. */
enum verdict_kind judge(const struct world *world, const struct ask *ask,
                        int status, struct slice head, struct slice body,
                        const char **why);

/* The value of a field of an answer's head; "" if it is not there. */
struct slice judge_field(struct slice head, const char *name);

/* Judges what is right, and then lies, each of which must be WRONG: a byte that
 * is lost, changed or doubled, another's body, another's name, a winner that
 * did not win, a failure that nobody brought. Gives up where one is
 * believed. */
void judge_self_test(void);

#endif
