/* client: asks hedgerow, byte by byte where a test wants it so, and reads its
 * answers strictly: what an answer says of its own length is what is read, and
 * what comes behind it belongs to the next one. hedgerow frames every answer
 * that it holds by Content-Length, so any other framing fails the test here;
 * one that it streams is read byte by byte.
 *
 * The reply_expect functions say what they saw when they fail. */
#include "support/client.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/wire.h"

struct client *client_over(int fd) {
  struct client *client = calloc(1, sizeof *client);
  cr_assert_not_null(client);
  client->unread = calloc(1, REPLY_HEAD_MAX);
  cr_assert_not_null(client->unread);
  client->fd = fd;
  return client;
}

struct client *client_new(uint16_t port) {
  return client_over(wire_connect(port));
}

void client_leave(struct client *client) {
  if (client->fd >= 0) close(client->fd);
  client->fd = -1;
}

void client_reset(struct client *client) {
  wire_reset(client->fd);
  client->fd = -1;
}

void client_end(struct client *client) { shutdown(client->fd, SHUT_WR); }

void client_free(struct client *client) {
  client_leave(client);
  free(client->reply.body);
  free(client->unread);
  free(client);
}

bool client_try_send(struct client *client, const char *bytes, size_t len) {
  return wire_send(client->fd, bytes, len);
}

void client_send(struct client *client, const char *text) {
  cr_assert(client_try_send(client, text, strlen(text)),
            "hedgerow closed the connection that was to carry: %.200s", text);
}

void client_get_with(struct client *client, const char *target,
                     const char *fields) {
  char request[16 * 1024];
  snprintf(request, sizeof request,
           "GET %s HTTP/1.1\r\nHost: hedgerow.test\r\n%s\r\n", target, fields);
  client_send(client, request);
}

void client_get(struct client *client, const char *target) {
  client_get_with(client, target, "");
}

void client_post(struct client *client, const char *target, const char *body) {
  char head[1024];
  snprintf(head, sizeof head,
           "POST %s HTTP/1.1\r\nHost: hedgerow.test\r\n"
           "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
           target, strlen(body));
  client_send(client, head);
  client_send(client, body);
}

static void read_more(struct client *client, const char *what) {
  size_t room = REPLY_HEAD_MAX - 1 - client->unread_len;
  cr_assert(room > 0, "an answer's head is longer than %d bytes",
            REPLY_HEAD_MAX);
  size_t n =
      wire_read(client->fd, client->unread + client->unread_len, room, what);
  cr_assert(n > 0, "hedgerow closed instead of sending %s; it had sent: %.*s",
            what, (int)client->unread_len, client->unread);
  client->unread_len += n;
  client->unread[client->unread_len] = '\0';
}

/* Moves bytes that have been read already. */
static size_t take_unread(struct client *client, char *into, size_t len) {
  if (len > client->unread_len) len = client->unread_len;
  memcpy(into, client->unread, len);
  client->unread_len -= len;
  memmove(client->unread, client->unread + len, client->unread_len + 1);
  return len;
}

static void read_head(struct client *client) {
  struct reply *reply = &client->reply;
  size_t len;
  while ((len = wire_head_len(client->unread)) == 0) {
    read_more(client, "an answer's head");
  }
  take_unread(client, reply->head, len);
  reply->head[len] = '\0';
  cr_assert(sscanf(reply->head, "HTTP/1.1 %3d ", &reply->status) == 1,
            "this is no answer:\n%.500s", reply->head);
}

static size_t length_of(const struct reply *reply, bool to_head) {
  char value[32] = "";
  reply_expect_field(reply, "Transfer-Encoding", NULL);
  bool found = wire_field(reply->head, "Content-Length", value, sizeof value);
  if (to_head || reply->status < 200 || reply->status == 204 ||
      reply->status == 304) {
    return 0;
  }
  cr_assert(found, "an answer without a Content-Length:\n%s", reply->head);
  return strtoul(value, NULL, 10);
}

static const struct reply *await_reply(struct client *client, bool to_head) {
  struct reply *reply = &client->reply;
  free(reply->body);
  reply->body = NULL;
  read_head(client);
  reply->body_len = length_of(reply, to_head);
  reply->body = malloc(reply->body_len + 1);
  cr_assert_not_null(reply->body);
  size_t have = take_unread(client, reply->body, reply->body_len);
  while (have < reply->body_len) {
    size_t n = wire_read(client->fd, reply->body + have, reply->body_len - have,
                         "an answer's body");
    cr_assert(n > 0, "an answer of %zu bytes was cut after %zu",
              reply->body_len, have);
    have += n;
  }
  reply->body[reply->body_len] = '\0';
  return reply;
}

const struct reply *client_await_reply(struct client *client) {
  return await_reply(client, false);
}

const struct reply *client_await_reply_to_head(struct client *client) {
  return await_reply(client, true);
}

static void expect_all_read(const struct client *client) {
  cr_assert(client->unread_len == 0, "this was not expected: %s",
            client->unread);
}

void client_await_close(struct client *client) {
  char bytes[512];
  expect_all_read(client);
  size_t n = wire_read(client->fd, bytes, sizeof bytes, "hedgerow to close");
  cr_assert(n == 0, "instead of a close came: %.*s", (int)n, bytes);
}

const struct reply *client_await_head(struct client *client) {
  struct reply *reply = &client->reply;
  free(reply->body);
  reply->body = NULL;
  reply->body_len = 0;
  read_head(client);
  return reply;
}

void client_await_bytes(struct client *client, const char *bytes) {
  size_t len = strlen(bytes);
  while (client->unread_len < len &&
         memcmp(client->unread, bytes, client->unread_len) == 0)
    read_more(client, bytes);
  cr_assert(client->unread_len >= len &&
                memcmp(client->unread, bytes, len) == 0,
            "expected \"%s\" but got \"%.*s\"", bytes, (int)client->unread_len,
            client->unread);
  client->unread_len -= len;
  memmove(client->unread, client->unread + len, client->unread_len + 1);
}

size_t client_skip(struct client *client, size_t bytes) {
  static char into[64 * 1024];
  size_t came = 0, n = 1;
  while (came < bytes && n > 0) {
    size_t want = bytes - came < sizeof into ? bytes - came : sizeof into;
    n = take_unread(client, into, want);
    if (n == 0) n = wire_read(client->fd, into, want, "more of an answer");
    came += n;
  }
  return came;
}

void client_await_reset(struct client *client) {
  char byte;
  expect_all_read(client);
  wire_await(client->fd, POLLIN, "a reset");
  cr_assert(recv(client->fd, &byte, 1, 0) < 0 && errno == ECONNRESET,
            "instead of a reset came a byte or an end");
}

void client_expect_nothing(struct client *client) {
  expect_all_read(client);
  cr_assert(!wire_is_readable(client->fd),
            "hedgerow sent or closed what it should not");
}

const struct reply *client_expect(struct client *client, int status,
                                  const char *body) {
  const struct reply *reply = client_await_reply(client);
  reply_expect(reply, status, body);
  return reply;
}

const struct reply *client_expect_problem(struct client *client, int status) {
  const struct reply *reply = client_await_reply(client);
  reply_expect_problem(reply, status);
  return reply;
}

void client_expect_healthy(struct client *client) {
  client_get(client, "/healthz");
  client_expect(client, 200, "{\"status\":\"ok\"}");
}

void reply_expect(const struct reply *reply, int status, const char *body) {
  cr_assert(reply->status == status && strcmp(reply->body, body) == 0,
            "expected %d %.500s but got:\n%s%.2000s", status, body, reply->head,
            reply->body);
}

void reply_expect_problem(const struct reply *reply, int status) {
  char said[32];
  snprintf(said, sizeof said, "\"status\":%d", status);
  cr_assert(reply->status == status && strstr(reply->body, said) &&
                strstr(reply->body, "\"title\":"),
            "expected problem+json with %d but got:\n%s%.2000s", status,
            reply->head, reply->body);
  reply_expect_field(reply, "Content-Type", "application/problem+json");
}

void reply_expect_field(const struct reply *reply, const char *name,
                        const char *value) {
  char got[8192];
  bool found = wire_field(reply->head, name, got, sizeof got);
  cr_assert(found == (value != NULL) && (!found || strcmp(got, value) == 0),
            "expected %s: %s but got:\n%s", name, value ? value : "(none)",
            reply->head);
}

void reply_expect_in_body(const struct reply *reply, const char *text) {
  cr_assert(strstr(reply->body, text) != NULL,
            "expected \"%s\" in the body of:\n%s%.4000s", text, reply->head,
            reply->body);
}

void reply_expect_in_field(const struct reply *reply, const char *name,
                           const char *text) {
  char got[8192] = "";
  cr_assert(wire_field(reply->head, name, got, sizeof got) && strstr(got, text),
            "expected \"%s\" in %s but got:\n%s", text, name, reply->head);
}

void reply_expect_result(const struct reply *reply, unsigned attempt,
                         const char *result) {
  static const char member[] = "\"result\":\"";
  const char *at = strstr(reply->body, member);
  for (unsigned k = 0; at && k < attempt; k++) at = strstr(at + 1, member);
  cr_assert(at != NULL, "expected attempt %u to be %s but got:\n%s%.4000s",
            attempt, result, reply->head, reply->body);
  at += sizeof member - 1;
  size_t len = strlen(result);
  cr_assert(strncmp(at, result, len) == 0 && at[len] == '"',
            "expected attempt %u to be %s but got:\n%s%.4000s", attempt, result,
            reply->head, reply->body);
}

void reply_expect_story(const struct reply *reply, const char *attempts,
                        const char *winner) {
  reply_expect_field(reply, "Hedge-Attempts", attempts);
  reply_expect_field(reply, "Hedge-Winner", winner);
}
