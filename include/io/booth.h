/* booth: a small server beside the workers: one listener, the connections that
 * it brings, and the memory that they may use. */
#ifndef HEDGEROW_IO_BOOTH_H
#define HEDGEROW_IO_BOOTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "io/buffer.h"
#include "io/front.h"
#include "io/listener.h"
#include "io/loop.h"

/* Copied, but for what `listen` points to, which is borrowed for the call. */
struct booth_setup {
  struct listen_at listen;
  struct front_handler handler; /* on_closed may be NULL */
  struct front_limits limits;
  /* Each 0: without a bound. */
  unsigned connections_max; /* who comes when they are all there has the place
                             * of one that asks for nothing, or is closed */
  int64_t buffered_max;     /* bytes in buffers, of all of them */
  int kernel_bytes; /* that the kernel holds for one that does not read */
};

/* Embedded in its owner, who answers. All zeros is closed. */
struct booth {
  struct front *front;
  struct blocks blocks; /* for what is answered */
  /* booth.c's own: */
  struct listener *listener;
  struct budget budget;
  unsigned connections_max;
  int kernel_bytes;
};

/* Listens on the loop. False with one line in error; close it then, too. */
bool booth_open(struct booth *booth, struct loop *loop,
                const struct booth_setup *setup, char *error, size_t error_cap)
    __attribute__((warn_unused_result));
/* The port that it got. */
uint16_t booth_port(const struct booth *booth);
/* Closes everything at once; whoever waits is told (on_gone). */
void booth_close(struct booth *booth);

#endif
