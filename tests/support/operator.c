/* operator: whoever asks hedgerow at its admin listener. */
#include "support/operator.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/wire.h"
#include "support/words.h"

struct client *operator_new(const struct program *program) {
  cr_assert(program->admin_port != 0, "%s", program->err);
  return client_new(program->admin_port);
}

const struct reply *operator_ask(struct client *client, const char *method,
                                 const char *path, const char *fields) {
  char head[8192];
  snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n",
           method, path, fields);
  client_send(client, head);
  return client_await_reply(client);
}

const struct reply *operator_get(struct client *client, const char *path) {
  return operator_ask(client, "GET", path, "");
}

int operator_status(const struct program *program, const char *request) {
  struct client *client = operator_new(program);
  client_send(client, request);
  int status = client_await_reply(client)->status;
  client_free(client);
  return status;
}

/* ---- events ---- */

static void read_more(struct ear *ear, const char *what) {
  size_t n = wire_read(ear->fd, ear->bytes + ear->len,
                       sizeof ear->bytes - 1 - ear->len, what);
  cr_assert_gt(n, 0, "the end instead of %s", what);
  ear->len += n;
  ear->bytes[ear->len] = '\0';
}

/* Waits until it has come, and returns what stands before it. */
static char *take_until(struct ear *ear, const char *end, const char *what) {
  char *at;
  while (!(at = strstr(ear->bytes, end))) read_more(ear, what);
  size_t len = (size_t)(at - ear->bytes), gone = len + strlen(end);
  char *taken = strndup(ear->bytes, len);
  ear->len -= gone;
  memmove(ear->bytes, ear->bytes + gone, ear->len + 1);
  return taken;
}

struct ear *ear_new(const struct program *program, const char *query) {
  char request[8192];
  struct ear *ear = calloc(1, sizeof *ear);
  cr_assert(ear);
  ear->fd = wire_connect(program->admin_port);
  snprintf(request, sizeof request,
           "GET /api/v1/events%s HTTP/1.1\r\nHost: localhost\r\n\r\n", query);
  cr_assert(wire_send(ear->fd, request, strlen(request)));
  char *head = take_until(ear, "\r\n\r\n", "a head");
  cr_assert_eq(strncmp(head, "HTTP/1.1 200 ", 13), 0, "%s", head);
  words_expect(head, "Content-Type: text/event-stream");
  free(head);
  char *first = take_until(ear, "\n\n", "a first line");
  cr_assert_str_eq(first, "retry: 1000");
  free(first);
  return ear;
}

const char *ear_await(struct ear *ear) {
  static char event[EAR_BYTES];
  do {
    char *lines = take_until(ear, "\n\n", "an event");
    snprintf(event, sizeof event, "%s", lines);
    free(lines);
  } while (event[0] == ':');
  return event;
}

void ear_free(struct ear *ear) {
  close(ear->fd);
  free(ear);
}
