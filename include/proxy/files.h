/* files: what the process writes by name: the log. At start, and again at each
 * reload. */
#ifndef HEDGEROW_PROXY_FILES_H
#define HEDGEROW_PROXY_FILES_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_errors.h"
#include "io/log.h"

/* Opens the config's log file, if there is one, and moves the log there. False:
 * it cannot be opened, the errors say why, and the log stays where it was.
 * log NULL: --log off. */
bool files_open_log(const struct config *config, struct log *log,
                    struct config_errors *errors)
    __attribute__((warn_unused_result));

#endif
