/* simulation_events: a heap of what is to happen, the next on top.
 *
 * Nothing is taken out before its time: what no longer matters carries a stamp
 * that is no longer true. */
#include <stdlib.h>

#include "tools/simulation_parts.h"

static bool is_before(const struct simulation_event *a,
                      const struct simulation_event *b) {
  return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void events_add(struct events *events, struct simulation_event event) {
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
  event.order = events->order++;
  while (at > 0 && is_before(&event, &events->heap[(at - 1) / 2])) {
    events->heap[at] = events->heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  events->heap[at] = event;
}

bool events_next(struct events *events, struct simulation_event *event) {
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
