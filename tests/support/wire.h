/* wire: bytes over a blocking socket, each wait with a guard.
 *
 * The guard is no deadline that a test is about: it only turns a program that
 * would hang for ever into a failure that says what was waited for. */
#ifndef HEDGEROW_TESTS_SUPPORT_WIRE_H
#define HEDGEROW_TESTS_SUPPORT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Waits for poll(2)'s events; `what` completes "waited in vain for ...". */
void wire_await(int fd, short events, const char *what);
/* Whether something can be read (or the end seen) this instant. */
bool wire_is_readable(int fd);

/* Sends it all. False when the peer has gone. */
bool wire_send(int fd, const char *bytes, size_t len)
    __attribute__((warn_unused_result));
/* Waits for bytes and reads them; 0: the peer's end, in order or by reset. */
size_t wire_read(int fd, char *into, size_t cap, const char *what);

int wire_connect(uint16_t port);
/* Begins to connect and does not wait for it. */
int wire_begin_connect(uint16_t port);
/* A socket bound to a free port of 127.0.0.1; backlog 0: not listening, so
 * that connecting to it is refused. */
int wire_bind(int backlog, uint16_t *port);
/* The same on another address of this machine; *port 0: a free one. */
int wire_bind_to(const char *host, int backlog, uint16_t *port);
/* Whether this machine has ::1. */
bool wire_has_ipv6(void);
int wire_connect_ipv6(uint16_t port);
/* Closes with a RST instead of a FIN. */
void wire_reset(int fd);

/* The length of the head at the start of a text, its empty line included; 0:
 * it has not ended. */
size_t wire_head_len(const char *text);
/* Copies the value of a head's first field of that name; false: it has none.
 */
bool wire_field(const char *head, const char *name, char *value, size_t cap);

#endif
