/* Tests of core/gate: who may start, and in which words others may not. */
#include "core/gate.h"

#include <criterion/criterion.h>

static enum gate_verdict try_one(bool hedge, int64_t in_flight, int64_t cap) {
  struct gate gate = {.in_flight = in_flight, .cap = cap, .hedge = hedge};
  return gate_try(&gate);
}

/* The first of each kind that is refused, others being in flight. */
static void expect_stops(int64_t cap, int64_t primaries, int64_t hedges) {
  for (int hedge = 0; hedge < 2; hedge++) {
    int64_t most = hedge ? hedges : primaries;
    if (most > 0)
      cr_expect_eq(try_one(hedge, most - 1, cap), GATE_OPEN,
                   "cap %ld: hedge %d refused beside %ld", (long)cap, hedge,
                   (long)most - 1);
    cr_expect_eq(try_one(hedge, most, cap), GATE_FULL,
                 "cap %ld: hedge %d let in beside %ld", (long)cap, hedge,
                 (long)most);
    cr_expect_eq(try_one(hedge, most + 1, cap), GATE_FULL,
                 "cap %ld: hedge %d let in beyond", (long)cap, hedge);
  }
}

Test(gate, hedges_leave_an_eighth_of_the_cap_to_primaries) {
  expect_stops(8, 8, 7);
  expect_stops(9, 9, 8);
  expect_stops(15, 15, 14);
  expect_stops(16, 16, 14);
  expect_stops(64, 64, 56);
  expect_stops(1000000, 1000000, 875000);
  expect_stops(INT64_MAX - 1, INT64_MAX - 1, INT64_MAX - 1 - INT64_MAX / 8);
}

Test(gate, below_eight_hedges_stop_at_the_cap_itself) {
  for (int64_t cap = 0; cap < 8; cap++) expect_stops(cap, cap, cap);
}

Test(gate, an_empty_gate_is_open) {
  cr_expect_eq(try_one(false, 0, 1), GATE_OPEN);
  cr_expect_eq(try_one(true, 0, 1), GATE_OPEN);
}

/* ---- the words ---- */

Test(gate, every_verdict_has_its_name_and_its_words) {
  static const char *const words[][3] = {
      [GATE_OPEN] = {"open", "", ""},
      [GATE_FULL] = {"full",
                     "too many attempts are in flight to this origin "
                     "(--max-attempts)",
                     "too many requests are in flight (--max-requests)"},
      [GATE_MEMORY] = {"memory", "no memory was free", "no memory was free"},
      [GATE_SLOW_TARGET] = {"slow_target",
                            "the target is much slower than usual, so it gets "
                            "no hedge (--gate)",
                            ""},
      [GATE_CROWDED] = {"crowded",
                        "many more requests than usual are in flight to the "
                        "target, so it gets no hedge (--gate)",
                        ""},
      [GATE_SHED] = {"shed",
                     "the target answers 429 or 503, so it gets no hedge "
                     "(--gate)",
                     ""},
      [GATE_PUSHBACK] = {"pushback",
                         "the target has asked for a pause (429, or 503 with "
                         "Retry-After)",
                         ""},
      [GATE_BUDGET] = {"budget",
                       "too few successes have paid for another attempt "
                       "(--budget)",
                       ""},
      [GATE_RATE] = {"rate",
                     "as many attempts as may have been started at this target "
                     "(--rate)",
                     ""},
      [GATE_QUEUE] = {"queue",
                      "others wait in line for this target, or its own turn "
                      "did not come in time (--queue)",
                      ""},
  };
  cr_assert_eq(sizeof words / sizeof *words, (size_t)GATE_VERDICTS);
  for (int i = 0; i < GATE_VERDICTS; i++) {
    enum gate_verdict verdict = (enum gate_verdict)i;
    cr_expect_str_eq(gate_verdict_name(verdict), words[i][0]);
    cr_expect_str_eq(gate_attempt_error(verdict), words[i][1]);
    cr_expect_str_eq(gate_request_error(verdict), words[i][2]);
  }
}
