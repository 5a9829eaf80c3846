/* Tests of tools/shares: moving a plan, and what may be asked of it. */
#include "tools/shares.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/words.h"

#define BAD_DAY                                                                \
  "delay=20ms-80ms:92,300ms-900ms:5,1s-3s:3 status=500:2 html=1 truncate=1 "   \
  "hang=1"

static struct faults planned(const char *spec) {
  struct faults faults;
  char error[200] = "";
  bool valid = faults_parse(&faults, slice_of(spec), error, sizeof error);
  cr_assert(valid, "'%s': %s", spec, error);
  return faults;
}

static const char *written(const struct shares *shares) {
  static char storage[SHARES_TEXT_MAX + 1];
  struct text out;
  text_init(&out, storage, sizeof storage);
  shares_write(&out, shares);
  cr_assert(!out.cut);
  return text_end(&out);
}

/* Reads from a copy of the very size. */
static bool read_json(struct shares *shares, const struct faults *plan,
                      const char *json, struct text *why) {
  size_t len = strlen(json);
  char *copy = malloc(len ? len : 1);
  memcpy(copy, json, len);
  bool taken = shares_read(shares, plan, (struct slice){copy, len}, why);
  free(copy);
  return taken;
}

/* The plan after JSON has moved it, as text. */
static const char *moved(const char *spec, const char *json) {
  static char out[512];
  struct faults plan = planned(spec);
  struct shares shares = shares_of(&plan);
  EMPTY_TEXT(text, 200);
  bool taken = read_json(&shares, &plan, json, &text);
  cr_assert(taken, "%s: %s", json, text_end(&text));
  struct faults now = shares_put(&plan, &shares);
  size_t at = 0;
  for (unsigned i = 0; i < now.delay_count; i++)
    at += (size_t)snprintf(out + at, sizeof out - at, "%ld-%ld:%g ",
                           (long)now.delays[i].from_us / 1000,
                           (long)now.delays[i].to_us / 1000,
                           now.delays[i].weight);
  for (unsigned i = 0; i < now.kind_count; i++)
    at += (size_t)snprintf(out + at, sizeof out - at, "%s.%d=%g ",
                           fault_name(now.kinds[i].fault), now.kinds[i].status,
                           now.kinds[i].percent);
  return out;
}

static void expect_moved(const char *spec, const char *json, const char *want) {
  const char *got = moved(spec, json);
  cr_expect_str_eq(got, want, "%s, %s:\n%s\n%s", spec, json, got, want);
}

Test(shares, a_plan_has_its_shares) {
  struct faults plan = planned(BAD_DAY);
  struct shares shares = shares_of(&plan);
  cr_expect_str_eq(
      written(&shares),
      "{\"slow\":8,\"status\":2,\"html\":1,\"truncate\":1,\"hang\":1}");
  plan = planned("status=500:1 status=503:2.5 badjson=7");
  shares = shares_of(&plan);
  cr_expect_str_eq(
      written(&shares),
      "{\"slow\":0,\"status\":3.5,\"html\":0,\"truncate\":0,\"hang\":0}");
}

Test(shares, what_was_not_named_stays) {
  expect_moved(BAD_DAY, "{}",
               "20-80:92 300-900:5 1000-3000:3 status.500=2 html.200=1 "
               "truncate.200=1 hang.200=1 ");
  expect_moved(BAD_DAY, "{\"html\":30}",
               "20-80:92 300-900:5 1000-3000:3 status.500=2 html.200=30 "
               "truncate.200=1 hang.200=1 ");
}

Test(shares, slow_answers_keep_their_proportions) {
  expect_moved(BAD_DAY, "{\"slow\":40}",
               "20-80:60 300-900:25 1000-3000:15 status.500=2 html.200=1 "
               "truncate.200=1 hang.200=1 ");
  expect_moved("delay=1ms:3,2ms:1,400ms", "{\"slow\":100}",
               "1-1:0 2-2:0 400-400:100 status.500=0 html.500=0 "
               "truncate.500=0 hang.500=0 ");
}

Test(shares, a_share_may_go_to_nothing_and_come_back) {
  struct faults plan = planned(BAD_DAY);
  struct shares all = {{100, 0, 0, 0, 0}}, none = {{0, 0, 0, 0, 0}};
  struct shares back = shares_of(&plan);
  struct faults silent = shares_put(&plan, &none);
  cr_expect_eq(faults_draw(&silent, 1, 1).fault, FAULT_NONE);
  for (uint64_t key = 0; key < 1000; key++) {
    cr_assert_lt(faults_draw(&silent, 1, key).delay_us, 300000);
    struct faults slow = shares_put(&plan, &all);
    cr_assert_geq(faults_draw(&slow, 1, key).delay_us, 300000);
  }
  struct faults again = shares_put(&plan, &back);
  for (unsigned i = 0; i < plan.delay_count; i++)
    cr_expect_float_eq(again.delays[i].weight, plan.delays[i].weight, 1e-9);
}

Test(shares, what_a_plan_lacks_is_added) {
  expect_moved("", "{\"slow\":10,\"status\":5}",
               "300-900:10 0-0:90 status.500=5 html.500=0 truncate.500=0 "
               "hang.500=0 ");
  expect_moved("delay=1s hang=0", "{\"slow\":60,\"hang\":4}",
               "1000-1000:60 0-0:40 hang.200=0 status.500=0 html.500=0 "
               "truncate.500=0 hang.500=4 ");
}

Test(shares, statuses_keep_their_proportions_and_other_kinds_theirs) {
  expect_moved("status=500:1 badjson=7 status=503:3", "{\"status\":8}",
               "300-900:0 0-0:100 status.500=2 badjson.200=7 status.503=6 "
               "html.500=0 truncate.500=0 hang.500=0 ");
}

Test(shares, the_fullest_spec_has_room) {
  char spec[512] = "delay=1ms,1ms,1ms,1ms,1ms,1ms,1ms,1ms";
  for (int i = 0; i < 16; i++) strcat(spec, " badjson=1");
  struct faults plan = planned(spec);
  struct shares shares = {{1, 1, 1, 1, 1}};
  struct faults now = shares_put(&plan, &shares);
  cr_expect_eq(now.delay_count, 9);
  cr_expect_eq(now.kind_count, 20);
}

Test(shares, a_number_is_read_as_json_has_it) {
  expect_moved("delay=1ms:3,1s", " { \"s\\u006cow\" : 2.5e1 , \"slow\":50.0 } ",
               "1-1:50 1000-1000:50 status.500=0 html.500=0 truncate.500=0 "
               "hang.500=0 ");
}

static void expect_refused(const char *json, const char *word) {
  struct faults plan = planned(BAD_DAY " badjson=10");
  struct shares shares = shares_of(&plan), before = shares;
  EMPTY_TEXT(why, 200);
  bool taken = read_json(&shares, &plan, json, &why);
  cr_expect_not(taken, "%s was taken", json);
  cr_expect(strstr(text_end(&why), word) != NULL, "%s: '%s' lacks '%s'", json,
            text_end(&why), word);
  cr_expect(memcmp(&shares, &before, sizeof shares) == 0, "%s moved it", json);
}

Test(shares, what_cannot_be_is_named) {
  expect_refused("", "JSON object");
  expect_refused("[]", "JSON object");
  expect_refused("{\"slow\":1,}", "JSON object");
  expect_refused("{\"slow\":1}x", "JSON object");
  expect_refused("{\"fast\":1}", "\"fast\"");
  expect_refused("{\"Slow\":1}", "\"Slow\"");
  expect_refused("{\"\":1}", "\"\"");
  expect_refused("{\"html\":1,\"trickle\":1}", "\"trickle\"");
  expect_refused("{\"slow\":\"1\"}", "slow \"1\"");
  expect_refused("{\"slow\":null}", "slow null");
  expect_refused("{\"slow\":{}}", "slow {}");
  expect_refused("{\"hang\":-1}", "hang -1");
  expect_refused("{\"hang\":-0}", "hang -0");
  expect_refused("{\"hang\":100.1}", "hang 100.1");
  expect_refused("{\"hang\":1e999}", "hang 1e999");
  expect_refused("{\"slow\":5,\"html\":87}", "101");
  expect_refused("{\"status\":50,\"html\":50}", "112");
}

Test(shares, kinds_may_be_all_there_is) {
  struct faults plan = planned(BAD_DAY " badjson=10");
  struct shares shares = shares_of(&plan);
  EMPTY_TEXT(why, 200);
  cr_expect(read_json(&shares, &plan, "{\"html\":86,\"slow\":100}", &why));
  cr_expect_str_eq(
      written(&shares),
      "{\"slow\":100,\"status\":2,\"html\":86,\"truncate\":1,\"hang\":1}");
}
