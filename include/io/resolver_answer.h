/* resolver_answer: what is known of one name. See io/resolver. */
#ifndef HEDGEROW_IO_RESOLVER_ANSWER_H
#define HEDGEROW_IO_RESOLVER_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

enum { RESOLVER_ADDRESSES_MAX = 8, RESOLVER_ADDRESS_TEXT = 48 };

enum resolver_state { RESOLVER_WAITING, RESOLVER_READY, RESOLVER_FAILED };

struct resolver_answer {
  enum resolver_state state;
  uint32_t generation; /* grows whenever the set of addresses changes */
  unsigned count;
  /* "192.0.2.1", "[2001:db8::1]", in the resolver's order */
  char addresses[RESOLVER_ADDRESSES_MAX][RESOLVER_ADDRESS_TEXT];
  char error[80]; /* with RESOLVER_FAILED: gai_strerror's words */
};

/* getaddrinfo's answer: RESOLVER_READY with an address or more, or
 * RESOLVER_FAILED. Blocks as long as it takes. */
struct resolver_answer resolver_answer_look_up(const char *host);
/* For an address in digits, without asking anybody. False: it is a name. */
bool resolver_answer_numeric(struct resolver_answer *answer, const char *host);
/* Takes over what is new in a fresh answer. False: it says nothing new. */
bool resolver_answer_renew(struct resolver_answer *known,
                           const struct resolver_answer *fresh);

#endif
