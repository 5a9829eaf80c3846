/* mock_admin: where the faults of a running mock are read and moved. */
#ifndef HEDGEROW_TOOLS_MOCK_ADMIN_H
#define HEDGEROW_TOOLS_MOCK_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "io/loop.h"
#include "tools/faults.h"

struct mock_admin;

/* Listens there, at an address of this machine alone. faults is what the mock
 * plays: borrowed, and changed between its requests. NULL with one line in
 * error. */
struct mock_admin *mock_admin_new(struct loop *loop,
                                  const struct listen_at *listen,
                                  struct faults *faults, char *error,
                                  size_t error_cap);
uint16_t mock_admin_port(const struct mock_admin *admin);
/* Closes everything at once; NULL is fine. */
void mock_admin_free(struct mock_admin *admin);

#endif
