/* credentials: the token that upstreams are shown, and the CAs that vouch for
 * them: what --token-file and --ca-file held when they were read.
 *
 * Immutable, so threads share them; each that keeps them holds a reference. A
 * reload makes new ones beside the old. */
#ifndef HEDGEROW_IO_CREDENTIALS_H
#define HEDGEROW_IO_CREDENTIALS_H

#include <stddef.h>

#include "core/slice.h"

struct credentials;

enum { TOKEN_BYTES_MAX = 8192 };

/* Where they come from; all of it is borrowed for the call. */
struct credentials_source {
  const char *token_file; /* NULL: `token` stands in its place */
  struct slice token;     /* "": none */
  const char *ca_file;    /* NULL: the system's */
};

/* Reads both files. The caller holds what it gets. NULL with one line in error,
 * naming flag, file and reason, and never what a file holds. */
struct credentials *credentials_read(const struct credentials_source *source,
                                     char *error, size_t error_cap)
    __attribute__((warn_unused_result));
/* One reference more, and one less; the last wipes them. NULL is fine. */
struct credentials *credentials_hold(struct credentials *credentials);
void credentials_drop(struct credentials *credentials);

/* "" where there is none, as for NULL. Never printed. */
struct slice credentials_token(const struct credentials *credentials);
/* A name under which the CAs can be read as long as these are held, whatever
 * became of --ca-file; NULL, as for NULL: the system's are meant. */
const char *credentials_ca_path(const struct credentials *credentials);

#endif
