/* simulation_upstream: targets with servers, and a line in front of them.
 *
 *   upstream_ask --> in line --> a server has it --> upstream_done
 *                       |             |
 *                       +-------------+--> upstream_leave: what becomes of it
 *                                          is the workload's `cancel`
 *
 * A target without a number of servers has as many as it is asked for; then
 * there is no line. An answer that hangs keeps its server until its asker has
 * left, or where that is not seen, for ten seconds. */
#include <math.h>

#include "tools/simulation_parts.h"

static const double hang_us = 10e6;
static const int64_t never_us = INT64_MAX / 2;

/* ---- servers ---- */

static void serve(struct upstream *upstream, struct job *job, int64_t now_us) {
  job->served = true;
  job->draw = workload_at(upstream->workload, job->draw, job->target,
                          (double)now_us / 1e6, &job->luck);
  double takes_us =
      job->draw.end == WORKLOAD_HANGS ? hang_us : job->draw.takes_us;
  bool hangs = job->draw.end == WORKLOAD_HANGS;
  job->ends_us = hangs ? never_us : now_us + (int64_t)takes_us;
  upstream->stations[job->target].busy++;
  events_add(upstream->events, now_us + (int64_t)takes_us, simulation_on_done,
             &job->party);
}

static bool has_server(const struct upstream *upstream, unsigned target) {
  unsigned servers = upstream->workload->servers;
  return servers == 0 || upstream->stations[target].busy < servers;
}

/* One has left its server. */
static void serve_next(struct upstream *upstream, unsigned target,
                       int64_t now_us) {
  struct station *station = &upstream->stations[target];
  struct list_link *next = station->line.first;
  station->busy--;
  if (!next || !has_server(upstream, target)) return;
  list_remove(&station->line, next);
  serve(upstream, list_item(next, struct job, party.link), now_us);
}

/* ---- the limit ---- */

static const double shed_us = 1000;

static bool is_over_the_limit(struct upstream *upstream, unsigned target,
                              int64_t now_us) {
  struct station *station = &upstream->stations[target];
  double limit = upstream->workload->limit;
  double most = limit > 10 ? limit / 10 : 1;
  if (limit == 0) return false;
  station->tokens += (double)(now_us - station->filled_us) / 1e6 * limit;
  if (station->tokens > most) station->tokens = most;
  station->filled_us = now_us;
  if (station->tokens < 1) return true;
  station->tokens--;
  return false;
}

/* ---- the interface ---- */

struct job *upstream_ask(struct upstream *upstream, struct request *asker,
                         unsigned attempt, unsigned target, struct luck luck,
                         int64_t now_us) {
  struct job *job = pool_take(&upstream->jobs, sizeof *job);
  if (!job) return NULL;
  job->asker = asker;
  job->attempt = attempt;
  job->target = target;
  job->luck = luck;
  job->served = false;
  job->draw = workload_draw(upstream->workload, &job->luck);
  if (is_over_the_limit(upstream, target, now_us))
    job->draw = (struct workload_draw){shed_us, WORKLOAD_SHEDS};
  upstream->stations[target].in_flight++;
  if (has_server(upstream, target)) serve(upstream, job, now_us);
  else list_append(&upstream->stations[target].line, &job->party.link);
  return job;
}

int64_t upstream_leave(struct upstream *upstream, struct job *job,
                       int64_t now_us) {
  int64_t left_us = job->served ? job->ends_us - now_us : 0;
  enum workload_cancel cancel = upstream->workload->cancel;
  unsigned target = job->target;
  upstream->stations[target].in_flight--;
  job->asker = NULL;
  if (cancel == WORKLOAD_BLIND) return left_us;
  if (!job->served) {
    list_remove(&upstream->stations[target].line, &job->party.link);
    pool_give(&upstream->jobs, &job->party);
  } else if (cancel == WORKLOAD_FREES) {
    pool_give(&upstream->jobs, &job->party);
    serve_next(upstream, target, now_us);
  }
  return left_us;
}

bool upstream_done(struct upstream *upstream, struct job *job, int64_t now_us) {
  bool waits = job->asker != NULL;
  if (waits && job->draw.end == WORKLOAD_HANGS) {
    events_add(upstream->events, now_us + (int64_t)hang_us, simulation_on_done,
               &job->party);
    return false;
  }
  if (waits) upstream->stations[job->target].in_flight--;
  pool_give(&upstream->jobs, &job->party);
  serve_next(upstream, job->target, now_us);
  return waits;
}
