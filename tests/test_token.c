/* Tokens from files, and what is said of those that will not do. */
#include "io/token.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "support/folder.h"
#include "support/rows.h"

static char error[512], token[TOKEN_ROOM];

TestSuite(token, .fini = folder_remove);

static void expect_token(const char *text, const char *want) {
  const char *path = folder_write("token", text);
  cr_assert(token_read(path, token, error, sizeof error), "%s", error);
  cr_expect_str_eq(token, want);
}

static void expect_error_of(const char *name, const char *words) {
  static const char zeros[TOKEN_ROOM];
  memset(token, 's', sizeof token);
  cr_expect_not(token_read(name, token, error, sizeof error), "it was taken");
  cr_expect(strstr(error, words) && !strstr(error, "s3cret"), "%s", error);
  cr_expect(memcmp(token, zeros, sizeof token) == 0, "it was not wiped");
}

static void expect_error(const char *text, const char *words) {
  expect_error_of(folder_write("token", text), words);
}

Test(token, what_stands_behind_it_is_left_away) {
  expect_token("t0ken", "t0ken");
  expect_token("of-the-file \r\n\n", "of-the-file");
}

Test(token, a_token_has_8192_bytes_at_most) {
  char text[TOKEN_BYTES_MAX + 2];
  memset(text, 'x', sizeof text);
  text[TOKEN_BYTES_MAX + 1] = '\0';
  expect_error(text, "it is larger than 8192 bytes");
  text[TOKEN_BYTES_MAX] = '\0';
  expect_token(text, text);
}

Test(token, what_is_no_token_is_refused_and_not_repeated) {
  static const char *const wrong[] = {"",
                                      "\n",
                                      "s3cret s3cret",
                                      "s3cret\x01",
                                      "s3cret\ns3cret",
                                      "s3cret\xc3\xa9"};
  EACH_ROW (row, wrong)
    expect_error(*row, "expected one line of visible characters");
}

Test(token, a_file_that_cannot_be_read_is_told_with_the_reason) {
  expect_error_of("/nonexistent/token", "No such file or directory");
  expect_error_of("/proc/self", "it cannot be read");
}

Test(token, a_fifo_that_nobody_writes_to_is_not_waited_for) {
  const char *path = folder_path("fifo");
  cr_assert(mkfifo(path, 0600) == 0);
  expect_error_of(path, "expected one line");
}
