/* token: the secret that upstreams are shown, read from a file. */
#ifndef HEDGEROW_IO_TOKEN_H
#define HEDGEROW_IO_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum { TOKEN_BYTES_MAX = 8192, TOKEN_ROOM = TOKEN_BYTES_MAX + 1 };

/* Reads the token, without the white space behind it, and puts a NUL there.
 * Whoever owns the room wipes it (explicit_bzero). False: the room is wiped,
 * and error says why, in words that name no file and quote none of it. */
bool token_read(const char *path, char token[TOKEN_ROOM], char *error,
                size_t error_cap) __attribute__((warn_unused_result));

#endif
