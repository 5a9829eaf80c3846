/* secrets: what targets are shown and who vouches for them, read from the files
 * and variables that the configuration names. At start, and at each reload. */
#ifndef HEDGEROW_PROXY_SECRETS_H
#define HEDGEROW_PROXY_SECRETS_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_errors.h"
#include "config/snapshot.h"

/* Tokens from the environment, where others could see them: each is taken out
 * of there when it is read for the first time. */
struct variable;

/* What was read last. One of the process; only its main thread touches it. All
 * zeros is empty. */
struct secrets {
  struct snapshot_secret *of_targets; /* by target number */
  unsigned count;
  struct variable *variables;
  struct slice admin_token; /* of --admin-token-file; empty: none */
  struct slice admin_read;  /* and is to be, once it is taken */
  unsigned admin_tokens;    /* how many there have been, this one included */
};

/* Reads them for every target of a config with upstreams. CAs that are the same
 * bytes as before are the same trust as before. False: something will not do,
 * each thing has been complained of, and all is as it was. */
bool secrets_read(struct secrets *secrets, const struct config *config,
                  config_complain *complain, void *arg)
    __attribute__((warn_unused_result));
/* Reads --admin-token-file, if there is one, of the config of the start. False
 * likewise. */
bool secrets_read_admin(struct secrets *secrets, const struct config *config,
                        config_complain *complain, void *arg)
    __attribute__((warn_unused_result));
/* From now on the token that was read is asked for. One that is the same as
 * before is not counted. */
void secrets_take_admin(struct secrets *secrets);
/* Wipes tokens, lets trusts go. */
void secrets_clear(struct secrets *secrets);

#endif
