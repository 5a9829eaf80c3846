/* io/ring: whole messages in their order, by one thread and by two. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "io/ring.h"

#include "support/scoped.h"

OWNABLE(ring)

static void expect_next(struct ring *ring, const char *want) {
  char message[256];
  size_t len = ring_take(ring, message, sizeof message);
  cr_assert_eq(len, strlen(want), "%zu bytes, not \"%s\"", len, want);
  cr_expect_eq(memcmp(message, want, len), 0);
}

static bool put(struct ring *ring, const char *message) {
  return ring_put(ring, message, strlen(message));
}

Test(ring, messages_come_out_whole_and_in_order) {
  OWNED(ring) ring = ring_new(256);
  char message[8];
  cr_expect_eq(ring_take(ring, message, sizeof message), 0);
  cr_expect(put(ring, "one"));
  cr_expect(put(ring, "exactly8"));
  cr_expect(put(ring, "three, longer"));
  cr_expect_eq(ring_waiting(ring), 16 + 16 + 24);
  expect_next(ring, "one");
  expect_next(ring, "exactly8");
  expect_next(ring, "three, longer");
  cr_expect_eq(ring_take(ring, message, sizeof message), 0);
  cr_expect_eq(ring_waiting(ring), 0);
}

Test(ring, what_finds_no_room_is_left_out_and_counted) {
  OWNED(ring) ring = ring_new(64);
  char full[65] = {0};
  memset(full, 'x', 56);
  cr_expect_not(ring_put(ring, full, 57));
  cr_expect(put(ring, full));
  cr_expect_not(put(ring, "y"));
  cr_expect_eq(ring_left_out(ring), 2);
  expect_next(ring, full);
  cr_expect(put(ring, "y"));
  expect_next(ring, "y");
  cr_expect_eq(ring_left_out(ring), 2);
}

Test(ring, one_that_the_reader_has_no_room_for_is_passed_over) {
  OWNED(ring) ring = ring_new(256);
  char small[4];
  cr_expect(put(ring, "too long"));
  cr_expect(put(ring, "fits"));
  cr_expect_eq(ring_take(ring, small, sizeof small), 4);
  cr_expect_eq(memcmp(small, "fits", 4), 0);
  cr_expect_eq(ring_left_out(ring), 1);
}

Test(ring, every_length_at_every_place_survives_the_end) {
  OWNED(ring) ring = ring_new(256);
  char in[100], out[100];
  for (size_t i = 0; i < sizeof in; i++) in[i] = (char)('0' + i % 75);
  for (size_t n = 0; n < 5000; n++) {
    size_t len = 1 + n * 7 % sizeof in;
    cr_assert(ring_put(ring, in, len));
    cr_assert_eq(ring_take(ring, out, sizeof out), len);
    cr_assert_eq(memcmp(in, out, len), 0);
  }
}

/* ---- two threads ---- */

enum { MESSAGES = 200 * 1000 };

struct numbered {
  uint64_t number;
  char more[56]; /* of which number % 57 are sent, and hold its last byte */
};

static void *write_all(void *arg) {
  struct numbered message;
  for (uint64_t i = 1; i <= MESSAGES; i++) {
    message.number = i;
    memset(message.more, (int)(i & 0xff), sizeof message.more);
    ring_put(arg, &message, sizeof message.number + i % 57);
  }
  return NULL;
}

/* Numbers may be missing, and each one that is missing was counted. */
Test(ring, a_reader_beside_the_writer_sees_no_torn_message) {
  OWNED(ring) ring = ring_new(4096);
  struct numbered message;
  pthread_t writer;
  uint64_t seen = 0, last = 0;
  size_t len;
  cr_assert_eq(pthread_create(&writer, NULL, write_all, ring), 0);
  while (seen + ring_left_out(ring) < MESSAGES) {
    if (!(len = ring_take(ring, &message, sizeof message))) continue;
    seen++;
    cr_assert_gt(message.number, last);
    last = message.number;
    cr_assert_eq(len, sizeof last + last % 57);
    for (size_t i = 0; i < last % 57; i++)
      cr_assert_eq((unsigned char)message.more[i], last & 0xff);
  }
  pthread_join(writer, NULL);
  cr_expect_eq(seen + ring_left_out(ring), MESSAGES);
}
