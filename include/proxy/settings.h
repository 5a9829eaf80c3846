/* settings: the configuration, from a command line and the file that it names.
 */
#ifndef HEDGEROW_PROXY_SETTINGS_H
#define HEDGEROW_PROXY_SETTINGS_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_errors.h"

/* Fills the config with what words say, and what the file says that they name,
 * upstreams and routes included. The words have been parsed into it
 * (config_parse), or into another. False: something is wrong, and each thing
 * has been complained of. It wants a config_clear either way. Waits for what a
 * pipe is to bring. */
bool settings_read(struct config *config, const char *file,
                   const struct config_words *words, config_complain *complain,
                   void *arg) __attribute__((warn_unused_result));
/* Whether a reload may read the file, and will not wait for it: a pipe holds
 * nothing any more. False with a complaint. What else is wrong with it
 * settings_read will find. */
bool settings_can_reread(const char *file, config_complain *complain, void *arg)
    __attribute__((warn_unused_result));

#endif
