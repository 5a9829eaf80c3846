/* simulate: a table of what a policy would do.
 *
 * One row is one policy on all seeds; the figures are of all requests of all
 * seeds together. The first row never hedges, the second is the policy that was
 * asked for, and others follow with --rivals. */
#include "tools/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/log.h"
#include "tools/simulate_options.h"
#include "tools/simulation.h"

static const double quantiles[] = {0.5, 0.99, 0.999};
enum { QUANTILES = sizeof quantiles / sizeof *quantiles };

static bool run_all(const struct simulate_options *options,
                    const struct simulated_policy *policy,
                    struct simulated *seen) {
  *seen = (struct simulated){.from_s = options->from_s, .to_s = options->to_s};
  for (uint64_t i = 0; i < options->seeds; i++)
    if (!simulation_run(&options->workload, policy, options->seed + i, seen)) {
      log_notice("simulate: out of memory");
      return false;
    }
  simulated_sort(seen);
  return true;
}

static void tell_refused(const struct simulated *seen) {
  for (unsigned i = GATE_OPEN + 1; i < GATE_VERDICTS; i++)
    if (seen->refused[i] > 0)
      printf(" %s %llu", gate_verdict_name((enum gate_verdict)i),
             (unsigned long long)seen->refused[i]);
}

static double per_request(const struct simulated *seen, uint64_t count) {
  return (double)count / (double)seen->requests;
}

enum { FIGURE = 32 };

/* A figure as text; `-` where there is none, as the p50 of no answers. */
static const char *figure(char out[FIGURE], int digits, double value) {
  if (isfinite(value)) snprintf(out, FIGURE, "%.*f", digits, value);
  else snprintf(out, FIGURE, "-");
  return out;
}

static void tell(const char *name, const struct simulated *seen) {
  char out[FIGURE];
  printf("%-12s %9s", name,
         figure(out, 3, 100 * per_request(seen, seen->good)));
  printf(" %10s", figure(out, 3, per_request(seen, seen->attempts)));
  for (unsigned i = 0; i < QUANTILES; i++)
    printf(" %8s", figure(out, 1, simulated_quantile_ms(seen, quantiles[i])));
  printf(" ");
  tell_refused(seen);
  printf("\n");
}

/* Requests, success in per cent, attempts each, the quantiles, and hedges by
 * time and attempts brought forward, each. */
static void tell_tabs(const struct simulated *seen) {
  char out[FIGURE];
  const uint64_t last[] = {seen->hedges, seen->forwarded};
  printf("%llu", (unsigned long long)seen->requests);
  printf("\t%s", figure(out, 4, 100 * per_request(seen, seen->good)));
  printf("\t%s", figure(out, 4, per_request(seen, seen->attempts)));
  for (unsigned i = 0; i < QUANTILES; i++)
    printf("\t%s", figure(out, 2, simulated_quantile_ms(seen, quantiles[i])));
  for (unsigned i = 0; i < 2; i++)
    printf("\t%s", figure(out, 4, per_request(seen, last[i])));
  printf("\n");
}

static bool show(const struct simulate_options *options,
                 const struct simulated_policy *policy) {
  struct simulated seen;
  bool done = run_all(options, policy, &seen);
  if (done && options->tabs) tell_tabs(&seen);
  else if (done) tell(policy->name, &seen);
  simulated_clear(&seen);
  fflush(stdout);
  return done;
}

static bool show_table(const struct simulate_options *options) {
  struct simulated_policy other = options->policy;
  other.name = "no hedging";
  other.race.hedges = other.race.retries = 0;
  printf("%-12s %9s %10s %8s %8s %8s  %s\n", "", "success %", "requests",
         "p50 ms", "p99 ms", "p99.9 ms", "hedges refused");
  if (!show(options, &other) || !show(options, &options->policy)) return false;
  for (unsigned i = 0; options->rivals && i < RIVALS; i++) {
    other.rival = &rival_rules[i];
    other.name = other.rival->name;
    if (!show(options, &other)) return false;
  }
  printf("\nrequests: to the upstream, for each of %s\n",
         options->rivals ? "a client's; the others' rules:" : "a client's");
  for (unsigned i = 0; options->rivals && i < RIVALS; i++)
    printf("  %s\n", rival_rules[i].about);
  return true;
}

int simulate_main(int argc, char **argv) {
  (void)argc;
  struct simulate_options options;
  enum flags_reading reading = simulate_options_read(&options, argv);
  if (reading != FLAGS_RUN) return (int)reading;
  bool done =
      options.tabs ? show(&options, &options.policy) : show_table(&options);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
