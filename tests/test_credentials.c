/* Tokens and CAs from files, and what is said of those that will not do. */
#include "io/credentials.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/libraries.h"
#include "support/folder.h"
#include "support/tls_origin.h"

static char path[FOLDER_PATH_MAX], error[512];
static struct credentials_source source;

static void init(void) { cr_assert(libraries_init()); }

static void fini(void) {
  libraries_clear();
  folder_remove();
}

TestSuite(credentials, .init = init, .fini = fini);

static struct credentials *read_files(const char *other_token) {
  source.token = slice_of(other_token);
  return credentials_read(&source, error, sizeof error);
}

static void expect_token(const char *other_token, const char *token) {
  struct credentials *credentials = read_files(other_token);
  cr_assert(credentials != NULL, "%s", error);
  cr_expect(slice_equal(credentials_token(credentials), slice_of(token)),
            "%.*s", SLICE_ARG(credentials_token(credentials)));
  credentials_drop(credentials);
}

static void expect_error(const char *words) {
  struct credentials *credentials = read_files("");
  cr_expect(credentials == NULL, "it was taken");
  credentials_drop(credentials);
  cr_expect(strstr(error, words) && !strstr(error, "s3cret"), "%s", error);
}

Test(credentials, without_files_there_is_nothing) {
  struct credentials *credentials = read_files("");
  cr_expect(credentials_token(credentials).len == 0);
  cr_expect_null(credentials_ca_path(credentials));
  credentials_drop(credentials);
}

Test(credentials, a_file_goes_before_the_other_token) {
  expect_token("other", "other");
  folder_write("token", "  ", path);
  folder_write("token", "of-the-file \r\n\n", path);
  source.token_file = path;
  expect_token("other", "of-the-file");
}

Test(credentials, a_fifo_that_nobody_writes_to_is_not_waited_for) {
  folder_write("token", "", path);
  folder_path("fifo", path);
  cr_assert(mkfifo(path, 0600) == 0);
  source.token_file = path;
  expect_error("expected one line");
  source.token_file = NULL;
  source.ca_file = path;
  expect_error("expected certificates");
}

Test(credentials, a_token_has_8192_bytes_at_most) {
  char token[TOKEN_BYTES_MAX + 2];
  memset(token, 'x', sizeof token);
  source.token_file = path;
  token[TOKEN_BYTES_MAX + 1] = '\0';
  folder_write("token", token, path);
  expect_error("larger than 8192 bytes");
  token[TOKEN_BYTES_MAX] = '\0';
  folder_write("token", token, path);
  expect_token("", token);
}

Test(credentials, what_is_no_token_is_refused_and_not_repeated) {
  static const char *const wrong[] = {"",
                                      "\n",
                                      "s3cret s3cret",
                                      "s3cret\x01",
                                      "s3cret\ns3cret",
                                      "s3cret\xc3\xa9"};
  source.token_file = path;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    folder_write("token", wrong[i], path);
    expect_error("expected one line of visible characters");
  }
}

Test(credentials, a_file_that_cannot_be_read_is_named) {
  source.token_file = "/nonexistent/token";
  expect_error("--token-file: /nonexistent/token: No such file or directory");
  source.token_file = "/proc/self";
  expect_error("--token-file: /proc/self: ");
  source.token_file = NULL;
  source.ca_file = "/nonexistent/ca";
  expect_error("--ca-file: /nonexistent/ca: No such file or directory");
  source.ca_file = "/proc/self";
  expect_error("--ca-file: /proc/self: ");
}

Test(credentials, cas_that_never_end_are_refused) {
  source.ca_file = "/dev/zero";
  expect_error("--ca-file: /dev/zero: it is larger than 16 MiB");
}

static char *read_text(const char *name) {
  char *text = calloc(1, 65536);
  FILE *file = fopen(name, "re");
  cr_assert(text && file, "%s", name);
  text[fread(text, 1, 65535, file)] = '\0';
  fclose(file);
  return text;
}

Test(credentials, what_holds_no_whole_certificate_is_refused) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  char *good = read_text(origin->ca_file);
  source.ca_file = path;
  folder_write("ca", "", path);
  expect_error("expected certificates");
  folder_write("ca", "s3cret\n", path);
  expect_error("expected certificates");
  good[strlen(good) / 2] = '\0';
  folder_write("ca", good, path);
  expect_error("expected certificates");
  free(good);
  tls_origin_free(origin);
}

Test(credentials, cas_are_kept_as_they_were_for_as_long_as_they_are_held) {
  struct tls_origin *origin = tls_origin_new(TLS_GOOD);
  char *good = read_text(origin->ca_file), kept[64];
  source.ca_file = path;
  folder_write("ca", good, path);
  struct credentials *credentials = read_files("");
  cr_assert(credentials != NULL, "%s", error);
  snprintf(kept, sizeof kept, "%s", credentials_ca_path(credentials));
  unlink(path);
  credentials_drop(credentials_hold(credentials));
  char *copy = read_text(kept);
  cr_expect_str_eq(copy, good);
  credentials_drop(credentials);
  cr_expect(access(kept, F_OK) != 0, "the copy is still open");
  free(copy);
  free(good);
  tls_origin_free(origin);
}

Test(credentials, where_there_are_none_there_is_no_token) {
  cr_expect_eq(credentials_token(NULL).len, 0);
  cr_expect_null(credentials_ca_path(NULL));
}
