/* accept: what a client would rather have (RFC 9110, section 12.4.2 and
 * 12.5.1). Weights are in thousandths, 0 to 1000. */
#ifndef HEDGEROW_CORE_ACCEPT_H
#define HEDGEROW_CORE_ACCEPT_H

#include "core/slice.h"

enum { ACCEPT_ONE = 1000 };

/* "1", "0.5", "1.000", "0."; what is no qvalue is 0. */
int accept_qvalue(struct slice text);
/* How much a value of Accept wants this media type, by its own name, whatever
 * other parameters it has there. Of several weights the greatest; 0: it is not
 * named, or is refused. */
int accept_weight(struct slice accept, struct slice type);

#endif
