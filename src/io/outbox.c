/* outbox: what of an answer the kernel did not take at once.
 *
 * Most answers are taken whole, so a connection has no outbox until one is not.
 * Only the head is copied: it was written into a scratch that the next answer
 * uses too. Bodies stay where they were received, and are pointed to. */
#include "io/outbox.h"

#include <stdlib.h>
#include <string.h>

struct outbox {
  void (*on_sent)(void *arg);
  void *arg;
  char *head; /* the copy of what was left of it, or NULL */
  unsigned first, count;
  struct iovec parts[]; /* [first, count) are to be sent */
};

/* Forgets the first n bytes of what is to be sent. */
static void outbox_advance(struct outbox *out, size_t n) {
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

static bool outbox_copy_head(struct outbox *out) {
  struct iovec *head = &out->parts[0];
  if (out->first > 0) return true; /* it has been sent */
  out->head = malloc(head->iov_len);
  if (!out->head) return false;
  memcpy(out->head, head->iov_base, head->iov_len);
  head->iov_base = out->head;
  return true;
}

struct outbox *outbox_new(const struct iovec *parts, unsigned count,
                          size_t sent, void (*on_sent)(void *arg), void *arg) {
  struct outbox *out = calloc(1, sizeof *out + count * sizeof *parts);
  if (!out) return NULL;
  out->count = count;
  memcpy(out->parts, parts, count * sizeof *parts);
  outbox_advance(out, sent);
  if (!outbox_copy_head(out)) {
    free(out);
    return NULL;
  }
  out->on_sent = on_sent;
  out->arg = arg;
  return out;
}

ssize_t outbox_send(struct outbox *out, struct stream *stream) {
  ssize_t n =
      stream_send(stream, &out->parts[out->first], out->count - out->first);
  if (n > 0) outbox_advance(out, (size_t)n);
  return n;
}

bool outbox_is_empty(const struct outbox *out) {
  return out->first == out->count;
}

void outbox_free(struct outbox *out) {
  if (!out) return;
  if (out->on_sent) out->on_sent(out->arg);
  free(out->head);
  free(out);
}
