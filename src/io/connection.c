/* connection: the states of a client's connection, its answers, its deadlines.
 *
 * How its bytes become requests is connection_input.c's.
 *
 * Reading stays on while an answer is pending, because an end of file or an
 * error then means that the client has left, and the race behind it must stop.
 * Bytes that arrive meanwhile (pipelined requests) are kept up to a watermark;
 * above it we stop reading, and the client's own socket buffer fills up.
 *
 * A connection may be closed while its input is being looked at (an answer that
 * cannot be written, say). It is then DEAD, and connection_input.c frees it.
 *
 * The timer is lazy: deadlines move back with every request, so it is touched
 * only when a deadline moves forward, and looks again when it fires. */
#include "io/connection.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include "io/clock.h"
#include "io/connection_parts.h"
#include "io/trace.h"

enum { LINGER_US = 1000000 };

static const char no_memory[] = "there is no memory to watch it";

/* With libevent's part, which only this file sees. */
struct watched {
  struct connection connection;
  struct event readable, writable;
};

const size_t connection_bytes = sizeof(struct watched);

static struct watched *watched(struct connection *c) {
  return list_item(c, struct watched, connection);
}

/* ---- its end ---- */

static void tell_gone(struct connection *c) {
  void (*on_gone)(void *arg) = c->on_gone;
  c->on_gone = NULL;
  if (on_gone) on_gone(c->arg);
}

static void drop_outbox(struct connection *c) {
  struct outbox *out = c->out;
  c->out = NULL;
  outbox_free(out);
}

void connection_free(struct connection *c) {
  struct front *front = c->front;
  buffer_clear(&c->in);
  slab_give(&front->slab, c);
  front->handler.on_closed(front->handler.arg);
}

static void unwatch(struct connection *c) {
  event_del(&watched(c)->readable);
  event_del(&watched(c)->writable);
  timer_clear(&c->timer);
}

/* The stream is closed; whoever waits for the connection is told. */
static void connection_end(struct connection *c) {
  struct front *front = c->front;
  list_remove(c->state == CONNECTION_YIELDING ? &front->yielding
                                              : &front->connections,
              &c->link);
  front->count--;
  c->state = CONNECTION_DEAD;
  tell_gone(c);
  drop_outbox(c);
  connection_release(front, connection_take_lease(c));
  if (!c->serving) connection_free(c);
}

void connection_close(struct connection *c, const char *why) {
  trace("client %s: closes: %s", connection_peer(c), why);
  unwatch(c);
  stream_finish(&c->stream);
  connection_end(c);
}

static void connection_abort(struct connection *c, const char *why) {
  trace("client %s: resets: %s", connection_peer(c), why);
  unwatch(c);
  stream_reset(&c->stream);
  connection_end(c);
}

void connection_reset(struct connection *c) {
  c->on_gone = NULL;
  connection_abort(c, "it gets no whole answer");
}

/* ---- reading ---- */

static void connection_on_readable(evutil_socket_t fd, short what, void *arg) {
  (void)fd, (void)what;
  connection_input_read(arg);
}

void connection_pause(struct connection *c) {
  if (c->paused) return;
  trace("client %s: reading pauses", connection_peer(c));
  event_del(&watched(c)->readable);
  c->paused = true;
}

bool connection_resume(struct connection *c) {
  if (!c->paused) return true;
  trace("client %s: reading resumes", connection_peer(c));
  c->paused = event_add(&watched(c)->readable, NULL) < 0;
  return !c->paused;
}

/* ---- what the answer's head must say ---- */

bool connection_closes(const struct connection *c) {
  return c->ending != CONNECTION_KEPT || c->front->draining;
}

bool connection_keeps_1_0(const struct connection *c) {
  return c->is_1_0 && !connection_closes(c);
}

bool connection_takes_chunks(const struct connection *c) { return !c->is_1_0; }

const char *connection_peer(const struct connection *c) {
  return peer_text(&c->peer, c->front->peer_text);
}

void connection_peer_bytes(const struct connection *c,
                           unsigned char bytes[ADDRESS_BYTES]) {
  peer_bytes(&c->peer, bytes);
}

/* ---- between two requests ---- */

void connection_await_request(struct connection *c) {
  c->state = CONNECTION_IDLE;
  connection_set_deadline(c, clock_now_us() + c->front->idle_us);
  if (!connection_resume(c)) connection_close(c, no_memory);
  else if (!c->serving && c->in.len > 0) connection_input_serve(c);
}

/* A close with unread input would send a RST, which may destroy the answer
 * before the client has read it (RFC 9112, section 9.6). */
static void linger(struct connection *c) {
  stream_end(&c->stream);
  c->state = CONNECTION_LINGERING;
  if (!c->serving) buffer_clear(&c->in);
  connection_set_deadline(c, clock_now_us() + LINGER_US);
  if (!connection_resume(c)) connection_close(c, no_memory);
}

/* All of an answer is in the kernel's hands. */
static void after_answer(struct connection *c) {
  bool may_send =
      c->ending == CONNECTION_LINGERS || c->front->draining || c->in.len > 0;
  if (c->ending == CONNECTION_KEPT) connection_await_request(c);
  else if (may_send) linger(c);
  else connection_close(c, "it has been answered");
}

/* ---- an answer as a whole ---- */

static void set_write_deadline(struct connection *c) {
  connection_set_deadline(c,
                          clock_now_us() + c->front->limits.write_timeout_us);
}

/* False: there is no memory for that. */
static bool await_room(struct connection *c) {
  set_write_deadline(c);
  return event_add(&watched(c)->writable, NULL) == 0;
}

/* In this order the kernel never forgets the socket, so that neither this
 * change nor the one back (send_outbox) needs memory. */
static void await_outbox(struct connection *c) {
  if (c->out && await_room(c)) connection_pause(c);
  else connection_reset(c);
}

static void send_outbox(struct connection *c) {
  ssize_t n = outbox_send(c->out, &c->stream);
  if (n < 0 && n != STREAM_AGAIN) {
    connection_close(c, "its answer cannot be sent on");
  } else if (outbox_is_empty(c->out)) {
    trace("client %s: answer sent", connection_peer(c));
    connection_resume(c);
    event_del(&watched(c)->writable);
    drop_outbox(c);
    after_answer(c);
  } else if (n > 0) {
    set_write_deadline(c);
  }
}

static size_t bytes_in(const struct iovec *parts, unsigned count) {
  size_t sum = 0;
  for (unsigned i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

void connection_await(struct connection *c, void (*on_gone)(void *arg),
                      void *arg) {
  c->on_gone = on_gone;
  c->arg = arg;
}

void connection_answer(struct connection *c, const struct iovec *parts,
                       unsigned count, void (*on_sent)(void *arg), void *arg) {
  ssize_t n = stream_send(&c->stream, parts, count);
  size_t all = bytes_in(parts, count), sent = n > 0 ? (size_t)n : 0;
  trace("client %s: answer of %zu bytes, %zu taken", connection_peer(c), all,
        sent);
  c->on_gone = NULL;
  c->state = CONNECTION_WRITING;
  /* As its head has told the client. */
  if (c->front->draining) connection_ends(c, CONNECTION_CLOSES);
  if (sent == all) {
    if (on_sent) on_sent(arg);
    after_answer(c);
    return;
  }
  if (n > 0 || n == STREAM_AGAIN)
    c->out = outbox_new(parts, count, sent, on_sent, arg);
  if (!c->out && on_sent) on_sent(arg);
  await_outbox(c);
}

/* ---- an answer in pieces ---- */

void connection_begin(struct connection *c, bool framed,
                      void (*on_room)(void *arg), void (*on_gone)(void *arg),
                      void *arg) {
  trace("client %s: answer begins, in pieces", connection_peer(c));
  connection_await(c, on_gone, arg);
  c->on_room = on_room;
  c->state = CONNECTION_STREAMING;
  if (!framed) connection_ends(c, CONNECTION_LINGERS);
  /* As its head will tell the client. */
  else if (c->front->draining) connection_ends(c, CONNECTION_CLOSES);
}

ssize_t connection_push(struct connection *c, const struct iovec *parts,
                        unsigned count) {
  size_t all = bytes_in(parts, count);
  if (all == 0) return 0;
  ssize_t n = stream_send(&c->stream, parts, count);
  if (n < 0 && n != STREAM_AGAIN) return -1;
  if (n < 0) n = 0;
  return (size_t)n == all || await_room(c) ? n : -1;
}

static void tell_room(struct connection *c) {
  event_del(&watched(c)->writable);
  c->deadline_us = INT64_MAX;
  if (c->on_room) c->on_room(c->arg);
}

void connection_finish(struct connection *c) {
  trace("client %s: answer ends", connection_peer(c));
  c->on_gone = NULL;
  event_del(&watched(c)->writable);
  after_answer(c);
}

void connection_cut(struct connection *c) {
  connection_ends(c, CONNECTION_CLOSES);
  connection_finish(c);
}

static void connection_on_writable(evutil_socket_t fd, short what, void *arg) {
  struct connection *c = arg;
  (void)fd, (void)what;
  if (c->state == CONNECTION_STREAMING) tell_room(c);
  else send_outbox(c);
}

/* ---- time ---- */

void connection_set_deadline(struct connection *c, int64_t due_us) {
  c->deadline_us = due_us;
  if (due_us >= c->armed_us) return;
  c->armed_us = due_us;
  timer_set(&c->timer, due_us);
}

static void connection_on_deadline(struct connection *c) {
  if (c->state == CONNECTION_IN_HEAD || c->state == CONNECTION_IN_BODY ||
      c->state == CONNECTION_IN_CHUNKS)
    connection_input_refuse(c, 408, "the request did not arrive whole in time");
  else if (c->state == CONNECTION_WRITING || c->state == CONNECTION_STREAMING)
    connection_abort(c, "it has stalled its answer for too long");
  else if (c->state == CONNECTION_LINGERING)
    connection_close(c, "it does not end its direction");
  else connection_close(c, "it has been idle for too long");
}

static void connection_on_timer(void *arg) {
  struct connection *c = arg;
  c->armed_us = INT64_MAX;
  if (c->deadline_us == INT64_MAX) return;
  if (clock_now_us() < c->deadline_us)
    connection_set_deadline(c, c->deadline_us);
  else connection_on_deadline(c);
}

void connection_drain(struct connection *c, int64_t until_us) {
  if (c->state == CONNECTION_IDLE && c->in.len == 0 &&
      c->deadline_us > until_us)
    connection_set_deadline(c, until_us);
}

/* ---- its beginning ---- */

static bool connection_watch(struct connection *c) {
  struct event_base *base = loop_base(c->front->loop);
  event_assign(&watched(c)->readable, base, c->stream.fd, EV_READ | EV_PERSIST,
               connection_on_readable, c);
  event_assign(&watched(c)->writable, base, c->stream.fd, EV_WRITE | EV_PERSIST,
               connection_on_writable, c);
  return event_add(&watched(c)->readable, NULL) == 0;
}

bool connection_open(struct front *front, int fd, const struct sockaddr *peer) {
  struct stream stream = stream_plain(fd);
  struct connection *c = slab_take(&front->slab);
  if (!c) goto fail;
  *c = (struct connection){.front = front,
                           .stream = stream,
                           .in.blocks = front->blocks,
                           .armed_us = INT64_MAX,
                           .peer = peer_of(peer)};
  timer_init(&c->timer, front->loop, connection_on_timer, c);
  if (!connection_watch(c)) goto fail;
  trace("client %s: accepted as fd %d", connection_peer(c), fd);
  list_append(&front->connections, &c->link);
  front->count++;
  connection_set_deadline(
      c, clock_now_us() + (front->draining ? front->idle_us
                                           : front->limits.header_timeout_us));
  return true;
fail:
  stream_finish(&stream);
  if (c) slab_give(&front->slab, c);
  return false;
}
