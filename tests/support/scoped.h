/* scoped: what goes away at the end of the block that declares it, in the
 * reverse order of the declarations, so that a test cannot forget it. A test
 * that fails ends at once and leaves all to the kernel. */
#ifndef HEDGEROW_TESTS_SUPPORT_SCOPED_H
#define HEDGEROW_TESTS_SUPPORT_SCOPED_H

#include <unistd.h>

static inline void scoped_fd_close(const int *fd) { close(*fd); }

/* SCOPED(stage) s = stage_open(...): a struct, ended by stage_close. */
#define SCOPED(what) __attribute__((cleanup(what##_close))) struct what
/* SCOPED_FD fd = accept(...): a descriptor, closed. */
#define SCOPED_FD __attribute__((cleanup(scoped_fd_close))) int
/* OWNED(client) other = client_new(...): on the heap, ended by client_free. Its
 * header says OWNABLE(client). */
#define OWNED(what) __attribute__((cleanup(what##_drop))) struct what *
#define OWNABLE(what)                                                          \
  static inline void what##_drop(struct what **owned) { what##_free(*owned); }

#endif
