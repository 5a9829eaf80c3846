/* Limits that fit in the descriptors that there are. */
#include "config/config_fit.h"

#include <criterion/criterion.h>

static struct config_target targets[2][2];
static struct config_upstream upstreams[2];

static struct config config_of(int64_t connections, int64_t attempts) {
  struct config config = {
      .upstreams = upstreams, .upstream_count = 1, .listen_count = 1};
  (void)!base_url_parse(&targets[0][0].url, slice_of("http://a.example/x"));
  (void)!base_url_parse(&targets[0][1].url, slice_of("http://b.example/x"));
  upstreams[0] =
      (struct config_upstream){.targets = targets[0], .target_count = 2};
  config.max_connections = connections;
  config.defaults.max_attempts = attempts;
  upstreams[0].rules.max_attempts = attempts;
  return config;
}

Test(config_fit, limits_that_fit_stay) {
  struct config config = config_of(1000, 500);
  cr_expect(!config_fit_descriptors(&config, 2100, 2));
  cr_expect_eq(config.max_connections, 1000);
  cr_expect_eq(upstreams[0].rules.max_attempts, 500);
}

Test(config_fit, limits_that_do_not_fit_shrink_in_proportion) {
  struct config config = config_of(1000, 500);
  cr_expect(config_fit_descriptors(&config, 1000 + 64 + 12, 1));
  cr_expect_eq(config.max_connections, 500);
  cr_expect_eq(upstreams[0].rules.max_attempts, 250);
}

Test(config_fit, every_worker_has_descriptors_of_its_own) {
  struct config few = config_of(1000, 500);
  (void)!config_fit_descriptors(&few, 1024, 1);
  struct config many = config_of(1000, 500);
  (void)!config_fit_descriptors(&many, 1024, 40);
  int64_t attempts = upstreams[0].rules.max_attempts;
  cr_expect(many.max_connections + 2 * attempts + 40 * 12 <= 1024,
            "%lld and %lld", (long long)many.max_connections,
            (long long)attempts);
  cr_expect_lt(many.max_connections, few.max_connections);
}

Test(config_fit, each_address_costs_one_in_every_worker) {
  struct config config = config_of(1000, 500);
  config.listen_count = 3;
  cr_expect(!config_fit_descriptors(&config, 2000 + 64 + 2 * (12 + 2), 2));
  cr_expect(config_fit_descriptors(&config, 2000 + 64 + 2 * (12 + 2) - 1, 2));
}

Test(config_fit, something_is_left_where_there_is_nothing) {
  struct config config = config_of(1000, 500);
  cr_expect(config_fit_descriptors(&config, 10, 4));
  cr_expect_eq(config.max_connections, 1);
  cr_expect_eq(upstreams[0].rules.max_attempts, 1);
}

Test(config_fit, targets_of_one_origin_share_their_attempts) {
  struct config config = config_of(1000, 500);
  (void)!base_url_parse(&targets[0][1].url, slice_of("http://A.example/y"));
  cr_expect(!config_fit_descriptors(&config, 1500 + 64 + 12, 1));
  cr_expect_eq(upstreams[0].rules.max_attempts, 500);
}

Test(config_fit, an_origin_costs_what_the_largest_of_its_upstreams_may_have) {
  struct config config = config_of(1000, 500);
  (void)!base_url_parse(&targets[1][0].url, slice_of("http://a.example/y"));
  (void)!base_url_parse(&targets[1][1].url, slice_of("http://c.example"));
  upstreams[1] = (struct config_upstream){
      .targets = targets[1], .target_count = 2, .rules = {.max_attempts = 700}};
  config.upstream_count = 2;
  cr_expect(!config_fit_descriptors(&config, 1000 + 700 + 500 + 700 + 76, 1));
  cr_expect(config_fit_descriptors(&config, 1000 + 700 + 500 + 700 + 75, 1));
  upstreams[1].rules.max_attempts = 300;
  config = config_of(1000, 500);
  config.upstream_count = 2;
  cr_expect(!config_fit_descriptors(&config, 1000 + 500 + 500 + 300 + 76, 1));
}

Test(config_fit, admin_costs_its_few) {
  struct config config = config_of(1000, 500);
  config.admin.host = slice_of("127.0.0.1");
  cr_expect_eq(config_admin_readers(2249), 140);
  cr_expect(!config_fit_descriptors(&config, 2000 + 64 + 12 + 33 + 140, 1));
  cr_expect(config_fit_descriptors(&config, 2000 + 64 + 12 + 33 + 139, 1));
  cr_expect_eq(config_admin_readers(1000 * 1000), CONFIG_ADMIN_READERS);
}
