/* That what is left at the end of a debug build does not pass unnoticed; that
 * nothing is left, every end-to-end test shows by the program's exit status. */
#include "io/leaks.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#ifdef HEDGEROW_COUNT
#define ABORTS .signal = SIGABRT
#else
#define ABORTS .description = "a release build looks at nothing"
#endif

Test(leaks, nothing_left_is_fine) {
  leaks_begin();
  int fd = eventfd(0, EFD_CLOEXEC);
  close(fd);
  leaks_end();
  leaks_expect_none("things", 0);
}

Test(leaks, a_count_that_is_left_aborts, ABORTS) {
  leaks_expect_none("things", 1);
}

Test(leaks, a_count_below_zero_aborts, ABORTS) {
  leaks_expect_none("things", -1);
}

Test(leaks, a_descriptor_that_is_left_aborts, ABORTS) {
  leaks_begin();
  int fd = eventfd(0, EFD_CLOEXEC);
  cr_assert(fd >= 0);
  leaks_end();
  close(fd);
}
