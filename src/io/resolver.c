/* resolver: names become addresses off the request path.
 *
 * getaddrinfo is the only call that knows all that an operator may have set up
 * (hosts file, nsswitch, mDNS, search lists), and it blocks: 5 s and more when
 * a name server is silent. So threads of the resolver ask, and everybody else
 * looks at copies. There are as many threads as names, up to four, so that a
 * name that hangs does not hold up the others. Each takes the name that has
 * been due for longest. All that threads and loops share is under one mutex,
 * which nobody holds for longer than a copy.
 *
 * A change is told by waking every view on its own loop; there the view copies
 * what is new to it and tells its owner. So resolver_get is a plain read of
 * memory that only its own loop writes. The exception is a name that was added
 * a moment ago: the view then copies it on the spot.
 *
 * A name stays in the table for good, as views and kept connections know it by
 * its number; one that nobody uses any more is only not asked again.
 *
 * A lookup cannot be interrupted. resolver_free detaches from the threads that
 * are in the midst of one, and joins the others; the last to let go of the
 * resolver, of its owner and its threads, frees it. */
#include "io/resolver.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/hash.h"
#include "io/clock.h"
#include "io/finder.h"
#include "io/thread.h"

enum { HOST_TEXT = 256, THREADS_MAX = 4 };
enum { REFRESH_US = 30000000, RETRY_US = 1000000 };

struct name {
  char host[HOST_TEXT];
  bool numeric, asking;
  unsigned users; /* adds without a drop; 0: it is not asked */
  int64_t asked_us, due_us;
  unsigned version; /* grows whenever the answer changes */
  struct resolver_answer answer;
};

/* A growing array of pointers to what never moves. */
struct table {
  void **at;
  unsigned count, cap;
};

struct asker {
  struct resolver *resolver;
  pthread_t thread;
  bool asking;
};

struct resolver {
  pthread_mutex_t mutex;  /* guards all that follows */
  pthread_cond_t changed; /* stopping, or something is due earlier */
  bool stopping;
  unsigned users; /* its owner, and its threads */
  unsigned asker_count;
  struct asker askers[THREADS_MAX];
  struct resolver_view *views;
  struct table names; /* struct name */
  struct finder by_host;
  unsigned asked; /* names that are no addresses */
};

/* What a view knows of a name. */
struct known {
  unsigned version;
  bool is_news;
  struct resolver_answer answer;
};

struct resolver_view {
  struct resolver *resolver;
  struct resolver_view *next;
  struct wake *wake;
  void (*on_change)(void *arg, unsigned number);
  void *arg;
  struct table known; /* struct known, by the number of the name */
};

/* ---- tables ---- */

/* A new last element, zeroed, or NULL. */
static void *table_push(struct table *table, size_t size) {
  if (table->count == table->cap) {
    unsigned cap = table->cap ? 2 * table->cap : 16;
    void **grown = realloc(table->at, cap * sizeof *grown);
    if (!grown) return NULL;
    table->at = grown;
    table->cap = cap;
  }
  void *element = calloc(1, size);
  if (element) table->at[table->count++] = element;
  return element;
}

static void table_clear(struct table *table) {
  for (unsigned i = 0; i < table->count; i++) free(table->at[i]);
  free(table->at);
}

static struct name *name_at(const struct resolver *resolver, unsigned number) {
  return resolver->names.at[number];
}

static struct known *known_at(const struct resolver_view *view,
                              unsigned number) {
  return view->known.at[number];
}

/* ---- the threads ---- */

static void wake_views(struct resolver *resolver) {
  for (struct resolver_view *view = resolver->views; view; view = view->next)
    wake_send(view->wake);
}

/* The mutex is held before and after, and not while it asks. */
static void resolver_ask(struct asker *asker, struct name *name) {
  struct resolver *resolver = asker->resolver;
  asker->asking = name->asking = true;
  name->asked_us = clock_now_us();
  pthread_mutex_unlock(&resolver->mutex);
  struct resolver_answer fresh = resolver_answer_look_up(name->host);
  pthread_mutex_lock(&resolver->mutex);
  asker->asking = name->asking = false;
  name->due_us = clock_now_us() + REFRESH_US;
  if (resolver->stopping || !resolver_answer_renew(&name->answer, &fresh))
    return;
  name->version++;
  wake_views(resolver);
}

/* Of those that nobody asks right now; NULL: there is none. */
static struct name *next_due(const struct resolver *resolver) {
  struct name *next = NULL;
  for (unsigned i = 0; i < resolver->names.count; i++) {
    struct name *name = name_at(resolver, i);
    if (name->numeric || name->asking || name->users == 0) continue;
    if (!next || name->due_us < next->due_us) next = name;
  }
  return next;
}

/* With the mutex, which is unlocked. */
static void let_go(struct resolver *resolver) {
  bool last = --resolver->users == 0;
  pthread_mutex_unlock(&resolver->mutex);
  if (!last) return;
  pthread_cond_destroy(&resolver->changed);
  pthread_mutex_destroy(&resolver->mutex);
  table_clear(&resolver->names);
  finder_clear(&resolver->by_host);
  free(resolver);
}

static void *resolver_run(void *arg) {
  struct asker *asker = arg;
  struct resolver *resolver = asker->resolver;
  pthread_mutex_lock(&resolver->mutex);
  while (!resolver->stopping) {
    struct name *name = next_due(resolver);
    int64_t now_us = clock_now_us();
    if (name && name->due_us <= now_us) resolver_ask(asker, name);
    else
      thread_cond_wait(&resolver->changed, &resolver->mutex,
                       name ? name->due_us : now_us + REFRESH_US);
  }
  let_go(resolver);
  return NULL;
}

/* ---- the resolver ---- */

struct resolver *resolver_new(void) {
  struct resolver *resolver = calloc(1, sizeof *resolver);
  if (!resolver) return NULL;
  if (!thread_cond_init(&resolver->changed)) {
    free(resolver);
    return NULL;
  }
  pthread_mutex_init(&resolver->mutex, NULL);
  resolver->users = 1;
  return resolver;
}

void resolver_free(struct resolver *resolver) {
  pthread_t idle[THREADS_MAX];
  unsigned count = 0;
  if (!resolver) return;
  pthread_mutex_lock(&resolver->mutex);
  resolver->stopping = true;
  for (unsigned i = 0; i < resolver->asker_count; i++) {
    if (resolver->askers[i].asking) pthread_detach(resolver->askers[i].thread);
    else idle[count++] = resolver->askers[i].thread;
  }
  pthread_cond_broadcast(&resolver->changed);
  pthread_mutex_unlock(&resolver->mutex);
  while (count > 0) pthread_join(idle[--count], NULL);
  pthread_mutex_lock(&resolver->mutex);
  let_go(resolver);
}

/* A name behind the last one; NULL: no memory. */
static struct name *new_name(struct resolver *resolver, struct slice host) {
  struct name *name = table_push(&resolver->names, sizeof *name);
  if (!name) return NULL;
  memcpy(name->host, host.at, host.len);
  name->numeric = resolver_answer_numeric(&name->answer, name->host);
  name->version = name->numeric;
  resolver->asked += !name->numeric;
  return name;
}

/* The name with that number, a new one if need be; NULL: no memory. One that
 * the finder had no memory for stays, and nobody uses it. */
static struct name *name_for(struct resolver *resolver, struct slice host,
                             unsigned *number) {
  const uint32_t hash = hash_of_nocase(host);
  struct finder_walk walk = finder_begin(hash);
  while (finder_next(&resolver->by_host, &walk, number))
    if (slice_equal_nocase(host, slice_of(name_at(resolver, *number)->host)))
      return name_at(resolver, *number);
  *number = resolver->names.count;
  struct name *name = new_name(resolver, host);
  return name && finder_add(&resolver->by_host, hash, *number) ? name : NULL;
}

/* One more, as long as there are fewer than names to ask. */
static bool start_asker(struct resolver *resolver) {
  if (resolver->asker_count == THREADS_MAX ||
      resolver->asker_count >= resolver->asked)
    return true;
  struct asker *asker = &resolver->askers[resolver->asker_count];
  asker->resolver = resolver;
  if (!thread_start(&asker->thread, resolver_run, asker))
    return resolver->asker_count > 0;
  resolver->asker_count++;
  resolver->users++;
  return true;
}

bool resolver_add(struct resolver *resolver, struct slice host,
                  unsigned *number) {
  if (host.len >= HOST_TEXT) return false;
  pthread_mutex_lock(&resolver->mutex);
  struct name *name = name_for(resolver, host, number);
  bool added = name && start_asker(resolver);
  if (added && name->users++ == 0) {
    name->due_us = 0;
    pthread_cond_signal(&resolver->changed);
    wake_views(resolver);
  }
  pthread_mutex_unlock(&resolver->mutex);
  return added;
}

void resolver_drop(struct resolver *resolver, unsigned number) {
  pthread_mutex_lock(&resolver->mutex);
  name_at(resolver, number)->users--;
  pthread_mutex_unlock(&resolver->mutex);
}

/* ---- views ---- */

/* With the mutex. */
static void view_copy(struct resolver_view *view, unsigned number) {
  const struct name *name = name_at(view->resolver, number);
  struct known *known = known_at(view, number);
  if (known->version == name->version) return;
  known->version = name->version;
  known->answer = name->answer;
  known->is_news = true;
}

/* With the mutex: takes the names over that were added. Without memory for one,
 * the next to ask for it tries again. */
static void view_grow(struct resolver_view *view) {
  while (view->known.count < view->resolver->names.count &&
         table_push(&view->known, sizeof(struct known)))
    view_copy(view, view->known.count - 1);
}

static void view_copy_news(struct resolver_view *view) {
  pthread_mutex_lock(&view->resolver->mutex);
  view_grow(view);
  for (unsigned i = 0; i < view->known.count; i++) view_copy(view, i);
  pthread_mutex_unlock(&view->resolver->mutex);
}

static void view_on_wake(void *arg) {
  struct resolver_view *view = arg;
  view_copy_news(view);
  for (unsigned i = 0; i < view->known.count; i++) {
    if (!known_at(view, i)->is_news) continue;
    known_at(view, i)->is_news = false;
    view->on_change(view->arg, i);
  }
}

struct resolver_view *resolver_view_new(
    struct resolver *resolver, struct loop *loop,
    void (*on_change)(void *arg, unsigned number), void *arg) {
  struct resolver_view *view = calloc(1, sizeof *view);
  if (!view) return NULL;
  *view = (struct resolver_view){
      .resolver = resolver, .on_change = on_change, .arg = arg};
  view->wake = wake_new(loop, view_on_wake, view);
  if (!view->wake) {
    free(view);
    return NULL;
  }
  pthread_mutex_lock(&resolver->mutex);
  view->next = resolver->views;
  resolver->views = view;
  pthread_mutex_unlock(&resolver->mutex);
  view_copy_news(view);
  for (unsigned i = 0; i < view->known.count; i++)
    known_at(view, i)->is_news = false;
  return view;
}

void resolver_view_free(struct resolver_view *view) {
  if (!view) return;
  struct resolver *resolver = view->resolver;
  pthread_mutex_lock(&resolver->mutex);
  struct resolver_view **at = &resolver->views;
  while (*at != view) at = &(*at)->next;
  *at = view->next;
  pthread_mutex_unlock(&resolver->mutex);
  wake_free(view->wake);
  table_clear(&view->known);
  free(view);
}

/* A name that was added since the view looked last is told to the view's owner
 * all the same, by the wake that resolver_add sent. */
const struct resolver_answer *resolver_get(struct resolver_view *view,
                                           unsigned number) {
  static const struct resolver_answer unknown = {.state = RESOLVER_WAITING};
  if (number >= view->known.count) {
    pthread_mutex_lock(&view->resolver->mutex);
    view_grow(view);
    pthread_mutex_unlock(&view->resolver->mutex);
  }
  return number < view->known.count ? &known_at(view, number)->answer
                                    : &unknown;
}

void resolver_want(struct resolver_view *view, unsigned number) {
  struct resolver *resolver = view->resolver;
  pthread_mutex_lock(&resolver->mutex);
  struct name *name = name_at(resolver, number);
  int64_t soon_us = name->asked_us + RETRY_US;
  if (!name->numeric && soon_us < name->due_us) {
    name->due_us = soon_us;
    pthread_cond_signal(&resolver->changed);
  }
  pthread_mutex_unlock(&resolver->mutex);
}
