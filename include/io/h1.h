/* h1: calls in HTTP/1.1, one at a time on a wire. */
#ifndef HEDGEROW_IO_H1_H
#define HEDGEROW_IO_H1_H

#include "io/call.h"
#include "io/wire.h"

extern const struct call_kind h1_kind;
/* What wires tell the calls that use them. */
extern const struct wire_user h1_wire_user;

#endif
