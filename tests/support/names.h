/* names: what the names that end in ".test" resolve to, and when.
 *
 * To be opened before the program is started, which then has tests/preload/
 * names.c in front of its getaddrinfo. Every lookup of such a name lasts until
 * the script answers it, and once answered it is looked up again at once. */
#ifndef HEDGEROW_TESTS_SUPPORT_NAMES_H
#define HEDGEROW_TESTS_SUPPORT_NAMES_H

#include "support/scoped.h"

struct names {
  int listening;
};

struct names *names_new(void);
/* When the program has ended. */
void names_free(struct names *names);
OWNABLE(names)

/* Answers the next lookup, which must be of this name. addresses: numeric, apart
 * by spaces; "": it does not resolve. */
void names_answer(struct names *names, const char *name, const char *addresses);
/* Waits for the next lookup: whatever was answered before has been taken in. */
void names_await_lookup(struct names *names);

#endif
