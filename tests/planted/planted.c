/* planted: tests that are wrong on purpose, and pass.
 *
 * Each holds a fault that only a sanitizer sees. scripts/run-tests --self-test
 * runs them one by one and must call each run red; they are no part of the
 * test suite. The last two of them make the program under test faulty instead,
 * which is child.c here. */
#include <criterion/criterion.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

static void run_program(char *fault) {
  extern char **environ;
  char *program = getenv("HEDGEROW_BIN");
  char *argv[] = {program, fault, NULL};
  pid_t pid;
  int status;

  cr_assert_not_null(program);
  cr_assert_eq(posix_spawn(&pid, program, NULL, NULL, argv, environ), 0);
  cr_assert_eq(waitpid(pid, &status, 0), pid);
}

Test(planted, a_leak) {
  char *volatile lost = malloc(7);
  lost[0] = 1;
  lost = NULL;
}

Test(planted, undefined_behaviour) {
  volatile int large = INT_MAX;
  large = large + 1;
}

Test(planted, a_leak_in_the_program) { run_program("leak"); }

Test(planted, an_overflow_in_the_program) { run_program("overflow"); }
