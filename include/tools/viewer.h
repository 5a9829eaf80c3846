/* viewer: what tap and top share: their options, and the admin listener that
 * they ask. */
#ifndef HEDGEROW_TOOLS_VIEWER_H
#define HEDGEROW_TOOLS_VIEWER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"
#include "io/download.h"
#include "tools/flags.h"
#include "tools/sheet.h"

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

/* Where it asks, as the environment has it, else as the proxy listens. */
void viewer_init(struct viewer *viewer, const char *tool);
/* The options that say it otherwise; members of a struct flag's list. */
#define VIEWER_FLAGS(viewer)                                                   \
  {.name = "--admin", .read = flags_words, .into = &(viewer)->admin}, {        \
    .name = "--admin-token-file", .read = flags_words,                         \
    .into = &(viewer)->token_file                                              \
  }

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
