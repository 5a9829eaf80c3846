/* aftermath: the end of an attempt that nobody waits for any more.
 *
 * With --losers drain a loser's answer is read, so that its connection can be
 * kept, and then it is known how long it takes, and by how much the hedge was
 * sooner than a primary. By that time the request is long answered, logged and
 * gone. So what is still wanted of it is kept here: whom to teach, where to
 * count, and the lease, since both live as long as their snapshot.
 *
 * What fails, or is given up after a second, has taken longer than until then.
 * It leaves the estimate of what was saved. */
#include "proxy/aftermath.h"

struct aftermath {
  struct aftermath_of of;
  struct slab *slab;
  struct route_tally *tally; /* NULL: nothing was saved */
  struct rescue_saving saving;
};

static void aftermath_note_saved(const struct aftermath *a, bool answered,
                                 int64_t now_us) {
  struct route_tally *tally = a->tally;
  const int64_t known_us = rescue_known_us(&a->saving, now_us);
  if (answered) tally_add(&tally->known_us, (uint64_t)known_us);
  else tally_add(&tally->estimated_us, (uint64_t)a->saving.estimated_us);
}

static void aftermath_on_read(void *arg, const struct attempt_end *end,
                              int64_t now_us) {
  struct aftermath *a = arg;
  const struct aftermath_of *of = &a->of;
  bool answered = attempt_end_is_answer(end, of->final_4xx);
  pilot_read_out(of->pilot, of->place, answered, now_us - of->start_us);
  if (a->tally) aftermath_note_saved(a, answered, now_us);
  lease_give(of->lease);
  slab_give(a->slab, a);
}

void aftermath_slab_init(struct slab *slab) {
  slab_init(slab, sizeof(struct aftermath));
}

struct aftermath *aftermath_await(struct slab *slab, struct attempt *attempt,
                                  const struct aftermath_of *of) {
  struct aftermath *a = slab_take(slab);
  if (!a) return NULL;
  *a = (struct aftermath){.of = *of, .slab = slab};
  lease_take(of->lease);
  attempt_watch_loser(attempt, aftermath_on_read, a);
  return a;
}

void aftermath_measure(struct aftermath *a, struct route_tally *tally,
                       const struct rescue_saving *saving) {
  a->tally = tally;
  a->saving = *saving;
}
