/* secrets: what targets and the collector of spans are shown, who vouches for
 * them, and what operators must show: read from the files and variables that
 * the configuration names, at start and at each reload. */
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
  struct secrets_own {
    struct slice admin_token;         /* of --admin-token-file; empty: none */
    struct snapshot_secret collector; /* of --otlp */
  } own, read;           /* of the process; and is to be, once it is taken */
  unsigned admin_tokens; /* how many there have been, this one included */
};

/* Reads them for every target of a config with upstreams, and into `read` what
 * options of the process name, in its own config, which is that of the start.
 * CAs that are the same bytes as before are the same trust as before. False:
 * something will not do, each thing is among the errors, and all is as it was.
 */
bool secrets_read(struct secrets *secrets, const struct config *process,
                  const struct config *config, struct config_errors *errors)
    __attribute__((warn_unused_result));
/* Whether the collector's are others than before. */
bool secrets_change_collector(const struct secrets *secrets);
/* From now on what was read counts. A token for operators that is the same as
 * before is not counted. */
void secrets_take_own(struct secrets *secrets);
/* Wipes tokens, lets trusts go. */
void secrets_clear(struct secrets *secrets);

#endif
