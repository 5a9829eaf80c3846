/* upstream: attempts on the wire, in HTTP/1.1 of our own.
 *
 *   attempt_start -> admitted? -> a kept wire? -------------> ASKING -> on_done
 *                       | no          | no                       ^
 *                    refused       name known? ----> DIALING ----+
 *                                     | no
 *                                  NAMELESS, for --connect-timeout
 *
 * A request is put together in the loop's scratch, from where its parts stand:
 * the target's base, the exchange's bytes, a few constants. So nothing has to
 * be kept for a resend. The answer is read into one buffer, whose head
 * and body go to the client from there; core/http_response finds them and
 * core/verdict judges them as they arrive, and the attempt ends as soon as its
 * verdict is certain.
 *
 * A kept connection may have been closed by the upstream while the request was
 * on its way. If it ends before any byte of an answer, the request is sent once
 * more, on a fresh connection: the same attempt, a resend (RFC 9112, section
 * 9.3.1; a GET is idempotent).
 *
 * attempt_start calls nobody back: what fails at once, fails in a later turn.
 * The deadlines of requests are the policies' business. */
#include "io/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http_response.h"
#include "core/verdict.h"
#include "io/clock.h"
#include "io/dial.h"
#include "io/slab.h"
#include "io/wire.h"

enum {
  SCRATCH_BYTES = 64 * 1024, /* what one read may bring beyond a buffer */
  REQUEST_PARTS = BASE_URL_PIECES + 6,
  NUMBER_BYTES = 16,
  DRAIN_US = 1000000,       /* bounds of --losers drain: time, */
  DRAIN_BYTES = 256 * 1024, /* bytes, */
  DRAIN_MAX = 1024,         /* and how many at once */
};

enum attempt_state {
  NAMELESS, /* waits for its target's addresses, or to fail in a later turn */
  DIALING,
  ASKING,   /* the request goes out, the answer comes in */
  DRAINING, /* a loser whose answer is read so that its wire can be kept */
};

struct attempt {
  struct upstream *upstream;
  struct attempt *prev, *next; /* in the line of its state */
  enum attempt_state state;
  struct attempt_request request;
  attempt_on_done *on_done;
  void *arg;
  unsigned index, resends;
  uint32_t generation; /* of the addresses it dials */
  bool sent_all;
  size_t sent;    /* bytes of the request */
  int64_t due_us; /* when it stops being nameless, or draining */
  int64_t first_byte_us;
  struct dial *dial;
  struct wire *wire;
  struct buffer bytes; /* the answer */
  size_t judged;       /* bytes of the body that the verdict has seen */
  struct http_response response;
  struct verdict verdict;
};

/* Attempts in the order in which they joined. */
struct line {
  struct attempt *first, *last;
  unsigned count;
};

struct upstream {
  const struct config *config;
  struct upstream_shared *shared;
  struct blocks *blocks;
  struct dialer *dialer;
  struct wires *wires;
  struct resolver_view *names;
  struct slab attempts;
  struct line nameless, draining;
  struct timer name_timer, drain_timer;
  int64_t name_due_us; /* what name_timer is set to; INT64_MAX: nothing */
  size_t usual[CONFIG_TARGETS_MAX];     /* the size of the answer before */
  char *host_lines[CONFIG_TARGETS_MAX]; /* " HTTP/1.1\r\nHost: ...\r\n" */
  char scratch[SCRATCH_BYTES];
};

static const char no_memory[] = "no memory was free";
static const char no_buffer[] =
    "no buffer was free for the answer (--max-buffered)";
static const char head_too_large[] =
    "the answer's head is larger than --max-upstream-head";

/* ---- lines ---- */

static void join(struct line *line, struct attempt *a) {
  a->next = NULL;
  a->prev = line->last;
  if (a->prev) a->prev->next = a;
  else line->first = a;
  line->last = a;
  line->count++;
}

static void leave(struct line *line, struct attempt *a) {
  if (a->prev) a->prev->next = a->next;
  else line->first = a->next;
  if (a->next) a->next->prev = a->prev;
  else line->last = a->prev;
  line->count--;
}

/* ---- how it ends ---- */

static _Atomic int64_t *in_flight_to(struct upstream *upstream,
                                     unsigned target) {
  return &upstream->shared->attempts[target].in_flight;
}

/* Not in flight any more: its place is free for the next attempt. */
static void land(struct attempt *a) {
  atomic_fetch_sub_explicit(in_flight_to(a->upstream, a->request.target), 1,
                            memory_order_relaxed);
}

static void recycle(struct attempt *a) {
  struct upstream *upstream = a->upstream;
  buffer_clear(&a->bytes);
  slab_give(&upstream->attempts, a);
}

/* The answer may be whole although its verdict came early (a short 503, say):
 * then its connection is as good as any. With bytes behind it, it is not. */
static bool may_be_kept(struct attempt *a) {
  struct stream *stream = wire_stream(a->wire);
  enum http_progress progress;
  if (!a->sent_all || a->bytes.len == 0) return false;
  do progress = http_response_read(&a->response, a->bytes.at, &a->bytes.len);
  while (progress == HTTP_HEAD || progress == HTTP_BODY);
  return progress == HTTP_DONE && a->response.keep_alive &&
         a->response.used == a->bytes.len &&
         (!stream_is_tls(stream) ||
          (!stream_is_retired(stream) && stream_is_silent(stream)));
}

static void release_wire(struct attempt *a, int64_t now_us) {
  if (!a->wire) return;
  if (may_be_kept(a)) wire_give_back(a->wire, now_us);
  else wire_close(a->wire);
  a->wire = NULL;
}

static void report(struct attempt *a, int64_t now_us) {
  const struct http_response *response = &a->response;
  struct attempt_reply reply = {
      .end = a->verdict.end,
      .bytes = buffer_take(&a->bytes),
      .first_byte_us = a->first_byte_us,
      .end_us = now_us,
      .resends = a->resends,
      .error = a->verdict.error,
  };
  if (reply.end.whole) {
    const char *at = reply.bytes.at;
    reply.head = (struct slice){at + response->head_at, response->head_len - 2};
    reply.body = (struct slice){at + response->body_at, response->body_len};
  } else {
    buffer_clear(&reply.bytes);
  }
  a->on_done(a->arg, a->index, &reply);
  buffer_clear(&reply.bytes);
}

/* The one exit of an attempt that was not cancelled. */
static void finish(struct attempt *a) {
  int64_t now_us = clock_now_us();
  a->upstream->usual[a->request.target] = a->bytes.len;
  release_wire(a, now_us);
  land(a);
  if (a->state == DRAINING) leave(&a->upstream->draining, a);
  else report(a, now_us);
  recycle(a);
}

static void fail(struct attempt *a, enum attempt_result result,
                 const char *why) {
  verdict_broken(&a->verdict, result, why);
  finish(a);
}

/* ---- waiting for a name, or for the next turn ---- */

static void arm_name_timer(struct upstream *upstream, int64_t due_us) {
  if (due_us >= upstream->name_due_us) return;
  upstream->name_due_us = due_us;
  timer_set(&upstream->name_timer, due_us);
}

static void wait_until(struct attempt *a, int64_t due_us) {
  a->state = NAMELESS;
  a->due_us = due_us;
  join(&a->upstream->nameless, a);
  arm_name_timer(a->upstream, due_us);
}

static void fail_later(struct attempt *a, enum attempt_result result,
                       const char *why) {
  verdict_broken(&a->verdict, result, why);
  wait_until(a, 0);
}

/* ---- the answer ---- */

static bool too_large(struct attempt *a) {
  verdict_broken(&a->verdict, ATTEMPT_TOO_LARGE, head_too_large);
  return false;
}

static bool judge_head(struct attempt *a) {
  if (a->response.head_len >
      (size_t)a->upstream->config->max_upstream_head_bytes)
    return too_large(a);
  return verdict_head(&a->verdict, &a->response, a->bytes.at);
}

static bool judge_body(struct attempt *a) {
  const char *body = a->bytes.at + a->response.body_at;
  size_t from = a->judged;
  a->judged = a->response.body_len;
  return verdict_body(&a->verdict, body + from, a->judged - from);
}

/* A head, or interim heads, that never end. */
static bool judge_rest(struct attempt *a) {
  size_t cap = (size_t)a->upstream->config->max_upstream_head_bytes;
  if (a->response.head_len == 0 && a->bytes.len > cap) return too_large(a);
  return true;
}

/* Looks at what has come. False: the verdict is certain. */
static bool judge(struct attempt *a) {
  bool open = true;
  while (open) {
    switch (http_response_read(&a->response, a->bytes.at, &a->bytes.len)) {
      case HTTP_MORE: return judge_rest(a);
      case HTTP_HEAD: open = judge_head(a); break;
      case HTTP_BODY: open = judge_body(a); break;
      case HTTP_DONE:
        verdict_end(&a->verdict);
        open = false;
        break;
      case HTTP_BAD:
        verdict_broken(&a->verdict, ATTEMPT_TRANSPORT, a->response.why);
        open = false;
        break;
    }
  }
  return false;
}

/* A draining answer is only read to its end. False: it is there, or too far. */
static bool drain(struct attempt *a) {
  enum http_progress progress;
  do progress = http_response_read(&a->response, a->bytes.at, &a->bytes.len);
  while (progress == HTTP_HEAD || progress == HTTP_BODY);
  return progress == HTTP_MORE && a->bytes.len <= DRAIN_BYTES;
}

/* ---- reading ---- */

/* Answers of one target are often alike, and where the last one would fit, the
 * next need not be moved. */
static bool make_first_room(struct attempt *a) {
  size_t usual = a->upstream->usual[a->request.target];
  if (usual > SCRATCH_BYTES) usual = SCRATCH_BYTES;
  return (usual > BLOCK_BYTES && buffer_reserve(&a->bytes, usual)) ||
         buffer_reserve(&a->bytes, BLOCK_BYTES);
}

/* One read: into the buffer, and what is too much for it by way of the scratch,
 * so that a large answer needs neither a second call nor a buffer made before
 * its length is known. n > 0: that many came; 0: no buffer is free. */
static ssize_t receive(struct attempt *a) {
  struct upstream *upstream = a->upstream;
  struct buffer *bytes = &a->bytes;
  struct iovec parts[2] = {{0}, {upstream->scratch, SCRATCH_BYTES}};
  size_t room, n;
  ssize_t got;
  if (bytes->cap == 0 && !make_first_room(a)) return 0;
  room = bytes->cap - bytes->len;
  parts[0] = (struct iovec){bytes->at + bytes->len, room};
  got = room > 0 ? stream_recv(wire_stream(a->wire), parts, 2)
                 : stream_recv(wire_stream(a->wire), parts + 1, 1);
  if (got < 0) return got;
  n = (size_t)got;
  bytes->len += n < room ? n : room;
  if (n > room && !buffer_add(bytes, upstream->scratch, n - room)) return 0;
  return got;
}

static void connect_freshly(struct attempt *a);

/* No answer will come on this wire, or no more of it. */
static void on_broken(struct attempt *a, const char *why) {
  bool resend = a->first_byte_us == 0 && wire_was_kept(a->wire) &&
                a->resends == 0 && a->state == ASKING;
  if (!resend) {
    fail(a, ATTEMPT_TRANSPORT, why);
    return;
  }
  wire_close(a->wire);
  a->wire = NULL;
  a->resends = 1;
  connect_freshly(a);
}

static void on_ended(struct attempt *a) {
  if (a->first_byte_us == 0) {
    on_broken(a, "the upstream closed the connection without an answer");
    return;
  }
  if (http_response_end(&a->response) == HTTP_DONE) verdict_end(&a->verdict);
  else verdict_broken(&a->verdict, ATTEMPT_TRANSPORT, a->response.why);
  finish(a);
}

/* One read brought n, or what receive says. False: the attempt has ended, or
 * nothing more is to be read now. */
static bool take(struct attempt *a, ssize_t n) {
  if (n == STREAM_AGAIN) return false;
  if (n == STREAM_ENDED) {
    on_ended(a);
  } else if (n == STREAM_BROKEN) {
    on_broken(a, "the connection to the upstream broke");
  } else if (n == 0) {
    fail(a, ATTEMPT_REFUSED, no_buffer);
  } else {
    if (a->first_byte_us == 0) a->first_byte_us = clock_now_us();
    if (a->state == DRAINING ? drain(a) : judge(a))
      return stream_is_tls(wire_stream(a->wire));
    finish(a);
  }
  return false;
}

static void on_readable(void *arg) {
  struct attempt *a = arg;
  while (take(a, receive(a))) continue;
}

/* ---- asking ---- */

static struct iovec part_of(struct slice s) {
  return (struct iovec){(char *)(uintptr_t)s.at, s.len};
}

/* The whole request; number is room for Hedge-Attempt's line. */
static unsigned request_parts(const struct attempt *a, char *number,
                              struct iovec parts[REQUEST_PARTS]) {
  const struct attempt_request *request = &a->request;
  const struct upstream *upstream = a->upstream;
  struct slice pieces[BASE_URL_PIECES];
  unsigned count = 0;
  struct text line;
  text_init(&line, number, NUMBER_BYTES);
  text_int(&line, request->hedge_attempt);
  text_str(&line, "\r\n\r\n");
  base_url_pieces(&upstream->config->targets[request->target], request->rest,
                  request->query, pieces);
  parts[count++] = part_of(slice_of("GET "));
  for (unsigned i = 0; i < BASE_URL_PIECES; i++)
    if (pieces[i].len > 0) parts[count++] = part_of(pieces[i]);
  parts[count++] = part_of(slice_of(upstream->host_lines[request->target]));
  parts[count++] = part_of(request->common);
  if (request->credentials.len > 0)
    parts[count++] = part_of(request->credentials);
  parts[count++] = part_of(slice_of("Hedge-Attempt: "));
  parts[count++] = part_of(text_slice_of(&line));
  return count;
}

/* Leaves out the first n bytes; returns the parts that are left. */
static unsigned skip(struct iovec *parts, unsigned count, size_t n) {
  unsigned first = 0;
  while (first < count && n >= parts[first].iov_len)
    n -= parts[first++].iov_len;
  memmove(parts, parts + first, (count - first) * sizeof *parts);
  if (first == count) return 0;
  parts[0].iov_base = (char *)parts[0].iov_base + n;
  parts[0].iov_len -= n;
  return count - first;
}

/* The kernel takes one part sooner than nine, and over TLS every part would be
 * a record of its own: so they are joined. */
static unsigned joined(struct upstream *upstream, struct iovec *parts,
                       unsigned count) {
  size_t len = 0;
  for (unsigned i = 0; i < count; i++) {
    if (parts[i].iov_len > SCRATCH_BYTES - len) break;
    memcpy(upstream->scratch + len, parts[i].iov_base, parts[i].iov_len);
    len += parts[i].iov_len;
  }
  if (len == 0) return count; /* one huge piece: as it stands */
  parts[0] = (struct iovec){upstream->scratch, len};
  return 1;
}

/* Writes what is left of the request. False: the wire is broken. */
static bool ask(struct attempt *a) {
  struct stream *stream = wire_stream(a->wire);
  struct iovec parts[REQUEST_PARTS];
  char number[NUMBER_BYTES];
  ssize_t n;
  for (;;) {
    unsigned count = request_parts(a, number, parts);
    count = skip(parts, count, a->sent);
    a->sent_all = count == 0;
    if (a->sent_all) return true;
    count = joined(a->upstream, parts, count);
    n = stream_send(stream, parts, count);
    if (n == STREAM_AGAIN) return wire_await_room(a->wire);
    if (n < 0) return false;
    a->sent += (size_t)n;
  }
}

/* Nobody takes the rest of the request; but an answer may lie before the reset
 * (a 413, say). */
static void on_not_taken(struct attempt *a) {
  ssize_t n = receive(a);
  if (n == STREAM_AGAIN) on_broken(a, "the upstream did not take the request");
  else if (take(a, n)) on_readable(a);
}

static void on_writable(void *arg) {
  struct attempt *a = arg;
  if (!ask(a)) on_not_taken(a);
}

static void use_wire(struct attempt *a, struct wire *wire) {
  a->state = ASKING;
  a->wire = wire;
  a->sent = 0;
  a->sent_all = false;
}

/* ---- connecting ---- */

static const struct resolver_answer *addresses(const struct attempt *a) {
  struct upstream *upstream = a->upstream;
  return resolver_get(upstream->names,
                      upstream->shared->host[a->request.target]);
}

static void on_dialed(void *arg, const struct stream *stream,
                      enum attempt_result result, const char *why) {
  struct attempt *a = arg;
  struct wire *wire;
  a->dial = NULL;
  if (!stream) { /* the name may have moved */
    resolver_want(a->upstream->names,
                  a->upstream->shared->host[a->request.target]);
    fail(a, result, why);
    return;
  }
  wire =
      wire_new(a->upstream->wires, stream, a->request.target, a->generation, a);
  if (!wire) {
    fail(a, ATTEMPT_REFUSED, no_memory);
    return;
  }
  use_wire(a, wire);
  if (!ask(a)) on_not_taken(a);
}

static void connect_freshly(struct attempt *a) {
  struct upstream *upstream = a->upstream;
  const struct resolver_answer *answer = addresses(a);
  unsigned target = a->request.target;
  a->state = DIALING;
  a->generation = answer->generation;
  a->dial = dial_start(upstream->dialer, target, upstream->shared->host[target],
                       answer, on_dialed, a);
  if (!a->dial) fail_later(a, ATTEMPT_REFUSED, no_memory);
}

/* On a kept wire if there is one, else on a new one. */
static void connect(struct attempt *a) {
  struct wire *wire = wire_take(a->upstream->wires, a->request.target,
                                addresses(a)->generation, a);
  if (!wire) {
    connect_freshly(a);
    return;
  }
  use_wire(a, wire);
  if (ask(a)) return;
  wire_close(wire); /* it was kept, and had died: a resend */
  a->wire = NULL;
  a->resends = 1;
  connect_freshly(a);
}

/* ---- names ---- */

static void wait_for_name(struct attempt *a) {
  struct upstream *upstream = a->upstream;
  if (addresses(a)->state == RESOLVER_FAILED) {
    resolver_want(upstream->names, upstream->shared->host[a->request.target]);
    wait_until(a, 0);
  } else {
    wait_until(a, clock_now_us() + upstream->config->connect_timeout_us);
  }
}

static void fail_unnamed(struct attempt *a) {
  const struct resolver_answer *answer = addresses(a);
  char why[128];
  if (a->verdict.error[0]) { /* fail_later has said why */
    finish(a);
    return;
  }
  if (answer->state == RESOLVER_FAILED)
    snprintf(why, sizeof why, "the target's name does not resolve: %s",
             answer->error);
  else
    snprintf(why, sizeof why,
             "the target's name was not resolved within "
             "--connect-timeout");
  fail(a, ATTEMPT_TRANSPORT, why);
}

/* Takes the first that need wait no longer out of the line, or NULL. */
static struct attempt *next_named(struct upstream *upstream, int64_t now_us) {
  for (struct attempt *a = upstream->nameless.first; a; a = a->next) {
    if (addresses(a)->state == RESOLVER_WAITING && now_us < a->due_us) continue;
    leave(&upstream->nameless, a);
    return a;
  }
  return NULL;
}

/* One at a time from the start: an end may cancel others in the line. */
static void look_at_nameless(struct upstream *upstream) {
  int64_t now_us = clock_now_us();
  struct attempt *a;
  while ((a = next_named(upstream, now_us))) {
    if (addresses(a)->state == RESOLVER_READY && !a->verdict.error[0])
      connect(a);
    else fail_unnamed(a);
  }
}

static void on_name_timer(void *arg) {
  struct upstream *upstream = arg;
  upstream->name_due_us = INT64_MAX;
  look_at_nameless(upstream);
  for (struct attempt *a = upstream->nameless.first; a; a = a->next)
    arm_name_timer(upstream, a->due_us);
}

static void on_name_change(void *arg, unsigned index) {
  (void)index;
  look_at_nameless(arg);
}

/* ---- the interface ---- */

/* A primary may fill the cap; hedges leave an eighth of it to primaries. */
static bool admit(struct upstream *upstream,
                  const struct attempt_request *request) {
  _Atomic int64_t *in_flight = in_flight_to(upstream, request->target);
  int64_t cap = upstream->config->max_attempts;
  if (request->hedge) cap -= cap / 8;
  if (atomic_fetch_add_explicit(in_flight, 1, memory_order_relaxed) < cap)
    return true;
  atomic_fetch_sub_explicit(in_flight, 1, memory_order_relaxed);
  return false;
}

static void prepare(struct attempt *a, struct upstream *upstream,
                    const struct attempt_request *request) {
  const struct config *config = upstream->config;
  a->upstream = upstream;
  a->request = *request;
  a->resends = 0;
  a->first_byte_us = 0;
  a->dial = NULL;
  a->wire = NULL;
  a->bytes = (struct buffer){.blocks = upstream->blocks};
  a->judged = 0;
  http_response_init(&a->response);
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
  a = slab_take(&upstream->attempts);
  if (!a) {
    atomic_fetch_sub_explicit(in_flight_to(upstream, request->target), 1,
                              memory_order_relaxed);
    *why = no_memory;
    return NULL;
  }
  prepare(a, upstream, request);
  a->on_done = on_done;
  a->arg = arg;
  a->index = index;
  if (addresses(a)->state == RESOLVER_READY) connect(a);
  else wait_for_name(a);
  return a;
}

/* ---- losers ---- */

static void on_drain_timer(void *arg) {
  struct upstream *upstream = arg;
  int64_t now_us = clock_now_us();
  struct attempt *a;
  while ((a = upstream->draining.first) && now_us >= a->due_us) finish(a);
  if (a) timer_set(&upstream->drain_timer, a->due_us);
}

/* Its request is out, and the client's bytes are not needed any more. */
static bool may_drain(const struct attempt *a) {
  return a->upstream->config->losers == CONFIG_LOSERS_DRAIN &&
         a->state == ASKING && a->sent_all &&
         a->upstream->draining.count < DRAIN_MAX;
}

static void start_draining(struct attempt *a) {
  struct upstream *upstream = a->upstream;
  a->state = DRAINING;
  a->due_us = clock_now_us() + DRAIN_US;
  if (upstream->draining.count == 0)
    timer_set(&upstream->drain_timer, a->due_us);
  join(&upstream->draining, a);
}

void attempt_cancel(struct attempt *a) {
  if (may_drain(a)) {
    start_draining(a);
    return;
  }
  if (a->state == NAMELESS) leave(&a->upstream->nameless, a);
  if (a->dial) dial_cancel(a->dial);
  if (a->wire) wire_close(a->wire);
  land(a);
  recycle(a);
}

/* ---- life ---- */

bool upstream_shared_init(struct upstream_shared *shared,
                          const struct config *config,
                          struct resolver *resolver) {
  *shared = (struct upstream_shared){0};
  for (unsigned i = 0; i < config->to_count + config->all_count; i++)
    if (!resolver_add(resolver, config->targets[i].host, &shared->host[i]))
      return false;
  return true;
}

static bool make_host_lines(struct upstream *upstream) {
  static const char before[] = " HTTP/1.1\r\nHost: ";
  const struct config *config = upstream->config;
  for (unsigned i = 0; i < config->to_count + config->all_count; i++) {
    struct slice authority = config->targets[i].authority;
    size_t size = sizeof before + authority.len + 2;
    char *line = malloc(size);
    if (!line) return false;
    snprintf(line, size, "%s%.*s\r\n", before, SLICE_ARG(authority));
    upstream->host_lines[i] = line;
  }
  return true;
}

struct upstream *upstream_new(struct loop *loop, const struct config *config,
                              struct resolver *resolver,
                              struct upstream_shared *shared,
                              struct blocks *blocks, char *error,
                              size_t error_cap) {
  struct wire_user user = {.on_readable = on_readable,
                           .on_writable = on_writable};
  struct upstream *upstream = calloc(1, sizeof *upstream);
  if (!upstream) goto fail;
  upstream->config = config;
  upstream->shared = shared;
  upstream->blocks = blocks;
  upstream->name_due_us = INT64_MAX;
  slab_init(&upstream->attempts, sizeof(struct attempt));
  timer_init(&upstream->name_timer, loop, on_name_timer, upstream);
  timer_init(&upstream->drain_timer, loop, on_drain_timer, upstream);
  upstream->dialer = dialer_new(loop, config);
  upstream->wires = wires_new(loop, &user);
  upstream->names = resolver_view_new(resolver, loop, on_name_change, upstream);
  if (upstream->dialer && upstream->wires && upstream->names &&
      make_host_lines(upstream))
    return upstream;
  upstream_free(upstream);
fail:
  snprintf(error, error_cap, "no memory for the upstream's connections");
  return NULL;
}

void upstream_trust(struct upstream *upstream,
                    struct credentials *credentials) {
  dialer_trust(upstream->dialer, credentials);
  wires_close_retired(upstream->wires);
}

void upstream_free(struct upstream *upstream) {
  struct attempt *a;
  while ((a = upstream->draining.first)) finish(a);
  timer_clear(&upstream->name_timer);
  timer_clear(&upstream->drain_timer);
  wires_free(upstream->wires);
  dialer_free(upstream->dialer);
  if (upstream->names) resolver_view_free(upstream->names);
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++)
    free(upstream->host_lines[i]);
  slab_clear(&upstream->attempts);
  free(upstream);
}
