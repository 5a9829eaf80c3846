/* log: lines leave the process without ever holding a loop up.
 *
 * One thread writes; it may block (a full pipe, a slow disk, a stopped
 * terminal) and nobody else does. Each worker has a channel, a ring of its own
 * that only it fills and only the thread empties. A line that finds the ring
 * full is dropped and counted, and so is what a write error (a full disk) cost;
 * the count follows as a line of its own, {"log_lines_lost":12}. The process
 * must ignore SIGPIPE. */
#ifndef HEDGEROW_IO_LOG_H
#define HEDGEROW_IO_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct log;
struct log_channel;

/* Lines go to fd (borrowed; blocking or not). NULL: no thread or memory. */
struct log *log_new(int fd);
/* A file to append lines to, made with mode 0640 if it is not there. -1, and
 * why not in *why (static until the next error of this thread). */
int log_file_open(const char *path, const char **why)
    __attribute__((warn_unused_result));
/* What is written after this call goes to fd, which the log closes when it is
 * done with it. From any thread; does not wait for the one that writes. */
void log_move(struct log *log, int fd);
/* Call before the worker's thread starts; from then on only it may write. */
struct log_channel *log_open(struct log *log)
    __attribute__((warn_unused_result));
/* One line with its line end, at most 20 KiB. Never blocks. */
void log_write(struct log_channel *channel, struct slice line);
/* How many lines were dropped or lost so far. From any thread. */
uint64_t log_dropped(const struct log *log);
/* Writes what is left, for at most flush_us, and ends the thread. The channels
 * go with it: no writer may be left. A thread that hangs in a write beyond
 * flush_us is left behind, and log_new's fd must then stay open. */
void log_free(struct log *log, int64_t flush_us);

/* One line on stderr in the form "hedgerow: ...\n", for start and stop and for
 * trouble that an operator must see. printf-like; written by one write(2), or
 * dropped where that would block. Control bytes are written as \xHH, so a line
 * stays one line, and harmless on a terminal, whatever a peer or a file has
 * said. */
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same of a whole line, for those who call back; no arg. */
void log_notice_line(void *arg, const char *line);

/* At most one notice a second for each gate: the first of a burst is written,
 * the others are counted and told with the next. Threads may share one. */
struct log_gate {
  _Atomic int64_t next_us;
  _Atomic uint64_t held;
};
void log_notice_gated(struct log_gate *gate, int64_t now_us, const char *what);

#endif
