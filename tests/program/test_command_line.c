/* The command line of the built program: what is printed where, and the exit
 * status: 0 done, 1 it could not run, 2 it was asked wrongly. Each error of an
 * option is in test_config.c; here is what only the program knows: files, ports,
 * libraries. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define URL "http://127.0.0.1:9"

/* Ends at once with this status and exactly one line on stderr, which begins
 * with the program's name and holds these words. */
static void expect_complaint(struct program *program, int status,
                             const char *words) {
  const char *line_end = strchr(program->err, '\n');
  cr_assert(program->exit_status == status, "status %d, stderr:\n%s",
            program->exit_status, program->err);
  cr_assert(line_end && line_end[1] == '\0', "not one line:\n%s", program->err);
  cr_assert(strncmp(program->err, "hedgerow: ", 10) == 0, "%s", program->err);
  words_expect(program->err, words);
  cr_assert(*program->out == '\0', "stdout:\n%s", program->out);
  program->exit_status = 0; /* it was as expected */
  program_free(program);
}

#define REFUSES(name, words, ...)                                              \
  Test(command_line, name) {                                                   \
    expect_complaint(program_run(__VA_ARGS__), 2, words);                      \
  }

REFUSES(no_upstream_is_an_error, "--to", NULL)
REFUSES(an_unknown_flag_is_named, "--hedge-afer", "--to", URL, "--hedge-afer",
        "1s")

Test(command_line, a_bad_variable_is_named) {
  setenv("HEDGEROW_HEDGES", "many", 1);
  expect_complaint(program_run("--to", URL), 2, "HEDGEROW_HEDGES");
}

Test(command_line, a_secret_is_not_repeated) {
  struct program *program =
      program_run("--to", URL, "--header", "Authorization: Bearer s3cret");
  words_expect_none(program->err, "s3cret");
  expect_complaint(program, 2, "--token-file");
}

REFUSES(a_token_file_that_is_missing_is_named, "/nonexistent/token", "--to",
        URL, "--listen", "127.0.0.1:0", "--token-file", "/nonexistent/token")

static void expect_token_refused(const char *content, size_t len) {
  char path[] = P_tmpdir "/hedgerow-token-XXXXXX";
  int fd = mkstemp(path);
  cr_assert(fd >= 0 && write(fd, content, len) == (ssize_t)len);
  close(fd);
  struct program *program =
      program_run("--to", URL, "--listen", "127.0.0.1:0", "--token-file", path);
  unlink(path);
  words_expect_none(program->err, "s3cret");
  expect_complaint(program, 2, "--token-file");
}

Test(command_line, an_empty_token_file_is_an_error) {
  expect_token_refused("", 0);
}
Test(command_line, a_token_with_a_line_end_inside_is_an_error) {
  expect_token_refused("s3cret\r\nX: y", 12);
}
Test(command_line, a_token_with_a_nul_is_an_error) {
  expect_token_refused("s3cret\0x", 8);
}

REFUSES(a_ca_file_that_is_missing_is_named, "/nonexistent/ca.pem", "--to",
        "https://127.0.0.1:9", "--listen", "127.0.0.1:0", "--ca-file",
        "/nonexistent/ca.pem")
REFUSES(a_ca_file_without_a_certificate_is_named,
        "--ca-file: /dev/null: expected certificates", "--to",
        "https://127.0.0.1:9", "--listen", "127.0.0.1:0", "--ca-file",
        "/dev/null")
REFUSES(a_log_file_that_cannot_be_opened_is_named,
        "--log-file: /nonexistent/log: No such file or directory", "--to", URL,
        "--listen", "127.0.0.1:0", "--log-file", "/nonexistent/log")

Test(command_line, a_token_of_the_environment_in_clear_text_is_remarked) {
  setenv("HEDGEROW_TOKEN", "s3cret", 1);
  OWNED(program) program = program_start("--to", "http://192.0.2.1");
  program_stop(program);
  words_expect(program->err, "note: the token travels in clear text");
  words_expect_none(program->err, "s3cret");
}

Test(command_line, a_variable_that_nobody_knows_is_remarked) {
  setenv("HEDGEROW_HEDGEAFTER", "s3cret", 1);
  OWNED(program) program = program_start("--to", URL);
  program_stop(program);
  words_expect(program->err,
               "note: HEDGEROW_HEDGEAFTER is no variable of hedgerow's; "
               "did you mean HEDGEROW_HEDGE_AFTER?\n");
  words_expect_none(program->err, "s3cret");
}

Test(command_line, without_anything_odd_there_is_no_note) {
  OWNED(program) program = program_start("--to", URL);
  program_stop(program);
  words_expect_none(program->err, "note:");
}

Test(command_line, a_port_in_use_is_named_and_ends_with_status_1) {
  uint16_t port;
  SCOPED_FD fd = wire_bind(1, &port);
  const char *address = words_of("127.0.0.1:%u", port);
  expect_complaint(program_run("--to", URL, "--listen", address), 1, address);
}

/* Both share ports among their own workers, and still not with each other. */
Test(command_line, the_port_of_another_hedgerow_is_in_use) {
  OWNED(program) first = program_start("--to", URL);
  const char *address = words_of("127.0.0.1:%u", first->port);
  expect_complaint(program_run("--to", URL, "--listen", address), 1, address);
}

Test(command_line, an_address_that_is_not_ours_ends_with_status_1) {
  expect_complaint(program_run("--to", URL, "--listen", "192.0.2.1:0"), 1,
                   "192.0.2.1");
}

static void expect_printed(struct program *program, const char *words) {
  cr_assert(program->exit_status == 0, "status %d:\n%s", program->exit_status,
            program->err);
  words_expect(program->out, words);
  cr_assert(*program->err == '\0', "stderr:\n%s", program->err);
}

Test(command_line, help_names_every_flag_within_80_columns) {
  OWNED(program) program = program_run("--help");
  EACH_WORD (text,
             "--to|--all|--hedge-after|--hedges|--stagger|--on-failure|"
             "--final|--timeout|--listen|--max-timeout|--log|"
             "--attempt-timeout|--drain|--connect-timeout|--header|"
             "--user-agent|--workers|--drop-header|--token-file|--max-body|"
             "--max-requests|--max-attempts|--max-connections") {
    expect_printed(program, text);
  }
  for (const char *line = program->out; *line;) {
    size_t len = strcspn(line, "\n");
    cr_assert(len <= 80, "wider than 80: %.*s", (int)len, line);
    line += len + (line[len] == '\n');
  }
}

Test(command_line, the_schema_is_json) {
  OWNED(program) program = program_run("--schema");
  expect_printed(program, "\"$schema\"");
  words_expect_json(slice_of(program->out));
}

Test(command_line, version_names_the_libraries_too) {
  OWNED(program) program = program_run("--version");
  expect_printed(program, "hedgerow ");
  expect_printed(program, "libevent");
  expect_printed(program, "libcurl");
}

Test(command_line, a_variable_stands_in_for_a_flag) {
  struct origin *origin = origin_new();
  setenv("HEDGEROW_TO", origin->url, 1);
  setenv("HEDGEROW_HEDGES", "0", 1);
  SCOPED(stage) s = stage_open_on(origin, NULL);
  client_get(s.client, "/smart");
  arrival_answer_json(origin_await(origin), 200, "1");
  client_expect(s.client, 200, "1");
}

static void expect_remark(const char *flag, const char *value) {
  OWNED(program) program = program_start("--to", URL, flag, value);
  words_expect(program->err, flag);
}

Test(command_line, hedges_that_are_off_are_said) {
  expect_remark("--hedges", "0");
}
Test(command_line, hedges_that_come_too_late_are_said) {
  expect_remark("--hedge-after", "11s");
}

Test(command_line, one_worker_serves_as_several_do) {
  SCOPED(stage) s = stage_open_on(NULL, "--to", URL, "--workers", "1");
  client_expect_healthy(s.client);
}

Test(command_line, an_ipv6_address_can_be_listened_on) {
  OWNED(program) program = program_start("--to", URL, "--listen", "[::1]:0");
  words_expect(program->err, "http://[::1]:");
}
