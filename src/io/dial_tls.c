/* dial_tls: libcurl opens TLS connections, and does nothing else with them.
 *
 * A transfer with CONNECT_ONLY is done when its connection is: connected, hands
 * shaken, verified. The session cannot leave libcurl, so its handle goes with
 * it (io/stream), and stays on its shard.
 *
 * CONNECT_TO sends the connection to an alias, "h<host>-<generation>", and
 * RESOLVE gives that alias all the addresses: so libcurl tries them in turn
 * (RFC 8305). TLS verifies the name of the URL all the same.
 *
 * The handles of a shard share their TLS sessions, so that a racer's many short
 * connections resume instead of shaking hands in full, and their CAs
 * (io/multi). CAPATH is switched off because only without it libcurl keeps the
 * parsed CA bundle between connections. */
#include "io/dial_tls.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/multi.h"

enum {
  ALIAS_BYTES = 40,
  LINE_BYTES = RESOLVER_ADDRESSES_MAX * (RESOLVER_ADDRESS_TEXT + 1) + 64,
  CURL_BUFFER_BYTES = 1024, /* libcurl's own buffer, which we never fill */
};

struct tls_dial {
  struct dial dial;
  struct tls_dialer *dialer;
  CURL *easy;
  struct shard *shard;
  struct curl_slist *connect_to, *resolve;
  char curl_error[CURL_ERROR_SIZE];
};

struct tls_dialer {
  const struct config *config;
  struct multi *multi;
  char *urls[CONFIG_TARGETS_MAX];
};

/* ---- a dial and its handle ---- */

static void set_options(struct tls_dial *dial) {
  const struct config *config = dial->dialer->config;
  CURL *easy = dial->easy;
  multi_prepare(dial->dialer->multi, easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, dial);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, dial->curl_error);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)CURL_BUFFER_BYTES);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
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
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   (long)(config->connect_timeout_us / 1000));
}

static struct tls_dial *dial_new(struct tls_dialer *dialer) {
  struct tls_dial *dial = calloc(1, sizeof *dial);
  if (!dial) return NULL;
  dial->dialer = dialer;
  dial->dial.tls = true;
  dial->easy = curl_easy_init();
  if (dial->easy) {
    set_options(dial);
    return dial;
  }
  free(dial);
  return NULL;
}

/* The handle is off its shard, or goes its own way (then easy is NULL). */
static void dial_free(struct tls_dial *dial) {
  curl_easy_cleanup(dial->easy);
  curl_slist_free_all(dial->connect_to);
  curl_slist_free_all(dial->resolve);
  free(dial);
}

/* ---- how it ends ---- */

static const char *os_error(struct tls_dial *dial) {
  long error = 0;
  curl_easy_getinfo(dial->easy, CURLINFO_OS_ERRNO, &error);
  return error ? strerror((int)error) : "no address answered";
}

/* libcurl's own text names the alias where it names a host, so it is shown
 * only where it speaks of certificates and handshakes. */
static void explain(struct tls_dial *dial, CURLcode code, char *why) {
  const char *what = "the connection could not be opened";
  const char *detail = curl_easy_strerror(code);
  if (code == CURLE_COULDNT_CONNECT) {
    what = "could not connect";
    detail = os_error(dial);
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
    detail = dial->curl_error;
  }
  snprintf(why, DIAL_WHY_BYTES, "%.80s%s%.100s", what, *detail ? ": " : "",
           detail);
}

static void fail(struct tls_dial *d, CURLcode code) {
  struct dial dial = d->dial;
  char why[DIAL_WHY_BYTES];
  explain(d, code, why);
  multi_remove(d->shard, d->easy);
  dial_free(d);
  dial.on_done(
      dial.arg, NULL,
      code == CURLE_OUT_OF_MEMORY ? ATTEMPT_REFUSED : ATTEMPT_TRANSPORT, why);
}

static void succeed(struct tls_dial *d) {
  struct dial dial = d->dial;
  struct stream stream = {
      .fd = multi_keep(d->shard, d->easy), .easy = d->easy, .shard = d->shard};
  /* What the handle must not point at any more. */
  curl_easy_setopt(d->easy, CURLOPT_ERRORBUFFER, NULL);
  curl_easy_setopt(d->easy, CURLOPT_CONNECT_TO, NULL);
  curl_easy_setopt(d->easy, CURLOPT_RESOLVE, NULL);
  d->easy = NULL;
  dial_free(d);
  dial.on_done(dial.arg, &stream, ATTEMPT_SUCCESS, NULL);
}

static void on_connected(void *arg, struct shard *shard, void *easy, int code) {
  struct tls_dial *dial;
  (void)arg, (void)shard;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&dial);
  if (code == CURLE_OK) succeed(dial);
  else fail(dial, (CURLcode)code);
}

/* ---- how it starts ---- */

static bool set_addresses(struct tls_dial *dial, unsigned host, unsigned port,
                          const struct resolver_answer *answer) {
  char alias[ALIAS_BYTES], line[LINE_BYTES];
  size_t len;
  snprintf(alias, sizeof alias, "h%u-%u", host, answer->generation);
  snprintf(line, sizeof line, "::%s:%u", alias, port);
  dial->connect_to = curl_slist_append(NULL, line);
  len = (size_t)snprintf(line, sizeof line, "%s:%u:", alias, port);
  for (unsigned i = 0; i < answer->count && len < sizeof line; i++)
    len += (size_t)snprintf(line + len, sizeof line - len, "%s%s",
                            i > 0 ? "," : "", answer->addresses[i]);
  dial->resolve = curl_slist_append(NULL, line);
  curl_easy_setopt(dial->easy, CURLOPT_CONNECT_TO, dial->connect_to);
  curl_easy_setopt(dial->easy, CURLOPT_RESOLVE, dial->resolve);
  return dial->connect_to && dial->resolve;
}

struct dial *tls_dial_start(struct tls_dialer *dialer, unsigned target,
                            unsigned host, const struct resolver_answer *answer,
                            dial_on_done *on_done, void *arg) {
  unsigned port = dialer->config->targets[target].port;
  struct tls_dial *d = dial_new(dialer);
  if (!d) return NULL;
  d->dial.on_done = on_done;
  d->dial.arg = arg;
  if (curl_easy_setopt(d->easy, CURLOPT_URL, dialer->urls[target]) ==
          CURLE_OK &&
      set_addresses(d, host, port, answer) &&
      (d->shard = multi_add(dialer->multi, d->easy)))
    return &d->dial;
  dial_free(d);
  return NULL;
}

void tls_dial_cancel(struct dial *dial) {
  struct tls_dial *d = (struct tls_dial *)(void *)dial;
  multi_abort(d->shard, d->easy);
  dial_free(d);
}

/* ---- the dialer ---- */

static bool make_urls(struct tls_dialer *dialer) {
  const struct config *config = dialer->config;
  for (unsigned i = 0; i < config->to_count + config->all_count; i++) {
    struct slice authority = config->targets[i].authority;
    size_t size = authority.len + sizeof "https:///";
    char *url = malloc(size);
    if (!url) return false;
    snprintf(url, size, "https://%.*s/", SLICE_ARG(authority));
    dialer->urls[i] = url;
  }
  return true;
}

struct tls_dialer *tls_dialer_new(struct loop *loop,
                                  const struct config *config) {
  struct tls_dialer *dialer = calloc(1, sizeof *dialer);
  if (!dialer) return NULL;
  dialer->config = config;
  dialer->multi = multi_new(loop, on_connected, dialer);
  if (dialer->multi && make_urls(dialer)) return dialer;
  tls_dialer_free(dialer);
  return NULL;
}

void tls_dialer_trust(struct tls_dialer *dialer,
                      struct credentials *credentials) {
  multi_trust(dialer->multi, credentials);
}

void tls_dialer_free(struct tls_dialer *dialer) {
  if (!dialer) return;
  multi_free(dialer->multi);
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++) free(dialer->urls[i]);
  free(dialer);
}
