/* tls_origin: an upstream over TLS that does nothing by itself.
 *
 * It brings a CA of its own, made when it starts, and can be given a flaw that
 * a client must notice. Like support/origin it holds every request until the
 * script answers, cuts or resets it; unlike it, it does one thing at a time:
 * connections are taken in the order in which they were opened. */
#ifndef HEDGEROW_TESTS_SUPPORT_TLS_ORIGIN_H
#define HEDGEROW_TESTS_SUPPORT_TLS_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/scoped.h"

enum { TLS_REQUEST_MAX = 128 * 1024, TLS_ALPN_MAX = 64 };

enum tls_flaw {
  TLS_GOOD,
  TLS_WRONG_NAME, /* a certificate for another host */
  TLS_EXPIRED,
  TLS_NOT_YET_VALID,
  TLS_UNTRUSTED,   /* signed by another CA than that of ca_file */
  TLS_SELF_SIGNED, /* by nobody */
  TLS_OLD,         /* speaks TLS 1.1 at most */
  TLS_1_2,         /* speaks TLS 1.2 only; no flaw */
  TLS_MUTUAL,      /* demands a certificate of the client's */
};

struct tls_origin {
  uint16_t port;
  char url[64];     /* "https://localhost:PORT" */
  char url_ip[64];  /* "https://127.0.0.1:PORT": the certificate names it too,
                     * and "shared.test" */
  char ca_file[64]; /* what --ca-file is to be given */
  int listening, ca_fd;
  void *context; /* SSL_CTX */
  struct tls_arrival *arrivals;
};

/* One connection, with the request that came on it last. */
struct tls_arrival {
  struct tls_arrival *next;
  int fd; /* -1: closed */
  void *ssl;
  bool resumed;            /* the session is one that was here before */
  char alpn[TLS_ALPN_MAX]; /* what the client offered, with commas; "": no ALPN
                            */
  char request[TLS_REQUEST_MAX];
  size_t len;
};

struct tls_origin *tls_origin_new(enum tls_flaw flaw);
/* Closes what is left. */
void tls_origin_free(struct tls_origin *origin);
OWNABLE(tls_origin)

/* The next connection: its handshake and its first request. */
struct tls_arrival *tls_origin_await(struct tls_origin *origin);
/* The next connection, of which only some of the ClientHello was read. */
struct tls_arrival *tls_origin_await_hello(struct tls_origin *origin);
/* The next connection must end in its handshake, or at least before a request
 * came on it. */
void tls_origin_await_refusal(struct tls_origin *origin);
/* Fails if a connection is there that the script has not taken. */
void tls_origin_expect_no_arrival(struct tls_origin *origin);

void tls_arrival_expect_field(const struct tls_arrival *arrival,
                              const char *name, const char *value);

/* 200 and a short body, with a Content-Length, in one piece. */
void tls_arrival_answer(struct tls_arrival *arrival, const char *body);
void tls_arrival_send(struct tls_arrival *arrival, const char *bytes,
                      size_t len);
void tls_arrival_send_text(struct tls_arrival *arrival, const char *text);
/* Reads the next bytes behind `request`, and asserts that they are these. */
void tls_arrival_expect(struct tls_arrival *arrival, const char *bytes,
                        size_t len);
/* A session ticket (TLS 1.3). */
void tls_arrival_send_ticket(struct tls_arrival *arrival);
/* The next request on this very connection. */
void tls_arrival_await_next(struct tls_arrival *arrival);
/* close_notify, then the end of the connection. */
void tls_arrival_end(struct tls_arrival *arrival);
/* The end of the connection without a close_notify, as an attacker would. */
void tls_arrival_cut(struct tls_arrival *arrival);
void tls_arrival_reset(struct tls_arrival *arrival);
/* Waits until hedgerow has closed this connection, and fails if it sends. */
void tls_arrival_await_closed(struct tls_arrival *arrival);

#endif
