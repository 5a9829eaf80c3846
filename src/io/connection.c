/* connection: the front end. One read, one parse, one writev a request.
 *
 * We read HTTP/1.1 ourselves, strictly, since lenient readers in front of other
 * servers are what request smuggling is made of (docs/decisions.md has the
 * measurements that ruled evhttp out). The bytes of a request are parsed where
 * the kernel put them: in the front's scratch buffer, which all connections of
 * a loop share. Only what is left over after the last whole request is copied
 * into a buffer of the connection's own, so an idle connection, and one that
 * waits for its answer, holds none.
 *
 * Reading stays on while an answer is pending, because an end of file or an
 * error then means that the client has left, and the race behind it must stop.
 * Bytes that arrive meanwhile (pipelined requests) are kept up to a watermark;
 * above it we stop reading, and the client's own socket buffer fills up.
 *
 * Requests are handed over one at a time, from `serve`, which is the only loop
 * that does so: an answer given inside on_request returns to it, an answer
 * given later enters it anew. So the stack stays flat however many requests are
 * pipelined, and the front's one http_request is free again when serve comes
 * round. A connection that dies inside serve is freed by whoever called serve.
 *
 * The timer is lazy: deadlines move back with every request, so it is touched
 * only when a deadline moves forward, and looks again when it fires. */
#include "io/connection.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "io/clock.h"
#include "io/slab.h"

enum {
  SCRATCH_BYTES = 64 * 1024,
  READ_BYTES = 16 * 1024,      /* room for one read behind what is kept */
  WATERMARK_BYTES = 64 * 1024, /* of input kept while an answer is pending */
  TURN_REQUESTS = 32, /* answered for one client before the others' turn */
  LINGER_US = 1000000,
};

enum state {
  READING,   /* waits for a request, or for the rest of one */
  PENDING,   /* a request was handed over; its answer is awaited */
  WRITING,   /* an answer is on its way out */
  LINGERING, /* all is said; reads on until the client has closed */
  DEAD,      /* closed inside serve, which frees it */
};

/* What is left of an answer that the kernel did not take at once. */
struct outbox {
  void (*on_sent)(void *arg);
  void *arg;
  char *head; /* a copy of what was left of the head */
  unsigned first, count;
  struct iovec parts[]; /* [first, count) are to be written */
};

struct connection {
  struct front *front;
  struct connection *prev, *next;
  int fd;
  enum state state;
  bool serving; /* inside serve */
  bool closes;  /* ends after the current answer */
  bool lingers; /* ... and the client may still be sending */
  bool keeps_1_0;
  bool paused;    /* not reading */
  bool behind;    /* `in` may hold whole requests, for the next turn */
  bool partial;   /* a request has begun to arrive */
  bool continued; /* 100 Continue has been sent for the current request */
  struct event readable, writable;
  struct timer timer;
  int64_t deadline_us; /* INT64_MAX: none */
  int64_t armed_us;    /* what the timer is set to */
  struct buffer in;    /* what is left over of the input */
  size_t scanned;      /* how far http_head_scan has come in it */
  size_t wanted;       /* head and body of the current request; 0: unknown */
  struct outbox *out;
  void (*on_gone)(void *arg);
  void *gone_arg;
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } peer;
};

struct front {
  struct loop *loop;
  struct front_handler handler;
  struct front_limits limits;
  struct blocks *blocks;
  struct connection *first;
  unsigned count;
  int64_t idle_us; /* how long a connection may wait for its next request */
  bool draining;
  struct slab slab;
  struct http_request request; /* the one that serve is busy with */
  char scratch[SCRATCH_BYTES];
  char peer_text[INET6_ADDRSTRLEN + 8];
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_timer(void *arg);

/* ---- deadlines ---- */

static void set_deadline(struct connection *c, int64_t due_us) {
  c->deadline_us = due_us;
  if (due_us >= c->armed_us) return;
  c->armed_us = due_us;
  timer_set(&c->timer, due_us);
}

/* ---- life and death ---- */

static void link_in(struct front *front, struct connection *c) {
  c->front = front;
  c->next = front->first;
  if (c->next) c->next->prev = c;
  front->first = c;
  front->count++;
}

static void unlink_from(struct front *front, struct connection *c) {
  if (c->prev) c->prev->next = c->next;
  else front->first = c->next;
  if (c->next) c->next->prev = c->prev;
  front->count--;
}

static void release_outbox(struct connection *c) {
  struct outbox *out = c->out;
  if (!out) return;
  c->out = NULL;
  if (out->on_sent) out->on_sent(out->arg);
  free(out->head);
  free(out);
}

static void tell_gone(struct connection *c) {
  void (*on_gone)(void *arg) = c->on_gone;
  c->on_gone = NULL;
  if (on_gone) on_gone(c->gone_arg);
}

/* The connection has ended: whoever waits for it is told. */
static void shut(struct connection *c) {
  event_del(&c->readable);
  event_del(&c->writable);
  timer_clear(&c->timer);
  close(c->fd);
  unlink_from(c->front, c);
  c->state = DEAD;
  tell_gone(c);
  release_outbox(c);
}

static void bury(struct connection *c) {
  struct front *front = c->front;
  buffer_clear(&c->in);
  slab_give(&front->slab, c);
  front->handler.on_closed(front->handler.arg);
}

/* The one exit. Inside serve, which still needs it, only half of it. */
static void close_connection(struct connection *c) {
  shut(c);
  if (!c->serving) bury(c);
}

void connection_reset(struct connection *c) {
  struct linger rst = {.l_onoff = 1, .l_linger = 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
  c->on_gone = NULL;
  close_connection(c);
}

bool front_accept(struct front *front, int fd, const struct sockaddr *peer) {
  struct connection *c = slab_take(&front->slab);
  struct event_base *base = loop_base(front->loop);
  if (!c) {
    close(fd);
    return false;
  }
  *c = (struct connection){
      .fd = fd, .in.blocks = front->blocks, .armed_us = INT64_MAX};
  memcpy(&c->peer, peer,
         peer->sa_family == AF_INET6 ? sizeof c->peer.v6 : sizeof c->peer.v4);
  event_assign(&c->readable, base, fd, EV_READ | EV_PERSIST, on_readable, c);
  event_assign(&c->writable, base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
  if (event_add(&c->readable, NULL) < 0) {
    close(fd);
    slab_give(&front->slab, c);
    return false;
  }
  timer_init(&c->timer, front->loop, on_timer, c);
  link_in(front, c);
  set_deadline(c, clock_now_us() + (front->draining
                                        ? front->idle_us
                                        : front->limits.header_timeout_us));
  return true;
}

struct front *front_new(struct loop *loop, const struct front_handler *handler,
                        const struct front_limits *limits,
                        struct blocks *blocks) {
  struct front *front = malloc(sizeof *front);
  if (!front) return NULL;
  front->loop = loop;
  front->handler = *handler;
  front->limits = *limits;
  front->blocks = blocks;
  front->first = NULL;
  front->count = 0;
  front->draining = false;
  front->idle_us = limits->keepalive_timeout_us;
  slab_init(&front->slab, sizeof(struct connection));
  return front;
}

void front_free(struct front *front) {
  struct connection *c, *next;
  for (c = front->first; c; c = next) {
    next = c->next;
    shut(c);
    bury(c);
  }
  slab_clear(&front->slab);
  free(front);
}

unsigned front_count(const struct front *front) { return front->count; }

void front_drain(struct front *front, int64_t grace_us) {
  int64_t until_us = clock_now_us() + grace_us;
  front->draining = true;
  if (grace_us < front->idle_us) front->idle_us = grace_us;
  for (struct connection *c = front->first; c; c = c->next)
    if (c->state == READING && c->in.len == 0 && c->deadline_us > until_us)
      set_deadline(c, until_us);
}

/* ---- what the answer's head must say ---- */

bool connection_closes(const struct connection *c) {
  return c->closes || c->front->draining;
}

bool connection_keeps_1_0(const struct connection *c) {
  return c->keeps_1_0 && !connection_closes(c);
}

const char *connection_peer(const struct connection *c) {
  char *text = c->front->peer_text;
  char address[INET6_ADDRSTRLEN] = "?";
  bool v6 = c->peer.any.sa_family == AF_INET6;
  if (v6) inet_ntop(AF_INET6, &c->peer.v6.sin6_addr, address, sizeof address);
  else inet_ntop(AF_INET, &c->peer.v4.sin_addr, address, sizeof address);
  snprintf(text, sizeof c->front->peer_text, v6 ? "[%s]:%u" : "%s:%u", address,
           ntohs(v6 ? c->peer.v6.sin6_port : c->peer.v4.sin_port));
  return text;
}

void connection_await(struct connection *c, void (*on_gone)(void *arg),
                      void *arg) {
  c->on_gone = on_gone;
  c->gone_arg = arg;
}

/* ---- from bytes to requests ---- */

/* Leaves the bytes to the kernel. Meanwhile a departure goes unseen: behind a
 * full receive buffer TCP would not even deliver the client's FIN. */
static void pause_reading(struct connection *c) {
  if (!c->paused) event_del(&c->readable);
  c->paused = true;
}

/* Where the kernel has no memory for that, all that is left is to end. */
static void resume_reading(struct connection *c) {
  if (!c->paused) return;
  c->paused = event_add(&c->readable, NULL) < 0;
  if (c->paused) set_deadline(c, clock_now_us());
}

static void request_begins_anew(struct connection *c) {
  c->scanned = c->wanted = 0;
  c->partial = c->continued = false;
}

/* What came is no request, or not one that we take. */
static void refuse(struct connection *c, int status, const char *why) {
  struct front *front = c->front;
  c->state = PENDING;
  c->closes = c->lingers = true;
  c->keeps_1_0 = false;
  c->deadline_us = INT64_MAX;
  front->handler.on_bad_request(front->handler.arg, c, &front->request, status,
                                why);
}

/* The same, when not even its first words could be read. */
static void refuse_unread(struct connection *c, int status, const char *why) {
  c->front->request.method_name = (struct slice){0};
  c->front->request.target = (struct slice){0};
  refuse(c, status, why);
}

static void hand_over(struct connection *c, struct slice body) {
  const struct front_handler *handler = &c->front->handler;
  const struct http_request *request = &c->front->request;
  c->state = PENDING;
  c->closes |= !request->keep_alive;
  c->keeps_1_0 = request->http_1_0 && request->keep_alive;
  c->deadline_us = INT64_MAX;
  request_begins_anew(c);
  handler->on_request(handler->arg, c, request, body);
}

/* RFC 9110, section 10.1.1: the client holds its body back until it is asked
 * for it. Should the kernel not take these few bytes, the client will send it
 * all the same, a little later. */
static void send_continue(struct connection *c) {
  static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  if (c->continued || !c->front->request.expects_continue) return;
  c->continued = send(c->fd, text, sizeof text - 1, MSG_NOSIGNAL) > 0;
}

/* The head stands whole at the front of bytes. */
static size_t take_body(struct connection *c, struct slice bytes,
                        size_t head_len) {
  const struct front_handler *handler = &c->front->handler;
  const struct http_request *request = &c->front->request;
  size_t limit, length = 0;
  if (request->content_length > 0) {
    limit = handler->body_limit(handler->arg, request);
    if (limit > 0 && request->content_length > limit) {
      refuse(c, 413, "the request body is larger than --max-request-body");
      return bytes.len;
    }
    if (limit > 0) length = (size_t)request->content_length;
    else c->closes = c->lingers = true; /* it stays unread */
  }
  if (bytes.len < head_len + length) {
    c->wanted = head_len + length;
    c->scanned = 0; /* the head is read again when the body is whole */
    send_continue(c);
    set_deadline(c, clock_now_us() + c->front->limits.keepalive_timeout_us);
    return 0;
  }
  hand_over(c, (struct slice){bytes.at + head_len, length});
  return head_len + length;
}

/* Takes one request off the front of bytes. Returns how many bytes were used;
 * 0: more must come. */
static size_t take_request(struct connection *c, struct slice bytes) {
  struct front *front = c->front;
  const char *why = "";
  size_t head_len = 0;
  enum http_scan scan;
  int status;
  if (bytes.len < c->wanted) return 0;
  scan = http_head_scan(bytes.at, bytes.len, &c->scanned, &head_len);
  if (scan == HTTP_SCAN_BAD) {
    refuse_unread(c, 400,
                  "a byte that no request head may hold (lines end "
                  "with CRLF; is this HTTP, not TLS?)");
    return bytes.len;
  }
  if ((scan == HTTP_SCAN_MORE ? bytes.len : head_len) >
      front->limits.head_bytes) {
    refuse_unread(c, 431, "the request head is larger than --max-head");
    return bytes.len;
  }
  if (scan == HTTP_SCAN_MORE) return 0;
  status =
      http_request_parse(&front->request, (struct slice){bytes.at, head_len},
                         &front->limits.request, &why);
  if (status == 0) return take_body(c, bytes, head_len);
  refuse(c, status, why);
  return bytes.len;
}

/* Hands over request after request, as long as answers come at once. Returns
 * how many bytes were used. */
static size_t serve(struct connection *c, struct slice bytes) {
  size_t used = 0, n = 1;
  unsigned taken = 0;
  c->serving = true;
  while (c->state == READING && used < bytes.len && n > 0 &&
         taken++ < TURN_REQUESTS) {
    n = take_request(c, slice_from(bytes, used));
    used += n;
  }
  c->behind = c->state == READING && used < bytes.len && n > 0;
  c->serving = false;
  return used;
}

/* Empty lines in front of a request (RFC 9112, section 2.2) are no beginning of
 * one: some clients end a request with one too many. */
static bool is_blank(struct slice bytes) {
  for (size_t i = 0; i < bytes.len; i++)
    if (bytes.at[i] != '\r' && bytes.at[i] != '\n') return false;
  return true;
}

/* What is left in c->in has been looked at: what now? */
static void after_serve(struct connection *c) {
  if (c->state == DEAD) {
    bury(c);
    return;
  }
  if (c->state == LINGERING || c->in.len == 0) buffer_clear(&c->in);
  if (c->in.len == 0) return;
  if (c->behind) {
    pause_reading(c);
    set_deadline(c, clock_now_us());
    return;
  }
  if (c->state == READING && c->wanted == 0 && !c->partial &&
      !is_blank(buffer_slice(&c->in))) {
    c->partial = true;
    set_deadline(c, clock_now_us() + c->front->limits.header_timeout_us);
  }
  if (c->state != READING && c->in.len >= WATERMARK_BYTES) pause_reading(c);
}

static void serve_kept(struct connection *c) {
  size_t used = serve(c, buffer_slice(&c->in));
  if (c->state != DEAD) buffer_drop(&c->in, used);
  after_serve(c);
}

/* There is no room for what came. A request that is being answered still gets
 * its answer, as the connection's last one. */
static void lose_input(struct connection *c) {
  c->behind = false;
  if (c->state == READING)
    refuse_unread(c, 503, "no buffer is free for this request");
  else c->closes = c->lingers = true;
}

static void serve_scratch(struct connection *c, size_t len) {
  struct slice bytes = {c->front->scratch, len};
  size_t used = serve(c, bytes);
  if (c->state != DEAD && c->state != LINGERING &&
      !buffer_add(&c->in, bytes.at + used, len - used)) {
    lose_input(c);
    return;
  }
  after_serve(c);
}

/* ---- reading ---- */

static bool would_block(ssize_t n) {
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void read_scratch(struct connection *c) {
  struct front *front = c->front;
  ssize_t n = recv(c->fd, front->scratch, sizeof front->scratch, 0);
  if (would_block(n)) return;
  if (n <= 0) close_connection(c);
  else if (c->state != LINGERING) serve_scratch(c, (size_t)n);
}

static void read_kept(struct connection *c) {
  size_t room = READ_BYTES;
  ssize_t n;
  /* As much again as has come: a length alone claims no memory. */
  if (c->wanted > c->in.len + room && c->in.len > room) room = c->in.len;
  if (!buffer_reserve(&c->in, room)) {
    if (c->state == READING)
      refuse_unread(c, 503, "no buffer is free for this request");
    else pause_reading(c);
    return;
  }
  n = recv(c->fd, c->in.at + c->in.len, room, 0);
  if (would_block(n)) return;
  if (n <= 0) {
    close_connection(c);
    return;
  }
  c->in.len += (size_t)n;
  serve_kept(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg) {
  struct connection *c = arg;
  (void)fd, (void)what;
  if (c->in.len == 0) read_scratch(c);
  else read_kept(c);
}

/* ---- writing ---- */

/* All of an answer is in the kernel's hands. */
static void after_answer(struct connection *c) {
  release_outbox(c);
  if (!c->closes) {
    c->state = READING;
    set_deadline(c, clock_now_us() + c->front->idle_us);
    resume_reading(c);
    if (!c->serving && c->in.len > 0) serve_kept(c);
    return;
  }
  if (!c->lingers && !c->front->draining && c->in.len == 0) {
    close_connection(c);
    return;
  }
  /* A close with unread input would send a RST, which may destroy the answer
   * before the client has read it (RFC 9112, section 9.6). */
  shutdown(c->fd, SHUT_WR);
  c->state = LINGERING;
  if (!c->serving) buffer_clear(&c->in);
  set_deadline(c, clock_now_us() + LINGER_US);
  resume_reading(c);
}

/* Returns the bytes written; 0 when the kernel takes none now; -1: broken. */
static ssize_t send_parts(int fd, struct iovec *parts, size_t count) {
  struct msghdr message = {.msg_iov = parts,
                           .msg_iovlen = count < IOV_MAX ? count : IOV_MAX};
  ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
  return would_block(n) ? 0 : n;
}

/* Forgets the first n bytes of what is to be written. */
static void advance(struct outbox *out, size_t n) {
  struct iovec *part = &out->parts[out->first];
  while (out->first < out->count && n >= part->iov_len) {
    n -= part->iov_len;
    out->first++;
    part++;
  }
  if (out->first == out->count) return;
  part->iov_base = (char *)part->iov_base + n;
  part->iov_len -= n;
}

static struct outbox *outbox_new(const struct iovec *parts, unsigned count,
                                 size_t written) {
  struct outbox *out = calloc(1, sizeof *out + count * sizeof *parts);
  if (!out) return NULL;
  out->count = count;
  memcpy(out->parts, parts, count * sizeof *parts);
  advance(out, written);
  if (out->first > 0) return out;
  out->head = malloc(out->parts[0].iov_len);
  if (!out->head) {
    free(out);
    return NULL;
  }
  memcpy(out->head, out->parts[0].iov_base, out->parts[0].iov_len);
  out->parts[0].iov_base = out->head;
  return out;
}

static size_t bytes_in(const struct iovec *parts, unsigned count) {
  size_t sum = 0;
  for (unsigned i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

static void wait_for_room(struct connection *c) {
  set_deadline(c, clock_now_us() + c->front->limits.write_timeout_us);
}

void connection_answer(struct connection *c, const struct iovec *parts,
                       unsigned count, void (*on_sent)(void *arg), void *arg) {
  /* sendmsg does not write to the parts, but its type cannot say so. */
  ssize_t n = send_parts(c->fd, (struct iovec *)(uintptr_t)parts, count);
  bool all = n >= 0 && (size_t)n == bytes_in(parts, count);
  c->on_gone = NULL;
  c->state = WRITING;
  c->closes = connection_closes(c); /* as its head has told the client */
  if (!all && n >= 0) c->out = outbox_new(parts, count, (size_t)n);
  if (c->out) {
    c->out->on_sent = on_sent;
    c->out->arg = arg;
    wait_for_room(c);
    /* In this order the kernel never forgets the socket, so that neither this
     * change nor the one back (on_writable) needs memory. */
    if (event_add(&c->writable, NULL) < 0) connection_reset(c);
    else pause_reading(c);
    return;
  }
  if (on_sent) on_sent(arg);
  if (all) after_answer(c);
  else connection_reset(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg) {
  struct connection *c = arg;
  struct outbox *out = c->out;
  ssize_t n = send_parts(fd, &out->parts[out->first], out->count - out->first);
  (void)what;
  if (n < 0) {
    close_connection(c);
    return;
  }
  advance(out, (size_t)n);
  if (n > 0) wait_for_room(c);
  if (out->first < out->count) return;
  resume_reading(c);
  event_del(&c->writable);
  after_answer(c);
}

bool connection_write(struct connection *c, struct slice bytes) {
  return send(c->fd, bytes.at, bytes.len, MSG_NOSIGNAL) == (ssize_t)bytes.len;
}

void connection_finish(struct connection *c) {
  c->on_gone = NULL;
  c->closes = c->lingers = true;
  after_answer(c);
}

/* ---- time ---- */

static void on_deadline(struct connection *c) {
  bool begun = c->state == READING && (c->partial || c->wanted > 0);
  if (begun) refuse_unread(c, 408, "the request did not arrive whole in time");
  else if (c->state == WRITING) connection_reset(c);
  else close_connection(c);
}

static void on_timer(void *arg) {
  struct connection *c = arg;
  c->armed_us = INT64_MAX;
  if (c->behind) {
    resume_reading(c);
    serve_kept(c);
    return;
  }
  if (c->deadline_us == INT64_MAX) return;
  if (clock_now_us() < c->deadline_us) set_deadline(c, c->deadline_us);
  else on_deadline(c);
}
