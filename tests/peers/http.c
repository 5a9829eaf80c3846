/* http: see http.h.
 *
 * hedgerow names a Content-Length in each of its answers, so this reads no
 * chunks: whatever has no length is no answer. */
#include "http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net.h"

const char *head_field(const char *bytes, size_t head_len, const char *name) {
  const char *at = strcasestr(bytes, name);
  if (!at || (size_t)(at - bytes) >= head_len) return "";
  at += strlen(name);
  return at + strspn(at, " ");
}

long head_number(const char *bytes, size_t head_len, const char *name,
                 long otherwise) {
  const char *value = head_field(bytes, head_len, name);
  char *end;
  long n = strtol(value, &end, 10);
  return end == value || *end != '\r' ? otherwise : n;
}

static bool read_head(struct answer *answer, const char *bytes) {
  static const char version[] = "HTTP/1.1 ";
  size_t len = answer->head_len;
  long body = head_number(bytes, len, "\r\nContent-Length:", -1);
  if (strncmp(bytes, version, sizeof version - 1) != 0 || body < 0)
    return false;
  answer->status = (int)strtol(bytes + sizeof version - 1, NULL, 10);
  answer->body_len = (size_t)body;
  answer->closes =
      strncasecmp(head_field(bytes, len, "\r\nConnection:"), "close", 5) == 0;
  return answer->status >= 100 && answer->status <= 599;
}

enum answer_state answer_find(struct answer *answer, const char *bytes,
                              size_t len, bool is_head) {
  if (answer->head_len == 0) {
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    if (!end) return ANSWER_PARTIAL;
    answer->head_len = (size_t)(end + 4 - bytes);
    if (!read_head(answer, bytes)) return ANSWER_BAD;
    if (is_head) answer->body_len = 0;
  }
  size_t whole = answer->head_len + answer->body_len;
  if (len > whole) return ANSWER_BAD;
  return len == whole ? ANSWER_WHOLE : ANSWER_PARTIAL;
}

/* ---- the self-test ---- */

static void expect(enum answer_state wanted, const char *text, size_t len,
                   bool is_head) {
  char *bytes = must_have(strndup(text, len));
  struct answer answer = {0};
  errno = 0;
  if (answer_find(&answer, bytes, len, is_head) != wanted) give_up(bytes);
  free(bytes);
}

void http_self_test(void) {
  static const char sound[] = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\nX: "
                              "1\r\n\r\n{\"a\":\"\r\n\r\n\"}";
  static const char *const unsound[] = {
      "HTTP/1.1 200 OK\r\nX: 1\r\n\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n1",
      "HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 20 No\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n12",
  };
  size_t len = sizeof sound - 1;
  for (size_t cut = 0; cut < len; cut++)
    expect(ANSWER_PARTIAL, sound, cut, false);
  expect(ANSWER_WHOLE, sound, len, false);
  expect(ANSWER_WHOLE, sound, len - 12, true);
  expect(ANSWER_BAD, sound, len, true);
  for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++)
    expect(ANSWER_BAD, unsound[i], strlen(unsound[i]), false);
}
