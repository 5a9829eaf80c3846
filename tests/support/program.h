/* program: hedgerow itself, built and started as a user would.
 *
 * HEDGEROW_BIN names it, else it is build/release/hedgerow. A child of a test
 * that ends early is killed by the kernel. */
#ifndef HEDGEROW_TESTS_SUPPORT_PROGRAM_H
#define HEDGEROW_TESTS_SUPPORT_PROGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "support/scoped.h"

enum { PROGRAM_OUTPUT_MAX = 256 * 1024 };

struct program {
  pid_t pid;
  uint16_t port;       /* of its ready line, the first of several */
  uint16_t admin_port; /* 0: it has no admin listener */
  int err_fd;          /* a pipe */
  int out_fd;          /* a file without a name */
  int exit_status;     /* after it has ended; 128 + N when signal N ended it */
  /* NUL-terminated; stdout is filled when the program has ended. */
  char err[PROGRAM_OUTPUT_MAX];
  char out[PROGRAM_OUTPUT_MAX];
  size_t err_len;
};

/* Starts it with these flags (and `--listen 127.0.0.1:0` if neither they nor
 * HEDGEROW_LISTEN say where) and waits until it listens. */
#define program_start(...)                                                     \
  program_start_flags((const char *const[]){__VA_ARGS__, NULL})
struct program *program_start_flags(const char *const *flags);
/* The port of the address of this number in its ready line; 0: there is none.
 */
uint16_t program_port(const struct program *program, unsigned number);
/* Runs it with exactly these arguments until it ends. */
#define program_run(...)                                                       \
  program_run_flags((const char *const[]){__VA_ARGS__, NULL})
struct program *program_run_flags(const char *const *flags);

/* Its number of kB of this kind in /proc/PID/status, such as "VmRSS". */
long program_kb(const struct program *program, const char *kind);

void program_signal(struct program *program, int signo);
/* Waits until it says this on stderr. */
void program_await_notice(struct program *program, const char *text);
/* What it has said so far counts no more. */
void program_forget_notices(struct program *program);
/* SIGHUP, upon which it says this. */
void program_reload(struct program *program, const char *notice);
/* Waits for its end; asserts that no sanitizer complained. */
void program_await_exit(struct program *program);
/* Waits for its end with this status, which is as it should be: freeing it finds
 * nothing wrong. */
void program_expect_exit(struct program *program, int status);
/* SIGTERM, if it still runs, and asserts that it ends with status 0. */
void program_stop(struct program *program);
/* The same, and asserts that its log, which is its stdout, has this text. */
void program_expect_log(struct program *program, const char *text);
/* Stops it first if need be. */
void program_free(struct program *program);
OWNABLE(program)

#endif
