/* operator: whoever asks hedgerow at its admin listener. */
#ifndef HEDGEROW_TESTS_SUPPORT_OPERATOR_H
#define HEDGEROW_TESTS_SUPPORT_OPERATOR_H

#include <stdint.h>

#include "support/client.h"
#include "support/program.h"
#include "support/scoped.h"

struct client *operator_new(const struct program *program);

/* One request, on this connection; fields: lines with their CRLFs, or "". The
 * reply is valid until the next. */
const struct reply *operator_ask(struct client *client, const char *method,
                                 const char *path, const char *fields);
const struct reply *operator_get(struct client *client, const char *path);

/* One request on a connection of its own, byte for byte: the answer's status.
 */
int operator_status(const struct program *program, const char *request);

/* Listens to events. */
enum { EAR_BYTES = 256 * 1024 };

struct ear {
  int fd;
  size_t len;
  char bytes[EAR_BYTES]; /* what has come and was not taken */
};

/* Asks for them, and takes the head, which must be a 200's. query: "" or
 * "?only=...". */
struct ear *ear_new(const struct program *program, const char *query);
/* The next event: its lines, without the empty one. Comments are passed over.
 * Valid until the next call. */
const char *ear_await(struct ear *ear);
void ear_free(struct ear *ear);
OWNABLE(ear)

#endif
