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

/* Adds a line: "hedgerow: FILE: " and this, in which a $ stands for the file's
 * folder, with its '/'. */
static void add_line(char *lines, size_t cap, const char *path,
                     const char *line, int len) {
  const char *cut = memchr(line, '$', (size_t)len);
  const int before = cut ? (int)(cut - line) : len;
  const int folder = cut ? (int)(strrchr(path, '/') + 1 - path) : 0;
  const size_t end = strlen(lines);
  snprintf(lines + end, cap - end, "hedgerow: %s: %.*s%.*s%.*s\n", path, before,
           line, folder, path, cut ? len - before - 1 : 0,
           line + before + (cut ? 1 : 0));
}

/* What is told of the file: lines, each with its end. */
static void expect_errors(const char *flag, const char *yaml,
                          const char *want) {
  char lines[2048] = "";
  const char *path = folder_write("h.yaml", yaml);
  for (; *want; want += strcspn(want, "\n") + 1)
    add_line(lines, sizeof lines, path, want, (int)strcspn(want, "\n"));
  OWNED(program) program = program_run(flag, "--config", path);
  program_expect_exit(program, 2);
  cr_expect_str_eq(program->err, lines, "got %s not %s", program->err, lines);
}

#define REFUSES(name, flag, yaml, want)                                        \
  Test(check, name) { expect_errors(flag, yaml, want); }

REFUSES(a_token_file_that_is_missing_is_told_with_its_line, "--check",
        "upstreams:\n"
        "  a:\n"
        "    targets:\n"
        "      - {url: http://h, token_file: none}\n" ROUTES,
        "line 4, column 25: token_file: $none: No such file or directory\n")
REFUSES(what_is_inherited_is_told_with_the_line_that_said_it, "--check",
        "upstreams:\n"
        "  a:\n"
        "    token_file: none\n"
        "    targets: [http://h, http://i]\n" ROUTES,
        "line 3, column 5: token_file: $none: No such file or directory\n")
REFUSES(a_name_with_a_line_end_stays_on_its_line, "--check",
        "upstreams:\n"
        "  a: {token_file: \"/no\\nne\", targets: [http://h]}\n" ROUTES,
        "line 2, column 7: token_file: /no\\x0ane: No such file or directory\n")
REFUSES(a_token_variable_that_is_not_set_is_told_with_its_line, "--check",
        "upstreams:\n"
        "  a: {token_env: NOT_THERE, targets: [http://h]}\n" ROUTES,
        "line 2, column 7: token_env: NOT_THERE: it is not set, or empty\n")

Test(check, a_secret_in_a_variable_is_not_shown) {
  setenv("A_TOKEN", "s3 cret", 1);
  expect_errors(
      "--check",
      "upstreams:\n"
      "  a: {token_env: A_TOKEN, targets: [http://h]}\n" ROUTES,
      "line 2, column 7: token_env: A_TOKEN: a token is visible ASCII "
      "without spaces or line ends\n");
}

REFUSES(cas_that_are_none_are_told_with_their_line, "--check",
        "defaults: {hedges: 0,\n"
        "  ca_file: /dev/null}\n"
        "upstreams: {a: {targets: [https://h]}}\n" ROUTES,
        "line 2, column 3: ca_file: /dev/null: expected certificates "
        "(PEM), each of them whole\n")
REFUSES(a_log_file_that_cannot_be_opened_is_told_with_its_line,
        "--listen=127.0.0.1:0",
        "upstreams: {a: {targets: [http://h]}}\n"
        "log_file: none/log\n" ROUTES,
        "line 2, column 1: log_file: $none/log: No such file or directory\n")
REFUSES(all_that_cannot_be_read_is_told_in_the_order_of_the_lines, "--check",
        "upstreams:\n"
        "  a:\n"
        "    targets:\n"
        "      - http://h\n"
        "      - {url: http://i, ca_file: no.pem, token_file: no}\n"
        "      - {url: http://j, token_env: NOT_THERE}\n"
        "    token_file: none\n" ROUTES,
        "line 5, column 25: ca_file: $no.pem: No such file or directory\n"
        "line 5, column 42: token_file: $no: No such file or directory\n"
        "line 6, column 25: token_env: NOT_THERE: it is not set, or empty\n"
        "line 7, column 5: token_file: $none: No such file or directory\n")

#define SEVERAL                                                                \
  "otlp_ca_file: no.pem\n"                                                     \
  "upstreams: {a: {targets: [http://h], token_file: none}}\n"                  \
  "admin_token_file: no\n"                                                     \
  "log_file: none/log\n" ROUTES
#define LINES_OF_SEVERAL                                                       \
  "line 1, column 1: otlp_ca_file: $no.pem: No such file or directory\n"       \
  "line 2, column 38: token_file: $none: No such file or directory\n"          \
  "line 3, column 1: admin_token_file: $no: No such file or directory\n"

Test(check, what_the_process_reads_is_told_beside_what_targets_do) {
  expect_errors("--check", SEVERAL, LINES_OF_SEVERAL);
}

Test(check, a_start_tells_all_that_cannot_be_opened_too) {
  expect_errors("--listen=127.0.0.1:0", SEVERAL,
                LINES_OF_SEVERAL
                "line 4, column 1: log_file: $none/log: No such file or "
                "directory\n");
}

Test(check, what_is_probably_not_meant_is_told_as_at_the_start) {
  setenv("HEDGEROW_HEDGE_AFTR", "1s", 1);
  OWNED(program) program =
      program_run("--check", "--to", "http://127.0.0.1:9", "--hedges", "0");
  cr_expect_eq(program->exit_status, 0);
  cr_expect_str_eq(program->err,
                   "hedgerow: note: --hedges 0: /smart asks once and never "
                   "hedges\n"
                   "hedgerow: note: HEDGEROW_HEDGE_AFTR is no variable of "
                   "hedgerow's; did you mean HEDGEROW_HEDGE_AFTER?\n",
                   "got %s", program->err);
  cr_expect_str_eq(program->out, "the command line: good: 1 upstream with 1 "
                                 "target, 2 routes\n");
  program->exit_status = 0;
}

Test(check, a_folder_is_no_file) {
  char line[FOLDER_PATH_MAX + 64];
  const char *path = folder_path("");
  OWNED(program) program = program_run("--check", "--config", path);
  program_expect_exit(program, 2);
  snprintf(line, sizeof line, "hedgerow: --config: %s: Is a directory\n", path);
  cr_expect_str_eq(program->err, line, "got %s", program->err);
}
