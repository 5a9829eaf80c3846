/* generations: a client of a hedgerow whose file changes while it asks, every
 * answer judged by the generation of the file that it came of.
 *
 * In generation N each target is sent X-Generation: N and token-N, and `origin
 * --echo NAME` answers with them: "NAME N token-N". A whole generation has the
 * routes /api, to the origins a and b, and /extra, to b; a small one has
 * neither /extra nor b. Every fourth request asks for /extra.
 *
 * Lines on stdin say how far the changes are:
 *
 *   offer N whole|small  answers may be of generation N from now on
 *   only N               what is asked from now on may not be of older ones
 *
 * Right is an answer of a generation that was in force at some time between the
 * asking and the answer: its token, and an origin and a route that it has; or a
 * 404 for /extra, if one of them was small. `seen N` is printed when the first
 * right answer of N is there, `warm` when 1000 are right. */
#ifndef PEERS_GENERATIONS_H
#define PEERS_GENERATIONS_H

#include "client.h"

const struct subject *generations_subject(void);

/* Prints ` NAME=VALUE`: good, wrong, and gone, the 404s among the good. */
void generations_tell(void);

/* Judges lies, each of which must be wrong; gives up where one is believed. */
void generations_self_test(void);

#endif
