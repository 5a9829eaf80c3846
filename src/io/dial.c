/* dial: libcurl opens the connections, and does nothing else with them.
 *
 * A transfer with CONNECT_ONLY is done when its connection is: resolved (from
 * what io/resolver found), connected, and, for https, shaken hands and verified.
 * A plain descriptor is then taken over, and the handle dials the next one. A
 * TLS session cannot leave libcurl, so its handle goes with it (io/stream).
 *
 * CONNECT_TO sends the connection to an alias, "h<host>-<generation>", and
 * RESOLVE gives that alias all the addresses: so libcurl tries them in turn (RFC
 * 8305). TLS verifies the name of the URL all the same.
 *
 * Handles share their TLS sessions, so that a racer's many short connections
 * resume instead of shaking hands in full. CAPATH is switched off because only
 * without it libcurl keeps the parsed CA bundle between connections. */
#include "io/dial.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/multi.h"

enum {
  ALIAS_BYTES = 40,
  LINE_BYTES = RESOLVER_ADDRESSES_MAX * (RESOLVER_ADDRESS_TEXT + 1) + 64,
  WHY_BYTES = 192,
};

struct dial {
  struct dialer *dialer;
  struct dial *next; /* among the spare ones */
  CURL *easy;
  struct shard *shard;
  struct curl_slist *connect_to, *resolve;
  bool tls;
  dial_on_done *on_done;
  void *arg;
  char curl_error[CURL_ERROR_SIZE];
};

struct dialer {
  const struct config *config;
  struct multi *multi;
  CURLSH *share;
  struct dial *spare;
  char *urls[CONFIG_TARGETS_MAX];
};

/* ---- handles ---- */

static void set_lasting_options(struct dial *dial) {
  const struct config *config = dial->dialer->config;
  CURL *easy = dial->easy;
  multi_prepare(dial->dialer->multi, easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, dial);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, dial->curl_error);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_SHARE, dial->dialer->share);
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
  if (config->ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 24L * 3600 * 365);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   (long)(config->connect_timeout_us / 1000));
}

static struct dial *dial_new(struct dialer *dialer) {
  struct dial *dial = dialer->spare;
  if (dial) {
    dialer->spare = dial->next;
    return dial;
  }
  dial = calloc(1, sizeof *dial);
  if (!dial) return NULL;
  dial->dialer = dialer;
  dial->easy = curl_easy_init();
  if (dial->easy) {
    set_lasting_options(dial);
    return dial;
  }
  free(dial);
  return NULL;
}

static void forget_addresses(struct dial *dial) {
  if (dial->easy) {
    curl_easy_setopt(dial->easy, CURLOPT_CONNECT_TO, NULL);
    curl_easy_setopt(dial->easy, CURLOPT_RESOLVE, NULL);
  }
  curl_slist_free_all(dial->connect_to);
  curl_slist_free_all(dial->resolve);
  dial->connect_to = dial->resolve = NULL;
}

static void dial_free(struct dial *dial) {
  forget_addresses(dial);
  curl_easy_cleanup(dial->easy);
  free(dial);
}

/* The handle is off its shard, and waits for the next dial. */
static void recycle(struct dial *dial) {
  forget_addresses(dial);
  dial->next = dial->dialer->spare;
  dial->dialer->spare = dial;
}

/* ---- how it ends ---- */

static const char *os_error(struct dial *dial) {
  long error = 0;
  curl_easy_getinfo(dial->easy, CURLINFO_OS_ERRNO, &error);
  return error ? strerror((int)error) : "no address answered";
}

/* libcurl's own text names the alias where it names a host, so it is shown
 * only where it speaks of certificates and handshakes. */
static void explain(struct dial *dial, CURLcode code, char *why) {
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
  } else if (code == CURLE_SSL_CONNECT_ERROR) {
    what = "the TLS handshake failed";
    detail = dial->curl_error;
  }
  snprintf(why, WHY_BYTES, "%.80s%s%.100s", what, *detail ? ": " : "", detail);
}

static void fail(struct dial *dial, CURLcode code) {
  dial_on_done *on_done = dial->on_done;
  void *arg = dial->arg;
  char why[WHY_BYTES];
  explain(dial, code, why);
  multi_remove(dial->shard, dial->easy);
  recycle(dial);
  on_done(arg, NULL,
          code == CURLE_OUT_OF_MEMORY ? ATTEMPT_REFUSED : ATTEMPT_TRANSPORT,
          why);
}

static void hand_over_plain(struct dial *dial) {
  struct stream stream = {.fd = multi_take(dial->shard, dial->easy)};
  dial_on_done *on_done = dial->on_done;
  void *arg = dial->arg;
  recycle(dial);
  if (stream.fd >= 0) on_done(arg, &stream, ATTEMPT_SUCCESS, NULL);
  else on_done(arg, NULL, ATTEMPT_TRANSPORT, "the connection was lost");
}

static void hand_over_tls(struct dial *dial) {
  struct stream stream = {.fd = multi_keep(dial->shard, dial->easy),
                          .easy = dial->easy,
                          .shard = dial->shard};
  dial_on_done *on_done = dial->on_done;
  void *arg = dial->arg;
  curl_easy_setopt(dial->easy, CURLOPT_ERRORBUFFER, NULL);
  forget_addresses(dial);
  free(dial); /* its handle lives on in the stream */
  on_done(arg, &stream, ATTEMPT_SUCCESS, NULL);
}

static void on_connected(void *arg, struct shard *shard, void *easy, int code) {
  struct dial *dial;
  (void)arg, (void)shard;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&dial);
  if (code != CURLE_OK) fail(dial, (CURLcode)code);
  else if (dial->tls) hand_over_tls(dial);
  else hand_over_plain(dial);
}

/* ---- how it starts ---- */

static bool set_addresses(struct dial *dial, unsigned host, unsigned port,
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

struct dial *dial_start(struct dialer *dialer, unsigned target, unsigned host,
                        const struct resolver_answer *answer,
                        dial_on_done *on_done, void *arg) {
  const struct target *to = &dialer->config->targets[target];
  struct dial *dial = dial_new(dialer);
  if (!dial) return NULL;
  dial->on_done = on_done;
  dial->arg = arg;
  dial->tls = to->tls;
  dial->curl_error[0] = '\0';
  if (curl_easy_setopt(dial->easy, CURLOPT_URL, dialer->urls[target]) ==
          CURLE_OK &&
      set_addresses(dial, host, to->port, answer) &&
      (dial->shard = multi_add(dialer->multi, dial->easy)))
    return dial;
  recycle(dial);
  return NULL;
}

void dial_cancel(struct dial *dial) {
  multi_abort(dial->shard, dial->easy);
  recycle(dial);
}

/* ---- the dialer ---- */

static bool make_urls(struct dialer *dialer) {
  const struct config *config = dialer->config;
  for (unsigned i = 0; i < config->to_count + config->all_count; i++) {
    const struct target *target = &config->targets[i];
    size_t size = target->authority.len + sizeof "https:///";
    char *url = malloc(size);
    if (!url) return false;
    snprintf(url, size, "%s://%.*s/", target->tls ? "https" : "http",
             SLICE_ARG(target->authority));
    dialer->urls[i] = url;
  }
  return true;
}

struct dialer *dialer_new(struct loop *loop, const struct config *config) {
  struct dialer *dialer = calloc(1, sizeof *dialer);
  if (!dialer) return NULL;
  dialer->config = config;
  dialer->multi = multi_new(loop, on_connected, dialer);
  dialer->share = curl_share_init();
  if (dialer->multi && dialer->share && make_urls(dialer)) {
    curl_share_setopt(dialer->share, CURLSHOPT_SHARE,
                      CURL_LOCK_DATA_SSL_SESSION);
    return dialer;
  }
  dialer_free(dialer);
  return NULL;
}

void dialer_free(struct dialer *dialer) {
  struct dial *dial;
  if (!dialer) return;
  while ((dial = dialer->spare)) {
    dialer->spare = dial->next;
    dial_free(dial);
  }
  multi_free(dialer->multi);
  if (dialer->share) curl_share_cleanup(dialer->share);
  for (unsigned i = 0; i < CONFIG_TARGETS_MAX; i++) free(dialer->urls[i]);
  free(dialer);
}
