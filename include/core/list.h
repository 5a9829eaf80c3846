/* list: one doubly linked list, threaded through what it holds.
 *
 * Whoever is to be on a list has a struct list_link as a member, one for each
 * list that it may be on at the same time. Nothing is allocated, so nothing
 * fails, and a link knows its neighbours, so it leaves in constant time. A list
 * of all zeros is empty. The list owns nothing: what is on it stays its
 * owner's, who takes it off before it goes. */
#ifndef HEDGEROW_CORE_LIST_H
#define HEDGEROW_CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_link {
  struct list_link *prev, *next;
};

struct list {
  struct list_link *first, *last;
};

/* The struct of this type whose `member` the link is. */
#define list_item(link, type, member)                                          \
  ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* Walks from first to last. The body may take `link` off the list and free what
 * it stands in, but may take off no other. */
#define list_each(link, list)                                                  \
  for (struct list_link *link = (list)->first,                                 \
                        *link##_next = (link) ? (link)->next : NULL;           \
       link; (link) = link##_next, link##_next = (link) ? (link)->next : NULL)

static inline bool list_is_empty(const struct list *list) {
  return !list->first;
}

/* The link is on no list. */
static inline void list_append(struct list *list, struct list_link *link) {
  *link = (struct list_link){.prev = list->last};
  if (list->last) list->last->next = link;
  else list->first = link;
  list->last = link;
}

static inline void list_prepend(struct list *list, struct list_link *link) {
  *link = (struct list_link){.next = list->first};
  if (list->first) list->first->prev = link;
  else list->last = link;
  list->first = link;
}

/* The link is on this very list. */
static inline void list_remove(struct list *list, struct list_link *link) {
  if (link->prev) link->prev->next = link->next;
  else list->first = link->next;
  if (link->next) link->next->prev = link->prev;
  else list->last = link->prev;
}

#endif
