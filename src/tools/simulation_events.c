/* simulation_events: a heap of what is to happen, the next on top.
 *
 * Nothing is taken out before its time: what no longer matters carries a stamp
 * that is no longer true, and is passed over. */
#include <stdlib.h>
#include <string.h>

#include "tools/simulation_parts.h"

static bool is_before(const struct simulation_event *a,
                      const struct simulation_event *b) {
  return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void events_add(struct events *events, int64_t at_us, happening *happens,
                struct party *of) {
  if (events->count == events->cap) {
    size_t cap = events->cap ? 2 * events->cap : 1024;
    struct simulation_event *heap = realloc(events->heap, cap * sizeof *heap);
    if (!heap) {
      events->failed = true;
      return;
    }
    events->heap = heap;
    events->cap = cap;
  }
  size_t at = events->count++;
  const struct simulation_event event = {at_us, events->order++, happens, of,
                                         of ? of->stamp : 0};
  while (at > 0 && is_before(&event, &events->heap[(at - 1) / 2])) {
    events->heap[at] = events->heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  events->heap[at] = event;
}

static bool take_next(struct events *events, struct simulation_event *event) {
  struct simulation_event *heap = events->heap;
  if (events->count == 0) return false;
  *event = heap[0];
  struct simulation_event last = heap[--events->count];
  size_t at = 0, child;
  while ((child = 2 * at + 1) < events->count) {
    if (child + 1 < events->count && is_before(&heap[child + 1], &heap[child]))
      child++;
    if (!is_before(&heap[child], &last)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return true;
}

bool events_next(struct events *events, struct simulation_event *event) {
  while (take_next(events, event))
    if (!event->of || event->of->stamp == event->stamp) return true;
  return false;
}

void *pool_take(struct pool *pool, size_t size) {
  struct list_link *link = pool->free.first;
  if (link) {
    list_remove(&pool->free, link);
    return list_item(link, struct party, link);
  }
  void *fresh = arena_take(&pool->memory, size);
  return fresh ? memset(fresh, 0, size) : NULL;
}

void pool_give(struct pool *pool, struct party *party) {
  party->stamp++;
  list_prepend(&pool->free, &party->link);
}
