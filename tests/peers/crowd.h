/* crowd: many kinds of clients as one subject, every answer of theirs judged
 * byte for byte. */
#ifndef PEERS_CROWD_H
#define PEERS_CROWD_H

#include "client.h"

/* What a request is like follows from its number, which counts from `first`.
 * Where it is calm nobody leaves, nobody is in a hurry, and a connection that
 * ends without an answer is counted rather than wrong. */
const struct subject *crowd_subject(const struct world *world, long first,
                                    bool calm);

/* Prints ` NAME=VALUE` for each verdict; 1 if anything was wrong. */
int crowd_tell(const struct client_sums *sums);

#endif
