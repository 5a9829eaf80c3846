/* metrics_process.c: what there is of the whole process, whatever its routes.
 *
 * The families that begin with process_ are called as Prometheus' own client
 * libraries call them, so that dashboards that know those find them here. What
 * the machine does not tell is left out. */
#include "core/step.h"
#include "io/usage.h"
#include "proxy/metrics_parts.h"
#include "proxy/spans.h"

static const struct slice none = {0};

static void gauge(struct exposition *to, const char *name, const char *help,
                  int64_t value) {
  exposition_family(to, EXPOSITION_GAUGE, name, help);
  exposition_number(to, none, value);
}

static void counter(struct exposition *to, const char *name, const char *help,
                    uint64_t count) {
  exposition_family(to, EXPOSITION_COUNTER, name, help);
  exposition_count(to, none, count);
}

/* ---- what is in flight ---- */

static void load(struct exposition *to, const struct process *process) {
  gauge(to, "hedgerow_connections", "Client connections.",
        relaxed_load(&process->connections));
  gauge(to, "hedgerow_requests_in_flight", "Client requests in flight.",
        relaxed_load(&process->requests));
  gauge(to, "hedgerow_buffered_bytes",
        "Bytes in buffers, of those that --max-buffered allows.",
        relaxed_load(&process->budget.used));
}

/* ---- what workers do ---- */

static uint64_t sum_of(const struct process *process, const tally_cell *first) {
  return tally_sum(first, sizeof *process->tallies, process->worker_count);
}

static void dials(struct exposition *to, const struct process *process) {
  static const enum attempt_result ends[] = {
      ATTEMPT_SUCCESS, ATTEMPT_TRANSPORT, ATTEMPT_CANCELLED, ATTEMPT_STARVED};
  exposition_family(to, EXPOSITION_COUNTER, "hedgerow_dials",
                    "Connections to upstreams that were opened, or not.");
  for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
    char storage[64];
    struct text labels = TEXT_ON(storage);
    exposition_label(&labels, "result", slice_of(attempt_result_name(ends[i])));
    exposition_count(to, text_slice_of(&labels),
                     sum_of(process, &process->tallies->dials[ends[i]]));
  }
}

static void lags(struct exposition *to, const struct process *process,
                 int64_t now_us) {
  exposition_family(to, EXPOSITION_GAUGE, "hedgerow_loop_lag_seconds",
                    "The longest that a worker's loop was late of late.");
  for (unsigned i = 0; i < process->worker_count; i++) {
    char storage[32];
    struct text labels = TEXT_ON(storage);
    text_put(&labels, "worker=\"", i, "\"");
    exposition_seconds(to, text_slice_of(&labels),
                       tally_lag_us(&process->tallies[i], now_us));
  }
}

static void workers(struct exposition *to, const struct process *process,
                    int64_t now_us) {
  dials(to, process);
  counter(to, "hedgerow_resends",
          "Requests sent anew, since a kept connection had died.",
          sum_of(process, &process->tallies->resends));
  counter(to, "hedgerow_client_gone",
          "Requests whose client left before the answer was there.",
          sum_of(process, &process->tallies->gone));
  lags(to, process, now_us);
}

/* ---- the process ---- */

static void spans(struct exposition *to, const struct spans *of) {
  struct spans_counts counts = {0};
  if (of) counts = spans_count(of);
  counter(to, "hedgerow_spans_sent", "Spans that the collector has taken.",
          counts.sent);
  counter(to, "hedgerow_spans_dropped",
          "Spans for which there was no room, or that it did not take.",
          counts.dropped);
}

static void life(struct exposition *to, const struct metrics_source *source) {
  counter(to, "hedgerow_log_dropped",
          "Lines of the log that were dropped, or could not be written.",
          source->log ? log_dropped(source->log) : 0);
  gauge(to, "hedgerow_config_generation",
        "The configuration in force; each reload makes the next.",
        (int64_t)source->snapshot->number);
  exposition_family(to, EXPOSITION_COUNTER, "hedgerow_reloads",
                    "Reloads, by whether what was read came into force.");
  exposition_count(to, slice_of("result=\"taken\""), source->reloads_taken);
  exposition_count(to, slice_of("result=\"refused\""), source->reloads_refused);
  exposition_family(to, EXPOSITION_GAUGE, "hedgerow_build_info",
                    "Always 1; the version is in the label.");
  exposition_number(to, slice_of("version=\"" HEDGEROW_VERSION "\""), 1);
}

static void gauge_if_known(struct exposition *to, const char *name,
                           const char *help, int64_t value) {
  if (value >= 0) gauge(to, name, help, value);
}

static void machine(struct exposition *to, int64_t started_wall_us) {
  const struct usage usage = usage_read();
  exposition_family(to, EXPOSITION_GAUGE, "process_start_time_seconds",
                    "When the process started, since 1970.");
  exposition_seconds(to, none, started_wall_us);
  exposition_family(to, EXPOSITION_COUNTER, "process_cpu_seconds",
                    "Time on cores, in the kernel too.");
  exposition_seconds(to, none, usage.cpu_us);
  gauge_if_known(to, "process_open_fds", "Open descriptors.", usage.open_fds);
  gauge_if_known(to, "process_max_fds", "How many may be open.", usage.max_fds);
  gauge_if_known(to, "process_virtual_memory_bytes", "Addresses in use.",
                 usage.virtual_bytes);
  gauge_if_known(to, "process_resident_memory_bytes", "Memory in use.",
                 usage.resident_bytes);
}

void metrics_write_process(struct exposition *to,
                           const struct metrics_source *source,
                           int64_t now_us) {
  load(to, source->process);
  workers(to, source->process, now_us);
  life(to, source);
  spans(to, source->process->spans);
  machine(to, source->started_wall_us);
}
