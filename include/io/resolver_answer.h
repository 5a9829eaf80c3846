/* resolver_answer: what is known of one name. See io/resolver. */
#ifndef HEDGEROW_IO_RESOLVER_ANSWER_H
#define HEDGEROW_IO_RESOLVER_ANSWER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RESOLVER_ADDRESSES_MAX = 8, RESOLVER_ADDRESS_TEXT = 48 };

enum resolver_state { RESOLVER_WAITING, RESOLVER_READY, RESOLVER_FAILED };

struct resolver_answer {
  enum resolver_state state;
  uint32_t generation; /* grows whenever the set of addresses changes */
  unsigned count;
  unsigned preferred; /* so many of them, the first, are of the family that
                       * getaddrinfo puts first (RFC 6724); one at least */
  /* "192.0.2.1", "[2001:db8::1]"; within a family in getaddrinfo's order */
  char addresses[RESOLVER_ADDRESSES_MAX][RESOLVER_ADDRESS_TEXT];
  char error[80]; /* with RESOLVER_FAILED: gai_strerror's words */
};

/* getaddrinfo's answer: RESOLVER_READY with an address or more, or
 * RESOLVER_FAILED. Blocks as long as it takes. */
struct resolver_answer resolver_answer_look_up(const char *host);
/* For an address in digits, without asking anybody. False: it is a name. */
bool resolver_answer_numeric(struct resolver_answer *answer, const char *host);
/* Of the places in `addresses` that have been tried, as bits, those to avoid:
 * none once every preferred one has been. */
unsigned resolver_answer_avoid(const struct resolver_answer *answer,
                               unsigned tried);
/* The place at which a new connection begins: the preferred one whose turn it
 * is, or the next one behind it that is not to be avoided. The answer is
 * RESOLVER_READY. */
unsigned resolver_answer_first(const struct resolver_answer *answer,
                               atomic_uint *turn, unsigned tried);
/* The i-th address (i < count) that a connection tries which begins at `first`:
 * the preferred ones in turn, then the others. */
const char *resolver_answer_nth(const struct resolver_answer *answer,
                                unsigned first, unsigned i);
/* Takes over what is new in a fresh answer. False: it says nothing new. */
bool resolver_answer_renew(struct resolver_answer *known,
                           const struct resolver_answer *fresh);

#endif
