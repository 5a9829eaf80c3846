/* mock: a flaky upstream on our own I/O layer, for tests, loads and demos. */
#ifndef HEDGEROW_TOOLS_MOCK_H
#define HEDGEROW_TOOLS_MOCK_H

#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "io/loop.h"
#include "tools/faults.h"

struct mock;

struct mock_options {
  struct listen_at listen; /* port 0: any free one */
  struct listen_at admin;  /* of this machine; an empty host: none */
  uint64_t seed;
  struct faults faults;
};

/* Listens on the loop. options are copied. NULL with one line in error. */
struct mock *mock_new(struct loop *loop, const struct mock_options *options,
                      char *error, size_t error_cap);
uint16_t mock_port(const struct mock *mock);
/* Of one that has an admin. */
uint16_t mock_port_of_admin(const struct mock *mock);
/* Closes everything at once; NULL is fine. */
void mock_free(struct mock *mock);

/* `hedgerow mock ...`: argv[0] is "mock". Returns the exit code: 0 after
 * SIGTERM or SIGINT, 1 when it cannot listen, 2 for a bad option. */
int mock_main(int argc, char **argv);

#endif
