/* dial_tls: libcurl opens TLS connections, and does nothing else with them.
 *
 * A transfer with CONNECT_ONLY is done when its connection is: connected, hands
 * shaken, verified. The session cannot leave libcurl, so its handle goes with
 * it (io/stream), and stays on its shard.
 *
 * CONNECT_TO sends the connection to an alias, "h<name>-<generation>", and
 * RESOLVE gives that alias all the addresses, in place of those that a dial
 * before it gave: so libcurl tries them in this one's order (RFC 8305). TLS
 * verifies the name of the URL all the same.
 *
 * The handles of a shard share their TLS sessions, so that a racer's many short
 * connections resume instead of shaking hands in full, and their CAs
 * (io/multi). CAPATH is switched off because only without it libcurl keeps the
 * parsed CA bundle between connections. */
#include "io/dial_tls.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/alert.h"
#include "io/multi.h"

enum {
  ALIAS_BYTES = 40,
  URL_BYTES = 288, /* an authority has 260 at most: see core/base_url */
  LINE_BYTES = RESOLVER_ADDRESSES_MAX * (RESOLVER_ADDRESS_TEXT + 1) + 64,
  CURL_BUFFER_BYTES = 1024, /* libcurl's own buffer, which we never fill */
};

struct tls_dial {
  struct dial dial;
  CURL *easy;
  struct shard *shard;
  struct curl_slist *connect_to, *resolve;
  int socket_error; /* errno of a socket(2) that failed */
  char curl_error[CURL_ERROR_SIZE];
};

static const char plain_http[] =
    "the upstream speaks plain HTTP on this port; use http://";

/* ---- a dial and its handle ---- */

/* libcurl tells of a socket that it could not have as of a peer that does not
 * answer. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address) {
  struct tls_dial *dial = arg;
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
  (void)purpose;
  if (fd >= 0) return fd;
  dial->socket_error = errno;
  return CURL_SOCKET_BAD;
}

static void set_options(struct tls_dial *dial, struct multi *multi) {
  CURL *easy = dial->easy;
  multi_prepare(multi, easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, dial);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, dial->curl_error);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, dial);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)CURL_BUFFER_BYTES);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  /* Otherwise ALPN may choose h2, and curl_easy_send then speaks it. */
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 24L * 3600 * 365);
  alert_watch(easy);
}

static struct tls_dial *tls_dial_new(struct multi *multi) {
  struct tls_dial *dial = calloc(1, sizeof *dial);
  if (!dial) return NULL;
  dial->dial.tls = true;
  dial->easy = curl_easy_init();
  if (dial->easy) {
    set_options(dial, multi);
    return dial;
  }
  free(dial);
  return NULL;
}

/* The handle is off its shard, or goes its own way (then easy is NULL). */
static void tls_dial_free(struct tls_dial *dial) {
  curl_easy_cleanup(dial->easy);
  curl_slist_free_all(dial->connect_to);
  curl_slist_free_all(dial->resolve);
  free(dial);
}

/* ---- how it ends ---- */

/* Of a connection that could not be opened; 0: none is known. */
static int os_error(const struct tls_dial *dial) {
  long error = dial->socket_error;
  if (!error) curl_easy_getinfo(dial->easy, CURLINFO_OS_ERRNO, &error);
  return (int)error;
}

static bool is_ours(const struct tls_dial *dial, CURLcode code) {
  return code == CURLE_OUT_OF_MEMORY ||
         (code == CURLE_COULDNT_CONNECT && dial_error_is_ours(os_error(dial)));
}

/* Bytes that are no TLS record at all, which is what a server of plain HTTP
 * answers to a handshake: OpenSSL takes two of them for a version. Of a server
 * whose TLS is too old it says "unsupported protocol", or "alert protocol
 * version". */
static bool is_plain_http(const struct tls_dial *dial) {
  return strstr(dial->curl_error, "wrong version number") != NULL;
}

/* libcurl's own text names the alias where it names a host, so it is shown
 * only where it speaks of certificates and handshakes. */
static void explain(struct tls_dial *dial, CURLcode code, char *why) {
  const char *what = "the connection could not be opened";
  const char *detail = curl_easy_strerror(code);
  if (code == CURLE_COULDNT_CONNECT) {
    what = "could not connect";
    int error = os_error(dial);
    detail = error ? dial_error_words(error) : "no address answered";
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    what = "no connection within --connect-timeout";
    detail = "";
  } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
    what = "the upstream's certificate was not accepted (see --ca-file)";
    detail = dial->curl_error;
  } else if (code == CURLE_SSL_CACERT_BADFILE) {
    what = "the certificates to trust could not be read (see --ca-file)";
    detail = "";
  } else if (code == CURLE_SSL_CONNECT_ERROR) {
    what = "the TLS handshake failed";
    detail = is_plain_http(dial) ? plain_http : dial->curl_error;
  }
  snprintf(why, DIAL_WHY_BYTES, "%.80s%s%.100s", what, *detail ? ": " : "",
           detail);
}

static void tls_dial_fail(struct tls_dial *d, CURLcode code) {
  struct dial dial = d->dial;
  char why[DIAL_WHY_BYTES];
  enum attempt_result result =
      is_ours(d, code) ? ATTEMPT_STARVED : ATTEMPT_TRANSPORT;
  explain(d, code, why);
  multi_remove(d->shard, d->easy);
  tls_dial_free(d);
  dial.on_done(dial.arg, NULL, result, why);
}

static void tls_dial_succeed(struct tls_dial *d) {
  struct dial dial = d->dial;
  struct stream stream =
      stream_tls(multi_keep(d->shard, d->easy), d->easy, d->shard);
  /* What the handle must not point at any more. */
  curl_easy_setopt(d->easy, CURLOPT_ERRORBUFFER, NULL);
  curl_easy_setopt(d->easy, CURLOPT_OPENSOCKETFUNCTION, NULL);
  curl_easy_setopt(d->easy, CURLOPT_CONNECT_TO, NULL);
  curl_easy_setopt(d->easy, CURLOPT_RESOLVE, NULL);
  d->easy = NULL;
  tls_dial_free(d);
  dial.on_done(dial.arg, &stream, ATTEMPT_SUCCESS, NULL);
}

void tls_dial_on_connected(void *arg, struct shard *shard, void *easy,
                           int code) {
  struct tls_dial *dial;
  (void)arg, (void)shard;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&dial);
  if (code == CURLE_OK) tls_dial_succeed(dial);
  else tls_dial_fail(dial, (CURLcode)code);
}

/* ---- how it starts ---- */

/* The URL names whom TLS verifies; libcurl copies it. */
static bool set_url(struct tls_dial *dial, const struct base_url *to) {
  char url[URL_BYTES];
  int len =
      snprintf(url, sizeof url, "https://%.*s/", SLICE_ARG(to->authority));
  return len < URL_BYTES &&
         curl_easy_setopt(dial->easy, CURLOPT_URL, url) == CURLE_OK;
}

static bool set_addresses(struct tls_dial *dial, const struct dial_to *to,
                          const struct resolver_answer *answer) {
  unsigned port = to->url->port;
  char alias[ALIAS_BYTES], line[LINE_BYTES];
  snprintf(alias, sizeof alias, "h%u-%u", to->name, answer->generation);
  snprintf(line, sizeof line, "::%s:%u", alias, port);
  dial->connect_to = curl_slist_append(NULL, line);
  size_t len = (size_t)snprintf(line, sizeof line, "%s:%u:", alias, port);
  for (unsigned i = 0; i < answer->count && len < sizeof line; i++)
    len += (size_t)snprintf(line + len, sizeof line - len, "%s%s",
                            i > 0 ? "," : "",
                            resolver_answer_nth(answer, to->first, i));
  dial->resolve = curl_slist_append(NULL, line);
  curl_easy_setopt(dial->easy, CURLOPT_CONNECT_TO, dial->connect_to);
  curl_easy_setopt(dial->easy, CURLOPT_RESOLVE, dial->resolve);
  return dial->connect_to && dial->resolve;
}

struct dial *tls_dial_start(struct multi *multi, const struct dial_to *to,
                            const struct resolver_answer *answer,
                            dial_on_done *on_done, void *arg) {
  struct tls_dial *d = tls_dial_new(multi);
  if (!d) return NULL;
  d->dial.on_done = on_done;
  d->dial.arg = arg;
  curl_easy_setopt(d->easy, CURLOPT_CONNECTTIMEOUT_MS,
                   (long)(to->connect_timeout_us / 1000));
  if (set_url(d, to->url) && set_addresses(d, to, answer) &&
      (d->shard = multi_add(multi, d->easy, to->trust)))
    return &d->dial;
  tls_dial_free(d);
  return NULL;
}

void tls_dial_cancel(struct dial *dial) {
  struct tls_dial *d = (struct tls_dial *)(void *)dial;
  multi_abort(d->shard, d->easy);
  tls_dial_free(d);
}
