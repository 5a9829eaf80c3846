/* libraries: libevent, libcurl and malloc as the process sees them.
 *
 * curl_global_init is not safe once threads run, and both libraries keep a
 * little memory for the life of the process that a leak check would find. Other
 * layers print the versions without including either header.
 *
 * malloc takes large buffers from the system, and gives them back to it. But
 * glibc raises what it calls large to the size of each one that is freed: from
 * then on they come out of its arenas, where growing copies them, and where
 * what is free stays. So the limit is set, and with that stays where it is.
 *
 * libevent writes its warnings to stderr itself, a line for each refused
 * epoll_ctl, say. They go the way of all notices, at most one a second. */
#include "io/libraries.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdio.h>

#include "io/alert.h"
#include "io/clock.h"
#include "io/log.h"

static void on_libevent_message(int severity, const char *message) {
  static struct log_gate gate;
  if (severity == EVENT_LOG_ERR) log_notice("%s", message);
  else log_notice_gated(&gate, clock_now_us(), message);
}

enum { LARGE_BYTES = 256 * 1024 };

bool libraries_init(void) {
  mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
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
