/* alert: what the peer of a TLS connection said last (RFC 8446, section 6).
 *
 * Handles are `CURL *`, as in io/multi. */
#ifndef HEDGEROW_IO_ALERT_H
#define HEDGEROW_IO_ALERT_H

#include <stdbool.h>

/* Once, before any thread starts. False: no memory. */
bool alert_init(void) __attribute__((warn_unused_result));

/* Has the handle's connection note its peer's alerts; before it is dialled. */
void alert_watch(void *easy);

/* Whether the peer has said that it sends nothing more. Without that, the end
 * of its bytes may be anybody's work (RFC 9112, section 9.8). */
bool alert_is_close_notify(void *easy);

/* The alert by which the peer broke the connection, in words (static). NULL:
 * there was none. */
const char *alert_words(void *easy);

#endif
