/* download: libcurl's multi interface with one handle, and without a loop.
 *
 * tap and top have one thing to read and one or two descriptors to watch (keys,
 * signals, a pipe that may break). curl_multi_poll waits for all of these, so a
 * key is answered while a response is still awaited, and a silent hedgerow
 * never holds the program up.
 *
 * curl_multi_poll tells nothing of POLLERR, which is how a pipe says that its
 * reader has gone; so the descriptors are asked again behind it.
 *
 * No proxy of the environment is used: what is asked for is here. */
#include "io/download.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"

enum {
  CONNECT_MS = 5000,
  SHORT_MS = 5000,
  URL_BYTES = 8192,
  WATCHED_MAX = 4,
};

#define SILENT_MAX_US INT64_C(15000000)

struct download {
  CURLM *multi;
  CURL *easy;
  struct curl_slist *fields;
  char *origin;
  bool running; /* the handle is on the multi */
  download_on_bytes *on_bytes;
  void *arg;
  bool endless;
  int64_t heard_us; /* when it was started, or brought bytes */
  CURLcode code;
  int status;
  char error[CURL_ERROR_SIZE];
};

static void note_status(struct download *download) {
  long status = 0;
  curl_easy_getinfo(download->easy, CURLINFO_RESPONSE_CODE, &status);
  download->status = (int)status;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *arg) {
  struct download *download = arg;
  struct slice piece = {bytes, size * count};
  note_status(download);
  download->heard_us = clock_now_us();
  return download->on_bytes(download->arg, piece) ? piece.len : 0;
}

static bool show_token(struct download *download, const char *token) {
  static const char label[] = "Authorization: Bearer ";
  size_t len = sizeof label + strlen(token);
  char *field = malloc(len);
  if (!field) return false;
  snprintf(field, len, "%s%s", label, token);
  download->fields = curl_slist_append(NULL, field);
  explicit_bzero(field, len);
  free(field);
  return download->fields &&
         curl_easy_setopt(download->easy, CURLOPT_HTTPHEADER,
                          download->fields) == CURLE_OK;
}

static bool prepare(struct download *download,
                    const struct download_from *from) {
  CURL *easy = download->easy;
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEDATA, download) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, download->error) ==
             CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) ==
             CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, from->socket) ==
             CURLE_OK &&
         (!from->token || show_token(download, from->token));
}

struct download *download_new(const struct download_from *from) {
  struct download *download = calloc(1, sizeof *download);
  if (!download) return NULL;
  download->origin = strdup(from->origin);
  download->multi = curl_multi_init();
  download->easy = curl_easy_init();
  if (download->origin && download->multi && download->easy &&
      prepare(download, from))
    return download;
  download_free(download);
  return NULL;
}

static void forget_token(struct curl_slist *fields) {
  if (fields) explicit_bzero(fields->data, strlen(fields->data));
  curl_slist_free_all(fields);
}

static void stop(struct download *download) {
  if (download->running)
    curl_multi_remove_handle(download->multi, download->easy);
  download->running = false;
}

void download_free(struct download *download) {
  if (!download) return;
  stop(download);
  if (download->easy) curl_easy_cleanup(download->easy);
  if (download->multi) curl_multi_cleanup(download->multi);
  forget_token(download->fields);
  free(download->origin);
  free(download);
}

bool download_start(struct download *download, const char *path,
                    enum download_patience patience,
                    download_on_bytes *on_bytes, void *arg) {
  char url[URL_BYTES];
  int len = snprintf(url, sizeof url, "%s%s", download->origin, path);
  stop(download);
  download->on_bytes = on_bytes;
  download->arg = arg;
  download->endless = patience == DOWNLOAD_ENDLESS;
  download->heard_us = clock_now_us();
  download->code = CURLE_OK;
  download->status = 0;
  download->error[0] = '\0';
  download->running =
      len < URL_BYTES &&
      curl_easy_setopt(download->easy, CURLOPT_TIMEOUT_MS,
                       download->endless ? 0L : (long)SHORT_MS) == CURLE_OK &&
      curl_easy_setopt(download->easy, CURLOPT_URL, url) == CURLE_OK &&
      curl_multi_add_handle(download->multi, download->easy) == CURLM_OK;
  return download->running;
}

bool download_is_running(const struct download *download) {
  return download->running;
}

/* libcurl's own limit counts bytes a second, and a comment now and then is
 * fewer than one. */
static int64_t silence_left_us(const struct download *download) {
  return download->heard_us + SILENT_MAX_US - clock_now_us();
}

static void end(struct download *download, CURLcode code) {
  download->code = code;
  stop(download);
}

static void go_on(struct download *download) {
  int running, left;
  CURLMsg *message;
  curl_multi_perform(download->multi, &running);
  while ((message = curl_multi_info_read(download->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    if (message->data.result == CURLE_OK) note_status(download);
    end(download, message->data.result);
    return; /* the message has gone with its handle */
  }
  if (!download->endless || silence_left_us(download) > 0) return;
  snprintf(download->error, sizeof download->error, "nothing came for 15 s");
  end(download, CURLE_OPERATION_TIMEDOUT);
}

static int wait_ms(const struct download *download, int timeout_ms) {
  if (!download->running || !download->endless) return timeout_ms;
  int64_t left_ms = silence_left_us(download) / 1000 + 1;
  return left_ms < timeout_ms ? (int)left_ms : timeout_ms;
}

void download_wait(struct download *download, struct pollfd *also,
                   unsigned count, int timeout_ms) {
  struct curl_waitfd fds[WATCHED_MAX] = {0};
  if (count > WATCHED_MAX) count = WATCHED_MAX;
  for (unsigned i = 0; i < count; i++)
    fds[i] = (struct curl_waitfd){
        .fd = also[i].fd, .events = also[i].events ? CURL_WAIT_POLLIN : 0};
  bool ran = download->running;
  if (ran) go_on(download);
  if (download->running == ran)
    curl_multi_poll(download->multi, fds, count, wait_ms(download, timeout_ms),
                    NULL);
  if (download->running) go_on(download);
  if (poll(also, count, 0) <= 0)
    for (unsigned i = 0; i < count; i++) also[i].revents = 0;
}

int download_status(const struct download *download) {
  return download->status;
}

const char *download_error(const struct download *download) {
  if (download->running || download->code == CURLE_OK) return NULL;
  return download->error[0] ? download->error
                            : curl_easy_strerror(download->code);
}
