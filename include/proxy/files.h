/* files: what the process writes by name: the log. At start, and again at each
 * reload. */
#ifndef HEDGEROW_PROXY_FILES_H
#define HEDGEROW_PROXY_FILES_H

#include <stdbool.h>

#include "config/config.h"
#include "io/log.h"

/* Opens the config's log file, if there is one, and moves the log there. False:
 * it cannot be opened, a notice has said why, and the log stays where it was.
 * log NULL: --log off. */
bool files_open_log(const struct config *config, struct log *log)
    __attribute__((warn_unused_result));

#endif
