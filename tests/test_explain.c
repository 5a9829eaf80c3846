/* Tests of core/explain: one line for each status, and no secrets in it. */
#include "core/explain.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/words.h"

static void expect(int status, const char *location, const char *want) {
  char got[192];
  explain_status(status, slice_of(location), got, sizeof got);
  cr_expect_str_eq(got, want, "%d '%s': %s", status, location, got);
}

static void expect_holds(int status, const char *words) {
  char got[192];
  explain_status(status, slice_of(""), got, sizeof got);
  words_expect(got, words);
}

Test(explain, a_403_names_the_flags_that_help) {
  expect(403, "",
         "the upstream refused the request; see --user-agent and --token-file");
}

Test(explain, a_status_that_a_flag_can_change_names_the_flag) {
  expect_holds(401, "--token-file");
  expect_holds(404, "--final");
  expect_holds(429, "--hedges");
}

Test(explain, a_redirect_names_its_location_and_what_to_change) {
  expect(
      301, "https://h/v2/",
      "the upstream redirects (301) to https://h/v2/; point the target there");
  expect(301, "HTTP://h",
         "the upstream redirects (301) to HTTP://h; point the target there");
}

/* RFC 9110, section 10.2.2: it stays on the host that was asked. */
Test(explain, a_redirect_to_another_path_asks_for_that_path) {
  expect(308, "/v2", "the upstream redirects (308) to /v2; ask for that path");
  expect(302, "v2/x",
         "the upstream redirects (302) to v2/x; ask for that path");
  expect(302, "../x",
         "the upstream redirects (302) to ../x; ask for that path");
  expect(302, "/a:b",
         "the upstream redirects (302) to /a:b; ask for that path");
  expect(302, "/in?to=http://h/",
         "the upstream redirects (302) to /in; ask for that path");
}

Test(explain, a_redirect_to_another_host_needs_no_scheme) {
  expect(302, "//h/v2",
         "the upstream redirects (302) to //h/v2; point the target there");
}

Test(explain, what_may_be_secret_in_a_location_is_not_shown) {
  expect(
      302, "https://h/in?token=s3cret#x",
      "the upstream redirects (302) to https://h/in; point the target there");
  expect(
      302, "https://h/in#access_token=s3cret",
      "the upstream redirects (302) to https://h/in; point the target there");
  expect(302, "https://user:s3@cret@h/@in",
         "the upstream redirects (302) to https://h/@in; point the target "
         "there");
  expect(302, "//user@h",
         "the upstream redirects (302) to //h; point the target there");
  expect(302, "/a@b//c@d",
         "the upstream redirects (302) to /a@b//c@d; ask for that path");
}

Test(explain, a_long_location_is_cut) {
  char location[4096], got[192];
  memset(location, 'x', sizeof location - 1);
  location[sizeof location - 1] = '\0';
  explain_status(302, slice_of(location), got, sizeof got);
  cr_expect_str_eq(got + strlen(got) - strlen("; ask for that path"),
                   "; ask for that path", "%s", got);
  memcpy(location, "http://h/", strlen("http://h/"));
  explain_status(302, slice_of(location), got, sizeof got);
  cr_expect_str_eq(got + strlen(got) - strlen("; point the target there"),
                   "; point the target there", "%s", got);
}

Test(explain, a_redirect_without_a_location_is_only_a_status) {
  expect(302, "", "the upstream answered 302");
}

Test(explain, a_location_beside_another_status_means_nothing) {
  expect(500, "http://h/", "the upstream failed (500)");
  expect(202, "http://h/", "the upstream answered 202");
}

Test(explain, every_status_is_one_line_that_fits_in_a_verdict) {
  for (int status = 100; status <= 999; status++) {
    char got[192];
    memset(got, 'x', sizeof got);
    explain_status(status, (struct slice){NULL, 0}, got, sizeof got);
    size_t len = strnlen(got, sizeof got);
    cr_expect(len > 20 && len < sizeof got - 1 && !strchr(got, '\n'),
              "%d: %.*s", status, (int)len, got);
  }
}

Test(explain, a_small_buffer_is_never_overrun) {
  char got[16];
  memset(got, 'x', sizeof got);
  explain_status(403, slice_of(""), got, 8);
  cr_expect_str_eq(got, "the ups");
  cr_expect_eq(got[8], 'x');
}
