/* lookups: a scripted getaddrinfo. It answers the names that end in ".test" and
 * hands all others on to the C library. A lookup is held until the script
 * releases it; one of "hang....test" until lookups_end_hanging. */
#ifndef HEDGEROW_TESTS_SUPPORT_LOOKUPS_H
#define HEDGEROW_TESTS_SUPPORT_LOOKUPS_H

#include <stdbool.h>

enum { LOOKUPS_MAX = 8 };

/* By the number of the lookup: addresses apart by spaces, NULL for none. */
extern const char *lookups_answers[LOOKUPS_MAX];
/* While fewer have come, the refresh of what was just looked up is due at once.
 */
extern unsigned lookups_expected;

/* What this thread reads next of the clock is half a minute old: so it is where
 * the machine stands still between a reading and what comes of it. */
extern _Thread_local bool next_reading_is_old;

void lookups_release(unsigned count);
void lookups_end_hanging(void);
/* Waits until so many have come, those that hang not counted. */
void lookups_await(unsigned count);

#endif
