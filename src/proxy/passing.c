/* passing: an answer on its way to the client while it comes from upstream.
 *
 *   passing_begin      head, and the body so far ---+
 *   passing_body       more of it ------------------+--> the client's kernel
 *   passing_end        the end of it, or a break ---+          |
 *     ^                                                it took all: forget it
 *     +-- fetch_resume <-- passing_on_room <-- it did not: hold the rest, and
 *                                              fetch_pause
 *
 * So at any time either nothing is held, or nothing is read, and a stream costs
 * one read's bytes at most, however slow its client is. How long that may be is
 * the connection's to say (--write-timeout). How long the upstream may be
 * silent is said here, and counts only while we listen.
 *
 * A body that breaks off must not look whole. Where the client knows its end by
 * a length or by chunks, a close is enough, and what came before the break
 * still arrives. Where the close is the end, only a reset is none. */
#include "proxy/passing.h"

#include <assert.h>
#include <sys/uio.h>

#include "core/chunks.h"
#include "io/clock.h"

enum { PASSING_PARTS = 4 }; /* head, size, body, end */

static const char crlf[] = "\r\n", last[] = CHUNKS_LAST,
                  crlf_last[] = "\r\n" CHUNKS_LAST;

static const char silent[] =
    "the upstream sent nothing for --stream-idle-timeout";
static const char no_buffer[] =
    "no buffer was free for what the client did not take (--max-buffered)";

/* ---- its end ---- */

static void passing_over(struct passing *p) {
  struct connection *connection = p->connection;
  enum outcome outcome = p->outcome;
  bool framed = p->length != UINT64_MAX;
  timer_clear(&p->idle);
  buffer_clear(&p->held);
  p->on_over(p->arg, outcome, clock_now_us());
  if (outcome == OUTCOME_GONE) return;
  if (outcome == OUTCOME_SUCCESS) connection_finish(connection);
  else if (framed) connection_cut(connection);
  else connection_reset(connection);
}

/* Nothing more comes, and what is held goes nowhere. */
static void passing_break(struct passing *p, enum outcome outcome,
                          enum attempt_result result, const char *error) {
  fetch_stop(p->fetch, result, error, clock_now_us());
  p->outcome = outcome;
  passing_over(p);
}

void passing_stop(struct passing *p, enum outcome outcome) {
  passing_break(p, outcome, ATTEMPT_CANCELLED, "");
}

static void passing_starve(struct passing *p) {
  passing_break(p, OUTCOME_REFUSED, ATTEMPT_STARVED, no_buffer);
}

static void passing_on_gone(void *arg) { passing_stop(arg, OUTCOME_GONE); }

static void passing_lose(struct passing *p) {
  connection_reset(p->connection);
  passing_on_gone(p);
}

/* ---- to the client ---- */

/* False: no buffer is free. */
static bool passing_hold(struct passing *p, const struct iovec *parts,
                         unsigned count, size_t sent) {
  for (unsigned i = 0; i < count; i++) {
    size_t gone = sent < parts[i].iov_len ? sent : parts[i].iov_len;
    sent -= gone;
    if (!buffer_add(&p->held, (char *)parts[i].iov_base + gone,
                    parts[i].iov_len - gone))
      return false;
  }
  return true;
}

/* Sends, and ends it where that was the last. */
static void passing_send(struct passing *p, const struct iovec *parts,
                         unsigned count) {
  assert(p->held.len == 0);
  ssize_t n = connection_push(p->connection, parts, count);
  if (n < 0) passing_lose(p);
  else if (!passing_hold(p, parts, count, (size_t)n)) passing_starve(p);
  else if (p->held.len == 0 && p->outcome != OUTCOME_OPEN) passing_over(p);
  else if (p->held.len > 0 && p->outcome == OUTCOME_OPEN) fetch_pause(p->fetch);
}

static void passing_go_on(struct passing *p) {
  buffer_clear(&p->held);
  p->heard_us = clock_now_us();
  if (p->outcome != OUTCOME_OPEN) passing_over(p);
  else if (!fetch_resume(p->fetch)) passing_starve(p);
}

static void passing_on_room(void *arg) {
  struct passing *p = arg;
  struct iovec part = {p->held.at, p->held.len};
  ssize_t n = connection_push(p->connection, &part, 1);
  if (n < 0) {
    passing_lose(p);
    return;
  }
  buffer_drop(&p->held, (size_t)n);
  if (p->held.len == 0) passing_go_on(p);
}

/* ---- framing ---- */

static void add(struct iovec *parts, unsigned *count, const char *at,
                size_t len) {
  if (len > 0) parts[(*count)++] = (struct iovec){(char *)(uintptr_t)at, len};
}

/* The body, and its end where it has come to it. */
static void passing_send_framed(struct passing *p, struct slice head,
                                struct slice body) {
  struct iovec parts[PASSING_PARTS];
  char size[CHUNKS_SIZE_LINE];
  unsigned count = 0;
  bool ends = p->outcome == OUTCOME_SUCCESS;
  bool chunked = p->length == ANSWER_CHUNKED;
  bool chunk = chunked && body.len > 0;
  p->bytes += body.len;
  add(parts, &count, head.at, head.len);
  if (chunk) add(parts, &count, size, chunks_write_size(size, body.len));
  add(parts, &count, body.at, body.len);
  if (chunk && ends) add(parts, &count, crlf_last, sizeof crlf_last - 1);
  else if (chunk) add(parts, &count, crlf, sizeof crlf - 1);
  else if (chunked && ends) add(parts, &count, last, sizeof last - 1);
  passing_send(p, parts, count);
}

/* No body is longer than INT64_MAX: it breaks off, however it is framed. */
static uint64_t passing_length(const struct passing *p) {
  if (p->length <= INT64_MAX) return p->length;
  return connection_takes_chunks(p->connection) ? ANSWER_CHUNKED : UINT64_MAX;
}

/* ---- from upstream ---- */

/* Looks again when it fires, since setting it anew for each piece costs more.
 * While the client is waited for, the upstream is not. */
static void passing_on_idle(void *arg) {
  struct passing *p = arg;
  int64_t now_us = clock_now_us();
  int64_t since_us = p->held.len > 0 ? now_us : p->heard_us;
  if (now_us < since_us + p->idle_us)
    timer_set(&p->idle, since_us + p->idle_us);
  else passing_break(p, OUTCOME_DEADLINE, ATTEMPT_TIMEOUT, silent);
}

struct passing *passing_open(const struct passing *from, struct arena *arena) {
  struct passing *p = arena_take(arena, sizeof *p);
  if (!p) return NULL;
  *p = *from;
  p->length = passing_length(p);
  timer_init(&p->idle, p->fetch->scene->service->loop, passing_on_idle, p);
  connection_begin(p->connection, p->length != UINT64_MAX, passing_on_room,
                   passing_on_gone, p);
  return p;
}

void passing_begin(struct passing *p, struct slice head, struct slice body) {
  p->heard_us = clock_now_us();
  timer_set(&p->idle, p->heard_us + p->idle_us);
  passing_send_framed(p, head, body);
}

void passing_body(struct passing *p, struct slice body) {
  p->heard_us = clock_now_us();
  passing_send_framed(p, (struct slice){0}, body);
}

static enum outcome passing_outcome(enum attempt_result result) {
  if (result == ATTEMPT_SUCCESS) return OUTCOME_SUCCESS;
  return result == ATTEMPT_STARVED ? OUTCOME_REFUSED : OUTCOME_FAILED;
}

void passing_end(struct passing *p, enum attempt_result how,
                 struct slice rest) {
  p->outcome = passing_outcome(how);
  timer_clear(&p->idle);
  passing_send_framed(p, (struct slice){0}, rest);
}
