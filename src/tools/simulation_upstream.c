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
#include <stdlib.h>

#include "tools/simulation_parts.h"

static const double hang_us = 10e6;
static const int64_t never_us = INT64_MAX / 2;

void upstream_init(struct upstream *upstream, const struct workload *workload,
                   struct events *events) {
  *upstream = (struct upstream){
      .workload = workload, .events = events, .job_free = NOBODY};
  for (unsigned i = 0; i < WORKLOAD_TARGETS_MAX; i++)
    upstream->stations[i].first = upstream->stations[i].last = NOBODY;
}

void upstream_clear(struct upstream *upstream) { free(upstream->jobs); }

/* ---- jobs ---- */

static int take_job(struct upstream *upstream) {
  int free_one = upstream->job_free;
  if (free_one != NOBODY) {
    upstream->job_free = upstream->jobs[free_one].behind;
    return free_one;
  }
  if (upstream->job_count == upstream->job_cap) {
    int cap = upstream->job_cap ? 2 * upstream->job_cap : 1024;
    struct job *jobs = realloc(upstream->jobs, (size_t)cap * sizeof *jobs);
    if (!jobs) return NOBODY;
    upstream->jobs = jobs;
    upstream->job_cap = cap;
  }
  upstream->jobs[upstream->job_count].stamp = 0;
  return upstream->job_count++;
}

static void give_job(struct upstream *upstream, int number) {
  struct job *job = &upstream->jobs[number];
  job->stamp++;
  job->behind = upstream->job_free;
  upstream->job_free = number;
}

/* ---- the line ---- */

static void join_line(struct upstream *upstream, int number) {
  struct job *job = &upstream->jobs[number];
  struct station *station = &upstream->stations[job->target];
  job->before = station->last;
  job->behind = NOBODY;
  if (station->last == NOBODY) station->first = number;
  else upstream->jobs[station->last].behind = number;
  station->last = number;
}

static void leave_line(struct upstream *upstream, int number) {
  struct job *job = &upstream->jobs[number];
  struct station *station = &upstream->stations[job->target];
  if (job->before == NOBODY) station->first = job->behind;
  else upstream->jobs[job->before].behind = job->behind;
  if (job->behind == NOBODY) station->last = job->before;
  else upstream->jobs[job->behind].before = job->before;
}

/* ---- servers ---- */

static void add_done(struct upstream *upstream, int number, int64_t at_us) {
  events_add(upstream->events,
             (struct simulation_event){.at_us = at_us,
                                       .happening = HAPPENS_DONE,
                                       .index = number,
                                       .stamp = upstream->jobs[number].stamp});
}

static void serve(struct upstream *upstream, int number, int64_t now_us) {
  struct job *job = &upstream->jobs[number];
  job->served = true;
  job->draw = workload_at(upstream->workload, job->draw, job->target,
                          (double)now_us / 1e6, &job->luck);
  double takes_us =
      job->draw.end == WORKLOAD_HANGS ? hang_us : job->draw.takes_us;
  bool hangs = job->draw.end == WORKLOAD_HANGS;
  job->ends_us = hangs ? never_us : now_us + (int64_t)takes_us;
  upstream->stations[job->target].busy++;
  add_done(upstream, number, now_us + (int64_t)takes_us);
}

static bool has_server(const struct upstream *upstream, unsigned target) {
  unsigned servers = upstream->workload->servers;
  return servers == 0 || upstream->stations[target].busy < servers;
}

/* One has left its server. */
static void serve_next(struct upstream *upstream, unsigned target,
                       int64_t now_us) {
  struct station *station = &upstream->stations[target];
  station->busy--;
  int next = station->first;
  if (next == NOBODY || !has_server(upstream, target)) return;
  leave_line(upstream, next);
  serve(upstream, next, now_us);
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

int upstream_ask(struct upstream *upstream, int request, unsigned attempt,
                 unsigned target, struct luck luck, int64_t now_us) {
  int number = take_job(upstream);
  if (number == NOBODY) return NOBODY;
  struct job *job = &upstream->jobs[number];
  job->request = request;
  job->attempt = attempt;
  job->target = target;
  job->luck = luck;
  job->served = false;
  job->draw = workload_draw(upstream->workload, &job->luck);
  if (is_over_the_limit(upstream, target, now_us))
    job->draw = (struct workload_draw){shed_us, WORKLOAD_SHEDS};
  upstream->stations[target].in_flight++;
  if (has_server(upstream, target)) serve(upstream, number, now_us);
  else join_line(upstream, number);
  return number;
}

int64_t upstream_leave(struct upstream *upstream, int number, int64_t now_us) {
  struct job *job = &upstream->jobs[number];
  int64_t left_us = job->served ? job->ends_us - now_us : 0;
  enum workload_cancel cancel = upstream->workload->cancel;
  unsigned target = job->target;
  upstream->stations[target].in_flight--;
  job->request = NOBODY;
  if (cancel == WORKLOAD_BLIND) return left_us;
  if (!job->served) {
    leave_line(upstream, number);
    give_job(upstream, number);
  } else if (cancel == WORKLOAD_FREES) {
    give_job(upstream, number);
    serve_next(upstream, target, now_us);
  }
  return left_us;
}

bool upstream_done(struct upstream *upstream, int number, int64_t now_us,
                   struct job *was) {
  *was = upstream->jobs[number];
  bool waits = was->request != NOBODY;
  if (waits && was->draw.end == WORKLOAD_HANGS) {
    add_done(upstream, number, now_us + (int64_t)hang_us);
    return false;
  }
  if (waits) upstream->stations[was->target].in_flight--;
  give_job(upstream, number);
  serve_next(upstream, was->target, now_us);
  return waits;
}
