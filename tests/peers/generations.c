/* generations: see generations.h.
 *
 * The script tells of a generation before hedgerow can know of it, and calls
 * older ones gone when hedgerow has said so. stdin is read before each request
 * and before each verdict: so an answer is never ahead of what was read, and
 * one that is behind was never allowed. */
#include "generations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

enum { GENERATIONS_MAX = 10000, WARM_ANSWERS = 1000, TOLD_MAX = 20 };

static struct {
  long oldest, newest; /* that may answer */
  bool whole[GENERATIONS_MAX + 1], seen[GENERATIONS_MAX + 1];
} now;

static unsigned long long good, wrong, gone;

/* ---- reading ---- */

static bool take(const char **at, const char *word) {
  size_t len = strlen(word);
  if (strncmp(*at, word, len) != 0) return false;
  *at += len;
  return true;
}

static bool take_number(const char **at, long *n) {
  char *end;
  *n = strtol(*at, &end, 10);
  bool taken = end != *at;
  *at = end;
  return taken;
}

/* ---- what the script says ---- */

static bool offer(const char *at) {
  long n;
  if (!take_number(&at, &n) || n != now.newest + 1 || n > GENERATIONS_MAX)
    return false;
  now.newest = n;
  now.whole[n] = strcmp(at, " whole\n") == 0;
  return true;
}

static bool retire(const char *at) {
  return take_number(&at, &now.oldest) && now.oldest <= now.newest;
}

static void take_order(const char *line) {
  const char *at = line;
  errno = 0;
  if (take(&at, "offer ") ? !offer(at) : !take(&at, "only ") || !retire(at))
    give_up(line);
}

static void read_orders(void) {
  static char line[64];
  static size_t len;
  char c;
  while (read(STDIN_FILENO, &c, 1) == 1) {
    if (len == sizeof line - 1) give_up("a long line on stdin");
    line[len++] = c;
    if (c != '\n') continue;
    line[len] = '\0';
    len = 0;
    take_order(line);
  }
}

/* ---- verdicts ---- */

static bool asks_extra(const struct question *question) {
  return question->number % 4 == 3;
}

static bool is_right_404(const struct question *question) {
  long n = question->mark;
  while (n <= now.newest && now.whole[n]) n++;
  return asks_extra(question) && n <= now.newest;
}

/* The generation of a right 200, or 0. */
static long generation_of(const struct question *question, const char *body) {
  const char *at = body;
  long n, token;
  bool is_b = take(&at, "\"b ");
  if (!is_b && !take(&at, "\"a ")) return 0;
  if (!take_number(&at, &n) || !take(&at, " token-") ||
      !take_number(&at, &token) || strcmp(at, "\"") != 0)
    return 0;
  if (n < question->mark || n > now.newest || token != n) return 0;
  if (asks_extra(question) && !is_b) return 0;
  return is_b && !now.whole[n] ? 0 : n;
}

static bool is_right(const struct question *question, int status,
                     const char *body, long *n) {
  *n = status == 200 ? generation_of(question, body) : 0;
  return *n > 0 || (status == 404 && is_right_404(question));
}

static void tell(const char *what) {
  puts(what);
  fflush(stdout);
}

static void on_right(long n) {
  char text[32];
  if (n == 0) gone++;
  if (++good == WARM_ANSWERS) tell("warm");
  if (n == 0 || now.seen[n]) return;
  now.seen[n] = true;
  snprintf(text, sizeof text, "seen %ld", n);
  tell(text);
}

static void on_wrong(const struct question *question, const char *bytes) {
  if (wrong++ >= TOLD_MAX) return;
  (void)fprintf(stderr,
                "%s, asked when %ld was the oldest, %ld the newest:\n"
                "%.600s\n",
                asks_extra(question) ? "/extra" : "/api", question->mark,
                now.newest, bytes);
}

/* ---- the subject ---- */

static void ask(struct question *question) {
  read_orders();
  question->mark = now.oldest;
  question->bytes = asks_extra(question)
                        ? "GET /extra HTTP/1.1\r\nHost: load\r\n\r\n"
                        : "GET /api HTTP/1.1\r\nHost: load\r\n\r\n";
  question->len = strlen(question->bytes);
}

static void on_end(const struct question *question, enum ending ending,
                   const struct answer *answer, const char *bytes, size_t len,
                   struct fate *fate) {
  long n;
  (void)len;
  if (ending != ANSWERED) return;
  read_orders();
  fate->good = is_right(question, answer->status, bytes + answer->head_len, &n);
  if (fate->good) on_right(n);
  else on_wrong(question, bytes);
}

const struct subject *generations_subject(void) {
  static const struct subject subject = {ask, on_end};
  must(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), "fcntl");
  return &subject;
}

void generations_tell(void) {
  printf(" good=%llu wrong=%llu gone=%llu", good, wrong, gone);
}

/* ---- lies ---- */

static void expect(bool right, long number, long mark, int status,
                   const char *body) {
  const struct question question = {.number = number, .mark = mark};
  long n;
  errno = 0;
  if (is_right(&question, status, body, &n) != right) give_up(body);
}

void generations_self_test(void) {
  take_order("offer 1 whole\n");
  take_order("offer 2 small\n");
  take_order("offer 3 whole\n");
  expect(true, 0, 1, 200, "\"a 1 token-1\"");
  expect(true, 0, 2, 200, "\"a 2 token-2\"");
  expect(true, 0, 2, 200, "\"b 3 token-3\"");
  expect(true, 3, 1, 200, "\"b 3 token-3\"");
  expect(true, 3, 1, 404, "{}");
  expect(false, 0, 2, 200, "\"a 1 token-1\"");
  expect(false, 0, 1, 200, "\"a 4 token-4\"");
  expect(false, 0, 1, 200, "\"a 0 token-0\"");
  expect(false, 0, 1, 200, "\"a 3 token-1\"");
  expect(false, 0, 1, 200, "\"b 2 token-2\"");
  expect(false, 0, 1, 200, "\"c 3 token-3\"");
  expect(false, 0, 1, 200, "\"a 3 token-3\" ");
  expect(false, 0, 1, 404, "{}");
  expect(false, 3, 1, 200, "\"b 2 token-2\"");
  expect(false, 3, 1, 200, "\"a 3 token-3\"");
  expect(false, 3, 3, 404, "{}");
  expect(false, 0, 1, 502, "{}");
}
