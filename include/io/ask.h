/* ask: what the attempts of one race have in common to say. */
#ifndef HEDGEROW_IO_ASK_H
#define HEDGEROW_IO_ASK_H

#include "core/slice.h"

/* Field lines, as the targets of one variant (core/target) are shown them; see
 * core/forward. */
struct ask_fields {
  struct slice common;
  struct slice credentials; /* the client's own Authorization and Cookie, for
                             * targets that may have them */
};

/* What all requests that are sent for one client request have in common. */
struct ask_message {
  struct slice method;
  const struct ask_fields *fields; /* by target->variant */
};

/* The message, for the target with rest and query (core/base_url). */
struct ask {
  struct slice rest;  /* appended to the target's path; "" or "/..." */
  struct slice query; /* behind the target's own; without '?' */
  const struct ask_message *message;
};

#endif
