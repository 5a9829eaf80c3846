/* post: one easy handle in a multi handle, so that waiting can be cut short.
 *
 * The handle is used again for each body, and its connection is kept, in
 * HTTP/1.1, since one at a time has no use for more. No redirect is followed
 * and no proxy asked: bodies go where the URL says. Answers are short, so none
 * is asked to be packed; one that is all the same is unpacked. */
#include "io/post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_LIMIT_MS = 3000 };

struct post {
  CURLM *multi;
  CURL *easy;
  struct curl_slist *fields;
  struct trust *trust;
  bool under_way;
  size_t answered; /* bytes */
  char answer[POST_ANSWER_BYTES];
  char error[CURL_ERROR_SIZE];
};

static size_t on_answer(char *bytes, size_t size, size_t count, void *arg) {
  struct post *post = arg;
  const size_t len = size * count;
  if (len > POST_ANSWER_BYTES - post->answered) return 0;
  memcpy(post->answer + post->answered, bytes, len);
  post->answered += len;
  return len;
}

static bool add_field(struct post *post, const char *line) {
  struct curl_slist *longer = curl_slist_append(post->fields, line);
  if (longer) post->fields = longer;
  return longer != NULL;
}

static bool add_fields(struct post *post, const char *const *fields) {
  bool added = add_field(post, "Expect:"); /* no waiting for a 100 */
  for (; added && *fields; fields++) added = add_field(post, *fields);
  return added;
}

static bool set_up(struct post *post, const char *url, int64_t limit_ms) {
  CURL *easy = post->easy;
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->fields);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "hedgerow/" HEDGEROW_VERSION);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "identity");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* names are not waited for */
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_LIMIT_MS);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limit_ms);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->error);
  const char *ca_path = trust_ca_path(post->trust);
  if (ca_path) {
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_path);
  }
  return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
}

struct post *post_new(const char *url, const char *const *fields,
                      struct trust *trust, int64_t limit_ms) {
  struct post *post = calloc(1, sizeof *post);
  if (!post) return NULL;
  post->trust = trust_hold(trust);
  post->multi = curl_multi_init();
  post->easy = curl_easy_init();
  if (post->multi && post->easy && add_fields(post, fields) &&
      set_up(post, url, limit_ms))
    return post;
  post_free(post);
  return NULL;
}

void post_free(struct post *post) {
  if (!post) return;
  post_stop(post);
  curl_easy_cleanup(post->easy);
  if (post->multi) curl_multi_cleanup(post->multi);
  curl_slist_free_all(post->fields);
  trust_drop(post->trust);
  free(post);
}

bool post_start(struct post *post, struct slice body) {
  post->answered = 0;
  post->error[0] = '\0';
  curl_easy_setopt(post->easy, CURLOPT_POSTFIELDS, body.at);
  curl_easy_setopt(post->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                   (curl_off_t)body.len);
  post->under_way = curl_multi_add_handle(post->multi, post->easy) == CURLM_OK;
  return post->under_way;
}

void post_stop(struct post *post) {
  if (post->under_way) curl_multi_remove_handle(post->multi, post->easy);
  post->under_way = false;
}

bool post_is_under_way(const struct post *post) { return post->under_way; }

void post_wait(struct post *post, int wait_ms) {
  int running = 0;
  if (curl_multi_perform(post->multi, &running) != CURLM_OK) return;
  if (post->under_way && running == 0) return; /* it is over */
  curl_multi_poll(post->multi, NULL, 0, wait_ms, NULL);
  curl_multi_perform(post->multi, &running);
}

static void tell_end(const struct post *post, CURLcode code,
                     struct post_end *end) {
  long status = 0;
  curl_off_t retry_after_s = 0;
  *end = (struct post_end){0};
  curl_easy_getinfo(post->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
  if (code == CURLE_OK)
    curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
  end->status = (int)status;
  end->distrusted = code == CURLE_PEER_FAILED_VERIFICATION;
  end->retry_after_s = retry_after_s;
  end->answer = (struct slice){post->answer, post->answered};
  if (status != 0) snprintf(end->why, sizeof end->why, "status %ld", status);
  else
    snprintf(end->why, sizeof end->why, "%s",
             post->error[0] ? post->error : curl_easy_strerror(code));
}

bool post_is_over(struct post *post, struct post_end *end) {
  int left;
  const CURLMsg *message = curl_multi_info_read(post->multi, &left);
  if (!message || message->msg != CURLMSG_DONE) return false;
  tell_end(post, message->data.result, end);
  post_stop(post);
  return true;
}

void post_wake(struct post *post) { curl_multi_wakeup(post->multi); }
