/* Tests of tools/faults: what a spec says, and that luck is even and repeats. */
#include "tools/faults.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "support/rows.h"
#include "support/words.h"

static struct faults parsed(const char *spec) {
  struct faults faults;
  char error[200] = "";
  bool valid = faults_parse(&faults, slice_of(spec), error, sizeof error);
  cr_assert(valid, "'%s': %s", spec, error);
  return faults;
}

static struct faults preset(const char *name) {
  struct faults faults;
  cr_assert(faults_preset(&faults, slice_of(name)), "no preset %s", name);
  return faults;
}

static void expect_refused(const char *spec, const char *word) {
  struct faults faults;
  char error[200] = "";
  bool valid = faults_parse(&faults, slice_of(spec), error, sizeof error);
  cr_expect(!valid, "'%s' was accepted", spec);
  words_expect(error, word);
  cr_expect(strchr(error, '\n') == NULL, "more than one line: %s", error);
}

/* How many of n draws are of that fault. */
static int drawn(const struct faults *faults, uint64_t seed, int n,
                 enum fault fault) {
  int sum = 0;
  for (int key = 0; key < n; key++)
    sum += faults_draw(faults, seed, (uint64_t)key).fault == fault;
  return sum;
}

static void expect_near(const char *what, double got, double want,
                        double within) {
  cr_expect(got > want - within && got < want + within, "%s: %g, not %g +- %g",
            what, got, want, within);
}

Test(faults, a_spec_names_delays_and_kinds) {
  struct faults f = parsed("delay=5ms:95,50ms-150ms:4,1s-2s:1 status=500:1 "
                           "html=1 truncate=0.5 hang=0.25 status=503:2");
  cr_assert_eq(f.delay_count, 3, "%u delays", f.delay_count);
  cr_expect(f.delays[0].from_us == 5000 && f.delays[0].to_us == 5000);
  cr_expect(f.delays[1].from_us == 50000 && f.delays[1].to_us == 150000);
  cr_expect(f.delays[2].from_us == 1000000 && f.delays[2].to_us == 2000000);
  cr_expect(f.delays[0].weight == 95 && f.delays[2].weight == 1);
  cr_assert_eq(f.kind_count, 5, "%u kinds", f.kind_count);
  cr_expect(f.kinds[0].fault == FAULT_STATUS && f.kinds[0].status == 500);
  cr_expect(f.kinds[1].fault == FAULT_HTML && f.kinds[1].percent == 1);
  cr_expect(f.kinds[2].fault == FAULT_TRUNCATE && f.kinds[2].percent == 0.5);
  cr_expect(f.kinds[3].fault == FAULT_HANG && f.kinds[3].percent == 0.25);
  cr_expect(f.kinds[4].status == 503 && f.kinds[4].percent == 2);
  cr_expect(f.hang_us == 10000000 && !f.steady);
}

Test(faults, every_kind_is_known_by_its_name) {
  for (int fault = FAULT_STATUS; fault <= FAULT_TRICKLE; fault++) {
    const char *name = fault_name((enum fault)fault);
    const char *spec =
        words_of("%s=%s100", name, fault == FAULT_STATUS ? "404:" : "");
    struct faults f = parsed(spec);
    struct faults_draw draw = faults_draw(&f, 1, 1);
    cr_expect_eq(draw.fault, fault, "'%s' drew %s", spec,
                 fault_name(draw.fault));
    cr_expect_eq(draw.status, fault == FAULT_STATUS ? 404 : 200);
  }
  cr_expect_str_eq(fault_name(FAULT_NONE), "none");
}

Test(faults, an_empty_spec_is_a_good_upstream_at_once) {
  struct faults f = parsed("  \t ");
  struct faults_draw draw = faults_draw(&f, 7, 7);
  cr_expect(draw.fault == FAULT_NONE && draw.status == 200);
  cr_expect_eq(draw.delay_us, 0);
}

Test(faults, a_weight_may_be_left_out) {
  struct faults f = parsed("delay=1ms,2ms-3ms");
  cr_expect(f.delays[0].weight == 1 && f.delays[1].weight == 1);
}

Test(faults, a_bad_word_is_named_with_what_was_expected) {
  static const char *const cases[][2] = {
      {"html", "\"html\""},
      {"=1", "\"=1\""},
      {"delay", "delay="},
      {"htm=1", "\"htm=1\""},
      {"none=1", "\"none=1\""},
      {"HTML=1", "\"HTML=1\""},
      {"html=1 foo=2", "\"foo=2\""},
      {"html=", "percentage"},
      {"html=x", "percentage"},
      {"html=-1", "percentage"},
      {"html=1%", "percentage"},
      {"html=1e1", "percentage"},
      {"html=1.2.3", "percentage"},
      {"html=.", "percentage"},
      {"html=nan", "percentage"},
      {"html=100.1", "percentage"},
      {"html=99999999999999999999999999", "percentage"},
      {"status=500", "percentage"},
      {"status=500:", "percentage"},
      {"status=:1", "CODE"},
      {"status=199:1", "CODE"},
      {"status=600:1", "CODE"},
      {"status=50:1", "CODE"},
      {"status=20.:1", "CODE"},
      {"status=+50:1", "CODE"},
      {"delay=", "DURATION"},
      {"delay=5", "DURATION"},
      {"delay=5ms:", "DURATION"},
      {"delay=5ms:x", "DURATION"},
      {"delay=5ms-", "DURATION"},
      {"delay=-5ms", "DURATION"},
      {"delay=9ms-5ms", "DURATION"},
      {"delay=5ms,,6ms", "DURATION"},
      {"delay=5ms,", "DURATION"},
      {"delay=5ms:0", "weight"},
      {"delay=5ms delay=6ms", "once"},
      {"delay=1ms,1ms,1ms,1ms,1ms,1ms,1ms,1ms,1ms", "at most 8"},
      {"html=60 reset=41", "101"},
      {"html=1 html=1 html=1 html=1 html=1 html=1 html=1 html=1 html=1 html=1 "
       "html=1 html=1 html=1 html=1 html=1 html=1 html=1",
       "at most 16"},
  };
  EACH_ROW (row, cases) expect_refused((*row)[0], (*row)[1]);
}

Test(faults, an_error_fits_its_buffer) {
  struct faults faults;
  char error[8];
  memset(error, 'x', sizeof error);
  cr_expect(!faults_parse(&faults, slice_of("nonsense=1"), error, 6));
  cr_expect_eq(strnlen(error, 6), 5);
  cr_expect_eq(error[6], 'x');
}

Test(faults, the_same_seed_and_key_draw_the_same) {
  struct faults f = preset("assignment");
  for (uint64_t key = 0; key < 100; key++) {
    struct faults_draw a = faults_draw(&f, 5, key), b = faults_draw(&f, 5, key);
    cr_expect(a.fault == b.fault && a.delay_us == b.delay_us);
  }
}

Test(faults, another_seed_draws_another_sequence) {
  struct faults f = preset("assignment");
  int same = 0;
  for (uint64_t key = 0; key < 1000; key++)
    same +=
        faults_draw(&f, 1, key).delay_us == faults_draw(&f, 2, key).delay_us;
  cr_expect(same < 20, "%d of 1000 delays are the same", same);
}

Test(faults, neighbouring_seeds_are_not_shifted_copies) {
  struct faults f = preset("assignment");
  int same = 0;
  for (uint64_t key = 0; key < 1000; key++)
    same += faults_draw(&f, 1, key + 1).delay_us ==
            faults_draw(&f, 2, key).delay_us;
  cr_expect(same < 20, "%d of 1000 delays are the same", same);
}

Test(faults, assignment_is_eleven_equal_classes) {
  struct faults f = preset("assignment");
  enum { N = 110000 };
  expect_near("good", drawn(&f, 1, N, FAULT_NONE), N * 8 / 11, 600);
  expect_near("badjson", drawn(&f, 1, N, FAULT_BADJSON), N / 11, 400);
  expect_near("status", drawn(&f, 1, N, FAULT_STATUS), N / 11, 400);
  expect_near("hang", drawn(&f, 1, N, FAULT_HANG), N / 11, 400);
  cr_expect_eq(f.hang_us, 10000000);
}

Test(faults, the_assignments_delay_is_uniform_in_whole_milliseconds) {
  struct faults f = preset("assignment");
  int counts[5] = {0};
  int64_t least = INT64_MAX, most = 0;
  for (uint64_t key = 0; key < 50000; key++) {
    int64_t us = faults_draw(&f, 3, key).delay_us;
    cr_assert(us >= 100000 && us <= 600000 && us % 1000 == 0, "%ld", (long)us);
    least = us < least ? us : least;
    most = us > most ? us : most;
    counts[us < 600000 ? (us - 100000) / 100000 : 4]++;
  }
  cr_expect(least == 100000 && most == 600000, "%ld to %ld", (long)least,
            (long)most);
  for (int i = 0; i < 5; i++) expect_near("of a fifth", counts[i], 10000, 400);
}

Test(faults, the_delay_does_not_hang_together_with_the_kind) {
  struct faults f = preset("assignment");
  double sum[2] = {0}, n[2] = {0};
  for (uint64_t key = 0; key < 50000; key++) {
    struct faults_draw draw = faults_draw(&f, 1, key);
    int good = draw.fault == FAULT_NONE;
    sum[good] += (double)draw.delay_us / 1000;
    n[good]++;
  }
  expect_near("mean ms of the good", sum[1] / n[1], 350, 4);
  expect_near("mean ms of the others", sum[0] / n[0], 350, 6);
}

Test(faults, weights_are_shares_of_the_delays) {
  struct faults f = parsed("delay=5ms:95,50ms-150ms:4,1s-2s:1,9s:0");
  double n[3] = {0};
  for (uint64_t key = 0; key < 100000; key++) {
    int64_t us = faults_draw(&f, 1, key).delay_us;
    cr_assert(us <= 2000000, "a weight of 0 was drawn");
    n[us == 5000 ? 0 : us <= 150000 ? 1 : 2]++;
  }
  expect_near("5ms", n[0], 95000, 300);
  expect_near("50ms-150ms", n[1], 4000, 250);
  expect_near("1s-2s", n[2], 1000, 130);
}

Test(faults, percentages_are_shares_of_the_requests) {
  struct faults f = parsed("html=1 reset=0.5 trickle=0 badjson=98.5");
  enum { N = 100000 };
  expect_near("html", drawn(&f, 9, N, FAULT_HTML), 1000, 130);
  expect_near("reset", drawn(&f, 9, N, FAULT_RESET), 500, 90);
  cr_expect_eq(drawn(&f, 9, N, FAULT_TRICKLE), 0);
  cr_expect_eq(drawn(&f, 9, N, FAULT_NONE), 0);
}

Test(faults, attempts_of_one_request_have_luck_of_their_own) {
  struct slice id = slice_of("b1946ac9");
  cr_expect(faults_key(id, slice_of("0")) == faults_key(id, slice_of("0")));
  cr_expect(faults_key(id, slice_of("0")) != faults_key(id, slice_of("1")));
  cr_expect(faults_key(slice_of("a"), slice_of("bc")) !=
            faults_key(slice_of("ab"), slice_of("c")));
  cr_expect(faults_key(slice_of(""), slice_of("a")) !=
            faults_key(slice_of("a"), slice_of("")));
}

Test(faults, keys_of_counting_ids_draw_evenly) {
  struct faults f = preset("assignment");
  double bad[3] = {0};
  for (int i = 0; i < 11000; i++)
    for (int k = 0; k < 3; k++) {
      char id[16], attempt[4];
      snprintf(id, sizeof id, "req-%d", i);
      snprintf(attempt, sizeof attempt, "%d", k);
      uint64_t key = faults_key(slice_of(id), slice_of(attempt));
      bad[k] += faults_draw(&f, 1, key).fault != FAULT_NONE;
    }
  for (int k = 0; k < 3; k++)
    expect_near("bad ones of 11000", bad[k], 3000, 170);
}

Test(faults, steady_is_good_at_once_always) {
  struct faults f = preset("steady");
  cr_expect(f.steady);
  cr_expect_eq(drawn(&f, 1, 1000, FAULT_NONE), 1000);
  cr_expect_eq(faults_draw(&f, 1, 42).delay_us, 0);
}

Test(faults, another_preset_is_unknown) {
  struct faults f;
  cr_expect(!faults_preset(&f, slice_of("Steady")));
  cr_expect(!faults_preset(&f, slice_of("")));
}
