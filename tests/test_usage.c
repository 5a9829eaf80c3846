/* Tests of io/usage. */
#include "io/usage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

Test(usage, descriptors_are_counted_with_the_next_that_opens) {
  const struct usage before = usage_read();
  cr_assert_gt(before.open_fds, 0);
  int fd = dup(STDERR_FILENO);
  cr_expect_eq(usage_read().open_fds, before.open_fds + 1);
  close(fd);
  cr_expect_eq(usage_read().open_fds, before.open_fds);
}

Test(usage, the_limit_of_descriptors_is_the_soft_one) {
  struct rlimit limit;
  cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = 123;
  cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  cr_expect_eq(usage_read().max_fds, 123);
}

Test(usage, memory_that_is_written_is_resident) {
  enum { MORE = 64 * 1024 * 1024 };
  const struct usage before = usage_read();
  cr_assert_gt(before.resident_bytes, 0);
  cr_expect_gt(before.virtual_bytes, before.resident_bytes);
  char *more = malloc(MORE);
  cr_assert(more);
  memset(more, 1, MORE);
  cr_expect_geq(usage_read().resident_bytes, before.resident_bytes + MORE / 2);
  free(more);
}

Test(usage, time_on_a_core_adds_up) {
  const struct usage before = usage_read();
  volatile unsigned turns = 0;
  while (usage_read().cpu_us == before.cpu_us) turns++;
  cr_expect_gt(usage_read().cpu_us, before.cpu_us);
}
