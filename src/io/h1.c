/* h1: a request and its answer in HTTP/1.1 (RFC 9112).
 *
 *   start -> write -+-> all written ----> read -> judged -> on_end
 *              ^    |                      |  ^
 *              +----+ the wire is full     +--+ more must come
 *
 * A request is put together in the loop's scratch, from where its parts stand:
 * the target's base, the ask's bytes, a few constants. So nothing has to be
 * kept for a second sending. One read brings an answer into one buffer, and
 * what is too much for that by way of the scratch.
 *
 * An answer may come before a body is out (a 413, say). It is judged as any
 * other, and the rest of the body stays unsent, with the wire's end.
 *
 * Whoever wants an answer while it comes is told after each read, and may pause
 * the reading, so that the upstream is held back by its own full socket.
 *
 * A wire whose answer is whole goes back to the idle ones; any other is closed.
 * Whether an unheard request is sent again, and when an answer is late, is for
 * those above. */
#include "io/h1.h"

#include <string.h>
#include <sys/uio.h>

#include "core/text.h"
#include "io/clock.h"

enum {
  REQUEST_PARTS = BASE_URL_PIECES + 8,
  LAST_LINES_BYTES = 128 + TRACE_PARENT_BYTES,
  READ_OUT_BYTES = 256 * 1024, /* of an answer that nobody wants */
};

static const char no_buffer[] =
    "no buffer was free for the answer (--max-buffered)";

/* ---- how it ends ---- */

/* For how long; 0: not at all. */
static int64_t h1_keep_us(struct call *call) {
  struct stream *stream = wire_stream(call->wire);
  int64_t keep_us = call->sent_all ? intake_keep_us(&call->intake) : 0;
  if (keep_us > 0 && stream_is_tls(stream) &&
      (stream_is_retired(stream) || !stream_is_silent(stream)))
    return 0;
  return keep_us;
}

static void h1_end(struct call *call, enum call_end end, const char *why,
                   int64_t now_us) {
  int64_t keep_us = h1_keep_us(call);
  if (keep_us > 0) wire_give_back(call->wire, now_us, keep_us);
  else wire_close(call->wire);
  call->wire = NULL;
  call->kind = NULL;
  call->owner->on_end(call->arg, end, why, now_us);
}

static void h1_judged(struct call *call, int64_t now_us) {
  h1_end(call, call->reading_out ? CALL_READ_OUT : CALL_JUDGED, "", now_us);
}

static void h1_broken(struct call *call, const char *why, int64_t now_us) {
  if (call->reading_out || intake_has_begun(&call->intake)) {
    verdict_broken(&call->intake.verdict, ATTEMPT_TRANSPORT, why);
    h1_judged(call, now_us);
  } else {
    h1_end(call, call->sent > 0 ? CALL_UNHEARD : CALL_UNSENT, why, now_us);
  }
}

static void h1_ended(struct call *call, void (*end)(struct intake *intake),
                     int64_t now_us) {
  if (!intake_has_begun(&call->intake)) {
    h1_broken(call, "the upstream closed the connection without an answer",
              now_us);
    return;
  }
  end(&call->intake);
  h1_judged(call, now_us);
}

/* ---- reading ---- */

/* One read: into the buffer, and what is too much for it by way of the scratch,
 * so that a large answer needs neither a second call nor a buffer made before
 * its length is known. n > 0: that many came; 0: no buffer is free. */
static ssize_t h1_receive(struct call *call) {
  struct buffer *bytes = &call->intake.bytes;
  char *scratch = wire_scratch(call->wire);
  struct iovec parts[2] = {{0}, {scratch, WIRE_SCRATCH_BYTES}};
  if (bytes->cap == 0 && !intake_make_room(&call->intake, call->usual))
    return 0;
  size_t room = bytes->cap - bytes->len;
  parts[0] = (struct iovec){bytes->at + bytes->len, room};
  ssize_t got = room > 0 ? stream_recv(wire_stream(call->wire), parts, 2)
                         : stream_recv(wire_stream(call->wire), parts + 1, 1);
  if (got < 0) return got;
  size_t n = (size_t)got;
  bytes->len += n < room ? n : room;
  if (n > room && !buffer_add(bytes, scratch, n - room)) return 0;
  return got;
}

static void h1_note_bytes(struct call *call, size_t n, int64_t now_us) {
  if (call->record->first_byte_us == 0) call->record->first_byte_us = now_us;
  call->record->bytes += n;
}

/* An answer that nobody wants is only read to its end. */
static bool h1_skip(struct call *call) {
  return intake_skip(&call->intake) == RESPONSE_MORE &&
         call->intake.bytes.len <= READ_OUT_BYTES;
}

static bool h1_wants_more(struct call *call, size_t n, int64_t now_us) {
  if (call->reading_out) return h1_skip(call);
  h1_note_bytes(call, n, now_us);
  return intake_judge(&call->intake);
}

static bool h1_streams(const struct call *call) {
  return !call->reading_out && call->ask->message->streams &&
         intake_has_head(&call->intake);
}

/* Whether to read on in this turn. Over TLS a read brings little, so what is
 * there is told together. */
static bool h1_goes_on(struct call *call) {
  bool is_tls = stream_is_tls(wire_stream(call->wire));
  if (!h1_streams(call)) return is_tls;
  if (is_tls && call->intake.bytes.len < CALL_PASS_BYTES) return true;
  return call->owner->on_more(call->arg) && is_tls;
}

/* Nothing more is there now. */
static void h1_waits(struct call *call) {
  if (h1_streams(call)) call->owner->on_more(call->arg);
}

/* One read brought n, or what h1_receive says, just now: whatever it ends, has
 * ended then. False: the call has ended, or nothing more is to be read now. */
static bool h1_take(struct call *call, ssize_t n) {
  const int64_t now_us = clock_now_us();
  if (n == STREAM_AGAIN) {
    h1_waits(call);
  } else if (n == STREAM_ENDED) {
    h1_ended(call, intake_end, now_us);
  } else if (n == STREAM_CUT) {
    h1_ended(call, intake_cut, now_us);
  } else if (n == STREAM_BROKEN) {
    const char *alert = stream_alert(wire_stream(call->wire));
    h1_broken(call, alert ? alert : "the connection to the upstream broke",
              now_us);
  } else if (n == 0) {
    verdict_broken(&call->intake.verdict, ATTEMPT_STARVED, no_buffer);
    h1_judged(call, now_us);
  } else {
    if (h1_wants_more(call, (size_t)n, now_us)) return h1_goes_on(call);
    h1_judged(call, now_us);
  }
  return false;
}

static void h1_on_readable(void *arg) {
  struct call *call = arg;
  while (h1_take(call, h1_receive(call))) continue;
}

/* ---- writing ---- */

static struct iovec part_of(struct slice s) {
  return (struct iovec){(char *)(uintptr_t)s.at, s.len};
}

/* From the attempt's start on, so that it stays the same however often the
 * request is put together. */
static int64_t milliseconds_left(const struct call *call) {
  int64_t left_us = call->ask->message->deadline_us - call->record->start_us;
  return left_us > 1000 ? left_us / 1000 : 1;
}

/* From the deadline's value, where it is told, to the end of the head. */
static struct slice request_last_lines(const struct call *call,
                                       const struct trace_context *trace,
                                       char *room) {
  const struct ask_message *message = call->ask->message;
  struct text lines;
  text_init(&lines, room, LAST_LINES_BYTES);
  if (message->timeout_header.len > 0) {
    text_str(&lines, ": ");
    text_int(&lines, milliseconds_left(call));
    text_str(&lines, "\r\n");
  }
  text_str(&lines, "Hedge-Attempt: ");
  text_int(&lines, call->record->number);
  if (trace) {
    text_str(&lines, "\r\ntraceparent: ");
    trace_context_write(&lines, trace, call->record->span);
  }
  if (message->has_body) {
    text_str(&lines, "\r\nContent-Length: ");
    text_int(&lines, (int64_t)message->body.len);
  }
  text_str(&lines, "\r\n\r\n");
  return text_slice_of(&lines);
}

/* The whole request; last_lines is room for some of it. */
static unsigned request_parts(const struct call *call, char *last_lines,
                              struct iovec parts[REQUEST_PARTS]) {
  const struct ask *ask = call->ask;
  const struct target *target = call->target;
  const struct ask_fields *fields = &ask->message->fields[target->variant];
  struct slice pieces[BASE_URL_PIECES];
  unsigned count = 0;
  base_url_pieces(&target->url, ask->rest, ask->query, pieces);
  parts[count++] = part_of(ask->message->method);
  parts[count++] = part_of(slice_of(" "));
  for (unsigned i = 0; i < BASE_URL_PIECES; i++)
    if (pieces[i].len > 0) parts[count++] = part_of(pieces[i]);
  parts[count++] = part_of(target->host_line);
  parts[count++] = part_of(fields->common);
  if (target->client_credentials && fields->credentials.len > 0)
    parts[count++] = part_of(fields->credentials);
  if (ask->message->timeout_header.len > 0)
    parts[count++] = part_of(ask->message->timeout_header);
  parts[count++] = part_of(request_last_lines(call, fields->trace, last_lines));
  if (ask->message->body.len > 0) parts[count++] = part_of(ask->message->body);
  return count;
}

/* Leaves out the first n bytes, which are not all; returns the parts that are
 * left. */
static unsigned skip_parts(struct iovec *parts, unsigned count, size_t n) {
  unsigned first = 0;
  if (n == 0) return count;
  while (n >= parts[first].iov_len) n -= parts[first++].iov_len;
  memmove(parts, parts + first, (count - first) * sizeof *parts);
  parts[0].iov_base = (char *)parts[0].iov_base + n;
  parts[0].iov_len -= n;
  return count - first;
}

/* The kernel takes one part sooner than nine, and over TLS every part would be
 * a record of its own: so they are joined. What is too large for that, a body
 * for the most part, goes from where it stands, and so does what is left of a
 * request in its last part. */
static unsigned join_parts(char *scratch, struct iovec *parts, unsigned count) {
  size_t len = 0;
  unsigned joined = 0;
  if (count == 1) return 1;
  for (; joined < count; joined++) {
    const struct iovec *part = &parts[joined];
    if (part->iov_len > WIRE_SCRATCH_BYTES - len) break;
    memcpy(scratch + len, part->iov_base, part->iov_len);
    len += part->iov_len;
  }
  if (joined == 0) return count;
  if (joined < count)
    memmove(parts + 1, parts + joined, (count - joined) * sizeof *parts);
  parts[0] = (struct iovec){scratch, len};
  return 1 + count - joined;
}

static size_t parts_bytes(const struct iovec *parts, unsigned count) {
  size_t sum = 0;
  for (unsigned i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

/* Writes what is left of the request. False: the wire is broken. */
static bool h1_write(struct call *call) {
  struct iovec parts[REQUEST_PARTS];
  char last_lines[LAST_LINES_BYTES];
  while (!call->sent_all) {
    unsigned count = request_parts(call, last_lines, parts);
    count = skip_parts(parts, count, call->sent);
    count = join_parts(wire_scratch(call->wire), parts, count);
    size_t left = parts_bytes(parts, count);
    ssize_t n = stream_send(wire_stream(call->wire), parts, count);
    if (n == STREAM_AGAIN) return wire_await_room(call->wire);
    if (n < 0) return false;
    call->sent += (size_t)n;
    call->sent_all = (size_t)n == left;
  }
  return true;
}

/* Nobody takes the rest of the request; but an answer may lie before the reset
 * (a 413, say). */
static void h1_not_taken(struct call *call) {
  ssize_t n = h1_receive(call);
  if (n == STREAM_AGAIN)
    h1_broken(call, "the upstream did not take the request", clock_now_us());
  else if (h1_take(call, n)) h1_on_readable(call);
}

static void h1_on_writable(void *arg) {
  struct call *call = arg;
  if (!h1_write(call) && !call->paused) h1_not_taken(call);
}

/* ---- the kind ---- */

static void h1_cancel(struct call *call) {
  wire_close(call->wire);
  call->wire = NULL;
  call->kind = NULL;
}

static void h1_pause(struct call *call) {
  wire_pause(call->wire);
  call->paused = true;
}

static bool h1_resume(struct call *call) {
  call->paused = !wire_resume(call->wire);
  return !call->paused;
}

/* On a kept wire it calls nobody back. Where some of the request has left, the
 * wire's end, or an answer before it, is read in a later turn: once our
 * direction has ended, one of them comes. */
static bool h1_start(struct call *call, struct wire *wire) {
  call->wire = wire;
  call->sent = 0;
  call->sent_all = call->paused = false;
  if (h1_write(call)) return true;
  if (!wire_was_kept(wire)) {
    h1_not_taken(call);
  } else if (call->sent > 0) {
    stream_end(wire_stream(wire));
  } else {
    h1_cancel(call);
    return false;
  }
  return true;
}

/* The whole request must be out, since its bytes are the client's. */
static bool h1_read_out(struct call *call) {
  call->reading_out = call->sent_all;
  if (call->reading_out) intake_lose(&call->intake);
  return call->reading_out;
}

const struct call_kind h1_kind = {.start = h1_start,
                                  .cancel = h1_cancel,
                                  .pause = h1_pause,
                                  .resume = h1_resume,
                                  .read_out = h1_read_out};
const struct wire_user h1_wire_user = {h1_on_readable, h1_on_writable};
