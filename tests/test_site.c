/* Tests of core/site. */
#include "core/site.h"

#include <criterion/criterion.h>

static void expect_safe(const char *const *hosts, bool want) {
  for (; *hosts; hosts++)
    cr_expect_eq(site_is_safe(slice_of(*hosts)), want, "'%s': not %d", *hosts,
                 want);
}

Test(site, addresses_and_localhost_are_no_names_that_could_be_rebound) {
  static const char *const safe[] = {"",
                                     "127.0.0.1",
                                     "127.0.0.1:8481",
                                     "192.0.2.7:80",
                                     "localhost",
                                     "localhost:8481",
                                     "LocalHost",
                                     "[::1]",
                                     "[::1]:80",
                                     "[2001:db8::1]",
                                     NULL};
  expect_safe(safe, true);
}

Test(site, any_other_name_could_be) {
  static const char *const unsafe[] = {"a.example",
                                       "a.example:8481",
                                       "127.0.0.1.a.example",
                                       "localhost.",
                                       "localhosts",
                                       "127.1",
                                       "0x7f.0.0.1",
                                       "[a.example]",
                                       "[]",
                                       "[::1",
                                       "::1]",
                                       ":80",
                                       "a.example:80:1",
                                       NULL};
  expect_safe(unsafe, false);
}

static bool is_own(const char *origin, const char *host) {
  return site_is_own(slice_of(origin), slice_of(host), false);
}

Test(site, a_page_of_this_very_host_and_port_is_its_own) {
  cr_expect(is_own("http://127.0.0.1:8481", "127.0.0.1:8481"));
  cr_expect(is_own("http://localhost:8481", "LOCALHOST:8481"));
  cr_expect(is_own("http://[::1]:8481", "[::1]:8481"));
}

Test(site, a_page_of_another_is_not) {
  cr_expect_not(is_own("http://a.example", "127.0.0.1:8481"));
  cr_expect_not(is_own("http://127.0.0.1:8482", "127.0.0.1:8481"));
  cr_expect_not(is_own("https://127.0.0.1:8481", "127.0.0.1:8481"));
  cr_expect_not(is_own("http://127.0.0.1:8481/", "127.0.0.1:8481"));
  cr_expect_not(is_own("http://127.0.0.1:84811", "127.0.0.1:8481"));
  cr_expect_not(is_own("null", "127.0.0.1:8481"));
  cr_expect_not(is_own("", "127.0.0.1:8481"));
}

Test(site, behind_tls_its_own_may_come_by_https) {
  const struct slice host = slice_of("ops.example");
  cr_expect(site_is_own(slice_of("https://ops.example"), host, true));
  cr_expect(site_is_own(slice_of("http://ops.example"), host, true));
  cr_expect_not(site_is_own(slice_of("https://ops.example"), host, false));
  cr_expect_not(site_is_own(slice_of("https://a.example"), host, true));
  cr_expect_not(site_is_own(slice_of("https://"), host, true));
  cr_expect_not(site_is_own(slice_of("wss://ops.example"), host, true));
}

/* ---- tokens ---- */

static bool is_token(const char *authorization) {
  return site_token_is(slice_of(authorization), slice_of("open-sesame"));
}

Test(site, a_bearer_token_is_the_whole_of_it) {
  cr_expect(is_token("Bearer open-sesame"));
  cr_expect(is_token("bearer open-sesame"));
  cr_expect(is_token("BEARER   open-sesame"));
  cr_expect_not(is_token("Bearer open-sesam"));
  cr_expect_not(is_token("Bearer open-sesame "));
  cr_expect_not(is_token("Bearer open-sesamE"));
  cr_expect_not(is_token("Bearer Open-sesame"));
  cr_expect_not(is_token("Bearer\topen-sesame"));
  cr_expect_not(is_token("Basic open-sesame"));
  cr_expect_not(is_token("open-sesame"));
  cr_expect_not(is_token("Bearer "));
  cr_expect_not(is_token("Bearer"));
  cr_expect_not(is_token(""));
}
