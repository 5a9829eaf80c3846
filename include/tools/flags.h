/* flags: the command line of a tool, by a table of its options.
 *
 * Nothing but a command line sets them. The proxy's own options, which files
 * and variables set, too, are config/'s. */
#ifndef HEDGEROW_TOOLS_FLAGS_H
#define HEDGEROW_TOOLS_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of shown, on and read one is there. */
struct flag {
  const char *name;  /* "--slow" */
  const char *shown; /* a text, which is printed; then there is no more to do */
  bool *on;          /* takes no value, and becomes true */
  /* Takes a value. NULL, or what is wrong with that: "expected ...", or what
   * goes on from the value, as " is no rate: ...". */
  const char *(*read)(const struct flag *flag, const char *value);
  /* For `read`: */
  void *into;
  int64_t least, most;
  const char *expected;
};

/* The tool is to run, or else this is its exit code. */
enum flags_reading { FLAGS_RUN = -1, FLAGS_DONE = 0, FLAGS_ERROR = 2 };

/* Reads argv[1..] up to the NULL, "--flag value" or "--flag=value". FLAGS_DONE:
 * a text was asked for, and is printed. After FLAGS_ERROR one line was written
 * to stderr. tool: "tap". */
enum flags_reading flags_read(const char *tool, char **argv,
                              const struct flag *flags, size_t count)
    __attribute__((warn_unused_result));

/* Says so in one line on stderr. Returns FLAGS_ERROR. */
enum flags_reading flags_complain(const char *tool, const char *name,
                                  const char *value, const char *why);

/* ---- reads ---- */

/* Any words, into a const char *. */
const char *flags_words(const struct flag *flag, const char *value);
/* A whole number, and a duration in us, into an
 * int64_t or a uint64_t, if they are within
 * least and most; else `expected` says what is. */
const char *flags_count(const struct flag *flag, const char *value);
const char *flags_time(const struct flag *flag, const char *value);

#endif
