/* client: a scripted client of hedgerow. */
#ifndef HEDGEROW_TESTS_SUPPORT_CLIENT_H
#define HEDGEROW_TESTS_SUPPORT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/scoped.h"

/* A body that is a success. */
#define OK "{\"ok\":true}"

enum { REPLY_HEAD_MAX = 128 * 1024 };

struct reply {
  int status;
  char head[REPLY_HEAD_MAX]; /* as text, its empty line included */
  char *body;                /* NUL-terminated */
  size_t body_len;
};

struct client {
  int fd;
  struct reply reply; /* the last one */
  char *unread;       /* what came behind it */
  size_t unread_len;
};

struct client *client_new(uint16_t port);
/* Over a connection that is there; it becomes the client's. */
struct client *client_over(int fd);
void client_free(struct client *client);
OWNABLE(client)

/* Bytes as they are; fails if hedgerow has gone. */
void client_send(struct client *client, const char *text);
/* The same where hedgerow may close meanwhile: false if it did. */
bool client_try_send(struct client *client, const char *bytes, size_t len);
void client_get(struct client *client, const char *target);
/* fields: lines with their CRLFs. */
void client_get_with(struct client *client, const char *target,
                     const char *fields);
void client_post(struct client *client, const char *target, const char *body);

/* The next answer, valid until the next call. */
const struct reply *client_await_reply(struct client *client);
/* The next answer, to a HEAD. */
const struct reply *client_await_reply_to_head(struct client *client);
/* The head of the next answer alone: of one that comes in pieces. What follows
 * is read by the functions below. */
const struct reply *client_await_head(struct client *client);
/* The next bytes are these. */
void client_await_bytes(struct client *client, const char *bytes);
/* Reads on until so many bytes have come, and forgets them; returns how many
 * came, fewer where hedgerow has closed before. */
size_t client_skip(struct client *client, size_t bytes);
/* Waits until hedgerow has reset the connection. */
void client_await_reset(struct client *client);
/* Waits for hedgerow to close, and fails if it sends more before. */
void client_await_close(struct client *client);
/* Fails if anything has come that was not read. */
void client_expect_nothing(struct client *client);

/* No more will be sent: FIN, while reading goes on. */
void client_end(struct client *client);
/* Leaves: everything the client had is gone, but client_free. */
void client_leave(struct client *client);
void client_reset(struct client *client);

/* The next answer is this one; it is returned for what else is asked of it. */
const struct reply *client_expect(struct client *client, int status,
                                  const char *body);
/* The next answer is a problem+json of hedgerow's own with this status. */
const struct reply *client_expect_problem(struct client *client, int status);
/* It asks for /healthz and hears that all is well: what the same worker was
 * sent before has been read by then. */
void client_expect_healthy(struct client *client);

void reply_expect(const struct reply *reply, int status, const char *body);
/* A problem+json of hedgerow's own with this status. */
void reply_expect_problem(const struct reply *reply, int status);
/* The value of a field; NULL: there is no such field. */
void reply_expect_field(const struct reply *reply, const char *name,
                        const char *value);
/* Whether the body holds, or the field's value holds, this text. */
void reply_expect_in_body(const struct reply *reply, const char *text);
void reply_expect_in_field(const struct reply *reply, const char *name,
                           const char *text);
/* What problem+json says of attempt k: its "result". */
void reply_expect_result(const struct reply *reply, unsigned attempt,
                         const char *result);

/* How many attempts the race started, and which won; NULL: none. */
void reply_expect_story(const struct reply *reply, const char *attempts,
                        const char *winner);

#endif
