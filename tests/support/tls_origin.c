/* tls_origin: OpenSSL's server side on blocking sockets, one thing at a time.
 *
 * Keys are P-256 and made anew for each origin, which takes a millisecond; the
 * CA's certificate is a file in memory, and the program reads it by its name in
 * /proc, so nothing is left on a disk whatever becomes of the test.
 *
 * While the script looks at one connection, the handshake of the next waits in
 * the kernel. Every wait has a guard by the socket's own timeout: a program
 * that hangs is a failure that says so.
 *
 * Session tickets are sent when the script says so and not with the handshake:
 * so a test knows whether one is under way. */
#include "support/tls_origin.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/guard.h"
#include "support/wire.h"

enum { BACKLOG = 64, DAY_S = 24 * 3600 };

/* ---- certificates ---- */

/* Who signs, or is signed. */
struct identity {
  EVP_PKEY *key;
  X509 *certificate;
};

static void add_extension(X509 *certificate, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  cr_assert_not_null(extension);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

static X509 *new_certificate(EVP_PKEY *key, const char *name, int from_day,
                             int to_day) {
  static long serial = 1;
  X509 *certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), (long)from_day * DAY_S);
  X509_gmtime_adj(X509_getm_notAfter(certificate), (long)to_day * DAY_S);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                             MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                             0);
  return certificate;
}

static void sign(X509 *certificate, const struct identity *issuer) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate));
  cr_assert(X509_sign(certificate, issuer->key, EVP_sha256()) > 0);
}

static struct identity new_ca(const char *name) {
  struct identity ca = {.key = EVP_EC_gen("P-256")};
  cr_assert_not_null(ca.key);
  ca.certificate = new_certificate(ca.key, name, -1, 30);
  add_extension(ca.certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca.certificate, NID_key_usage, "critical,keyCertSign");
  sign(ca.certificate, &ca);
  return ca;
}

/* issuer NULL: it signs itself. */
static struct identity new_server(enum tls_flaw flaw,
                                  const struct identity *issuer) {
  int from_day = flaw == TLS_NOT_YET_VALID ? 2 : -10;
  int to_day = flaw == TLS_EXPIRED ? -2 : 20;
  struct identity server = {.key = EVP_EC_gen("P-256")};
  cr_assert_not_null(server.key);
  server.certificate =
      new_certificate(server.key, "scripted origin", from_day, to_day);
  add_extension(server.certificate, NID_subject_alt_name,
                flaw == TLS_WRONG_NAME
                    ? "DNS:elsewhere.test"
                    : "DNS:localhost,DNS:shared.test,IP:127.0.0.1");
  sign(server.certificate, issuer ? issuer : &server);
  return server;
}

static void identity_clear(struct identity *identity) {
  EVP_PKEY_free(identity->key);
  X509_free(identity->certificate);
}

/* ---- the context ---- */

static void write_ca_file(struct tls_origin *origin, X509 *certificate) {
  BIO *memory = BIO_new(BIO_s_mem());
  char *text;
  PEM_write_bio_X509(memory, certificate);
  long len = BIO_get_mem_data(memory, &text);
  origin->ca_fd = memfd_create("ca", MFD_CLOEXEC);
  cr_assert(write(origin->ca_fd, text, (size_t)len) == len, "write: %s",
            strerror(errno));
  BIO_free(memory);
  snprintf(origin->ca_file, sizeof origin->ca_file, "/proc/%d/fd/%d", getpid(),
           origin->ca_fd);
}

static void write_down(struct tls_arrival *arrival, const unsigned char *offer,
                       unsigned len) {
  size_t at = 0;
  for (unsigned i = 0; i < len; i += 1u + offer[i]) {
    int n = snprintf(arrival->alpn + at, sizeof arrival->alpn - at, "%s%.*s",
                     at > 0 ? "," : "", offer[i], offer + i + 1);
    cr_assert(n > 0 && (size_t)n < sizeof arrival->alpn - at);
    at += (size_t)n;
  }
}

/* Prefers h2, as most servers do. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *offer, unsigned len, void *arg) {
  static const unsigned char ours[] = "\x02h2\x08http/1.1";
  unsigned char *chosen;
  (void)arg;
  write_down(SSL_get_app_data(ssl), offer, len);
  if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, offer,
                            len) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

static void make_context(struct tls_origin *origin, enum tls_flaw flaw) {
  struct identity ca = new_ca("CA of a test");
  struct identity other = new_ca("CA that nobody trusts");
  const struct identity *issuer = flaw == TLS_UNTRUSTED ? &other : &ca;
  struct identity server =
      new_server(flaw, flaw == TLS_SELF_SIGNED ? NULL : issuer);
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  cr_assert_not_null(context);
  write_ca_file(origin, ca.certificate);
  SSL_CTX_use_certificate(context, server.certificate);
  SSL_CTX_use_PrivateKey(context, server.key);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
  if (flaw == TLS_OLD) {
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  }
  if (flaw == TLS_1_2) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  if (flaw == TLS_MUTUAL)
    SSL_CTX_set_verify(context,
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  origin->context = context;
  identity_clear(&ca);
  identity_clear(&other);
  identity_clear(&server);
}

/* ---- the origin ---- */

struct tls_origin *tls_origin_new(enum tls_flaw flaw) {
  struct tls_origin *origin = calloc(1, sizeof *origin);
  cr_assert_not_null(origin);
  signal(SIGPIPE, SIG_IGN);
  make_context(origin, flaw);
  origin->listening = wire_bind(BACKLOG, &origin->port);
  snprintf(origin->url, sizeof origin->url, "https://localhost:%u",
           origin->port);
  snprintf(origin->url_ip, sizeof origin->url_ip, "https://127.0.0.1:%u",
           origin->port);
  return origin;
}

static void set_closed(struct tls_arrival *arrival) {
  if (arrival->fd < 0) return;
  close(arrival->fd);
  arrival->fd = -1;
}

void tls_origin_free(struct tls_origin *origin) {
  for (struct tls_arrival *a = origin->arrivals, *next; a; a = next) {
    next = a->next;
    set_closed(a);
    SSL_free(a->ssl);
    free(a);
  }
  SSL_CTX_free(origin->context);
  close(origin->listening);
  close(origin->ca_fd);
  free(origin);
}

static void set_options(int fd) {
  struct timeval limit = {.tv_sec = GUARD_S};
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

static struct tls_arrival *accept_one(struct tls_origin *origin) {
  struct tls_arrival *arrival = calloc(1, sizeof *arrival);
  cr_assert_not_null(arrival);
  wire_await(origin->listening, POLLIN, "a TLS connection");
  arrival->fd = accept4(origin->listening, NULL, NULL, SOCK_CLOEXEC);
  cr_assert(arrival->fd >= 0, "accept: %s", strerror(errno));
  set_options(arrival->fd);
  arrival->ssl = SSL_new(origin->context);
  cr_assert_not_null(arrival->ssl);
  SSL_set_app_data(arrival->ssl, arrival);
  SSL_set_fd(arrival->ssl, arrival->fd);
  arrival->next = origin->arrivals;
  origin->arrivals = arrival;
  return arrival;
}

static const char *trouble(void) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  if (reason) return reason;
  return errno == EAGAIN ? "it took too long" : strerror(errno);
}

static void forget_trouble(void) {
  ERR_clear_error();
  errno = 0;
}

/* A process that is frozen for a while, as that of a machine that is moved, is
 * interrupted where its sockets have a timeout. Then the call is made again. */
static bool was_interrupted(int result) {
  bool again = result <= 0 && errno == EINTR;
  if (again) forget_trouble();
  return again;
}

static int read_retrying(struct tls_arrival *arrival, char *into, size_t cap) {
  int n;
  forget_trouble();
  do n = SSL_read(arrival->ssl, into, (int)cap);
  while (was_interrupted(n));
  return n;
}

static bool shake_hands(struct tls_arrival *arrival) {
  int result;
  forget_trouble();
  do result = SSL_accept(arrival->ssl);
  while (was_interrupted(result));
  bool done = result == 1;
  arrival->resumed = done && SSL_session_reused(arrival->ssl);
  return done;
}

/* False: the connection has ended. */
static bool read_some(struct tls_arrival *arrival) {
  size_t room = sizeof arrival->request - 1 - arrival->len;
  cr_assert(room > 0, "a request is longer than %d bytes", TLS_REQUEST_MAX);
  int n = read_retrying(arrival, arrival->request + arrival->len, room);
  cr_assert(n > 0 || errno != EAGAIN,
            "waited in vain for a request, or an end");
  if (n <= 0) return false;
  arrival->len += (size_t)n;
  arrival->request[arrival->len] = '\0';
  return true;
}

static void read_request(struct tls_arrival *arrival) {
  arrival->len = 0;
  arrival->request[0] = '\0';
  while (wire_head_len(arrival->request) == 0) {
    cr_assert(read_some(arrival), "the connection ended instead of asking: %s",
              trouble());
  }
}

struct tls_arrival *tls_origin_await(struct tls_origin *origin) {
  struct tls_arrival *arrival = accept_one(origin);
  cr_assert(shake_hands(arrival), "the handshake failed: %s", trouble());
  read_request(arrival);
  return arrival;
}

struct tls_arrival *tls_origin_await_hello(struct tls_origin *origin) {
  struct tls_arrival *arrival = accept_one(origin);
  char hello[64];
  size_t n = wire_read(arrival->fd, hello, sizeof hello, "a ClientHello");
  cr_assert(n > 0 && hello[0] == 0x16, "this is no ClientHello");
  return arrival;
}

void tls_origin_await_refusal(struct tls_origin *origin) {
  struct tls_arrival *arrival = accept_one(origin);
  if (shake_hands(arrival)) {
    cr_assert(!read_some(arrival), "hedgerow trusted it and sent: %s",
              arrival->request);
  }
  cr_assert(errno != EAGAIN, "the handshake hung");
  set_closed(arrival);
}

void tls_origin_expect_no_arrival(struct tls_origin *origin) {
  cr_assert(!wire_is_readable(origin->listening),
            "a connection was opened that should not be");
}

/* ---- an arrival ---- */

void tls_arrival_expect_field(const struct tls_arrival *arrival,
                              const char *name, const char *value) {
  char got[4096] = "";
  cr_assert(wire_field(arrival->request, name, got, sizeof got) &&
                strcmp(got, value) == 0,
            "expected %s: %s but the request was:\n%s", name, value,
            arrival->request);
}

void tls_arrival_send(struct tls_arrival *arrival, const char *bytes,
                      size_t len) {
  int n;
  forget_trouble();
  do n = SSL_write(arrival->ssl, bytes, (int)len);
  while (was_interrupted(n));
  cr_assert(n == (int)len, "hedgerow did not take what is sent to it: %s",
            trouble());
}

void tls_arrival_expect(struct tls_arrival *arrival, const char *bytes,
                        size_t len) {
  char got[16384];
  for (size_t at = 0; at < len;) {
    size_t most = len - at < sizeof got ? len - at : sizeof got;
    int n = read_retrying(arrival, got, most);
    cr_assert(n > 0, "%zu of %zu bytes had come: %s", at, len, trouble());
    cr_assert(memcmp(got, bytes + at, (size_t)n) == 0,
              "something else came within %d bytes at %zu", n, at);
    at += (size_t)n;
  }
}

void tls_arrival_send_text(struct tls_arrival *arrival, const char *text) {
  tls_arrival_send(arrival, text, strlen(text));
}

void tls_arrival_answer(struct tls_arrival *arrival, const char *body) {
  char head[128];
  int len =
      snprintf(head, sizeof head,
               "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(body));
  tls_arrival_send(arrival, head, (size_t)len);
  tls_arrival_send_text(arrival, body);
}

void tls_arrival_send_ticket(struct tls_arrival *arrival) {
  cr_assert(SSL_new_session_ticket(arrival->ssl) == 1 &&
                SSL_do_handshake(arrival->ssl) == 1,
            "no ticket could be sent: %s", trouble());
}

void tls_arrival_await_next(struct tls_arrival *arrival) {
  read_request(arrival);
}

void tls_arrival_end(struct tls_arrival *arrival) {
  SSL_shutdown(arrival->ssl);
  set_closed(arrival);
}

void tls_arrival_cut(struct tls_arrival *arrival) { set_closed(arrival); }

void tls_arrival_reset(struct tls_arrival *arrival) {
  wire_reset(arrival->fd);
  arrival->fd = -1;
}

void tls_arrival_await_closed(struct tls_arrival *arrival) {
  if (arrival->fd < 0) return;
  arrival->len = 0;
  cr_assert(!read_some(arrival), "instead of a close came: %s",
            arrival->request);
  set_closed(arrival);
}
