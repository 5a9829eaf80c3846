/* event_stream: a reader of server-sent events in one room of fixed size.
 *
 * The room holds the data of the event so far, and behind it the line that is
 * being read. A line that ends and is data moves down over its own name, so
 * that data stands in one piece without a second buffer. A line is read only
 * where it ends, so an event is the same however its bytes were cut.
 *
 * An event that does not fit is passed over up to the empty line that ends it,
 * and counted: what comes behind it is read as ever. The byte order mark that
 * the standard allows at the start is not expected of hedgerow, and spoils one
 * line if it comes. */
#include "core/event_stream.h"

void event_stream_init(struct event_stream *stream, char *room, size_t cap) {
  *stream = (struct event_stream){.room = room, .cap = cap};
}

static void begin_event(struct event_stream *stream) {
  stream->data_len = stream->line_len = stream->name_len = 0;
  stream->has_data = stream->too_long = stream->over = false;
}

/* A line that does not fit is no empty one, so one byte of it is kept. */
static void add(struct event_stream *stream, const char *bytes, size_t len) {
  size_t used = stream->data_len + stream->line_len;
  if (len == 0) return;
  stream->after_cr = false;
  stream->too_long = stream->too_long || len > stream->cap - used;
  if (!stream->too_long) memcpy(stream->room + used, bytes, len);
  stream->line_len = stream->too_long ? 1 : stream->line_len + len;
}

/* It moves down over its own name and colon, so there is room for the feed. */
static void take_data(struct event_stream *stream, struct slice value) {
  if (stream->has_data) stream->room[stream->data_len++] = '\n';
  memmove(stream->room + stream->data_len, value.at, value.len);
  stream->data_len += value.len;
  stream->has_data = true;
}

static void take_name(struct event_stream *stream, struct slice value) {
  stream->name_len = value.len < EVENT_NAME_MAX ? value.len : EVENT_NAME_MAX;
  memcpy(stream->name, value.at, stream->name_len);
}

static void take_field(struct event_stream *stream, struct slice line) {
  struct slice name = slice_until(line, ':');
  struct slice value = slice_from(line, name.len + (name.len < line.len));
  if (value.len > 0 && *value.at == ' ') value = slice_from(value, 1);
  if (slice_equal(name, slice_of("data"))) take_data(stream, value);
  if (slice_equal(name, slice_of("event"))) take_name(stream, value);
}

/* True: an event has ended that is to be told. */
static bool end_line(struct event_stream *stream) {
  struct slice line = {stream->room + stream->data_len, stream->line_len};
  stream->line_len = 0;
  if (line.len > 0) {
    if (!stream->too_long) take_field(stream, line);
    return false;
  }
  bool told = stream->has_data && !stream->too_long;
  stream->passed += stream->too_long;
  if (told) stream->over = true;
  else begin_event(stream);
  return told;
}

static size_t line_run(struct slice bytes) {
  size_t n = 0;
  while (n < bytes.len && bytes.at[n] != '\n' && bytes.at[n] != '\r') n++;
  return n;
}

bool event_stream_take(struct event_stream *stream, struct slice *bytes) {
  if (stream->over) begin_event(stream);
  while (bytes->len > 0) {
    size_t run = line_run(*bytes);
    add(stream, bytes->at, run);
    *bytes = slice_from(*bytes, run);
    if (bytes->len == 0) break;
    bool half = *bytes->at == '\n' && stream->after_cr;
    stream->after_cr = *bytes->at == '\r';
    *bytes = slice_from(*bytes, 1);
    if (!half && end_line(stream)) return true;
  }
  return false;
}
