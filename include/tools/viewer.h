/* viewer: what tap and top share: their options, and the admin listener that
 * they ask. */
#ifndef HEDGEROW_TOOLS_VIEWER_H
#define HEDGEROW_TOOLS_VIEWER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"
#include "io/download.h"
#include "tools/sheet.h"

/* An option of one tool's own. */
struct viewer_flag {
  const char *name; /* "--slow" */
  /* NULL, or what was expected. value is NULL where the flag takes none. */
  const char *(*read)(void *options, const char *value);
  bool takes_value;
};

enum { VIEWER_PROBLEM_BYTES = 4096, VIEWER_PLACE_BYTES = 128 };

struct viewer {
  const char *tool;            /* "tap" */
  const char *admin;           /* "127.0.0.1:8481", "http://127.0.0.1:8481/",
                                * "unix:/path"; as given */
  const char *token_file;      /* NULL: none */
  struct download *download;   /* NULL: not open */
  download_on_bytes *on_bytes; /* of a 200 */
  void *arg;
  char problem[VIEWER_PROBLEM_BYTES]; /* the body of another status */
  size_t problem_len;
  char why[VIEWER_PROBLEM_BYTES];
};

enum viewer_reading { VIEWER_RUN, VIEWER_DONE, VIEWER_ERROR };

/* Reads argv[1..] up to the NULL, and the environment: --admin,
 * --admin-token-file, --help and these flags. VIEWER_DONE: the help was asked
 * for, and is printed. After VIEWER_ERROR one line was written to stderr. */
enum viewer_reading viewer_read(struct viewer *viewer, char **argv,
                                const char *help,
                                const struct viewer_flag *flags,
                                size_t flag_count, void *options)
    __attribute__((warn_unused_result));

/* False: one line was written to stderr, and the exit code is 2. */
bool viewer_open(struct viewer *viewer) __attribute__((warn_unused_result));
/* Also after viewer_open was false. */
void viewer_close(struct viewer *viewer);

/* GET path; on_bytes gets the body if it is a 200. See io/download. */
bool viewer_ask(struct viewer *viewer, const char *path,
                enum download_patience patience, download_on_bytes *on_bytes,
                void *arg) __attribute__((warn_unused_result));

/* Whether a 200 came, or is coming. */
bool viewer_is_answered(const struct viewer *viewer);
/* Whether to ask again is of no use: the answer was no, and will be. */
bool viewer_is_refused(const struct viewer *viewer);
/* Why there is no more of it: "connection refused", "it answered 401:
 * ...". Visible ASCII; valid until the next ask. */
const char *viewer_why(struct viewer *viewer);
/* Says that nothing can be shown, and why, in one line on stderr. */
void viewer_give_up(const struct viewer *viewer, const char *why);

/* All of it, to stdout. False: it cannot be written, and errno says why. */
bool viewer_put(struct slice bytes) __attribute__((warn_unused_result));
/* How stdout shows lines: no colours where NO_COLOR is set (no-color.org). */
struct sheet_look viewer_look(void);

#endif
