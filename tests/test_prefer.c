/* Tests of core/prefer. */
#include "core/prefer.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/words.h"

static void parse(struct http_request *request, const char *fields) {
  static char head[1024];
  const struct http_request_limits limits = {256, 100};
  const char *why = "";
  int len = snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n",
                     fields);
  cr_assert(len > 0 && (size_t)len < sizeof head);
  int status = http_request_parse(request, (struct slice){head, (size_t)len},
                                  &limits, &why);
  cr_assert_eq(status, 0, "%s: %s", fields, why);
}

static void expect_wait(const char *fields, int64_t want_s) {
  static struct http_request request;
  int64_t us = -1;
  parse(&request, fields);
  cr_expect(prefer_wait(&request, &us), "no wait in %s", fields);
  cr_expect_eq(us, want_s * 1000000, "%s: %lld us", fields, (long long)us);
}

static void expect_none(const char *fields) {
  static struct http_request request;
  int64_t us = -1;
  parse(&request, fields);
  cr_expect_not(prefer_wait(&request, &us), "%s: %lld us", fields,
                (long long)us);
  cr_expect_eq(us, -1);
}

Test(prefer, a_wait_is_in_seconds) {
  expect_wait("Prefer: wait=5\r\n", 5);
  expect_wait("PREFER: Wait = 010\r\n", 10);
  expect_wait("Prefer: wait=\"7\"\r\n", 7);
}

Test(prefer, a_wait_stands_among_others) {
  expect_wait("Prefer: respond-async, wait=100;x=\"1, wait=2\"\r\n", 100);
  expect_wait("Prefer: foo=\"wait=1, \\\"\" ; wait=2 ,, wait=3\r\n", 3);
  expect_wait("Prefer: return=minimal\r\nX: 1\r\nPrefer: wait=4\r\n", 4);
}

Test(prefer, the_first_wait_counts) {
  expect_wait("Prefer: wait=1, wait=2\r\nPrefer: wait=3\r\n", 1);
  expect_none("Prefer: wait=soon, wait=2\r\nPrefer: wait=3\r\n");
}

Test(prefer, no_wait_is_none) {
  expect_none("");
  expect_none("Prefer:\r\n");
  expect_none("Prefer: respond-async, waits=1, a;wait=2\r\n");
  expect_none("X-Prefer: wait=1\r\n");
}

Test(prefer, a_wait_that_is_no_number_of_seconds_is_none) {
  char field[64];
  EACH_WORD (text,
             "wait|wait=|wait=0|wait=-1|wait=1.5|wait=1s|wait=\"\"|wait=\"1|"
             "wait=1\"|wait=\"|wait=\"1;2\"|wait=%31|wait=1=1|"
             "wait=99999999999999999999s") {
    snprintf(field, sizeof field, "Prefer: %s\r\n", text);
    expect_none(field);
  }
}

Test(prefer, a_long_wait_is_clamped) {
  expect_wait("Prefer: wait=2147483647\r\n", 2147483647);
  expect_wait("Prefer: wait=2147483649\r\n", PREFER_WAIT_MAX_S);
  expect_wait("Prefer: wait=2147483648000\r\n", PREFER_WAIT_MAX_S);
  expect_wait("Prefer: wait=18446744073709551616\r\n", PREFER_WAIT_MAX_S);
  expect_wait("Prefer: wait=\"99999999999999999999\"\r\n", PREFER_WAIT_MAX_S);
  expect_wait("Prefer: wait=00000000000000000000007\r\n", 7);
}

static void expect_off(const char *fields, bool want) {
  static struct http_request request;
  parse(&request, fields);
  cr_expect_eq(prefer_hedge_off(&request), want, "%s", fields);
}

Test(prefer, hedging_can_be_turned_off) {
  expect_off("Hedge: off\r\n", true);
  expect_off("hedge: OFF\r\n", true);
  expect_off("Hedge: x, off;y\r\n", true);
  expect_off("Hedge: on\r\nHedge: off\r\n", true);
}

Test(prefer, all_else_leaves_hedging_on) {
  expect_off("", false);
  expect_off("Hedge:\r\n", false);
  expect_off("Hedge: on\r\n", false);
  expect_off("Hedge: offline\r\n", false);
  expect_off("Hedges: off\r\n", false);
}
