/* trace: what a live process does, line by line.
 *
 * Off, it is one branch that is always predicted; so it stands wherever bytes
 * or states move. On, each line costs a write(2), and a process under load is
 * slow; but it never waits for whoever reads stderr. */
#include "io/trace.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "core/text.h"
#include "io/clock.h"

enum { SAID_BYTES = 512, LINE_BYTES = 4 * SAID_BYTES + 128 };

bool trace_is_on;

static atomic_uint dropped;

static void add_beginning(struct text *line) {
  int64_t now_us = clock_wall_us();
  time_t seconds = (time_t)(now_us / 1000000);
  char beginning[64];
  struct tm tm;
  gmtime_r(&seconds, &tm);
  snprintf(beginning, sizeof beginning, "%02d:%02d:%02d.%06d [%d] ", tm.tm_hour,
           tm.tm_min, tm.tm_sec, (int)(now_us % 1000000), (int)gettid());
  text_str(line, beginning);
}

static void add_escaped(struct text *line, const char *said) {
  for (; *said; said++)
    if (*said >= ' ' && *said <= '~') text_char(line, *said);
    else text_hex(line, *said);
}

static void add_dropped(struct text *line) {
  unsigned count = atomic_exchange(&dropped, 0);
  if (count == 0) return;
  text_put(line, " (lines dropped before this one: ", count, ")");
}

static bool would_block(void) {
  struct pollfd err = {.fd = STDERR_FILENO, .events = POLLOUT};
  return poll(&err, 1, 0) < 1;
}

void trace_write(const char *format, ...) {
  char said[SAID_BYTES], storage[LINE_BYTES];
  struct text line = TEXT_ON(storage);
  va_list args;
  if (would_block()) {
    atomic_fetch_add(&dropped, 1);
    return;
  }
  va_start(args, format);
  vsnprintf(said, sizeof said, format, args);
  va_end(args);
  add_beginning(&line);
  add_escaped(&line, said);
  add_dropped(&line);
  text_char(&line, '\n');
  /* Nobody is left to be told when this fails. */
  ssize_t written = write(STDERR_FILENO, line.at, line.len);
  (void)written;
}
