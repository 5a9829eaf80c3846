/* files: what the process reads and writes by name: the token, the CAs, the
 * log. At start, and again at each reload. */
#ifndef HEDGEROW_PROXY_FILES_H
#define HEDGEROW_PROXY_FILES_H

#include <stdbool.h>

#include "config/config.h"
#include "io/log.h"
#include "io/token.h"
#include "io/trust.h"

/* One of the process; only its main thread touches it. */
struct files {
  const struct config *config; /* borrowed */
  struct log *log;             /* borrowed; NULL: --log off */
  /* What was read last: */
  char token[TOKEN_ROOM]; /* "": none */
  struct trust *trust;    /* held; NULL: nothing was read yet */
  /* HEDGEROW_TOKEN, or ""; a byte more than it may have. */
  char variable[TOKEN_ROOM + 1];
};

/* Takes HEDGEROW_TOKEN out of the environment, where others could see it. */
void files_init(struct files *files, const struct config *config,
                struct log *log);
/* Wipes tokens, and lets the trust go. */
void files_clear(struct files *files);

/* Reads --token-file and --ca-file into files->token and files->trust; a trust
 * that holds the same CAs as before is the one from before. False: a file will
 * not do, a notice has said why, and both are what they were. */
bool files_read(struct files *files) __attribute__((warn_unused_result));

/* Opens --log-file, if there is one, and moves the log there. False: it cannot
 * be opened, a notice has said why, and the log stays where it was. */
bool files_open_log(const struct files *files)
    __attribute__((warn_unused_result));

#endif
