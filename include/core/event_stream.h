/* event_stream: server-sent events, as the bytes of a stream bring them (WHATWG
 * HTML, section 9.2.6). */
#ifndef HEDGEROW_CORE_EVENT_STREAM_H
#define HEDGEROW_CORE_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

enum { EVENT_NAME_MAX = 32 };

struct event_stream {
  char *room; /* the event's data, then the line that is being read */
  size_t cap, data_len, line_len;
  char name[EVENT_NAME_MAX];
  size_t name_len;
  bool has_data;   /* a line of data has come, perhaps an empty one */
  bool too_long;   /* of the event that is being read */
  bool after_cr;   /* a line feed now is that of a CR LF */
  bool over;       /* the event was handed out */
  uint64_t passed; /* events that did not fit in the room, and were left out */
};

/* The room is the caller's: cap bytes, which an event's data and its longest
 * line must fit in together. */
void event_stream_init(struct event_stream *stream, char *room, size_t cap);

/* Takes bytes off *bytes up to the end of an event. True: there is one, and
 * event_stream_name and _data tell of it until the next call. False: all bytes
 * are taken, and no event has ended. Events without data are none, nor are
 * comments; `id` and `retry` are passed over. */
bool event_stream_take(struct event_stream *stream, struct slice *bytes)
    __attribute__((warn_unused_result));

/* Empty: the event has no name, and means "message". One of more than
 * EVENT_NAME_MAX bytes is cut. */
static inline struct slice event_stream_name(const struct event_stream *s) {
  return (struct slice){s->name, s->name_len};
}

/* Its lines, with line feeds between them. */
static inline struct slice event_stream_data(const struct event_stream *s) {
  return (struct slice){s->room, s->data_len};
}

#endif
