/* connection_input: from a client's bytes to its requests.
 *
 * We read HTTP/1.1 ourselves, strictly, since lenient readers in front of other
 * servers are what request smuggling is made of (docs/decisions.md has the
 * measurements that ruled evhttp out). The bytes of a request are parsed where
 * the kernel put them: in the front's scratch buffer, which all connections of
 * a loop share. Only what is left over after the last whole request is copied
 * into a buffer of the connection's own, so an idle connection, and one that
 * waits for its answer, holds none.
 *
 * Requests are handed over one at a time, from take_requests, which is the only
 * loop that does so: an answer given inside on_request returns to it, an answer
 * given later enters it anew. So the stack stays flat however many requests are
 * pipelined, and the front's one http_request is free again when the loop comes
 * round. A connection that dies inside it is freed by whoever called it.
 *
 * A body that has come with its head is read where both stand; else both are
 * kept, and the head is parsed again when the body is whole. But it is admitted
 * once: what the handler made of it is held as long as the body is awaited, and
 * nothing is held where it is not. Chunks are undone
 * in place as they arrive (core/chunks), so what is kept of them is their data.
 *
 * A client that pipelines yields after TURN_REQUESTS, so that it does not keep
 * the others waiting. */
#include "io/clock.h"
#include "io/connection_parts.h"
#include "io/trace.h"

enum {
  READ_BYTES = 16 * 1024,      /* room for one read behind what is kept */
  WATERMARK_BYTES = 64 * 1024, /* of input kept while an answer is pending */
  TURN_REQUESTS = 32, /* answered for one client before the others' turn */
};

/* What was read and not used yet; it shrinks where chunks are undone. */
struct input {
  char *at;
  size_t len;
};

/* What is known of a request when its head has been read. */
struct head {
  size_t len;
  struct admission admission;
};

/* What came is no request, or not one that we take. */
static void connection_refuse(struct connection *c,
                              const struct admission *admission, int status,
                              const char *why) {
  struct front *front = c->front;
  void *lease = connection_take_lease(c);
  trace("client %s: refused, %d: %s", connection_peer(c), status, why);
  c->state = CONNECTION_PENDING;
  connection_ends(c, CONNECTION_LINGERS);
  c->deadline_us = INT64_MAX;
  front->handler.on_bad_request(front->handler.arg, c, &front->request,
                                admission, status, why);
  connection_release(front, lease);
}

/* Its head was here before the body that it has now, or waits for. */
static bool was_admitted(const struct connection *c) {
  return c->state == CONNECTION_IN_BODY || c->state == CONNECTION_IN_CHUNKS;
}

static bool read_head_again(struct connection *c) {
  struct front *front = c->front;
  const char *why;
  size_t scanned = 0, len = 0;
  return c->in.len > 0 &&
         http_head_scan(c->in.at, c->in.len, &scanned, &len) ==
             HTTP_SCAN_WHOLE &&
         http_request_parse(&front->request, (struct slice){c->in.at, len},
                            &front->limits.request, &why) == 0;
}

/* The same, when it has not come whole: of a late body the head is known, else
 * not even the first words are. */
void connection_input_refuse(struct connection *c, int status,
                             const char *why) {
  const struct admission admitted = c->admitted;
  const bool has_head = was_admitted(c) && read_head_again(c);
  if (!has_head)
    c->front->request.method_name = c->front->request.target =
        (struct slice){0};
  connection_refuse(c, has_head ? &admitted : NULL, status, why);
}

static void hand_over(struct connection *c, const struct admission *admission,
                      struct slice body) {
  const struct front *front = c->front;
  const struct http_request *request = &front->request;
  void *lease = connection_take_lease(c);
  c->state = CONNECTION_PENDING;
  if (!request->keep_alive) connection_ends(c, CONNECTION_CLOSES);
  /* A client that asks for a tunnel may send the tunnel's bytes before it has
   * the answer: they are no requests (RFC 9110, section 9.3.6). */
  if (request->method == HTTP_CONNECT) connection_ends(c, CONNECTION_LINGERS);
  c->is_1_0 = request->http_1_0;
  c->deadline_us = INT64_MAX;
  c->scanned = c->wanted = 0;
  front->handler.on_request(front->handler.arg, c, request, admission, body);
  connection_release(front, lease);
}

/* RFC 9110, section 10.1.1: the client holds its body back until it is asked
 * for it. Should the kernel not take these few bytes, the client will send it
 * all the same, a little later. */
static void send_continue(struct connection *c) {
  static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct iovec part = {text, sizeof text - 1};
  ssize_t sent = stream_send(&c->stream, &part, 1);
  (void)sent;
}

/* The head is read again when the body is whole. */
static void await_body(struct connection *c, const struct head *head,
                       enum connection_state state, size_t wanted) {
  const struct front *front = c->front;
  c->admitted = head->admission;
  if (c->admitted.lease) front->handler.on_hold(c->admitted.lease);
  c->state = state;
  c->wanted = wanted;
  c->scanned = 0;
  if (front->request.expects_continue) send_continue(c);
  connection_set_deadline(c,
                          clock_now_us() + front->limits.keepalive_timeout_us);
}

static size_t refuse_body(struct connection *c, const struct input *in,
                          const struct head *head) {
  connection_refuse(c, &head->admission, 413,
                    "the request body is larger than --max-request-body");
  return in->len;
}

/* A body whose length the head has told. */
static size_t take_length(struct connection *c, const struct input *in,
                          const struct head *head) {
  uint64_t length = c->front->request.content_length;
  if (length > head->admission.body_bytes) return refuse_body(c, in, head);
  size_t wanted = head->len + (size_t)length;
  if (in->len < wanted) {
    trace("client %s: body awaited, %zu bytes with its head",
          connection_peer(c), wanted);
    await_body(c, head, CONNECTION_IN_BODY, wanted);
    return 0;
  }
  hand_over(c, &head->admission,
            (struct slice){in->at + head->len, (size_t)length});
  return wanted;
}

/* Undoes the chunks that have come behind the head. What is left then of an
 * unfinished body is its data, so that what a connection keeps of it is bounded
 * by the limit, however it was cut into chunks. */
static enum chunks_progress undo_chunks(struct connection *c, struct input *in,
                                        size_t head_len) {
  char *body = in->at + head_len;
  size_t len = in->len - head_len;
  enum chunks_progress progress = chunks_read(&c->chunks, body, len);
  if (progress == CHUNKS_MORE)
    in->len = head_len + chunks_close_gap(&c->chunks, body, len);
  return progress;
}

static size_t take_chunks(struct connection *c, struct input *in,
                          const struct head *head) {
  struct chunks *chunks = &c->chunks;
  const size_t limit = head->admission.body_bytes;
  if (c->state != CONNECTION_IN_CHUNKS)
    chunks_init(chunks, limit, c->front->limits.head_bytes);
  enum chunks_progress progress = undo_chunks(c, in, head->len);
  if (progress == CHUNKS_MORE) {
    trace("client %s: body awaited, in chunks", connection_peer(c));
    await_body(c, head, CONNECTION_IN_CHUNKS, head->len);
    return 0;
  }
  if (progress == CHUNKS_BAD) {
    connection_refuse(c, &head->admission, 400, chunks->why);
    return in->len;
  }
  if (progress == CHUNKS_LARGE || chunks->body_len > limit)
    return refuse_body(c, in, head);
  hand_over(c, &head->admission,
            (struct slice){in->at + head->len, chunks->body_len});
  return head->len + chunks->read;
}

/* The head stands whole at the front of the input. */
static size_t take_body(struct connection *c, struct input *in,
                        size_t head_len) {
  const struct front_handler *handler = &c->front->handler;
  const struct http_request *request = &c->front->request;
  const struct head head = {
      head_len,
      was_admitted(c) ? c->admitted : handler->on_head(handler->arg, request)};
  trace("client %s: head read, %.*s %.*s, %zu bytes", connection_peer(c),
        TRACE_ARG(request->method_name), TRACE_ARG(request->path), head_len);
  if (http_request_has_body(request)) {
    const bool takes_one = head.admission.body_bytes > 0;
    if (takes_one && request->is_chunked) return take_chunks(c, in, &head);
    if (takes_one) return take_length(c, in, &head);
    connection_ends(c, CONNECTION_LINGERS); /* it stays unread */
  }
  hand_over(c, &head.admission, (struct slice){in->at + head_len, 0});
  return head_len;
}

/* Whether the body that was waited for, if one was, is there: then the head is
 * worth another look, also to refuse what came. */
static bool body_has_come(struct connection *c, struct input *in) {
  if (c->state == CONNECTION_IN_CHUNKS)
    return undo_chunks(c, in, c->wanted) != CHUNKS_MORE;
  return in->len >= c->wanted;
}

/* Takes one request off the front of the input. Returns how many bytes were
 * used; 0: more must come. */
static size_t take_request(struct connection *c, struct input *in) {
  struct front *front = c->front;
  const char *why = "";
  size_t head_len = 0;
  if (!body_has_come(c, in)) return 0;
  enum http_scan scan = http_head_scan(in->at, in->len, &c->scanned, &head_len);
  if (scan == HTTP_SCAN_BAD) {
    connection_input_refuse(c, 400,
                            "a byte that no request head may hold (lines end "
                            "with CRLF; is this HTTP, not TLS?)");
    return in->len;
  }
  if ((scan == HTTP_SCAN_MORE ? in->len : head_len) >
      front->limits.head_bytes) {
    connection_input_refuse(c, 431,
                            "the request head is larger than --max-head");
    return in->len;
  }
  if (scan == HTTP_SCAN_MORE) return 0;
  int status =
      http_request_parse(&front->request, (struct slice){in->at, head_len},
                         &front->limits.request, &why);
  if (status == 0) return take_body(c, in, head_len);
  connection_refuse(c, NULL, status, why);
  return in->len;
}

/* Hands over request after request, as long as answers come at once, and leaves
 * what of the input was not used. */
static struct input take_requests(struct connection *c, struct input in) {
  size_t used = 1;
  unsigned taken = 0;
  c->serving = true;
  while (connection_is_reading(c) && in.len > 0 && used > 0 &&
         taken++ < TURN_REQUESTS) {
    used = take_request(c, &in);
    in = (struct input){in.at + used, in.len - used};
  }
  if (connection_is_reading(c) && in.len > 0 && used > 0)
    c->state = CONNECTION_YIELDING;
  c->serving = false;
  return in;
}

/* Empty lines in front of a request (RFC 9112, section 2.2) are no beginning of
 * one: some clients end a request with one too many. */
static bool is_blank_line(struct slice bytes) {
  for (size_t i = 0; i < bytes.len; i++)
    if (bytes.at[i] != '\r' && bytes.at[i] != '\n') return false;
  return true;
}

static void yield(struct connection *c) {
  struct front *front = c->front;
  trace("client %s: yields to the others", connection_peer(c));
  connection_pause(c);
  c->deadline_us = INT64_MAX;
  list_remove(&front->connections, &c->link);
  list_append(&front->yielding, &c->link);
  timer_set(&front->turn, clock_now_us());
}

/* What is left in c->in has been looked at: what now? */
static void after_serve(struct connection *c) {
  if (c->state == CONNECTION_DEAD) {
    connection_free(c);
    return;
  }
  if (c->state == CONNECTION_LINGERING || c->in.len == 0) buffer_clear(&c->in);
  if (c->in.len == 0) return;
  if (c->state == CONNECTION_YIELDING) {
    yield(c);
  } else if (c->state == CONNECTION_IDLE &&
             !is_blank_line(buffer_slice(&c->in))) {
    c->state = CONNECTION_IN_HEAD;
    connection_set_deadline(c, clock_now_us() +
                                   c->front->limits.header_timeout_us);
  } else if (!connection_is_reading(c) && c->in.len >= WATERMARK_BYTES) {
    connection_pause(c);
  }
}

void connection_input_serve(struct connection *c) {
  struct input left = take_requests(c, (struct input){c->in.at, c->in.len});
  if (c->state != CONNECTION_DEAD) {
    size_t used = (size_t)(left.at - c->in.at);
    c->in.len = used + left.len; /* less where chunks were undone */
    buffer_drop(&c->in, used);
  }
  after_serve(c);
}

/* There is no room for what came. A request that is being answered still gets
 * its answer, as the connection's last one. */
static void lose_input(struct connection *c) {
  if (connection_is_reading(c) || c->state == CONNECTION_YIELDING)
    connection_input_refuse(c, 503, "no buffer is free for this request");
  else connection_ends(c, CONNECTION_LINGERS);
}

static void serve_scratch(struct connection *c, size_t len) {
  struct input left = take_requests(c, (struct input){c->front->scratch, len});
  if (c->state != CONNECTION_DEAD && c->state != CONNECTION_LINGERING &&
      !buffer_add(&c->in, left.at, left.len)) {
    lose_input(c);
    return;
  }
  after_serve(c);
}

/* ---- reading ---- */

/* Of a late body the head is known, and with it who asked for what. */
static void connection_input_leave(struct connection *c, const char *why) {
  const struct front *front = c->front;
  if (front->handler.on_left && was_admitted(c) && read_head_again(c))
    front->handler.on_left(front->handler.arg, c, &front->request,
                           &c->admitted);
  connection_close(c, why);
}

/* Bytes received; 0: none now, or it was closed. */
static size_t connection_receive(struct connection *c, char *at, size_t room) {
  ssize_t n = stream_recv(&c->stream, &(struct iovec){at, room}, 1);
  if (n > 0) return (size_t)n;
  if (n == STREAM_ENDED) connection_input_leave(c, "the client has ended");
  else if (n != STREAM_AGAIN) connection_input_leave(c, "the client is lost");
  return 0;
}

static void read_scratch(struct connection *c) {
  size_t n = connection_receive(c, c->front->scratch, sizeof c->front->scratch);
  if (n > 0 && c->state != CONNECTION_LINGERING) serve_scratch(c, n);
}

static void read_kept(struct connection *c) {
  size_t room = READ_BYTES;
  /* As much again as has come: a length alone claims no memory. */
  if (c->wanted > c->in.len + room && c->in.len > room) room = c->in.len;
  if (!buffer_reserve(&c->in, room)) {
    if (connection_is_reading(c))
      connection_input_refuse(c, 503, "no buffer is free for this request");
    else connection_pause(c);
    return;
  }
  size_t n = connection_receive(c, c->in.at + c->in.len, room);
  if (n == 0) return;
  c->in.len += n;
  connection_input_serve(c);
}

void connection_input_read(struct connection *c) {
  if (c->in.len == 0) read_scratch(c);
  else read_kept(c);
}
