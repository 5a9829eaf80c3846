/* turnstile: one line for each target, over all workers.
 *
 * A worker alone could keep its own in order, but a request that came to a
 * quiet worker would then overtake those that wait in a busy one. So the line
 * is one, and a mutex guards it: nobody takes it but who waits, and they have
 * time. Whether anybody does can be read without. */
#include "io/turnstile.h"

#include "io/leaks.h"

void turnstile_init(struct turnstile *turnstile) {
  *turnstile = (struct turnstile){0};
  pthread_mutex_init(&turnstile->mutex, NULL);
}

void turnstile_clear(struct turnstile *turnstile) {
  leaks_expect_none("places in a line", turnstile->waiting);
  pthread_mutex_destroy(&turnstile->mutex);
}

void turnstile_join(struct turnstile *turnstile,
                    struct turnstile_place *place) {
  pthread_mutex_lock(&turnstile->mutex);
  list_append(&turnstile->line, &place->link);
  pthread_mutex_unlock(&turnstile->mutex);
  atomic_fetch_add(&turnstile->waiting, 1);
}

bool turnstile_leave(struct turnstile *turnstile, struct turnstile_place *place,
                     unsigned *worker) {
  pthread_mutex_lock(&turnstile->mutex);
  bool was_first = turnstile->line.first == &place->link;
  list_remove(&turnstile->line, &place->link);
  struct list_link *first = turnstile->line.first;
  bool is_news = was_first && first;
  if (is_news) *worker = list_item(first, struct turnstile_place, link)->worker;
  pthread_mutex_unlock(&turnstile->mutex);
  atomic_fetch_sub(&turnstile->waiting, 1);
  return is_news;
}

bool turnstile_is_first(struct turnstile *turnstile,
                        const struct turnstile_place *place) {
  pthread_mutex_lock(&turnstile->mutex);
  bool is_first = turnstile->line.first == &place->link;
  pthread_mutex_unlock(&turnstile->mutex);
  return is_first;
}
