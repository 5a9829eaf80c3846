/* step: the names of how attempts and races end.
 *
 * These words are an interface: problem+json, /all?detail=1, Server-Timing,
 * the log and the metrics all print them, and people build alerts on them. So
 * they stand here once, and a new result or outcome gets its name here. What
 * they mean is said in step.h; which of them come about when is the business
 * of the policy (race.c) and of the upstream.
 *
 * A number without a name can only be a bug of ours. It prints as "unknown"
 * rather than end the process: a log line is no reason to lose requests. */
#include "core/step.h"

#include <stddef.h>

static const char *const kind_names[] = {
    [ATTEMPT_PRIMARY] = "primary",
    [ATTEMPT_HEDGE] = "hedge",
    [ATTEMPT_RETRY] = "retry",
};

static const char *const result_names[] = {
    [ATTEMPT_SUCCESS] = "success",     [ATTEMPT_STATUS] = "status",
    [ATTEMPT_BAD_JSON] = "bad_json",   [ATTEMPT_TRANSPORT] = "transport",
    [ATTEMPT_TOO_LARGE] = "too_large", [ATTEMPT_REFUSED] = "refused",
    [ATTEMPT_CANCELLED] = "cancelled", [ATTEMPT_TIMEOUT] = "timeout",
    [ATTEMPT_STARVED] = "starved",     [ATTEMPT_RULE] = "rule",
};

static const char *const outcome_names[] = {
    [OUTCOME_OPEN] = "open",
    [OUTCOME_SUCCESS] = "success",
    [OUTCOME_CLIENT_ERROR] = "client_error",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_REFUSED] = "refused",
    [OUTCOME_DEADLINE] = "deadline",
    [OUTCOME_DRAINED] = "drained",
    [OUTCOME_GONE] = "gone",
    [OUTCOME_GATHERED] = "gathered",
    [OUTCOME_OWN] = "own",
    [OUTCOME_REJECTED] = "rejected",
};

static const char *name_at(const char *const *names, size_t count, size_t i) {
  return i < count && names[i] ? names[i] : "unknown";
}

const char *attempt_kind_name(enum attempt_kind kind) {
  return name_at(kind_names, sizeof kind_names / sizeof *kind_names,
                 (size_t)kind);
}

const char *attempt_result_name(enum attempt_result result) {
  return name_at(result_names, sizeof result_names / sizeof *result_names,
                 (size_t)result);
}

const char *outcome_name(enum outcome outcome) {
  return name_at(outcome_names, sizeof outcome_names / sizeof *outcome_names,
                 (size_t)outcome);
}
