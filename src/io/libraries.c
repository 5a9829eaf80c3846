/* libraries: libevent and libcurl as the process sees them.
 *
 * curl_global_init is not safe once threads run, and both libraries keep a
 * little memory for the life of the process that a leak check would find. Other
 * layers print the versions without including either header.
 *
 * libevent writes its warnings to stderr itself, a line for each refused
 * epoll_ctl, say. They go the way of all notices, at most one a second. */
#include "io/libraries.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>

#include "io/alert.h"
#include "io/clock.h"
#include "io/log.h"

static void on_libevent_message(int severity, const char *message) {
  static struct log_gate gate;
  if (severity == EVENT_LOG_ERR) log_notice("%s", message);
  else log_notice_gated(&gate, clock_now_us(), message);
}

bool libraries_init(void) {
  event_set_log_callback(on_libevent_message);
  return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && alert_init();
}

void libraries_clear(void) {
  curl_global_cleanup();
  libevent_global_shutdown();
}

void libraries_versions(char *buf, size_t cap) {
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  snprintf(buf, cap, "libevent %s, libcurl %s %s", event_get_version(),
           curl->version,
           curl->ssl_version ? curl->ssl_version : "without TLS");
}
