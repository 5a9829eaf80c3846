/* gate: who may start when there is little room.
 *
 * The cap is strict for everybody, since an operator sets it for what the
 * upstream can bear. Hedges stop at seven eighths of it (at the cap itself
 * where that is below 8), so that when it gets full, hedges are refused first.
 *
 * This file only answers. Who counts what is in flight is the business of those
 * who ask: for attempts proxy/fetch, for requests proxy/visit. */
#include "core/gate.h"

#include <stddef.h>

static const struct {
  const char *name, *attempt, *request;
} words[GATE_VERDICTS] = {
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
                    "others wait in line for this target, or its own turn did "
                    "not come in time (--queue)",
                    ""},
};

enum gate_verdict gate_try(const struct gate *gate) {
  int64_t cap = gate->hedge ? gate->cap - gate->cap / 8 : gate->cap;
  return gate->in_flight < cap ? GATE_OPEN : GATE_FULL;
}

const char *gate_verdict_name(enum gate_verdict verdict) {
  return words[verdict].name;
}

const char *gate_attempt_error(enum gate_verdict verdict) {
  return words[verdict].attempt;
}

const char *gate_request_error(enum gate_verdict verdict) {
  return words[verdict].request;
}
