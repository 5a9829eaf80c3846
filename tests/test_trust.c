/* CAs from files: what is said of those that will not do, for how long they
 * stay as they were, and which are the same. */
#include "io/trust.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/libraries.h"
#include "support/folder.h"
#include "support/tls_origin.h"

static char error[512];

static void init(void) { cr_assert(libraries_init()); }

static void fini(void) {
  cr_expect(trust_count() == 0, "%d are left", (int)trust_count());
  libraries_clear();
  folder_remove();
}

TestSuite(trust, .init = init, .fini = fini);

static struct trust *read_trust(const char *name) {
  struct trust *trust = trust_read(name, error, sizeof error);
  cr_assert(trust, "%s", error);
  return trust;
}

static void expect_error(const char *name, const char *words) {
  cr_expect_null(trust_read(name, error, sizeof error));
  cr_expect(strstr(error, words) && !strstr(error, "s3cret"), "%s", error);
}

static void expect_bad_text(const char *text) {
  expect_error(folder_write("ca", text),
               "expected certificates (PEM), each of them whole");
}

static char *read_text(const char *name) {
  char *text = calloc(1, 65536);
  FILE *file = fopen(name, "re");
  cr_assert(text && file, "%s", name);
  text[fread(text, 1, 65535, file)] = '\0';
  fclose(file);
  return text;
}

/* ---- reading ---- */

Test(trust, a_file_that_cannot_be_read_is_told_with_the_reason) {
  expect_error("/nonexistent/ca", "No such file or directory");
  expect_error("/proc/self", "Is a directory");
}

Test(trust, a_fifo_that_nobody_writes_to_is_not_waited_for) {
  const char *path = folder_path("fifo");
  cr_assert(mkfifo(path, 0600) == 0);
  expect_error(path, "expected certificates");
}

Test(trust, cas_that_never_end_are_refused) {
  expect_error("/dev/zero", "it is larger than 16 MiB");
}

Test(trust, what_holds_no_whole_certificate_is_refused) {
  OWNED(tls_origin) origin = tls_origin_new(TLS_GOOD);
  char *good = read_text(origin->ca_file);
  expect_bad_text("");
  expect_bad_text("s3cret\n");
  good[strlen(good) / 2] = '\0';
  expect_bad_text(good);
  free(good);
}

Test(trust, cas_are_kept_as_they_were_for_as_long_as_they_are_held) {
  OWNED(tls_origin) origin = tls_origin_new(TLS_GOOD);
  char *good = read_text(origin->ca_file), kept[64];
  const char *path = folder_write("ca", good);
  struct trust *trust = read_trust(path);
  snprintf(kept, sizeof kept, "%s", trust_ca_path(trust));
  unlink(path);
  trust_drop(trust_hold(trust));
  char *copy = read_text(kept);
  cr_expect_str_eq(copy, good);
  trust_drop(trust);
  cr_expect(access(kept, F_OK) != 0, "the copy is still open");
  free(copy);
  free(good);
}

Test(trust, the_systems_are_read_by_libcurl_itself) {
  struct trust *trust = read_trust(NULL);
  cr_expect_null(trust_ca_path(trust));
  cr_expect_null(trust_ca_path(NULL));
  trust_drop(trust);
  trust_drop(trust_hold(NULL));
}

/* ---- the same ---- */

/* Both files hold these texts, one behind the other. */
static struct trust *trust_of(const char *name, const char *text,
                              const char *more) {
  char *both = malloc(strlen(text) + strlen(more) + 1);
  cr_assert_not_null(both);
  stpcpy(stpcpy(both, text), more);
  const char *path = folder_write(name, both);
  free(both);
  return read_trust(path);
}

Test(trust, what_holds_the_same_bytes_is_the_same) {
  struct tls_origin *one = tls_origin_new(TLS_GOOD);
  OWNED(tls_origin) two = tls_origin_new(TLS_GOOD);
  char *first = read_text(one->ca_file), *second = read_text(two->ca_file);
  struct trust *a = trust_of("a", first, ""), *same = trust_of("b", first, ""),
               *other = trust_of("c", second, ""),
               *longer = trust_of("d", first, second);
  cr_expect(trust_same(a, a) && trust_same(a, same) && trust_same(same, a));
  cr_expect(!trust_same(a, other) && !trust_same(other, a));
  cr_expect(!trust_same(a, longer) && !trust_same(longer, a));
  struct trust *all[] = {a, same, other, longer};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) trust_drop(all[i]);
  free(first);
  free(second);
  tls_origin_free(one);
}

Test(trust, the_systems_are_the_same_until_their_file_is_another) {
  OWNED(tls_origin) origin = tls_origin_new(TLS_GOOD);
  struct trust *system = read_trust(NULL), *again = read_trust(NULL),
               *file = read_trust(origin->ca_file);
  cr_expect(trust_same(system, again));
  cr_expect(!trust_same(system, file) && !trust_same(file, system));
  cr_expect(trust_same(NULL, NULL));
  cr_expect(!trust_same(NULL, system) && !trust_same(system, NULL));
  trust_drop(system);
  trust_drop(again);
  trust_drop(file);
}

/* ---- its end ---- */

Test(trust, one_that_is_retired_is_so_for_whoever_holds_it) {
  struct trust *trust = read_trust(NULL), *held = trust_hold(trust);
  cr_expect_not(trust_is_retired(held));
  trust_retire(trust);
  trust_drop(trust);
  cr_expect(trust_is_retired(held));
  trust_drop(held);
  trust_retire(NULL);
  cr_expect_not(trust_is_retired(NULL));
}
