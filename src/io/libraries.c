/* libraries: libevent and libcurl as the process sees them.
 *
 * curl_global_init is not safe once threads run, and both libraries keep a
 * little memory for the life of the process that a leak check would find. Other
 * layers print the versions without including either header. */
#include "io/libraries.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>

bool libraries_init(void) {
  return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
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
