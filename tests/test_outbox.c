/* The outbox, over a stream that takes as many bytes as the test says. */
#include "io/outbox.h"

#include <criterion/criterion.h>
#include <string.h>

static char sent[64];
static size_t sent_len;
static ssize_t takes; /* at the next send; or one of stream's values */
static unsigned told;

static ssize_t narrow_send(struct stream *stream, const struct iovec *parts,
                           unsigned count) {
  ssize_t room = takes;
  (void)stream;
  for (; count > 0 && room > 0; parts++, count--) {
    size_t n = (size_t)room < parts->iov_len ? (size_t)room : parts->iov_len;
    memcpy(sent + sent_len, parts->iov_base, n);
    sent_len += n;
    room -= (ssize_t)n;
  }
  return takes < 0 ? takes : takes - room;
}

static const struct stream_kind narrow = {.send = narrow_send};
static struct stream stream = {.kind = &narrow};

static void on_sent(void *arg) {
  cr_assert(arg == sent);
  told++;
}

static struct outbox *outbox_of(struct iovec *parts, size_t already) {
  struct outbox *out = outbox_new(parts, 3, already, on_sent, sent);
  cr_assert(out != NULL);
  return out;
}

static void send_until_empty(struct outbox *out, ssize_t step) {
  takes = step;
  while (!outbox_is_empty(out)) {
    ssize_t n = outbox_send(out, &stream);
    cr_assert(n > 0 && n <= step, "%zd", n);
  }
}

static void expect_sent(const char *text) {
  cr_assert(sent_len == strlen(text) && memcmp(sent, text, sent_len) == 0,
            "expected \"%s\" but \"%.*s\" was sent", text, (int)sent_len, sent);
}

/* Wherever the kernel stopped, and however little it takes from then on. */
Test(outbox, what_is_left_is_sent_from_where_it_was_cut) {
  static const char all[] = "head, a body, an end";
  for (size_t already = 0; already < sizeof all - 1; already++) {
    for (ssize_t step = 1; step < 9; step++) {
      char head[] = "head, ", body[] = "a body, ", end[] = "an end";
      struct iovec parts[] = {{head, 6}, {body, 8}, {end, 6}};
      sent_len = told = 0;
      struct outbox *out = outbox_of(parts, already);
      memset(head, 'x', 6); /* the next answer is written there */
      send_until_empty(out, step);
      expect_sent(all + already);
      cr_assert(told == 0);
      outbox_free(out);
      cr_assert(told == 1);
    }
  }
}

Test(outbox, a_stream_that_takes_nothing_changes_nothing) {
  struct iovec parts[] = {{"one", 3}, {"two", 3}, {"three", 5}};
  struct outbox *out = outbox_of(parts, 1);
  takes = STREAM_AGAIN;
  cr_assert(outbox_send(out, &stream) == STREAM_AGAIN);
  cr_assert(!outbox_is_empty(out));
  send_until_empty(out, 64);
  expect_sent("netwothree");
  outbox_free(out);
}

Test(outbox, who_waits_is_told_also_when_the_stream_breaks) {
  struct iovec parts[] = {{"one", 3}, {"two", 3}, {"three", 5}};
  struct outbox *out = outbox_of(parts, 0);
  takes = STREAM_BROKEN;
  cr_assert(outbox_send(out, &stream) == STREAM_BROKEN);
  outbox_free(out);
  cr_assert(told == 1);
}

Test(outbox, none_may_be_freed) { outbox_free(NULL); }
