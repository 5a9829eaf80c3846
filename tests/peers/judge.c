/* judge: what hedgerow may answer follows from the luck of its attempts.
 *
 *   2xx   the winner's luck is good, and the body is the winner's, all of it
 *   4xx   every attempt's luck was a 4xx, and the body is the primary's
 *   502   no attempt's luck was good
 *   504   no attempt with good luck was surely in time
 *   /all  each place is its item's body where the luck is good, or null where
 *         it is bad or may have come too late
 *
 * Every attempt was made, or told to be refused, before a 4xx or a 502, unless
 * the deadline was short: then the race may have ended before a hedge was due.
 * It may have been made at either target, since one that fails is passed by.
 *
 * Anything else is wrong. In time means two seconds before the deadline, since
 * the machine may be busy, and where it stood still, as much earlier; a short
 * deadline therefore excuses a 504 or a null, and never a wrong byte. */
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

static unsigned targets_of(const struct world *world) {
  return world->has_mock ? 2 : 1;
}

/* Attempt k of a race, or item k of a gather, at that target. */
static void expect_at(const struct world *world, const struct ask *ask,
                      unsigned k, unsigned target) {
  unsigned attempt = ask->kind == ASK_ITEMS ? 0 : k;
  if (target == 1) expect_of_mock(world, ask, attempt);
  else expect_of_origin(world, ask, attempt, k);
}

/* What it had, on a machine that is never quite idle. */
static int64_t sure_ms(const struct ask *ask) {
  return ask->timeout_ms - ask->held_ms - SLACK_MS;
}

static bool surely_in_time(const struct ask *ask) {
  return expected.ms + HEDGE_AFTER_MS < sure_ms(ask);
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

/* What it asks for may come from either target: one that fails is passed by. */
static bool is_from_any(const struct world *world, const struct ask *ask,
                        unsigned k, bool (*is)(struct slice), struct slice of) {
  for (unsigned target = 0; target < targets_of(world); target++) {
    expect_at(world, ask, k, target);
    if (is(of)) return true;
  }
  return false;
}

static bool is_good_body(struct slice body) {
  return expected.good && is_expected(body);
}

static bool is_good_length(struct slice length) {
  return expected.good && strtoull(length.at, NULL, 10) == expected.len;
}

static const char *judge_success(const struct world *world,
                                 const struct ask *ask, struct slice head,
                                 struct slice body) {
  struct slice winner = judge_field(head, "\r\nHedge-Winner: ");
  if (winner.len != 1 || winner.at[0] < '0' || winner.at[0] >= '0' + ATTEMPTS)
    return "no sane Hedge-Winner";
  unsigned k = (unsigned)(winner.at[0] - '0');
  if (ask->kind == ASK_SMART)
    return is_from_any(world, ask, k, is_good_body, body)
               ? NULL
               : "the body is not the winner's";
  struct slice length = judge_field(head, "\r\nContent-Length: ");
  return is_from_any(world, ask, k, is_good_length, length)
             ? NULL
             : "the length is not that of the winner";
}

/* Whether hedgerow says that it did not start attempt k, and why it may. */
static bool was_refused(struct slice head, unsigned k) {
  char name[] = "attempt-0;";
  name[sizeof name - 3] = (char)('0' + k);
  struct slice timing = judge_field(head, "\r\nServer-Timing: ");
  const char *at = memmem(timing.at, timing.len, name, sizeof name - 1);
  if (!at) return false;
  struct slice rest = slice_from(timing, (size_t)(at - timing.at));
  const char *end = memchr(rest.at, ',', rest.len);
  if (end) rest.len = (size_t)(end - rest.at);
  return memmem(rest.at, rest.len, "desc=refused", 12) != NULL;
}

/* Whether each attempt was made, or refused, when none succeeded. */
static bool all_were_made(const struct ask *ask, struct slice head) {
  struct slice made = judge_field(head, "\r\nHedge-Attempts: ");
  unsigned count = made.len == 1 ? (unsigned)(made.at[0] - '0') : 0;
  for (unsigned k = 0; k < ATTEMPTS; k++) count += was_refused(head, k);
  return count == ATTEMPTS ||
         (count > 0 && count < ATTEMPTS && sure_ms(ask) < 0);
}

static bool is_4xx(struct slice none) {
  (void)none;
  return expected.status >= 400 && expected.status <= 499;
}

static bool is_4xx_body(struct slice body) {
  return is_4xx(body) && is_expected(body);
}

static bool is_no_success(struct slice none) {
  (void)none;
  return !expected.good;
}

static bool is_status_of_any(const struct world *world, const struct ask *ask,
                             unsigned k, int status) {
  for (unsigned target = 0; target < targets_of(world); target++) {
    expect_at(world, ask, k, target);
    if (expected.status == status) return true;
  }
  return false;
}

static const char *judge_client_error(const struct world *world,
                                      const struct ask *ask, int status,
                                      struct slice head, struct slice body) {
  const struct slice none = {0};
  unsigned first = 0;
  if (!all_were_made(ask, head)) return "a 4xx before every attempt was made";
  for (unsigned k = 0; k < ATTEMPTS; k++)
    if (!was_refused(head, k) && !is_from_any(world, ask, k, is_4xx, none) &&
        sure_ms(ask) >= 0)
      return "a 4xx, and not every attempt got one";
  while (first < ATTEMPTS - 1 && was_refused(head, first)) first++;
  if (!is_status_of_any(world, ask, first, status))
    return "not the primary's status";
  if (ask->kind == ASK_HEAD) return NULL;
  return is_from_any(world, ask, first, is_4xx_body, body)
             ? NULL
             : "not the primary's body";
}

static const char *judge_failure(const struct world *world,
                                 const struct ask *ask, struct slice head) {
  const struct slice none = {0};
  if (!all_were_made(ask, head)) return "a 502 before every attempt was made";
  for (unsigned k = 0; k < ATTEMPTS; k++)
    if (!was_refused(head, k) &&
        !is_from_any(world, ask, k, is_no_success, none) && sure_ms(ask) >= 0)
      return "a 502, and an attempt was answered well";
  return NULL;
}

static const char *judge_deadline(const struct world *world,
                                  const struct ask *ask, struct slice head) {
  for (unsigned k = 0; k < ATTEMPTS; k++) {
    bool in_time = !was_refused(head, k);
    for (unsigned target = 0; target < targets_of(world); target++) {
      expect_at(world, ask, k, target);
      in_time = in_time && expected.good && surely_in_time(ask);
    }
    if (in_time) return "a 504, and an attempt was answered well in time";
  }
  return NULL;
}

static bool begins_as_expected(struct slice body) {
  return expected.good && body.len >= expected.len &&
         is_expected((struct slice){body.at, expected.len});
}

static bool is_late_or_bad(struct slice ask) {
  return !expected.good || !surely_in_time((const void *)ask.at);
}

/* An item of GET /all has its target, one of a POST the first that is well. */
static bool is_item(const struct world *world, const struct ask *ask,
                    unsigned k, bool (*is)(struct slice), struct slice of) {
  if (ask->kind == ASK_ITEMS) return is_from_any(world, ask, k, is, of);
  expect_at(world, ask, k, k % targets_of(world));
  return is(of);
}

static const char *judge_array(const struct world *world, const struct ask *ask,
                               struct slice body, bool *excused) {
  const struct slice asked = {(const char *)ask, sizeof *ask};
  unsigned count = ask->kind == ASK_ITEMS ? ask->items : ATTEMPTS;
  for (unsigned k = 0; k < count; k++) {
    if (body.len == 0 || body.at[0] != (k == 0 ? '[' : ','))
      return "the array is not an array";
    body = slice_from(body, 1);
    if (slice_starts_with(body, slice_of("null"))) {
      if (!is_item(world, ask, k, is_late_or_bad, asked)) *excused = true;
      if (*excused && !world->may_fail)
        return "null for an item that was answered well, and in time";
      body = slice_from(body, 4);
      continue;
    }
    if (!is_item(world, ask, k, begins_as_expected, body))
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
    *why = judge_deadline(world, ask, head);
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
