/* trace: what a live process does, line by line, as curl's -v (--trace on).
 *
 *   14:03:07.512873 [4711] client 127.0.0.1:53412: head read, GET /smart, 87
 *   bytes
 *
 * The time (UTC), the thread, a subject (a client by its address, a stream by
 * its descriptor), and what has happened. Never a query, a field's value, a
 * body or a token: what is traced is shown to others. */
#ifndef HEDGEROW_IO_TRACE_H
#define HEDGEROW_IO_TRACE_H

#include <stdbool.h>

/* Set at most once, before there are threads. */
extern bool trace_is_on;

/* printf-like, one line without its end. Costs one branch while it is off: the
 * arguments are not even evaluated. */
#define trace(...)                                                             \
  do {                                                                         \
    if (__builtin_expect(trace_is_on, false)) trace_write(__VA_ARGS__);        \
  } while (0)

/* "%.*s" with TRACE_ARG(slice) for what a peer sent: the beginning of it. */
enum { TRACE_ARG_MAX = 200 };
#define TRACE_ARG(s)                                                           \
  (int)((s).len < TRACE_ARG_MAX ? (s).len : TRACE_ARG_MAX), (s).at

/* For `trace`. Any byte that is neither visible ASCII nor a space is written as
 * \xHH, so a line stays one line whatever a peer sent. One write(2) to stderr;
 * where that would block the line is dropped, and the next one says how many
 * were. */
void trace_write(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
