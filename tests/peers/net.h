/* net: sockets on loopback, the time, and giving up.
 *
 * The peers are measured against or measured with, never shipped. Whatever goes
 * wrong in one of them ends it with a line on stderr, and the script with it;
 * so nothing here returns an error. */
#ifndef PEERS_NET_H
#define PEERS_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

enum { TURN_EVENTS = 256 };

/* Ends the process with status 2; the line holds errno's text if it is set. */
_Noreturn void give_up(const char *what);

/* The result, which is not negative. */
static inline int must(int result, const char *what) {
  if (result < 0) give_up(what);
  return result;
}

static inline void *must_have(void *memory) {
  if (!memory) give_up("memory");
  return memory;
}

/* A whole number from 0 to 100,000,000: a typing error must not become port 0.
 */
int number(const char *text);

/* CLOCK_MONOTONIC. */
int64_t now_ns(void);

/* A port of 127.0.0.1. */
struct sockaddr_in loopback(int port);

/* A non-blocking socket that listens on the port, or on a free one where the
 * port is 0. Says `listening on http://127.0.0.1:PORT` on stdout. */
int listen_on(int port);

/* A connection to the port, or the end; on loopback that is at once. The socket
 * blocks. */
int dial(int port);

void no_delay(int fd);

/* Closes with an RST. */
void close_by_reset(int fd);

/* epoll_ctl: adds the descriptor, or changes what is watched for. */
void watch(int epoll, int fd, uint32_t events, void *who);
void rewatch(int epoll, int fd, uint32_t events, void *who);

/* Waits, an interruption counting as nothing; timeout_ms as of epoll_wait. */
int await_events(int epoll, struct epoll_event *events, int timeout_ms);

/* From then on a SIGTERM only sets what is_told_to_stop returns. */
void stop_on_term(void);
bool is_told_to_stop(void);

#endif
