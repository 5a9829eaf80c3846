/* core/event_stream: events as text, whole and in pieces. */
#include "core/event_stream.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/words.h"

enum { ROOM = 64 };

/* "NAME=DATA|..." of what comes out of bytes fed `piece` at a time. */
static void read_all(const char *bytes, size_t piece, char out[512],
                     uint64_t *passed) {
  static char room[ROOM];
  struct event_stream stream;
  event_stream_init(&stream, room, sizeof room);
  size_t len = strlen(bytes), used = 0;
  out[0] = '\0';
  for (size_t at = 0; at < len; at += piece) {
    struct slice part = {bytes + at, len - at < piece ? len - at : piece};
    while (event_stream_take(&stream, &part))
      used += (size_t)snprintf(out + used, 512 - used, "%.*s=%.*s|",
                               SLICE_ARG(event_stream_name(&stream)),
                               SLICE_ARG(event_stream_data(&stream)));
    cr_assert(part.len == 0);
  }
  *passed = stream.passed;
}

static void expect(const char *bytes, const char *events, uint64_t passed) {
  for (size_t piece = 1; piece <= strlen(bytes); piece++) {
    char out[512];
    uint64_t seen;
    read_all(bytes, piece, out, &seen);
    cr_assert_str_eq(out, events, "in pieces of %zu: \"%s\", expected \"%s\"",
                     piece, out, events);
    cr_assert(seen == passed, "%llu passed over", (unsigned long long)seen);
  }
}

Test(event_stream, an_event_has_a_name_and_data) {
  expect("id: 7\nevent: race\ndata: {\"seq\":7}\n\n", "race={\"seq\":7}|", 0);
  expect("data:a\n\ndata: b\n\n", "=a|=b|", 0);
  expect("event: race\ndata: a\n\ndata: b\n\n", "race=a|=b|", 0);
}

Test(event_stream, lines_end_as_they_like) {
  expect("event: race\r\ndata: a\r\n\r\n", "race=a|", 0);
  expect("event: race\rdata: a\r\rdata: b\r\r", "race=a|=b|", 0);
  expect("data: a\r\n\ndata: b\n\r\n", "=a|=b|", 0);
}

Test(event_stream, lines_of_data_are_joined) {
  expect("data: a\ndata:\ndata:  b\ndata\n\n", "=a\n\n b\n|", 0);
  expect("data\n\n", "=|", 0);
}

Test(event_stream, what_has_no_data_is_no_event) {
  expect("retry: 1000\n\n: \n\nevent: race\n\n\n\ndata: a\n\n", "=a|", 0);
  expect("data: a\n", "", 0);
  expect("other: x\nevents: race\ndatum: y\n\n", "", 0);
}

Test(event_stream, an_event_that_does_not_fit_is_passed_over) {
  char bytes[512];
  snprintf(bytes, sizeof bytes,
           "data: a\n\ndata: %080d\ndata: x\n\ndata: b\n\n", 0);
  expect(bytes, "=a|=b|", 1);
  /* 58 bytes and "data: " are 64, and so is one line less and a line feed. */
  snprintf(bytes, sizeof bytes, "data: %058d\n\n: %061d\ndata: c\n\n", 0, 0);
  expect(bytes, words_of("=%058d|=c|", 0), 0);
  snprintf(bytes, sizeof bytes, "data: %059d\n\ndata: c\n\n", 0);
  expect(bytes, "=c|", 1);
}

Test(event_stream, a_long_name_is_cut) {
  expect("event: 0123456789012345678901234567890123456\ndata: a\n\n",
         "01234567890123456789012345678901=a|", 0);
}
