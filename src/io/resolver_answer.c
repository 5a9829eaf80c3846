/* resolver_answer: what is known of one name, and what a lookup adds to it.
 *
 * Servers rotate their answers. An answer with the addresses that are known
 * already, in whatever order, is no change: else every refresh would make the
 * pools drop good connections. A lookup that fails takes nothing away from the
 * addresses that were found before.
 *
 * New connections are shared among the addresses of one family, that which
 * getaddrinfo prefers; those of the other are for when these do not answer. */
#include "io/resolver_answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool has_address(const struct resolver_answer *answer,
                        const char *address) {
  for (unsigned i = 0; i < answer->count; i++)
    if (strcmp(answer->addresses[i], address) == 0) return true;
  return false;
}

static void add_address(struct resolver_answer *answer, int family,
                        const void *address) {
  char plain[INET6_ADDRSTRLEN], text[RESOLVER_ADDRESS_TEXT] = "";
  if (!inet_ntop(family, address, plain, sizeof plain)) return;
  snprintf(text, sizeof text, family == AF_INET6 ? "[%s]" : "%s", plain);
  if (answer->count == RESOLVER_ADDRESSES_MAX || has_address(answer, text))
    return;
  memcpy(answer->addresses[answer->count++], text, sizeof text);
}

static void add_found(struct resolver_answer *answer,
                      const struct addrinfo *found) {
  const void *at = found->ai_addr;
  if (found->ai_family == AF_INET)
    add_address(answer, AF_INET, &((const struct sockaddr_in *)at)->sin_addr);
  if (found->ai_family == AF_INET6)
    add_address(answer, AF_INET6,
                &((const struct sockaddr_in6 *)at)->sin6_addr);
}

static void fail_with(struct resolver_answer *answer, const char *why) {
  answer->state = RESOLVER_FAILED;
  snprintf(answer->error, sizeof answer->error, "%s", why);
}

struct resolver_answer resolver_answer_look_up(const char *host) {
  struct resolver_answer answer = {.state = RESOLVER_READY};
  struct addrinfo hints = {.ai_family = AF_UNSPEC,
                           .ai_socktype = SOCK_STREAM,
                           .ai_flags = AI_ADDRCONFIG};
  struct addrinfo *found = NULL;
  int error = getaddrinfo(host, NULL, &hints, &found);
  if (error != 0) {
    fail_with(&answer,
              error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return answer;
  }
  for (struct addrinfo *at = found; at; at = at->ai_next)
    if (at->ai_family == found->ai_family) add_found(&answer, at);
  answer.preferred = answer.count;
  for (struct addrinfo *at = found; at; at = at->ai_next)
    add_found(&answer, at); /* which passes over those that are there */
  freeaddrinfo(found);
  if (answer.count == 0) fail_with(&answer, "the name has no address");
  return answer;
}

bool resolver_answer_numeric(struct resolver_answer *answer, const char *host) {
  unsigned char address[sizeof(struct in6_addr)];
  int family = AF_INET;
  if (inet_pton(family, host, address) != 1) family = AF_INET6;
  if (family == AF_INET6 && inet_pton(family, host, address) != 1) return false;
  *answer = (struct resolver_answer){.state = RESOLVER_READY, .generation = 1};
  add_address(answer, family, address);
  answer->preferred = answer->count;
  return true;
}

unsigned resolver_answer_avoid(const struct resolver_answer *answer,
                               unsigned tried) {
  unsigned all = (1u << answer->preferred) - 1;
  return (tried & all) == all ? 0 : tried & all;
}

/* Who avoids one takes no turn: else of two addresses one would get every
 * primary, and the other every hedge. */
unsigned resolver_answer_first(const struct resolver_answer *answer,
                               atomic_uint *turn, unsigned tried) {
  unsigned avoid = resolver_answer_avoid(answer, tried);
  unsigned now = avoid ? atomic_load(turn) : atomic_fetch_add(turn, 1);
  unsigned first = now % answer->preferred;
  while (avoid >> first & 1) first = (first + 1) % answer->preferred;
  return first;
}

const char *resolver_answer_nth(const struct resolver_answer *answer,
                                unsigned first, unsigned i) {
  bool is_preferred = i < answer->preferred;
  return answer->addresses[is_preferred ? (first + i) % answer->preferred : i];
}

/* Both hold no address twice. */
static bool same_addresses(const struct resolver_answer *a,
                           const struct resolver_answer *b) {
  if (a->count != b->count) return false;
  for (unsigned i = 0; i < a->count; i++)
    if (!has_address(b, a->addresses[i])) return false;
  return true;
}

static bool is_new(const struct resolver_answer *known,
                   const struct resolver_answer *fresh) {
  if (fresh->state == RESOLVER_READY)
    return known->state != RESOLVER_READY || !same_addresses(known, fresh);
  if (known->state == RESOLVER_FAILED)
    return strcmp(known->error, fresh->error) != 0;
  return known->state == RESOLVER_WAITING;
}

bool resolver_answer_renew(struct resolver_answer *known,
                           const struct resolver_answer *fresh) {
  if (!is_new(known, fresh)) return false;
  uint32_t generation = known->generation;
  *known = *fresh;
  known->generation = generation + (fresh->state == RESOLVER_READY);
  return true;
}
