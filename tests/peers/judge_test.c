/* judge_test: a judge that believes a lie is worse than none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "net.h"

enum { HEAD_MAX = 512, LIE_MAX = 3 * LUCK_BODY_MAX };

/* An answer as hedgerow would write it, and as it may be falsified. */
struct claim {
  int status;
  const char *id;
  int winner, attempts;
  size_t len; /* of the body; Content-Length says that */
  char body[LIE_MAX];
};

static struct world world;
static struct claim claim;

/* The world's attempts are all good, or all answered 404. */
static void make_world(const char *faults) {
  char error[200];
  world = (struct world){.seed = 7};
  if (!faults_parse(&world.faults, slice_of(faults), error, sizeof error))
    give_up(error);
}

/* What origin sends on this target, behind what the claim holds already. */
static void add_body(const char *target, unsigned attempt) {
  struct luck luck = luck_draw(&world.faults, world.seed, slice_of("soak-2"),
                               attempt, slice_of(target));
  claim.len += luck_body(&luck, claim.body + claim.len);
}

static void add_text(const char *text) {
  memcpy(claim.body + claim.len, text, strlen(text));
  claim.len += strlen(text);
}

static void expect(bool right, const struct ask *ask, const char *what) {
  char head[HEAD_MAX];
  const char *why = "believed";
  int len =
      snprintf(head, sizeof head,
               "HTTP/1.1 %d X\r\nX-Request-ID: %s\r\nHedge-Winner: %d\r\n"
               "Hedge-Attempts: %d\r\nContent-Length: %zu\r\n",
               claim.status, claim.id, claim.winner, claim.attempts, claim.len);
  enum verdict_kind verdict =
      judge(&world, ask, claim.status, (struct slice){head, (size_t)len},
            (struct slice){claim.body, claim.len}, &why);
  if ((verdict != WRONG) == right) return;
  fprintf(stderr, "judge: %s: %s\n", what, why ? why : "believed");
  errno = 0;
  give_up("the judge is no judge");
}

static void claim_success(void) {
  claim = (struct claim){.status = 200, .id = "soak-2", .attempts = 3};
  add_body("/o/b/2?x=%20y", 0);
}

static void test_smart(void) {
  struct ask ask = {2, ASK_SMART, 1, 6000, "soak-2", 0};
  claim_success();
  expect(true, &ask, "the truth");
  claim.body[claim.len / 2] ^= 1;
  expect(false, &ask, "a byte that is changed");
  claim_success();
  claim.len--;
  expect(false, &ask, "a byte that is lost");
  claim_success();
  add_text("}");
  expect(false, &ask, "a byte that is doubled");
  claim_success();
  claim.id = "soak-3";
  expect(false, &ask, "another's name");
  claim_success();
  claim.winner = 1;
  expect(false, &ask, "a winner that did not win");
  claim.winner = 9;
  expect(false, &ask, "a winner that never ran");
  claim_success();
  claim.len = 0;
  add_body("/o/b/2?a=1&x=%20y", 0);
  expect(false, &ask, "the answer to another query");
  claim_success();
  for (claim.status = 400; claim.status < 600; claim.status++)
    expect(false, &ask, "a failure that nobody brought");
  claim_success();
  ask.kind = ASK_HEAD;
  expect(true, &ask, "the length of a HEAD");
  claim.len++;
  expect(false, &ask, "another length");
}

/* Two items, and in the second place what `second` says, or its body. */
static void claim_array(const char *second) {
  claim = (struct claim){.status = 200, .id = "soak-2"};
  add_text("[");
  add_body("/o/i/2/0", 0);
  add_text(",");
  if (second) add_text(second);
  else add_body("/o/i/2/1", 0);
  add_text("]");
}

static void test_items(void) {
  struct ask ask = {2, ASK_ITEMS, 2, 6000, "soak-2", 0};
  claim_array(NULL);
  expect(true, &ask, "the truth of two items");
  add_text(" ");
  expect(false, &ask, "a byte behind the array");
  claim_array("null");
  expect(false, &ask, "a null in good time");
  ask.timeout_ms = 100;
  expect(true, &ask, "a null that came too late");
  ask.timeout_ms = 6000;
  ask.held_ms = 5000;
  expect(true, &ask, "a null where the machine stood still");
  ask.held_ms = 0;
  claim_array("{}");
  expect(false, &ask, "an item that nobody sent");
  claim_array(NULL);
  ask.items = 3;
  expect(false, &ask, "an item too few");
  world.may_fail = true;
  ask.items = 2;
  claim_array("null");
  expect(true, &ask, "an excused null");
  claim_array("{}");
  expect(false, &ask, "an item that nobody sent, where nulls are excused");
  claim.status = 503;
  expect(false, &ask, "a problem that does not say so");
  world.may_fail = false;
}

static void test_deadline(void) {
  struct ask ask = {2, ASK_SMART, 1, 6000, "soak-2", 0};
  claim_success();
  claim.status = 504;
  expect(false, &ask, "a 504 in good time");
  ask.held_ms = 5000;
  expect(true, &ask, "a 504 where the machine stood still");
}

static void test_client_error(void) {
  struct ask ask = {2, ASK_SMART, 1, 6000, "soak-2", 0};
  claim_success();
  expect(false, &ask, "a success that was a 404");
  claim.status = 404;
  expect(true, &ask, "the primary's 404");
  claim.attempts = 2;
  expect(false, &ask, "a 404 before every attempt was made");
  claim.attempts = 3;
  claim.status = 403;
  expect(false, &ask, "another status");
  claim.status = 404;
  claim.len = 0;
  add_body("/o/b/2?x=%20y", 1);
  expect(false, &ask, "a hedge's 404");
}

void judge_self_test(void) {
  make_world("delay=0ms");
  test_smart();
  test_items();
  test_deadline();
  make_world("delay=0ms status=404:100");
  test_client_error();
}
