/* alert: OpenSSL's word for how a TLS connection ended, which libcurl does not
 * pass on.
 *
 * libcurl reads the same end from a peer that has said close_notify and from
 * one whose bytes just end. But OpenSSL calls back for each alert that comes:
 * the last one is kept with the session, and asked for when it has ended.
 * Nothing is called while bytes flow.
 *
 * In TLS 1.3 a client has shaken hands before the server looks at its
 * certificate, so that a server says by an alert that it misses one. */
#include "io/alert.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdint.h>

/* An alert is kept as its number and this, so that 0 is none. */
enum { HEARD = 1 << 8 };

static int place; /* among what a session keeps for others */

bool alert_init(void) {
  place = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  return place >= 0;
}

/* ---- as it comes ---- */

/* Of an alert, `value` has the level in its upper byte. */
static void alert_on_info(const SSL *ssl, int where, int value) {
  intptr_t alert = HEARD | (value & 0xff);
  if (where == SSL_CB_READ_ALERT)
    SSL_set_ex_data((SSL *)(uintptr_t)ssl, place, (void *)alert);
}

static CURLcode alert_on_context(CURL *easy, void *context, void *arg) {
  (void)easy, (void)arg;
  SSL_CTX_set_info_callback(context, alert_on_info);
  return CURLE_OK;
}

void alert_watch(void *easy) {
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, alert_on_context);
}

/* ---- afterwards ---- */

/* 0: none came. */
static int last_alert(void *easy) {
  struct curl_tlssessioninfo *session = NULL;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
  if (!session || session->backend != CURLSSLBACKEND_OPENSSL ||
      !session->internals)
    return 0;
  return (int)(intptr_t)SSL_get_ex_data(session->internals, place);
}

bool alert_is_close_notify(void *easy) {
  return last_alert(easy) == (HEARD | SSL3_AD_CLOSE_NOTIFY);
}

#define DEMANDS                                                                \
  "the upstream demands a client certificate, and hedgerow has none: its TLS " \
  "alert is "
#define BROKE_OFF "the upstream broke off with the TLS alert "

const char *alert_words(void *easy) {
  int alert = last_alert(easy);
  if (alert <= (HEARD | SSL3_AD_CLOSE_NOTIFY)) return NULL;
  switch (alert & ~HEARD) {
    case TLS13_AD_CERTIFICATE_REQUIRED: return DEMANDS "certificate_required";
    /* What some say of no certificate. */
    case SSL3_AD_BAD_CERTIFICATE: return DEMANDS "bad_certificate";
    case SSL3_AD_UNEXPECTED_MESSAGE: return BROKE_OFF "unexpected_message";
    case SSL3_AD_BAD_RECORD_MAC: return BROKE_OFF "bad_record_mac";
    case TLS1_AD_RECORD_OVERFLOW: return BROKE_OFF "record_overflow";
    case SSL3_AD_HANDSHAKE_FAILURE: return BROKE_OFF "handshake_failure";
    case TLS1_AD_ACCESS_DENIED: return BROKE_OFF "access_denied";
    case TLS1_AD_DECODE_ERROR: return BROKE_OFF "decode_error";
    case TLS1_AD_DECRYPT_ERROR: return BROKE_OFF "decrypt_error";
    case TLS1_AD_INTERNAL_ERROR: return BROKE_OFF "internal_error";
    default: return "the upstream broke off with a TLS alert";
  }
}
