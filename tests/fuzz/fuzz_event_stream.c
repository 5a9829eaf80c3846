/* fuzz_event_stream: a stream of server-sent events into core/event_stream.
 *
 * Events are the same however the bytes are cut; each is inside the room; and a
 * naive reader, which has all lines before it, finds the same ones. */
#include <stdlib.h>

#include "core/event_stream.h"
#include "fuzz/fuzz.h"

enum { ROOM = 96, KNOWN_MAX = 64 * 1024 };

/* What came out of it, one behind the other. */
struct seen {
  char bytes[KNOWN_MAX];
  size_t len;
  uint64_t passed;
};

static void add(struct seen *seen, struct slice bytes) {
  demand(bytes.len < sizeof seen->bytes - seen->len, "events are no longer");
  if (bytes.len > 0) memcpy(seen->bytes + seen->len, bytes.at, bytes.len);
  seen->len += bytes.len;
  seen->bytes[seen->len++] = '\0';
}

static void read_in_pieces(struct slice bytes, uint64_t variant,
                           struct seen *seen) {
  char *room = malloc(ROOM);
  struct event_stream stream;
  struct fuzz_cuts cuts = fuzz_cuts_of(bytes, variant);
  event_stream_init(&stream, room, ROOM);
  seen->len = 0;
  while (bytes.len > 0) {
    size_t len = variant == 0 ? bytes.len : fuzz_cut(&cuts, bytes.len);
    char *copy = fuzz_copy((struct slice){bytes.at, len});
    struct slice piece = {copy, len};
    while (event_stream_take(&stream, &piece)) {
      demand(event_stream_name(&stream).len <= EVENT_NAME_MAX, "a short name");
      demand(event_stream_data(&stream).len <= ROOM, "data in the room");
      add(seen, event_stream_name(&stream));
      add(seen, event_stream_data(&stream));
    }
    demand(piece.len == 0, "all is taken");
    free(copy);
    bytes = slice_from(bytes, len);
  }
  seen->passed = stream.passed;
  free(room);
}

/* ---- the naive reader ---- */

struct naive {
  struct slice name;
  char data[KNOWN_MAX];
  size_t data_len;
  bool has_data, too_long;
};

/* What is left of the room for a line: the data so far is in it. */
static void take_line(struct naive *naive, struct slice line) {
  struct slice value = {0};
  const char *colon = memchr(line.at, ':', line.len);
  struct slice name = {line.at, colon ? (size_t)(colon - line.at) : line.len};
  naive->too_long = naive->too_long || line.len > ROOM - naive->data_len;
  if (naive->too_long) return;
  if (colon) value = slice_from(line, name.len + 1);
  if (value.len > 0 && *value.at == ' ') value = slice_from(value, 1);
  if (slice_equal(name, slice_of("event"))) naive->name = value;
  if (!slice_equal(name, slice_of("data"))) return;
  if (naive->has_data) naive->data[naive->data_len++] = '\n';
  if (value.len > 0) memcpy(naive->data + naive->data_len, value.at, value.len);
  naive->data_len += value.len;
  naive->has_data = true;
}

static void end_event(struct naive *naive, struct seen *seen) {
  seen->passed += naive->too_long;
  if (naive->has_data && !naive->too_long) {
    if (naive->name.len > EVENT_NAME_MAX) naive->name.len = EVENT_NAME_MAX;
    add(seen, naive->name);
    add(seen, (struct slice){naive->data, naive->data_len});
  }
  naive->name.len = naive->data_len = 0;
  naive->has_data = naive->too_long = false;
}

static void read_naively(struct slice bytes, struct seen *seen) {
  static struct naive naive;
  naive = (struct naive){0};
  seen->len = 0;
  seen->passed = 0;
  for (size_t i = 0, begin = 0; i < bytes.len; i++) {
    char c = bytes.at[i];
    if (c != '\r' && c != '\n') continue;
    struct slice line = {bytes.at + begin, i - begin};
    if (c == '\r' && i + 1 < bytes.len && bytes.at[i + 1] == '\n') i++;
    begin = i + 1;
    if (line.len > 0) take_line(&naive, line);
    else end_event(&naive, seen);
  }
}

static void expect_same(const struct seen *a, const struct seen *b,
                        const char *promise) {
  demand(a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0 &&
             a->passed == b->passed,
         promise);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct seen whole, other;
  struct slice bytes = fuzz_input(data, size);
  if (size > KNOWN_MAX / 4) return 0;
  read_in_pieces(bytes, 0, &whole);
  for (uint64_t variant = 1; variant <= 2; variant++) {
    read_in_pieces(bytes, variant, &other);
    expect_same(&whole, &other, "the same in any pieces");
  }
  read_naively(bytes, &other);
  expect_same(&whole, &other, "what a naive reader finds");
  return 0;
}
