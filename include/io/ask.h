/* ask: what the attempts of one race have in common to say. */
#ifndef HEDGEROW_IO_ASK_H
#define HEDGEROW_IO_ASK_H

#include "core/slice.h"

/* A GET, for the target with rest and query (core/base_url). */
struct ask {
  struct slice rest;        /* appended to the target's path; "" or "/..." */
  struct slice query;       /* behind the target's own; without '?' */
  struct slice common;      /* field lines for every target, */
  struct slice credentials; /* and the client's own Authorization and Cookie;
                             * see core/forward */
};

#endif
