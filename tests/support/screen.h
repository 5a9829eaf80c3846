/* screen: a program of hedgerow's whose stdout somebody watches: on a terminal
 * of its own, or at the other end of a pipe. Its stderr is always a pipe.
 *
 * On a terminal it runs as the job of a small shell, so that it can be stopped,
 * and goes on, as under any other. */
#ifndef HEDGEROW_TESTS_SUPPORT_SCREEN_H
#define HEDGEROW_TESTS_SUPPORT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/scoped.h"

enum { SCREEN_MAX = 256 * 1024 };

struct screen_side {
  int fd;
  char text[SCREEN_MAX]; /* NUL-terminated */
  size_t len;
  size_t at; /* what was awaited last ends here */
};

struct screen {
  pid_t pid, child; /* the program; the child of ours, perhaps its shell */
  int terminal;     /* what the program has for one; -1: it has a pipe */
  time_t guard_s;   /* by then what is awaited must have come */
  int exit_status;  /* after its end; 128 + N when signal N ended it */
  struct screen_side out, err;
};

/* On a terminal of this size. */
#define screen_open(columns, rows, ...)                                        \
  screen_open_flags(columns, rows, (const char *const[]){__VA_ARGS__, NULL})
/* With a pipe as stdout. */
#define screen_open_pipe(...) screen_open(0, 0, __VA_ARGS__)
struct screen *screen_open_flags(unsigned columns, unsigned rows,
                                 const char *const *flags);
/* Ends it by SIGTERM if it still runs. */
void screen_free(struct screen *screen);
OWNABLE(screen)

/* Waits until it has written this, behind what was awaited last. */
void screen_await(struct screen *screen, const char *text);
void screen_await_err(struct screen *screen, const char *text);
/* Waits for its end, and asserts on its exit status. */
void screen_await_exit(struct screen *screen, int status);

void screen_type(struct screen *screen, const char *keys);
void screen_resize(struct screen *screen, unsigned columns, unsigned rows);
/* Nobody reads its stdout any more. */
void screen_leave(struct screen *screen);
/* Whether the terminal hands lines over and echoes, as a shell wants it. */
bool screen_is_as_before(const struct screen *screen);

#endif
