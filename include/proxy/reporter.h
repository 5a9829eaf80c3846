/* reporter: tells an operator what hedging has brought: when he asks (SIGUSR1),
 * at the end, and every --receipt. */
#ifndef HEDGEROW_PROXY_REPORTER_H
#define HEDGEROW_PROXY_REPORTER_H

#include <stdbool.h>

#include "config/config.h"
#include "io/log.h"
#include "io/loop.h"
#include "proxy/reload.h"

/* Main's. All zeros is none. */
struct reporter {
  const struct reload *reload; /* borrowed; it has the snapshot in force */
  int64_t every_us;            /* --receipt; 0: off */
  struct timer timer;
  struct log_channel *channel; /* NULL: no log, so it tells by notices */
  bool as_text;
};

/* Before the workers start. log may be NULL. False: no memory. */
bool reporter_start(struct reporter *reporter, struct loop *loop,
                    const struct reload *reload, struct log *log, bool as_text)
    __attribute__((warn_unused_result));
/* By notices; what routes tell that are observed, too. */
void reporter_tell(const struct reporter *reporter);
/* The workers have ended: the last word, where there is anything to tell. */
void reporter_end(struct reporter *reporter);

#endif
