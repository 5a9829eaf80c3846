/* process_events: what happens while the workers run.
 *
 * The main thread serves nobody: its loop waits for signals and for news of the
 * workers, so that a second signal is heard however busy the others are. It may
 * wait for a disk, too: a reload (proxy/reload) reads files here, and hands the
 * workers what was read. */
#include "proxy/process_parts.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/snapshot.h"
#include "io/clock.h"
#include "io/log.h"
#include "proxy/observe.h"

/* A reload is over when every worker has heard of all that was read. */
static void end_reload(struct program *program) {
  const char *how = program->reloading;
  program->reloading = NULL;
  log_notice("%s", how);
  const char *why = program->reload.why;
  notify_send(program->notify, "READY=1\nSTATUS=%s%s%s", how, *why ? ": " : "",
              why);
  admin_reloaded(program->admin, &program->reload.errors);
}

/* Every worker has heard of the question, and has left what it had counted. */
static void answer_question(struct program *program) {
  struct counters sum = {0};
  program->asked = false;
  crew_sum(&program->crew, &sum);
  observe_tell(&sum);
  reporter_tell(&program->reporter);
}

static void on_news(void *arg) {
  struct program *program = arg;
  if (crew_is_done(&program->crew)) loop_stop(program->loop);
  if (!crew_has_heard(&program->crew)) return;
  if (program->reloading) end_reload(program);
  if (program->asked) answer_question(program);
  if (program->pinging) notify_send(program->notify, "WATCHDOG=1");
  program->pinging = false;
}

/* A worker whose loop does not turn does not hear, and nothing is sent. */
static void on_watchdog(void *arg) {
  struct program *program = arg;
  program->pinging = true;
  crew_ping(&program->crew);
  timer_set(&program->watchdog,
            clock_now_us() + notify_watchdog_us(program->notify) / 2);
}

static void on_learning(void *arg) {
  struct program *program = arg;
  int64_t now_us = clock_now_us();
  snapshot_learn(program->reload.snapshot, now_us);
  timer_set(&program->learning, now_us + PILOT_REFRESH_US);
}

void process_stop(void *arg) {
  struct program *program = arg;
  if (program->stopping) return;
  program->stopping = true;
  if (program->reloading) /* each worker takes it over before it stops */
    admin_reloaded(program->admin, &program->reload.errors);
  program->reloading = NULL;
  log_notice("stopping; a second signal ends it at once");
  notify_send(program->notify, "STOPPING=1\nSTATUS=stopping");
  crew_stop(&program->crew);
}

/* A drain that was asked for at the admin listener is no signal: who asks for
 * one before a service manager's SIGTERM comes wants it to be gone through. */
static void on_stop(void *arg, int signo) {
  struct program *program = arg;
  (void)signo;
  if (program->signalled) _exit(EXIT_FAILURE);
  program->signalled = true;
  if (program->stopping)
    log_notice("stopping already; a second signal ends it at once");
  process_stop(program);
}

void process_reload(void *arg) {
  struct program *program = arg;
  if (program->stopping) return;
  notify_send(program->notify, "RELOADING=1\nMONOTONIC_USEC=%lld",
              (long long)clock_now_us());
  program->reloading = reload_run(&program->reload);
  if (crew_has_heard(&program->crew)) end_reload(program);
}

static void on_reload(void *arg, int signo) {
  (void)signo;
  process_reload(arg);
}

static void on_question(void *arg, int signo) {
  struct program *program = arg;
  (void)signo;
  program->asked = true;
  crew_ping(&program->crew);
}

/* ---- running ---- */

static bool watch_signals(struct program *program) {
  return loop_on_signal(program->loop, SIGTERM, on_stop, program) &&
         loop_on_signal(program->loop, SIGINT, on_stop, program) &&
         loop_on_signal(program->loop, SIGHUP, on_reload, program) &&
         loop_on_signal(program->loop, SIGUSR1, on_question, program);
}

bool process_watch(struct program *program) {
  timer_init(&program->watchdog, program->loop, on_watchdog, program);
  timer_init(&program->learning, program->loop, on_learning, program);
  program->news = wake_new(program->loop, on_news, program);
  return program->news && watch_signals(program);
}

void process_run(struct program *program) {
  if (notify_watchdog_us(program->notify) > 0) on_watchdog(program);
  on_learning(program);
  loop_run(program->loop);
  timer_clear(&program->watchdog);
  timer_clear(&program->learning);
  reporter_end(&program->reporter);
}
