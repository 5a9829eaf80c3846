/* files: what the process reads and writes by name: the token, the CAs, the
 * log. At start, and again at each reload. */
#ifndef HEDGEROW_PROXY_FILES_H
#define HEDGEROW_PROXY_FILES_H

#include <stdbool.h>

#include "config/config.h"
#include "io/credentials.h"
#include "io/log.h"

/* One of the process; only its main thread touches it. */
struct files {
  const struct config *config;     /* borrowed */
  struct log *log;                 /* borrowed; NULL: --log off */
  char token[TOKEN_BYTES_MAX + 2]; /* HEDGEROW_TOKEN, or "" */
};

/* Takes HEDGEROW_TOKEN out of the environment, where others could see it. */
void files_init(struct files *files, const struct config *config,
                struct log *log);
/* Wipes the token. */
void files_clear(struct files *files);

/* Reads --token-file and --ca-file. The caller holds what it gets. NULL: a file
 * will not do, and a notice has said why. */
struct credentials *files_read_credentials(const struct files *files)
    __attribute__((warn_unused_result));

/* Opens --log-file, if there is one, and moves the log there. False: it cannot
 * be opened, a notice has said why, and the log stays where it was. */
bool files_open_log(const struct files *files)
    __attribute__((warn_unused_result));

#endif
