/* upstream: attempts, as libcurl transfers.
 *
 *   attempt_start --> admitted? --> name known? --> transfer --> on_done
 *                        | no           | no          |
 *                     refused         waits, for   attempt_cancel: removed, its
 *                                  --connect-timeout  connection closes
 *
 * libcurl keeps the connections, speaks HTTP/1.1 and TLS, and calls us with the
 * lines of the head and the bytes of the body; core/verdict judges them, and a
 * callback that returns STOP ends the transfer as soon as its verdict is
 * certain. The callbacks never call out: ends arrive by multi's on_done.
 *
 * Names are resolved elsewhere (io/resolver), since libcurl would block or need
 * a thread per look-up. CONNECT_TO sends the connection to an alias,
 * "h<host>-<generation>", and RESOLVE gives that alias all the addresses: so
 * libcurl tries them in turn (RFC 8305), and connections to addresses that have
 * gone are never reused. TLS still verifies the name of the URL.
 *
 * The deadlines of requests are the policies' business; the only clock here is
 * --connect-timeout's. */
#include "io/upstream.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/verdict.h"
#include "io/clock.h"
#include "io/multi.h"

enum {
  SENDS_MAX = 3,             /* the request, and resends of it */
  BACKSTOP_MS = 3600 * 1000, /* should a policy ever forget an attempt */
  ALIAS_BYTES = 40,
  RESOLVE_BYTES = RESOLVER_ADDRESSES_MAX * (RESOLVER_ADDRESS_TEXT + 1) + 64,
};

struct attempt {
  struct upstream *upstream;
  struct attempt *next; /* among those that wait, or that are free */
  struct shard *shard;  /* NULL: it waits for its target's name */
  CURL *easy;
  struct curl_slist *fields, *connect_to, *resolve;
  attempt_on_done *on_done;
  void *arg;
  unsigned index, target;
  int64_t due_us; /* when it stops waiting for a name */
  unsigned sends;
  bool head_done;
  struct verdict verdict;
  struct attempt_reply reply;
  char curl_error[CURL_ERROR_SIZE];
};

struct upstream {
  const struct config *config;
  struct upstream_shared *shared;
  struct multi *multi;
  struct resolver_view *names;
  struct attempt *free, *waiting;
  struct timer wait_timer;
  struct buffer scratch; /* for strings that libcurl wants with a NUL */
  char *urls[CONFIG_TARGETS_MAX];
};

/* ---- what libcurl tells of an answer ---- */

static const size_t STOP = 0;

static bool keep_head(struct attempt *a, struct slice line) {
  size_t cap = (size_t)a->upstream->config->max_upstream_head_bytes;
  if (a->reply.head.len + line.len > cap) {
    verdict_broken(&a->verdict, ATTEMPT_TOO_LARGE,
                   "the answer's head is larger than --max-upstream-head");
    return false;
  }
  if (buffer_add(&a->reply.head, line.at, line.len)) return true;
  verdict_broken(&a->verdict, ATTEMPT_REFUSED,
                 "no buffer was free for the answer (--max-buffered)");
  return false;
}

/* "HTTP/1.1 200 OK": libcurl has checked its form. */
static int status_of(struct slice head) {
  const char *space = memchr(head.at, ' ', head.len);
  if (!space || space + 4 > head.at + head.len) return 0;
  return (space[1] - '0') * 100 + (space[2] - '0') * 10 + (space[3] - '0');
}

static bool end_of_head(struct attempt *a) {
  struct slice head = buffer_slice(&a->reply.head);
  const char *line_end = memchr(head.at, '\n', head.len);
  int status = status_of(head);
  if (!line_end) return false;
  if (status >= 100 && status <= 199 && status != 101) return true;
  a->head_done = true;
  return verdict_head(&a->verdict, status,
                      slice_from(head, (size_t)(line_end - head.at) + 1));
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg) {
  struct attempt *a = arg;
  struct slice line = {bytes, size * count};
  bool go_on;
  if (a->reply.first_byte_us == 0) a->reply.first_byte_us = clock_now_us();
  if (a->head_done) return line.len; /* a trailer */
  if (slice_starts_with(line, slice_of("HTTP/"))) a->reply.head.len = 0;
  if (line.len == 0 || line.at[0] == '\r' || line.at[0] == '\n')
    go_on = end_of_head(a);
  else go_on = keep_head(a, line);
  return go_on ? line.len : STOP;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg) {
  struct attempt *a = arg;
  size_t len = size * count;
  if (!verdict_body(&a->verdict, bytes, len)) return STOP;
  if (buffer_add(&a->reply.body, bytes, len)) return len;
  verdict_broken(&a->verdict, ATTEMPT_REFUSED,
                 "no buffer was free for the answer (--max-buffered)");
  return STOP;
}

/* Called when a request is about to go out. A second call means that the kept
 * connection of the first had died, and libcurl took another one. */
static int on_send(void *arg, char *to, char *from, int to_port,
                   int from_port) {
  struct attempt *a = arg;
  (void)to, (void)from, (void)to_port, (void)from_port;
  return ++a->sends <= SENDS_MAX ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* ---- an attempt's handle, made once and used again ---- */

static void set_lasting_options(struct attempt *a) {
  const struct config *config = a->upstream->config;
  CURL *easy = a->easy;
  multi_prepare(a->upstream->multi, easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, a);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, a->curl_error);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (config->ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   (long)(config->connect_timeout_us / 1000));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)BACKSTOP_MS);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, a);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, a);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, a);
}

static struct attempt *attempt_new(struct upstream *upstream) {
  struct attempt *a = upstream->free;
  if (a) {
    upstream->free = a->next;
    return a;
  }
  a = calloc(1, sizeof *a);
  if (!a) return NULL;
  a->upstream = upstream;
  a->easy = curl_easy_init();
  if (!a->easy) {
    free(a);
    return NULL;
  }
  set_lasting_options(a);
  return a;
}

static void free_lists(struct attempt *a) {
  curl_easy_setopt(a->easy, CURLOPT_HTTPHEADER, NULL);
  curl_easy_setopt(a->easy, CURLOPT_CONNECT_TO, NULL);
  curl_easy_setopt(a->easy, CURLOPT_RESOLVE, NULL);
  curl_slist_free_all(a->fields);
  curl_slist_free_all(a->connect_to);
  curl_slist_free_all(a->resolve);
  a->fields = a->connect_to = a->resolve = NULL;
}

/* Not in flight any more: its place is free for the next attempt. */
static void land(struct attempt *a) {
  atomic_fetch_sub_explicit(&a->upstream->shared->in_flight[a->target], 1,
                            memory_order_relaxed);
}

/* Gives everything of the request back; the handle waits for the next. */
static void recycle(struct attempt *a) {
  struct upstream *upstream = a->upstream;
  free_lists(a);
  buffer_clear(&a->reply.head);
  buffer_clear(&a->reply.body);
  a->next = upstream->free;
  upstream->free = a;
}

/* ---- how it ended ---- */

static void broken(struct attempt *a, const char *what, const char *detail) {
  char why[VERDICT_ERROR_TEXT];
  snprintf(why, sizeof why, "%.80s%s%.100s", what, *detail ? ": " : "", detail);
  verdict_broken(&a->verdict, ATTEMPT_TRANSPORT, why);
}

static const char *os_error(struct attempt *a) {
  long error = 0;
  curl_easy_getinfo(a->easy, CURLINFO_OS_ERRNO, &error);
  return error ? strerror((int)error) : "";
}

static bool was_connected(struct attempt *a) { return a->sends > 0; }

/* libcurl's error text names the alias where it names a host, so it is shown
 * only where it speaks of certificates and handshakes. */
static void judge_error(struct attempt *a, CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      broken(a, "could not connect", os_error(a));
      break;
    case CURLE_OPERATION_TIMEDOUT:
      if (was_connected(a)) broken(a, "the upstream took too long", "");
      else broken(a, "no connection within --connect-timeout", "");
      break;
    case CURLE_PEER_FAILED_VERIFICATION:
      broken(a, "the upstream's certificate was not accepted (see --ca-file)",
             a->curl_error);
      break;
    case CURLE_SSL_CONNECT_ERROR:
      broken(a, "the TLS handshake failed", a->curl_error);
      break;
    case CURLE_GOT_NOTHING:
      broken(a, "the upstream closed the connection without an answer", "");
      break;
    case CURLE_PARTIAL_FILE:
      broken(a, "the body was cut: the connection closed before its end", "");
      break;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      broken(a, "the answer is not HTTP/1.1", "");
      break;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      broken(a, "the connection broke", os_error(a));
      break;
    case CURLE_OUT_OF_MEMORY:
      verdict_broken(&a->verdict, ATTEMPT_REFUSED, "no memory was free");
      break;
    default:
      broken(a, "the answer could not be read", curl_easy_strerror(code));
  }
}

static void judge(struct attempt *a, CURLcode code) {
  bool judged = a->verdict.error[0] != '\0';
  bool is_4xx = a->verdict.end.status / 100 == 4;
  if (code == CURLE_OK && a->head_done && (!judged || is_4xx))
    verdict_end(&a->verdict);
  else if (!judged || (is_4xx && code != CURLE_WRITE_ERROR))
    judge_error(a, code);
}

/* The one exit of an attempt that was not cancelled. */
static void finish(struct attempt *a) {
  struct attempt_reply *reply = &a->reply;
  reply->end = a->verdict.end;
  reply->end_us = clock_now_us();
  reply->resends = a->sends > 1 ? a->sends - 1 : 0;
  memcpy(reply->error, a->verdict.error, sizeof a->verdict.error);
  if (!reply->end.whole) {
    buffer_clear(&reply->head);
    buffer_clear(&reply->body);
  }
  land(a);
  a->on_done(a->arg, a->index, reply);
  recycle(a);
}

static void on_transfer_done(void *arg, void *easy, int code) {
  struct attempt *a;
  (void)arg;
  if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&a) != CURLE_OK)
    return;
  judge(a, (CURLcode)code);
  finish(a);
}

/* ---- how it starts ---- */

/* The list with one more line, or NULL, the list freed. */
static struct curl_slist *append(struct curl_slist *list, const char *line) {
  struct curl_slist *longer = curl_slist_append(list, line);
  if (!longer) curl_slist_free_all(list);
  return longer;
}

/* A copy with a NUL behind it, valid until the next call. */
static char *scratch_copy(struct upstream *upstream, struct slice bytes,
                          const char *tail) {
  struct buffer *scratch = &upstream->scratch;
  scratch->len = 0;
  if (!buffer_add(scratch, bytes.at, bytes.len) ||
      !buffer_add(scratch, tail, strlen(tail) + 1))
    return NULL;
  return scratch->at;
}

/* Field lines as libcurl takes them: "Name: value", and "Name;" for an empty
 * value, since "Name:" would remove a field. */
static struct curl_slist *field_list(struct upstream *upstream,
                                     struct slice fields) {
  struct curl_slist *list = NULL;
  while (fields.len > 0) {
    const char *end = memchr(fields.at, '\r', fields.len);
    size_t len = end ? (size_t)(end - fields.at) : fields.len;
    const char *colon = memchr(fields.at, ':', len);
    size_t name_len = colon ? (size_t)(colon - fields.at) : len;
    bool empty = len <= name_len + 2;
    char *line = scratch_copy(upstream,
                              (struct slice){fields.at, empty ? name_len : len},
                              empty ? ";" : "");
    list = line ? append(list, line) : NULL;
    if (!list) return NULL;
    fields = slice_from(fields, len + 2 < fields.len ? len + 2 : fields.len);
  }
  return list;
}

static bool set_request(struct attempt *a,
                        const struct attempt_request *request) {
  struct upstream *upstream = a->upstream;
  char *path = scratch_copy(upstream, request->path, "");
  if (!path || curl_easy_setopt(a->easy, CURLOPT_REQUEST_TARGET, path) ||
      curl_easy_setopt(a->easy, CURLOPT_URL, upstream->urls[request->target]))
    return false;
  a->fields = field_list(upstream, request->fields);
  return a->fields &&
         curl_easy_setopt(a->easy, CURLOPT_HTTPHEADER, a->fields) == CURLE_OK;
}

static bool set_addresses(struct attempt *a,
                          const struct resolver_answer *answer) {
  unsigned host = a->upstream->shared->host[a->target];
  unsigned port = a->upstream->config->targets[a->target].port;
  char alias[ALIAS_BYTES], line[RESOLVE_BYTES];
  size_t len;
  snprintf(alias, sizeof alias, "h%u-%u", host, answer->generation);
  snprintf(line, sizeof line, "::%s:%u", alias, port);
  a->connect_to = curl_slist_append(NULL, line);
  len = (size_t)snprintf(line, sizeof line, "%s:%u:", alias, port);
  for (unsigned i = 0; i < answer->count && len < sizeof line; i++)
    len += (size_t)snprintf(line + len, sizeof line - len, "%s%s",
                            i > 0 ? "," : "", answer->addresses[i]);
  a->resolve = curl_slist_append(NULL, line);
  curl_easy_setopt(a->easy, CURLOPT_CONNECT_TO, a->connect_to);
  curl_easy_setopt(a->easy, CURLOPT_RESOLVE, a->resolve);
  return a->connect_to && a->resolve;
}

static const struct resolver_answer *answer_for(struct attempt *a) {
  return resolver_get(a->upstream->names, a->upstream->shared->host[a->target]);
}

static bool transfer(struct attempt *a) {
  if (!set_addresses(a, answer_for(a))) return false;
  a->shard = multi_add(a->upstream->multi, a->easy);
  return a->shard != NULL;
}

/* ---- waiting for a name ---- */

static void arm_wait_timer(struct upstream *upstream) {
  int64_t due_us = INT64_MAX;
  for (struct attempt *a = upstream->waiting; a; a = a->next)
    if (a->due_us < due_us) due_us = a->due_us;
  if (upstream->waiting) timer_set(&upstream->wait_timer, due_us);
}

static void wait_for_name(struct attempt *a) {
  struct upstream *upstream = a->upstream;
  a->due_us = clock_now_us() + upstream->config->connect_timeout_us;
  if (answer_for(a)->state == RESOLVER_FAILED) {
    a->due_us = 0; /* at once, but not from inside attempt_start */
    resolver_want(upstream->names, upstream->shared->host[a->target]);
  }
  a->next = upstream->waiting;
  upstream->waiting = a;
  arm_wait_timer(upstream);
}

static void fail_unnamed(struct attempt *a) {
  const struct resolver_answer *answer = answer_for(a);
  if (answer->state == RESOLVER_FAILED)
    broken(a, "the target's name does not resolve", answer->error);
  else
    broken(a, "the target's name was not resolved within --connect-timeout",
           "");
  finish(a);
}

/* Unhooks one that need wait no longer, or NULL. */
static struct attempt *next_ready(struct upstream *upstream, int64_t now_us) {
  for (struct attempt **at = &upstream->waiting; *at; at = &(*at)->next) {
    struct attempt *a = *at;
    if (answer_for(a)->state == RESOLVER_WAITING && now_us < a->due_us)
      continue;
    *at = a->next;
    return a;
  }
  return NULL;
}

/* One at a time from the list's start: an end may cancel others in it. */
static void look_at_waiting(struct upstream *upstream) {
  int64_t now_us = clock_now_us();
  struct attempt *a;
  while ((a = next_ready(upstream, now_us))) {
    if (answer_for(a)->state != RESOLVER_READY) {
      fail_unnamed(a);
    } else if (!transfer(a)) {
      verdict_broken(&a->verdict, ATTEMPT_REFUSED, "no memory was free");
      finish(a);
    }
  }
  arm_wait_timer(upstream);
}

static void on_wait_timer(void *arg) { look_at_waiting(arg); }

static void on_name_change(void *arg, unsigned index) {
  (void)index;
  look_at_waiting(arg);
}

static void forget_waiting(struct attempt *a) {
  struct attempt **at = &a->upstream->waiting;
  while (*at && *at != a) at = &(*at)->next;
  if (*at) *at = a->next;
}

/* ---- the interface ---- */

/* A primary may fill the cap; hedges leave an eighth of it to primaries. */
static bool admit(struct upstream *upstream,
                  const struct attempt_request *request) {
  _Atomic int64_t *in_flight = &upstream->shared->in_flight[request->target];
  int64_t cap = upstream->config->max_attempts;
  if (request->hedge) cap -= cap / 8;
  if (atomic_fetch_add_explicit(in_flight, 1, memory_order_relaxed) < cap)
    return true;
  atomic_fetch_sub_explicit(in_flight, 1, memory_order_relaxed);
  return false;
}

static void prepare(struct attempt *a, const struct attempt_request *request) {
  const struct config *config = a->upstream->config;
  struct budget *budget = a->upstream->shared->budget;
  a->target = request->target;
  a->shard = NULL;
  a->sends = 0;
  a->head_done = false;
  a->curl_error[0] = '\0';
  a->reply =
      (struct attempt_reply){.head.budget = budget, .body.budget = budget};
  verdict_init(&a->verdict, (uint64_t)config->max_body_bytes,
               (unsigned)config->max_depth);
}

struct attempt *attempt_start(struct upstream *upstream,
                              const struct attempt_request *request,
                              attempt_on_done *on_done, void *arg,
                              unsigned index, const char **why) {
  struct attempt *a;
  *why = "too many attempts are in flight to this target (--max-attempts)";
  if (!admit(upstream, request)) return NULL;
  *why = "no memory was free";
  a = attempt_new(upstream);
  if (!a) {
    atomic_fetch_sub_explicit(&upstream->shared->in_flight[request->target], 1,
                              memory_order_relaxed);
    return NULL;
  }
  prepare(a, request);
  a->on_done = on_done;
  a->arg = arg;
  a->index = index;
  if (!set_request(a, request)) goto fail;
  if (answer_for(a)->state != RESOLVER_READY) wait_for_name(a);
  else if (!transfer(a)) goto fail;
  return a;
fail:
  land(a);
  recycle(a);
  return NULL;
}

void attempt_cancel(struct attempt *a) {
  if (a->shard) multi_cancel(a->shard, a->easy);
  else forget_waiting(a);
  land(a);
  recycle(a);
}

bool upstream_shared_init(struct upstream_shared *shared,
                          const struct config *config,
                          struct resolver *resolver, struct budget *budget) {
  *shared = (struct upstream_shared){.budget = budget};
  for (unsigned i = 0; i < config->to_count + config->all_count; i++)
    if (!resolver_add(resolver, config->targets[i].host, &shared->host[i]))
      return false;
  return true;
}

static bool make_urls(struct upstream *upstream) {
  const struct config *config = upstream->config;
  for (unsigned i = 0; i < config->to_count + config->all_count; i++) {
    const struct target *target = &config->targets[i];
    size_t size = target->authority.len + sizeof "https:///";
    char *url = malloc(size);
    if (!url) return false;
    snprintf(url, size, "%s://%.*s/", target->tls ? "https" : "http",
             SLICE_ARG(target->authority));
    upstream->urls[i] = url;
  }
  return true;
}

struct upstream *upstream_new(struct loop *loop, const struct config *config,
                              struct resolver *resolver,
                              struct upstream_shared *shared, char *error,
                              size_t error_cap) {
  struct upstream *upstream = calloc(1, sizeof *upstream);
  if (!upstream) goto fail;
  upstream->config = config;
  upstream->shared = shared;
  timer_init(&upstream->wait_timer, loop, on_wait_timer, upstream);
  upstream->multi = multi_new(loop, on_transfer_done, upstream);
  upstream->names = resolver_view_new(resolver, loop, on_name_change, upstream);
  if (upstream->multi && upstream->names && make_urls(upstream))
    return upstream;
  upstream_free(upstream);
fail:
  snprintf(error, error_cap, "no memory for the upstream's connections");
  return NULL;
}

void upstream_free(struct upstream *upstream) {
  struct attempt *a;
  while ((a = upstream->free)) {
    upstream->free = a->next;
    curl_easy_cleanup(a->easy);
    free(a);
  }
  timer_clear(&upstream->wait_timer);
  multi_free(upstream->multi);
  if (upstream->names) resolver_view_free(upstream->names);
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++) free(upstream->urls[i]);
  buffer_clear(&upstream->scratch);
  free(upstream);
}
