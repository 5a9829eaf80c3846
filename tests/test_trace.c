/* The trace, written to a pipe in place of stderr. */
#include "io/trace.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/slice.h"
#include "support/guard.h"

static int reading;
static int writing; /* what stderr is meanwhile; Criterion needs its own */
static char got[16 * 1024];

static void open_pipe(void) {
  int ends[2];
  cr_assert(pipe2(ends, O_NONBLOCK) == 0);
  reading = ends[0];
  writing = ends[1];
  trace_is_on = true;
}

TestSuite(trace, .init = open_pipe, .timeout = 2 * GUARD_S);

static unsigned evaluated;

static int number(void) {
  evaluated++;
  return 17;
}

static const char *read_lines(void) {
  size_t len = 0;
  ssize_t n;
  while ((n = read(reading, got + len, sizeof got - 1 - len)) > 0)
    len += (size_t)n;
  got[len] = '\0';
  return got;
}

/* stderr is the pipe while `body` runs. */
#define TRACED(body)                                                           \
  do {                                                                         \
    int before = dup(STDERR_FILENO);                                           \
    dup2(writing, STDERR_FILENO);                                              \
    body;                                                                      \
    dup2(before, STDERR_FILENO);                                               \
    close(before);                                                             \
  } while (0)

/* Behind the time and the thread. */
static void expect_said(const char *said) {
  const char *lines = read_lines(), *at = strstr(lines, "] ");
  cr_assert(at && strcmp(at + 2, said) == 0, "expected \"%s\" in:\n%s", said,
            lines);
}

Test(trace, a_line_has_a_time_and_a_thread) {
  int hour, minute, second, us, thread, end = 0;
  TRACED(trace("fd %d: %s", number(), "closed"));
  int n = sscanf(read_lines(), "%2d:%2d:%2d.%6d [%d] fd 17: closed%n", &hour,
                 &minute, &second, &us, &thread, &end);
  cr_assert(n == 5 && got[end] == '\n' && thread == gettid(), "%s", got);
}

Test(trace, while_it_is_off_nothing_is_evaluated) {
  trace_is_on = false;
  TRACED(trace("fd %d", number()));
  cr_assert(evaluated == 0 && *read_lines() == '\0');
}

Test(trace, what_a_peer_sends_stays_one_harmless_line) {
  TRACED(trace("%s", "a\r\nb\x1b[31m\x7f\xc3\xa4\ttab ~"));
  expect_said("a\\x0d\\x0ab\\x1b[31m\\x7f\\xc3\\xa4\\x09tab ~\n");
}

Test(trace, a_long_slice_is_cut) {
  char many[TRACE_ARG_MAX + 50], said[TRACE_ARG_MAX + 8];
  struct slice slice = {many, sizeof many};
  memset(many, 'x', sizeof many);
  snprintf(said, sizeof said, "%.*s.\n", (int)TRACE_ARG_MAX, many);
  TRACED(trace("%.*s.", TRACE_ARG(slice)));
  expect_said(said);
}

Test(trace, a_line_of_nothing_but_escapes_is_written_to_its_end) {
  char many[1000];
  memset(many, '\n', sizeof many - 1);
  many[sizeof many - 1] = '\0';
  TRACED(trace("%s", many));
  size_t len = strlen(read_lines());
  cr_assert(len > 4 * 500 && got[len - 1] == '\n', "%zu", len);
}

Test(trace, lines_that_nobody_reads_are_dropped_and_counted) {
  char lines[128 * 1024];
  while (write(writing, lines, sizeof lines) > 0) continue;
  TRACED(trace("one"); trace("two"));
  while (read(reading, lines, sizeof lines) > 0) continue;
  TRACED(trace("three"));
  expect_said("three (lines dropped before this one: 2)\n");
}
