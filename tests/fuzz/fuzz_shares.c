/* fuzz_shares: the plan of a mock, and JSON that moves it.
 *
 * The first line is a spec, as --faults takes it; what follows is what a client
 * sends to the mock's admin. What is taken keeps every share within its bounds,
 * and the plan that comes of it has these very shares and room for them; what
 * is written reads back as the same. What is refused has moved nothing. */
#include <math.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "tools/shares.h"

static bool is_near(double a, double b) { return fabs(a - b) < 1e-6; }

static bool are_near(const struct shares *a, const struct shares *b) {
  bool near = true;
  for (unsigned i = 0; i < SHARE_COUNT; i++)
    near &= is_near(a->percent[i], b->percent[i]);
  return near;
}

static void check_plan(const struct faults *plan, const struct shares *shares) {
  struct faults moved = shares_put(plan, shares);
  struct shares has = shares_of(&moved);
  double sum = 0;
  demand(moved.delay_count <= FAULTS_DELAYS_ROOM, "delays have room");
  demand(moved.kind_count <= FAULTS_KINDS_ROOM, "kinds have room");
  for (unsigned i = 0; i < moved.kind_count; i++) sum += moved.kinds[i].percent;
  demand(sum <= 100.001, "kinds are of a hundred");
  demand(are_near(&has, shares), "the plan has the shares that were put");
}

static void check_text(const struct faults *plan, const struct shares *shares) {
  struct text out = fuzz_text(SHARES_TEXT_MAX), why = fuzz_text(256);
  struct shares again = {{0}};
  shares_write(&out, shares);
  demand(!out.cut && fuzz_is_json(text_slice_of(&out)), "JSON is written");
  demand(shares_read(&again, plan, text_slice_of(&out), &why),
         "what was written is read");
  demand(are_near(&again, shares), "and is the same");
  free(out.at);
  free(why.at);
}

static void check_body(const struct faults *plan, struct slice body) {
  struct shares shares = shares_of(plan), before = shares;
  struct text why = fuzz_text(256);
  char *copy = fuzz_copy(body);
  if (shares_read(&shares, plan, (struct slice){copy, body.len}, &why)) {
    for (unsigned i = 0; i < SHARE_COUNT; i++)
      demand(shares.percent[i] >= 0 && shares.percent[i] <= 100 + 1e-6,
             "a share is of a hundred");
    check_plan(plan, &shares);
    check_text(plan, &shares);
  } else {
    demand(why.len > 0, "it says why");
    demand(are_near(&shares, &before), "and moves nothing");
  }
  free(copy);
  free(why.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice rest = fuzz_input(data, size), spec = fuzz_line(&rest);
  struct faults plan;
  char error[256] = "";
  if (faults_parse(&plan, spec, error, sizeof error)) check_body(&plan, rest);
  else demand(error[0] != '\0', "it says what was expected");
  return 0;
}
