/* shares: the plan of a mock, seen as a few numbers that a hand can move.
 *
 *   plan    delay=20ms-80ms:92,300ms-900ms:5,1s-3s:3  status=500:2
 *   shares  slow 8                                    status 2
 *           slow 40
 *   plan    delay=20ms-80ms:60,300ms-900ms:25,1s-3s:15  status=500:2
 *
 * A plan is made anew from the first one at each move. If it were made from the
 * last one, a share that has been at 0 would have forgotten what it was made
 * of. The order of delays and kinds stays, and a draw depends on the plan, the
 * seed and the key alone, so most requests keep their luck when a share moves a
 * little. */
#include "tools/shares.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config_refuse.h"
#include "core/json_read.h"
#include "core/json_string.h"

enum { SLOW_US = 300 * 1000, SLOW_TO_US = 900 * 1000, STATUS = 500 };

static const struct {
  const char *name;
  enum fault fault; /* FAULT_NONE: a share of the delays */
} sorts[SHARE_COUNT] = {
    [SHARE_SLOW] = {"slow", FAULT_NONE},
    [SHARE_STATUS] = {"status", FAULT_STATUS},
    [SHARE_HTML] = {"html", FAULT_HTML},
    [SHARE_TRUNCATE] = {"truncate", FAULT_TRUNCATE},
    [SHARE_HANG] = {"hang", FAULT_HANG},
};

/* ---- delays ---- */

static bool is_slow(const struct faults_delay *delay) {
  return delay->from_us >= SLOW_US;
}

static double weight_of(const struct faults *plan, bool slow) {
  double sum = 0;
  for (unsigned i = 0; i < plan->delay_count; i++)
    if (is_slow(&plan->delays[i]) == slow) sum += plan->delays[i].weight;
  return sum;
}

static void weigh(struct faults *plan, bool slow, double weight) {
  static const struct faults_delay missing[] = {{0, 0, 0},
                                                {SLOW_US, SLOW_TO_US, 0}};
  double sum = weight_of(plan, slow);
  if (sum == 0) {
    plan->delays[plan->delay_count] = missing[slow];
    plan->delays[plan->delay_count++].weight = weight;
    return;
  }
  for (unsigned i = 0; i < plan->delay_count; i++)
    if (is_slow(&plan->delays[i]) == slow)
      plan->delays[i].weight *= weight / sum;
}

/* ---- kinds ---- */

static double percent_of(const struct faults *plan, enum fault fault) {
  double sum = 0;
  for (unsigned i = 0; i < plan->kind_count; i++)
    if (plan->kinds[i].fault == fault) sum += plan->kinds[i].percent;
  return sum;
}

static void put_kind(struct faults *plan, enum fault fault, double percent) {
  double sum = percent_of(plan, fault);
  if (sum == 0) {
    plan->kinds[plan->kind_count++] =
        (struct faults_kind){fault, STATUS, percent};
    return;
  }
  for (unsigned i = 0; i < plan->kind_count; i++)
    if (plan->kinds[i].fault == fault) plan->kinds[i].percent *= percent / sum;
}

/* ---- both ---- */

struct shares shares_of(const struct faults *plan) {
  struct shares shares;
  double slow = weight_of(plan, true), sum = slow + weight_of(plan, false);
  shares.percent[SHARE_SLOW] = sum > 0 ? 100 * slow / sum : 0;
  for (unsigned i = SHARE_STATUS; i < SHARE_COUNT; i++)
    shares.percent[i] = percent_of(plan, sorts[i].fault);
  return shares;
}

struct faults shares_put(const struct faults *plan,
                         const struct shares *shares) {
  struct faults moved = *plan;
  double slow = shares->percent[SHARE_SLOW];
  weigh(&moved, true, slow);
  weigh(&moved, false, 100 - slow);
  for (unsigned i = SHARE_STATUS; i < SHARE_COUNT; i++)
    put_kind(&moved, sorts[i].fault, shares->percent[i]);
  return moved;
}

/* ---- as JSON ---- */

static enum share share_named(struct slice name) {
  unsigned i = 0;
  while (i < SHARE_COUNT && !json_string_equal(name, slice_of(sorts[i].name)))
    i++;
  return i;
}

/* A number of JSON's, whose object goes on behind it: strtod ends in time. */
static bool read_percent(struct slice value, double *percent) {
  if (value.at[0] < '0' || value.at[0] > '9') return false;
  *percent = strtod(value.at, NULL);
  return *percent <= 100;
}

static bool read_member(struct shares *shares, const struct json_member *member,
                        struct text *why) {
  enum share share = share_named(member->name);
  if (share == SHARE_COUNT) {
    config_show(why, member->name);
    text_str(why, ": expected slow, status, html, truncate or hang");
    return false;
  }
  if (read_percent(member->value, &shares->percent[share])) return true;
  text_put(why, sorts[share].name, " ", member->value,
           ": expected a number from 0 to 100, in per cent");
  return false;
}

static bool add_up(const struct faults *plan, const struct shares *shares,
                   struct text *why) {
  struct faults moved = shares_put(plan, shares);
  char number[32];
  double sum = 0;
  for (unsigned i = 0; i < moved.kind_count; i++) sum += moved.kinds[i].percent;
  if (sum <= 100 + 1e-6) return true;
  snprintf(number, sizeof number, "%g", sum);
  text_put(why, "the kinds of faults add up to ", number,
           ": expected at most 100");
  return false;
}

bool shares_read(struct shares *shares, const struct faults *plan,
                 struct slice json, struct text *why) {
  struct json_member members[4 * SHARE_COUNT];
  struct shares moved = *shares;
  size_t count;
  if (!json_read_members(json, members, sizeof members / sizeof *members,
                         &count)) {
    text_str(why, "expected a JSON object such as {\"slow\":30,\"html\":0}");
    return false;
  }
  for (size_t i = 0; i < count; i++)
    if (!read_member(&moved, &members[i], why)) return false;
  if (!add_up(plan, &moved, why)) return false;
  *shares = moved;
  return true;
}

void shares_write(struct text *out, const struct shares *shares) {
  char member[32];
  for (unsigned i = 0; i < SHARE_COUNT; i++) {
    snprintf(member, sizeof member, "%c\"%s\":%.9g", i == 0 ? '{' : ',',
             sorts[i].name, shares->percent[i]);
    text_str(out, member);
  }
  text_char(out, '}');
}
