/* multi: libcurl's multi interface, driven by libevent.
 *
 * libcurl says which descriptors and which timer it wants watched (on_multi_*),
 * we tell it what happened to them (shard_on_socket, shard_on_timer), and what
 * has ended is taken from its queue by shard_deliver: from the loop and never
 * inside one of its callbacks, where adding and removing handles fails
 * silently.
 *
 * - A multi searches its connections linearly, for a new transfer as for each
 *   curl_easy_send and curl_easy_recv. So handles are spread over shards of 64.
 * - A connection that libcurl closes the usual way leaves a TIME_WAIT, and
 *   28,000 ports to one target are soon gone: one that is given up is closed
 *   with SO_LINGER {1, 0}.
 * - A shard is also what is trusted together: libcurl keeps the CAs that it has
 *   parsed with the multi, and the TLS sessions that may be resumed, without
 *   verifying anything again, lie in a share of the shard's own. So another
 *   trust means other shards, and nothing has to be found and forgotten.
 * - A shard whose trust has been retired frees itself when its last handle has
 *   left, in a later turn, since whoever takes the handle off may stand in its
 *   shard_deliver. Until then requests of old snapshots may still use it.
 */
#include "io/multi.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"

enum { SHARD_TRANSFERS = 64 };

/* One descriptor of libcurl's, while it is open. */
struct watch {
  struct event event;
  struct shard *shard;
};

struct shard {
  struct shard *next;
  struct multi *multi;
  struct trust *trust; /* held */
  CURLM *handle;
  CURLSH *share;
  struct timer timer;
  unsigned transfers;
};

struct multi {
  struct loop *loop;
  multi_on_done *on_done;
  void *arg;
  struct shard *shards;
  bool aborting; /* inside multi_abort */
  size_t watch_cap;
  struct watch **watches; /* by descriptor */
};

static void shard_deliver(struct shard *shard) {
  struct multi *multi = shard->multi;
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(shard->handle, &left))) {
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result; /* gone once it is removed */
    if (message->msg != CURLMSG_DONE) continue;
    multi->on_done(multi->arg, shard, easy, (int)code);
  }
}

static void shard_on_socket(evutil_socket_t fd, short what, void *arg) {
  struct watch *watch = arg;
  struct shard *shard = watch->shard;
  int running, mask = 0;
  if (what & EV_READ) mask |= CURL_CSELECT_IN;
  if (what & EV_WRITE) mask |= CURL_CSELECT_OUT;
  curl_multi_socket_action(shard->handle, fd, mask, &running);
  shard_deliver(shard);
}

/* ---- the end of a shard ---- */

static bool is_spent(const struct shard *shard) {
  return shard->transfers == 0 && trust_is_retired(shard->trust);
}

static void shard_free(struct shard *shard) {
  curl_multi_cleanup(shard->handle);
  if (shard->share) curl_share_cleanup(shard->share);
  timer_clear(&shard->timer);
  trust_drop(shard->trust);
  free(shard);
}

static void shard_end(struct shard *shard) {
  struct shard **at = &shard->multi->shards;
  while (*at != shard) at = &(*at)->next;
  *at = shard->next;
  shard_free(shard);
}

const struct trust *shard_trust(const struct shard *shard) {
  return shard->trust;
}

/* ---- its timer ---- */

static void shard_on_timer(void *arg) {
  struct shard *shard = arg;
  int running;
  curl_multi_socket_action(shard->handle, CURL_SOCKET_TIMEOUT, 0, &running);
  shard_deliver(shard);
  if (is_spent(shard)) shard_end(shard);
}

static int on_multi_timer(CURLM *handle, long timeout_ms, void *arg) {
  struct shard *shard = arg;
  (void)handle;
  if (timeout_ms < 0) timer_clear(&shard->timer);
  else timer_set(&shard->timer, clock_now_us() + timeout_ms * 1000);
  return 0;
}

/* Room for that descriptor in the table, which grows with the highest one. */
static bool make_room(struct multi *multi, size_t fd) {
  size_t old = multi->watch_cap, cap = old > 0 ? old : 64;
  void *grown;
  if (fd < old) return true;
  while (cap <= fd) cap *= 2;
  grown = realloc(multi->watches, cap * sizeof(struct watch *));
  if (!grown) return false;
  multi->watches = grown;
  multi->watch_cap = cap;
  memset(multi->watches + old, 0, (cap - old) * sizeof(struct watch *));
  return true;
}

static struct watch *watch_for(struct multi *multi, int fd) {
  struct watch *watch;
  if (fd < 0 || !make_room(multi, (size_t)fd)) return NULL;
  if (multi->watches[fd]) return multi->watches[fd];
  watch = calloc(1, sizeof *watch);
  if (!watch) return NULL;
  event_assign(&watch->event, loop_base(multi->loop), fd, EV_PERSIST,
               shard_on_socket, watch);
  multi->watches[fd] = watch;
  return watch;
}

static int watch_set(struct watch *watch, int fd, short wanted) {
  struct event_base *base = loop_base(watch->shard->multi->loop);
  event_del(&watch->event);
  event_assign(&watch->event, base, fd, wanted, shard_on_socket, watch);
  return event_add(&watch->event, NULL);
}

static void forget_watch(struct multi *multi, int fd) {
  if (fd < 0 || (size_t)fd >= multi->watch_cap || !multi->watches[fd]) return;
  event_del(&multi->watches[fd]->event);
  free(multi->watches[fd]);
  multi->watches[fd] = NULL;
}

/* A socket that is still connecting is closed by libcurl itself, without
 * CLOSESOCKETFUNCTION and before it says REMOVE: a watch must not outlive
 * REMOVE, or the next socket of that number is never heard of. */
static int on_multi_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                           void *unused) {
  struct shard *shard = arg;
  short wanted = EV_PERSIST;
  (void)easy, (void)unused;
  if (what == CURL_POLL_REMOVE) {
    forget_watch(shard->multi, fd);
    return 0;
  }
  struct watch *watch = watch_for(shard->multi, fd);
  if (!watch) return -1;
  watch->shard = shard;
  if (what & CURL_POLL_IN) wanted |= EV_READ;
  if (what & CURL_POLL_OUT) wanted |= EV_WRITE;
  return watch_set(watch, fd, wanted);
}

static int on_close_socket(void *arg, curl_socket_t fd) {
  struct multi *multi = arg;
  struct linger rst = {.l_onoff = 1, .l_linger = 0};
  forget_watch(multi, fd);
  if (multi->aborting) setsockopt(fd, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
  return close(fd);
}

void multi_prepare(struct multi *multi, void *easy) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
}

static void set_options(struct shard *shard) {
  CURLM *handle = shard->handle;
  curl_share_setopt(shard->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, on_multi_socket);
  curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, shard);
  curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, on_multi_timer);
  curl_multi_setopt(handle, CURLMOPT_TIMERDATA, shard);
  curl_multi_setopt(handle, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
  /* CONNECT_ONLY connections count as idle: none is to be closed for that. */
  curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, 4L * SHARD_TRANSFERS);
  curl_multi_setopt(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, 0L);
  curl_multi_setopt(handle, CURLMOPT_MAX_HOST_CONNECTIONS, 0L);
}

static struct shard *shard_new(struct multi *multi, struct trust *trust) {
  struct shard *shard = calloc(1, sizeof *shard);
  if (!shard) return NULL;
  shard->multi = multi;
  shard->trust = trust_hold(trust);
  shard->handle = curl_multi_init();
  shard->share = curl_share_init();
  timer_init(&shard->timer, multi->loop, shard_on_timer, shard);
  if (!shard->handle || !shard->share) {
    shard_free(shard);
    return NULL;
  }
  set_options(shard);
  shard->next = multi->shards;
  multi->shards = shard;
  return shard;
}

static bool may_take(const struct shard *shard, const struct trust *trust) {
  return shard->trust == trust && shard->transfers < SHARD_TRANSFERS;
}

struct shard *multi_add(struct multi *multi, void *easy, struct trust *trust) {
  struct shard *shard = multi->shards;
  while (shard && !may_take(shard, trust)) shard = shard->next;
  if (!shard) shard = shard_new(multi, trust);
  if (!shard) return NULL;
  const char *ca_path = trust_ca_path(trust);
  if (ca_path) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_path);
  curl_easy_setopt(easy, CURLOPT_SHARE, shard->share);
  if (curl_multi_add_handle(shard->handle, easy) != CURLM_OK) return NULL;
  shard->transfers++;
  return shard;
}

void multi_remove(struct shard *shard, void *easy) {
  curl_multi_remove_handle(shard->handle, easy);
  shard->transfers--;
  if (is_spent(shard)) timer_set(&shard->timer, 0);
}

void multi_abort(struct shard *shard, void *easy) {
  shard->multi->aborting = true;
  multi_remove(shard, easy);
  shard->multi->aborting = false;
}

int multi_keep(struct shard *shard, void *easy) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK)
    return -1;
  forget_watch(shard->multi, fd);
  return fd;
}

struct multi *multi_new(struct loop *loop, multi_on_done *on_done, void *arg) {
  struct multi *multi = calloc(1, sizeof *multi);
  if (multi)
    *multi = (struct multi){.loop = loop, .on_done = on_done, .arg = arg};
  return multi;
}

void multi_sweep(struct multi *multi) {
  for (struct shard *shard = multi->shards, *next; shard; shard = next) {
    next = shard->next;
    if (is_spent(shard)) shard_end(shard);
  }
}

void multi_free(struct multi *multi) {
  struct shard *shard;
  if (!multi) return;
  while ((shard = multi->shards)) {
    multi->shards = shard->next;
    shard_free(shard);
  }
  free(multi->watches);
  free(multi);
}
