/* judge: what hedgerow may answer follows from the luck of its attempts.
 *
 *   2xx   the winner's luck is good, and the body is the winner's, all of it
 *   4xx   every attempt's luck was a 4xx, and the body is the primary's
 *   502   no attempt's luck was good
 *   504   no attempt with good luck was surely in time
 *   /all  each place is its item's body where the luck is good, or null where
 *         it is bad or may have come too late
 *
 * Every attempt was made before a 4xx or a 502, unless the deadline was short:
 * then the race may have ended before a hedge was due.
 *
 * Anything else is wrong. In time means two seconds before the deadline, since
 * the machine may be busy; a short deadline therefore excuses a 504 or a null,
 * and never a wrong byte. */
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/mock_answer.h"

enum { HEDGE_AFTER_MS = 100, SLACK_MS = 2000 };
enum { MOCK_TRICKLE_MS = 10 };

/* What one attempt must have been answered. */
struct expected {
  bool good;
  int status;
  int64_t ms;
  size_t len;
  char body[LUCK_BODY_MAX];
};

static struct expected expected;

void ask_target(const struct ask *ask, struct text *out) {
  static const char *const paths[] = {
      [ASK_SMART] = "/smart/b/", [ASK_HEAD] = "/smart/b/"};
  if (ask->kind == ASK_SMART || ask->kind == ASK_HEAD) {
    text_str(out, paths[ask->kind]);
    text_int(out, (int64_t)ask->number);
  } else {
    text_str(out, "/all");
  }
  text_str(out, ask->number % 2 ? "?a=1&timeout=" : "?%74imeout=");
  text_int(out, ask->timeout_ms);
  text_str(out, "&x=%20y");
}

/* The query that goes upstream. */
static const char *query_of(const struct ask *ask) {
  return ask->number % 2 ? "?a=1&x=%20y" : "?x=%20y";
}

void ask_body(const struct ask *ask, struct text *out) {
  if (ask->kind != ASK_ITEMS) return;
  for (unsigned i = 0; i < ask->items; i++) {
    text_str(out, i == 0 ? "[\"/i/" : ",\n \"/i/");
    text_int(out, (int64_t)ask->number);
    text_char(out, '/');
    text_int(out, i);
    text_char(out, '"');
  }
  text_char(out, ']');
}

static void expect_of_mock(const struct world *world, const struct ask *ask,
                           unsigned attempt) {
  char number[8], storage[MOCK_ANSWER_MAX];
  struct text text;
  snprintf(number, sizeof number, "%u", attempt);
  struct faults_draw draw =
      faults_draw(&world->faults, world->seed,
                  faults_key(slice_of(ask->id), slice_of(number)));
  bool trickles = draw.fault == FAULT_TRICKLE;
  text_init(&text, storage, sizeof storage);
  mock_answer_write(&text, &draw, (struct mock_framing){.close = trickles});
  const char *body = strstr(text_end(&text), "\r\n\r\n") + 4;
  expected.good = draw.fault == FAULT_NONE || trickles;
  expected.status = draw.fault == FAULT_STATUS ? draw.status : 0;
  expected.ms = draw.delay_us / 1000 +
                (trickles ? MOCK_TRICKLE_MS * (int64_t)text.len : 0);
  expected.len = (size_t)(text.at + text.len - body);
  memcpy(expected.body, body, expected.len);
}

static void expect_of_origin(const struct world *world, const struct ask *ask,
                             unsigned attempt, unsigned item) {
  char path[128];
  if (ask->kind == ASK_ITEMS)
    snprintf(path, sizeof path, "/o/i/%llu/%u", ask->number, item);
  else if (ask->kind == ASK_ALL)
    snprintf(path, sizeof path, "/o%s", query_of(ask));
  else snprintf(path, sizeof path, "/o/b/%llu%s", ask->number, query_of(ask));
  struct luck luck = luck_draw(&world->faults, world->seed, slice_of(ask->id),
                               attempt, slice_of(path));
  expected.good = luck_is_good(&luck);
  expected.status = luck.draw.fault == FAULT_STATUS ? luck.draw.status : 0;
  expected.ms = luck_ms(&luck);
  expected.len = luck_body(&luck, expected.body);
}

/* Attempt k of a race, or item k of a gather. */
static void expect(const struct world *world, const struct ask *ask,
                   unsigned k) {
  if (ask->kind == ASK_ITEMS) expect_of_origin(world, ask, 0, k);
  else if (world->has_mock && k % 2 == 1) expect_of_mock(world, ask, k);
  else expect_of_origin(world, ask, k, k);
}

static bool surely_in_time(const struct ask *ask) {
  return expected.ms + HEDGE_AFTER_MS + SLACK_MS < ask->timeout_ms;
}

static bool is_expected(struct slice body) {
  return slice_equal(body, (struct slice){expected.body, expected.len});
}

struct slice judge_field(struct slice head, const char *name) {
  size_t len = strlen(name);
  for (size_t i = 0; i + len < head.len; i++) {
    if (!slice_equal((struct slice){head.at + i, len}, slice_of(name)))
      continue;
    struct slice value = slice_from(head, i + len);
    const char *end = memchr(value.at, '\r', value.len);
    return (struct slice){value.at, end ? (size_t)(end - value.at) : 0};
  }
  return (struct slice){"", 0};
}

static const char *judge_success(const struct world *world,
                                 const struct ask *ask, struct slice head,
                                 struct slice body) {
  struct slice winner = judge_field(head, "\r\nHedge-Winner: ");
  if (winner.len != 1 || winner.at[0] < '0' || winner.at[0] >= '0' + ATTEMPTS)
    return "no sane Hedge-Winner";
  expect(world, ask, (unsigned)(winner.at[0] - '0'));
  if (!expected.good) return "the winner was answered badly";
  if (ask->kind == ASK_SMART)
    return is_expected(body) ? NULL : "the body is not the winner's";
  struct slice length = judge_field(head, "\r\nContent-Length: ");
  return strtoull(length.at, NULL, 10) == expected.len
             ? NULL
             : "the length is not that of the winner";
}

/* How many attempts there must have been when none succeeded; 0: too few. */
static unsigned attempts_made(const struct ask *ask, struct slice head) {
  struct slice made = judge_field(head, "\r\nHedge-Attempts: ");
  unsigned count = made.len == 1 ? (unsigned)(made.at[0] - '0') : 0;
  if (count > ATTEMPTS) return 0;
  return count == ATTEMPTS || ask->timeout_ms < SLACK_MS ? count : 0;
}

static const char *judge_client_error(const struct world *world,
                                      const struct ask *ask, int status,
                                      struct slice head, struct slice body) {
  unsigned made = attempts_made(ask, head);
  if (made == 0) return "a 4xx before every attempt was made";
  for (unsigned k = made; k-- > 0;) {
    expect(world, ask, k);
    if (expected.status < 400 || expected.status > 499)
      return "a 4xx, and not every attempt got one";
  }
  if (expected.status != status) return "not the primary's status";
  if (ask->kind == ASK_HEAD) return NULL;
  return is_expected(body) ? NULL : "not the primary's body";
}

static const char *judge_failure(const struct world *world,
                                 const struct ask *ask, struct slice head) {
  unsigned made = attempts_made(ask, head);
  if (made == 0) return "a 502 before every attempt was made";
  for (unsigned k = 0; k < made; k++) {
    expect(world, ask, k);
    if (expected.good) return "a 502, and an attempt was answered well";
  }
  return NULL;
}

static const char *judge_deadline(const struct world *world,
                                  const struct ask *ask) {
  for (unsigned k = 0; k < ATTEMPTS; k++) {
    expect(world, ask, k);
    if (expected.good && surely_in_time(ask))
      return "a 504, and an attempt was answered well in time";
  }
  return NULL;
}

static const char *judge_array(const struct world *world, const struct ask *ask,
                               struct slice body, bool *excused) {
  unsigned count = ask->kind == ASK_ITEMS ? ask->items : ATTEMPTS;
  for (unsigned k = 0; k < count; k++) {
    if (body.len == 0 || body.at[0] != (k == 0 ? '[' : ','))
      return "the array is not an array";
    body = slice_from(body, 1);
    expect(world, ask, k);
    if (slice_starts_with(body, slice_of("null"))) {
      if (expected.good && surely_in_time(ask)) *excused = true;
      if (*excused && !world->may_fail)
        return "null for an item that was answered well, and in time";
      body = slice_from(body, 4);
      continue;
    }
    if (!expected.good) return "an item that was answered badly is not null";
    if (body.len < expected.len ||
        !is_expected((struct slice){body.at, expected.len}))
      return "an item's body is not what was answered";
    body = slice_from(body, expected.len);
  }
  return slice_equal(body, slice_of("]")) ? NULL : "bytes behind the items";
}

static const char *judge_problem(int status, struct slice head) {
  struct slice type = judge_field(head, "\r\nContent-Type: ");
  if (status < 502 || status > 504) return "a status that nothing here brings";
  return slice_equal(type, slice_of("application/problem+json"))
             ? NULL
             : "a problem that does not say so";
}

static enum verdict_kind judge_status(const struct world *world,
                                      const struct ask *ask, int status,
                                      struct slice head, struct slice body,
                                      const char **why) {
  bool is_array = ask->kind == ASK_ALL || ask->kind == ASK_ITEMS;
  bool excused = false;
  if (status == 200 && is_array) {
    *why = judge_array(world, ask, body, &excused);
    return excused ? RIGHT_NULLS : RIGHT_2XX;
  }
  if (status == 200) {
    *why = judge_success(world, ask, head, body);
    return RIGHT_2XX;
  }
  if (world->may_fail) {
    *why = judge_problem(status, head);
    return RIGHT_PROBLEM;
  }
  if (status == 502 && !is_array) {
    *why = judge_failure(world, ask, head);
    return RIGHT_502;
  }
  if (status == 504 && !is_array) {
    *why = judge_deadline(world, ask);
    return RIGHT_504;
  }
  if (status >= 400 && status <= 499 && !is_array) {
    *why = judge_client_error(world, ask, status, head, body);
    return RIGHT_4XX;
  }
  *why = "a status that nothing here brings";
  return WRONG;
}

enum verdict_kind judge(const struct world *world, const struct ask *ask,
                        int status, struct slice head, struct slice body,
                        const char **why) {
  enum verdict_kind verdict = judge_status(world, ask, status, head, body, why);
  struct slice id = judge_field(head, "\r\nX-Request-ID: ");
  if (!slice_equal(id, slice_of(ask->id)))
    *why = "the X-Request-ID is another request's";
  return *why ? WRONG : verdict;
}
