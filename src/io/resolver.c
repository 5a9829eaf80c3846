/* resolver: names become addresses off the request path.
 *
 * getaddrinfo is the only call that knows all that an operator may have set up
 * (hosts file, nsswitch, mDNS, search lists), and it blocks: 5 s and more when
 * a name server is silent. So one thread asks, and everybody else looks at
 * copies. The thread goes through the names by the instant each is due; all
 * that it shares with the loops is under one mutex, which nobody holds for
 * longer than a copy.
 *
 * A change is told by waking every view on its own loop; there the view copies
 * what is new to it and tells its owner. So resolver_get is a plain read of
 * memory that only its own loop writes.
 *
 * Servers rotate their answers. An answer with the addresses that are known
 * already, in whatever order, is no change: else every refresh would make the
 * pools drop good connections.
 *
 * A lookup cannot be interrupted. resolver_free in the midst of one leaves the
 * resolver to the thread, which frees it when the lookup returns; otherwise
 * the thread is idle and is joined. */
#include "io/resolver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "io/clock.h"
#include "io/thread.h"

enum { NAMES_MAX = CONFIG_TARGETS_MAX, HOST_TEXT = 256 };
enum { REFRESH_US = 30000000, RETRY_US = 1000000 };

_Static_assert(NAMES_MAX <= 64, "news of a view are bits of 64");

struct name {
  char host[HOST_TEXT];
  bool numeric;
  int64_t asked_us, due_us;
  unsigned version; /* grows whenever the answer changes */
  struct resolver_answer answer;
};

struct resolver {
  unsigned count; /* fixed before the first view and the thread */
  bool started;
  pthread_t thread;
  pthread_mutex_t mutex;  /* guards all that follows */
  pthread_cond_t changed; /* stopping, or something is due earlier */
  bool stopping, asking, abandoned;
  struct resolver_view *views;
  struct name names[NAMES_MAX];
};

struct resolver_view {
  struct resolver *resolver;
  struct resolver_view *next;
  struct wake *wake;
  void (*on_change)(void *arg, unsigned index);
  void *arg;
  unsigned versions[NAMES_MAX];
  struct resolver_answer answers[NAMES_MAX];
};

/* Answers */

static bool has_address(const struct resolver_answer *answer,
                        const char *address) {
  for (unsigned i = 0; i < answer->count; i++)
    if (strcmp(answer->addresses[i], address) == 0) return true;
  return false;
}

static void add_address(struct resolver_answer *answer, int family,
                        const void *address) {
  char plain[INET6_ADDRSTRLEN], text[RESOLVER_ADDRESS_TEXT] = "";
  if (inet_ntop(family, address, plain, sizeof plain) == NULL) return;
  (void)snprintf(text, sizeof text, family == AF_INET6 ? "[%s]" : "%s", plain);
  if (answer->count == RESOLVER_ADDRESSES_MAX || has_address(answer, text))
    return;
  memcpy(answer->addresses[answer->count++], text, sizeof text);
}

/* Both hold no address twice. */
static bool same_addresses(const struct resolver_answer *a,
                           const struct resolver_answer *b) {
  if (a->count != b->count) return false;
  for (unsigned i = 0; i < a->count; i++)
    if (!has_address(b, a->addresses[i])) return false;
  return true;
}

static void fail_with(struct resolver_answer *answer, const char *why) {
  answer->state = RESOLVER_FAILED;
  (void)snprintf(answer->error, sizeof answer->error, "%s", why);
}

static void add_found(struct resolver_answer *answer,
                      const struct addrinfo *found) {
  const void *at = found->ai_addr;
  if (found->ai_family == AF_INET)
    add_address(answer, AF_INET, &((const struct sockaddr_in *)at)->sin_addr);
  if (found->ai_family == AF_INET6)
    add_address(answer, AF_INET6,
                &((const struct sockaddr_in6 *)at)->sin6_addr);
}

/* Blocks as long as it takes. */
static struct resolver_answer look_up(const char *host) {
  struct resolver_answer answer = {.state = RESOLVER_READY};
  struct addrinfo hints = {.ai_family = AF_UNSPEC,
                           .ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_ADDRCONFIG};
  struct addrinfo *found = NULL;
  int error = getaddrinfo(host, NULL, &hints, &found);
  if (error != 0) {
    fail_with(&answer,
              error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return answer;
  }
  for (struct addrinfo *at = found; at != NULL; at = at->ai_next)
    add_found(&answer, at);
  freeaddrinfo(found);
  if (answer.count == 0) fail_with(&answer, "the name has no address");
  return answer;
}

/* Whether it changes what is known of the name. */
static bool adopt(struct name *name, const struct resolver_answer *fresh) {
  struct resolver_answer *known = &name->answer;
  if (fresh->state == RESOLVER_FAILED) {
    if (known->state == RESOLVER_READY) return false;
    if (known->state == RESOLVER_FAILED &&
        strcmp(known->error, fresh->error) == 0)
      return false;
  } else if (known->state == RESOLVER_READY && same_addresses(known, fresh)) {
    return false;
  }
  uint32_t generation = known->generation;
  *known = *fresh;
  known->generation =
      fresh->state == RESOLVER_READY ? generation + 1 : generation;
  name->version++;
  return true;
}

/* The thread */

static void wake_views(struct resolver *resolver) {
  for (struct resolver_view *view = resolver->views; view != NULL;
       view = view->next)
    wake_send(view->wake);
}

/* The mutex is held before and after, and not while it asks. */
static void ask(struct resolver *resolver, struct name *name) {
  resolver->asking = true;
  name->asked_us = clock_now_us();
  pthread_mutex_unlock(&resolver->mutex);
  struct resolver_answer fresh = look_up(name->host);
  pthread_mutex_lock(&resolver->mutex);
  resolver->asking = false;
  name->due_us = clock_now_us() + REFRESH_US;
  if (adopt(name, &fresh)) wake_views(resolver);
}

static struct name *next_due(struct resolver *resolver) {
  struct name *next = NULL;
  for (struct name *name = resolver->names;
       name < resolver->names + resolver->count; name++)
    if (!name->numeric && (next == NULL || name->due_us < next->due_us))
      next = name;
  return next;
}

static void free_all(struct resolver *resolver) {
  pthread_cond_destroy(&resolver->changed);
  pthread_mutex_destroy(&resolver->mutex);
  free(resolver);
}

static void *run(void *arg) {
  struct resolver *resolver = arg;
  pthread_mutex_lock(&resolver->mutex);
  while (!resolver->stopping) {
    struct name *name = next_due(resolver);
    assert(name != NULL); /* or resolver_start had started no thread */
    if (name->due_us <= clock_now_us()) ask(resolver, name);
    else thread_cond_wait(&resolver->changed, &resolver->mutex, name->due_us);
  }
  bool ours = resolver->abandoned;
  pthread_mutex_unlock(&resolver->mutex);
  if (ours) free_all(resolver);
  return NULL;
}

/* The resolver */

struct resolver *resolver_new(void) {
  struct resolver *resolver = calloc(1, sizeof *resolver);
  if (resolver == NULL) return NULL;
  if (!thread_cond_init(&resolver->changed)) {
    free(resolver);
    return NULL;
  }
  pthread_mutex_init(&resolver->mutex, NULL);
  return resolver;
}

void resolver_free(struct resolver *resolver) {
  if (resolver == NULL) return;
  bool started = resolver->started;
  pthread_t thread = resolver->thread;
  pthread_mutex_lock(&resolver->mutex);
  resolver->stopping = true;
  bool asking = resolver->abandoned = resolver->asking;
  pthread_cond_signal(&resolver->changed);
  pthread_mutex_unlock(&resolver->mutex);
  if (asking) {
    pthread_detach(thread); /* the resolver is the thread's now */
    return;
  }
  if (started) pthread_join(thread, NULL);
  free_all(resolver);
}

static bool read_numeric(struct name *name) {
  unsigned char address[sizeof(struct in6_addr)];
  int family = AF_INET;
  if (inet_pton(family, name->host, address) != 1) family = AF_INET6;
  if (family == AF_INET6 && inet_pton(family, name->host, address) != 1)
    return false;
  name->answer.state = RESOLVER_READY;
  name->answer.generation = 1;
  add_address(&name->answer, family, address);
  return true;
}

bool resolver_add(struct resolver *resolver, struct slice host,
                  unsigned *index) {
  for (*index = 0; *index < resolver->count; ++*index)
    if (slice_equal_nocase(host, slice_of(resolver->names[*index].host)))
      return true;
  if (*index == NAMES_MAX || host.len >= HOST_TEXT) return false;
  struct name *name = &resolver->names[resolver->count++];
  memcpy(name->host, host.at, host.len);
  name->numeric = read_numeric(name);
  return true;
}

bool resolver_start(struct resolver *resolver) {
  if (resolver->started || next_due(resolver) == NULL) return true;
  resolver->started = thread_start(&resolver->thread, run, resolver);
  return resolver->started;
}

/* Views */

/* Copies what the view has not seen. Returns which: a bit for each name. */
static uint64_t copy_news(struct resolver_view *view) {
  struct resolver *resolver = view->resolver;
  uint64_t news = 0;
  pthread_mutex_lock(&resolver->mutex);
  for (unsigned i = 0; i < resolver->count; i++) {
    if (view->versions[i] == resolver->names[i].version) continue;
    view->versions[i] = resolver->names[i].version;
    view->answers[i] = resolver->names[i].answer;
    news |= UINT64_C(1) << i;
  }
  pthread_mutex_unlock(&resolver->mutex);
  return news;
}

static void on_wake(void *arg) {
  struct resolver_view *view = arg;
  uint64_t news = copy_news(view);
  for (unsigned i = 0; i < NAMES_MAX; i++)
    if (news >> i & 1) view->on_change(view->arg, i);
}

struct resolver_view *resolver_view_new(
    struct resolver *resolver, struct loop *loop,
    void (*on_change)(void *arg, unsigned index), void *arg) {
  struct resolver_view *view = calloc(1, sizeof *view);
  if (view == NULL) return NULL;
  view->resolver = resolver;
  view->on_change = on_change;
  view->arg = arg;
  view->wake = wake_new(loop, on_wake, view);
  if (view->wake == NULL) {
    free(view);
    return NULL;
  }
  pthread_mutex_lock(&resolver->mutex);
  for (unsigned i = 0; i < resolver->count; i++) {
    view->versions[i] = resolver->names[i].version;
    view->answers[i] = resolver->names[i].answer;
  }
  view->next = resolver->views;
  resolver->views = view;
  pthread_mutex_unlock(&resolver->mutex);
  return view;
}

void resolver_view_free(struct resolver_view *view) {
  if (view == NULL) return;
  struct resolver *resolver = view->resolver;
  pthread_mutex_lock(&resolver->mutex);
  struct resolver_view **at = &resolver->views;
  while (*at != view) at = &(*at)->next;
  *at = view->next;
  pthread_mutex_unlock(&resolver->mutex);
  wake_free(view->wake);
  free(view);
}

const struct resolver_answer *resolver_get(struct resolver_view *view,
                                           unsigned index) {
  return &view->answers[index];
}

void resolver_want(struct resolver_view *view, unsigned index) {
  struct resolver *resolver = view->resolver;
  struct name *name = &resolver->names[index];
  pthread_mutex_lock(&resolver->mutex);
  int64_t soon_us = name->asked_us + RETRY_US;
  if (!name->numeric && soon_us < name->due_us) {
    name->due_us = soon_us;
    pthread_cond_signal(&resolver->changed);
  }
  pthread_mutex_unlock(&resolver->mutex);
}
