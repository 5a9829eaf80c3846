/* attempt_losers: cancelled attempts whose answers are read all the same.
 *
 * That is done for a while, so that their connections can be kept (--losers
 * drain). A loser still counts as in flight, and has nobody left to tell but
 * whoever wants to know how long it took.
 *
 * All are read for the same time, so they stand in the order in which they are
 * due, and one timer serves them. */
#include "io/attempt_parts.h"
#include "io/clock.h"

enum {
  LOSER_US = 1000000, /* how long a loser is read, */
  LOSERS_MAX = 1024,  /* and how many are at once */
};

static struct attempt *losers_first(struct attempts *attempts) {
  struct list_link *first = attempts->losers.list.first;
  return first ? list_item(first, struct attempt, link) : NULL;
}

static bool losers_may_take(struct attempt *a) {
  return a->state == CALLING && a->call.intake.limits->read_losers &&
         a->attempts->losers.count < LOSERS_MAX &&
         a->call.kind->read_out(&a->call);
}

bool attempt_losers_join(struct attempt *a) {
  struct attempts *attempts = a->attempts;
  if (!losers_may_take(a)) return false;
  a->state = LOSER;
  a->on_read = NULL;
  a->due_us = clock_now_us() + LOSER_US;
  list_append(&attempts->losers.list, &a->link);
  if (attempts->losers.count++ == 0)
    timer_set(&attempts->losers.timer, a->due_us);
  return true;
}

void attempt_watch_loser(struct attempt *a, attempt_on_read *on_read,
                         void *arg) {
  a->on_read = on_read;
  a->arg = arg;
}

static const struct attempt_end given_up = {.result = ATTEMPT_TRANSPORT};

static void losers_end(struct attempt *a, const struct attempt_end *end,
                       int64_t now_us) {
  list_remove(&a->attempts->losers.list, &a->link);
  a->attempts->losers.count--;
  if (a->on_read) a->on_read(a->arg, end, now_us);
  attempt_free(a);
}

static struct attempt_end losers_end_of(struct intake *intake) {
  if (intake_skip(intake) != RESPONSE_DONE) return given_up;
  int status = intake->response.status;
  bool good = verdict_takes_status(&intake->verdict, status);
  return (struct attempt_end){.result = good ? ATTEMPT_SUCCESS : ATTEMPT_STATUS,
                              .status = status,
                              .whole = true};
}

void attempt_losers_leave(struct attempt *a, int64_t now_us) {
  struct attempt_end end = given_up;
  if (a->on_read) end = losers_end_of(&a->call.intake);
  losers_end(a, &end, now_us);
}

static void losers_give_up(struct attempt *a, int64_t now_us) {
  a->call.kind->cancel(&a->call);
  losers_end(a, &given_up, now_us);
}

static void losers_on_late(void *arg) {
  struct attempts *attempts = arg;
  int64_t now_us = clock_now_us();
  struct attempt *a;
  while ((a = losers_first(attempts)) && now_us >= a->due_us)
    losers_give_up(a, now_us);
  if (a) timer_set(&attempts->losers.timer, a->due_us);
}

void attempt_losers_init(struct attempts *attempts, struct loop *loop) {
  timer_init(&attempts->losers.timer, loop, losers_on_late, attempts);
}

void attempt_losers_clear(struct attempts *attempts) {
  struct attempt *a;
  while ((a = losers_first(attempts))) losers_give_up(a, clock_now_us());
  timer_clear(&attempts->losers.timer);
}
