/* --check of the built program: what a file names must be there, and where it is
 * not, the error says which line named it. What else --check finds is tested on
 * config/config_file. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/program.h"

TestSuite(check, .fini = folder_remove);

#define ROUTES "routes: [{path: /a, upstream: a}]\n"

/* The one line of it: in `want` is what stands behind the file's name; a $ in
 * it stands for the folder, with its '/'. */
static void expect_error(const char *flag, const char *yaml, const char *want) {
  char path[FOLDER_PATH_MAX], line[512];
  folder_write("h.yaml", yaml, path);
  const int folder = (int)(strrchr(path, '/') + 1 - path);
  const int before = (int)strcspn(want, "$");
  const bool cut = want[before] == '$';
  snprintf(line, sizeof line, "hedgerow: %s: %.*s%.*s%s\n", path, before, want,
           cut ? folder : 0, path, want + before + cut);
  struct program *program = program_run(flag, "--config", path);
  cr_expect_eq(program->exit_status, 2);
  cr_expect_str_eq(program->err, line, "got %s not %s", program->err, line);
  program->exit_status = 0; /* it was as expected */
  program_free(program);
}

Test(check, a_token_file_that_is_missing_is_told_with_its_line) {
  expect_error("--check",
               "upstreams:\n"
               "  a:\n"
               "    targets:\n"
               "      - {url: http://h, token_file: none}\n" ROUTES,
               "line 4, column 25: token_file: $none: No such file or "
               "directory");
}

Test(check, what_is_inherited_is_told_with_the_line_that_said_it) {
  expect_error(
      "--check",
      "upstreams:\n"
      "  a:\n"
      "    token_file: none\n"
      "    targets: [http://h, http://i]\n" ROUTES,
      "line 3, column 5: token_file: $none: No such file or directory");
}

Test(check, a_token_variable_that_is_not_set_is_told_with_its_line) {
  expect_error("--check",
               "upstreams:\n"
               "  a: {token_env: NOT_THERE, targets: [http://h]}\n" ROUTES,
               "line 2, column 7: token_env: NOT_THERE: it is not set, or "
               "empty");
}

Test(check, a_secret_in_a_variable_is_not_shown) {
  setenv("A_TOKEN", "s3 cret", 1);
  expect_error("--check",
               "upstreams:\n"
               "  a: {token_env: A_TOKEN, targets: [http://h]}\n" ROUTES,
               "line 2, column 7: token_env: A_TOKEN: a token is visible ASCII "
               "without spaces or line ends");
}

Test(check, cas_that_are_none_are_told_with_their_line) {
  expect_error("--check",
               "defaults: {hedges: 0,\n"
               "  ca_file: /dev/null}\n"
               "upstreams: {a: {targets: [https://h]}}\n" ROUTES,
               "line 2, column 3: ca_file: /dev/null: expected certificates "
               "(PEM), each of them whole");
}

Test(check, a_log_file_that_cannot_be_opened_is_told_with_its_line) {
  expect_error("--listen=127.0.0.1:0",
               "upstreams: {a: {targets: [http://h]}}\n"
               "log_file: none/log\n" ROUTES,
               "line 2, column 1: log_file: $none/log: No such file or "
               "directory");
}
