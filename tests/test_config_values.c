/* Tests of config/config_values: one spelling for each thing, and no other. */
#include "config/config_values.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

/* What is no value of a kind, and what is said of it. */
struct refused {
  const char *text, *why;
};

/* `parse` says so, in which `text` is that of each. */
#define EXPECT_REFUSED(refused, parse)                                         \
  for (size_t i = 0; i < COUNT(refused); i++) {                                \
    struct slice text = slice_of((refused)[i].text);                           \
    const char *why = parse;                                                   \
    cr_assert(why, "%s was taken", (refused)[i].text);                         \
    words_expect(why, (refused)[i].why);                                       \
  }

/* What was written is this. */
static void expect_written(struct text *out, const char *text,
                           const char *written) {
  cr_expect(slice_equal(text_slice_of(out), slice_of(written)),
            "%s became %.*s", text, SLICE_ARG(text_slice_of(out)));
}

typedef bool parse_number(struct slice text, int64_t *number);

static void expect_number(parse_number *parse, const char *text, int64_t want) {
  int64_t got = -1;
  cr_expect(parse(slice_of(text), &got), "'%s' was refused", text);
  cr_expect_eq(got, want, "'%s' is %lld, not %lld", text, (long long)got,
               (long long)want);
}

static void expect_none(parse_number *parse, const char *text) {
  int64_t got;
  cr_expect(!parse(slice_of(text), &got), "'%s' was accepted", text);
}

Test(config_values, a_duration_names_its_unit) {
  expect_number(config_parse_duration, "0ms", 0);
  expect_number(config_parse_duration, "300ms", 300000);
  expect_number(config_parse_duration, "10s", 10000000);
  expect_number(config_parse_duration, "2m", 120000000);
  expect_number(config_parse_duration, "007s", 7000000);
}

Test(config_values, anything_else_is_no_duration) {
  static const char *const bad[] = {
      "",      "300",  "0",     "ms",   "1.5s",     "-1s", "+1s",
      " 1s",   "1s ",  "1 s",   "1S",   "1h",       "1us", "1mss",
      "1e3ms", "0x1s", "1s1ms", "1,5s", "\xd9\xa1s"};
  EACH_ROW (row, bad) expect_none(config_parse_duration, *row);
}

Test(config_values, a_duration_is_written_as_it_is_read) {
  static const char *const texts[] = {"0ms", "1ms",    "999ms", "1s",
                                      "90s", "1500ms", "1m",    "60m"};
  EACH_ROW (row, texts) {
    int64_t us = -1;
    EMPTY_TEXT(out, 32);
    cr_expect(config_parse_duration(slice_of(*row), &us));
    config_write_duration(&out, us);
    cr_expect_str_eq(text_end(&out), *row, "%s became %s", *row, out_storage);
  }
}

Test(config_values, a_size_is_of_bytes_or_k_or_m) {
  expect_number(config_parse_size, "0", 0);
  expect_number(config_parse_size, "512", 512);
  expect_number(config_parse_size, "16K", 16384);
  expect_number(config_parse_size, "8M", 8388608);
  static const char *const bad[] = {"",   "K",   "16k",  "1G",   "1KB", "1.5M",
                                    "-1", "+1K", "16 K", "16K ", "1KK", "0x10"};
  EACH_ROW (row, bad) expect_none(config_parse_size, *row);
}

Test(config_values, a_count_is_of_digits) {
  expect_number(config_parse_count, "0", 0);
  expect_number(config_parse_count, "4000", 4000);
  static const char *const bad[] = {"",   "-1", "+1",  "1.0", "1K",
                                    " 1", "1 ", "two", "0x2", "1e3"};
  EACH_ROW (row, bad) expect_none(config_parse_count, *row);
}

Test(config_values, an_absurd_number_saturates_instead_of_wrapping) {
  expect_number(config_parse_count, "4611686018427387903", CONFIG_NUMBER_MAX);
  expect_number(config_parse_count, "4611686018427387902",
                CONFIG_NUMBER_MAX - 1);
  expect_number(config_parse_count, "18446744073709551617", CONFIG_NUMBER_MAX);
  expect_number(config_parse_duration, "99999999999999999999999m",
                CONFIG_NUMBER_MAX);
  expect_number(config_parse_size, "9007199254740993M", CONFIG_NUMBER_MAX);
}

Test(config_values, an_address_is_a_host_and_a_port) {
  static const struct {
    const char *text, *host;
    unsigned port;
  } good[] = {
      {"127.0.0.1:8480", "127.0.0.1", 8480},
      {"0.0.0.0:0", "0.0.0.0", 0},
      {"255.255.255.255:65535", "255.255.255.255", 65535},
      {"localhost:8480", "localhost", 8480},
      {"[::1]:0", "::1", 0},
      {"[::]:80", "::", 80},
      {"[2001:db8::A]:80", "2001:db8::A", 80},
      {"[1:2:3:4:5:6:7:8]:80", "1:2:3:4:5:6:7:8", 80},
      {"[1:2:3:4:5:6:7::]:80", "1:2:3:4:5:6:7::", 80},
      {"[::ffff:192.0.2.1]:80", "::ffff:192.0.2.1", 80},
      {"[1:2:3:4:5:6:192.0.2.1]:80", "1:2:3:4:5:6:192.0.2.1", 80},
  };
  EACH_ROW (row, good) {
    struct listen_at got = {.port = 1};
    const char *why =
        config_parse_address(slice_of(row->text), "HOST:PORT", &got);
    cr_expect(why == NULL, "%s was refused: %s", row->text, why);
    cr_expect(slice_equal(got.host, slice_of(row->host)),
              "the host of %s is '%.*s'", row->text, SLICE_ARG(got.host));
    cr_expect_eq(got.port, row->port, "the port of %s is %u", row->text,
                 got.port);
  }
}

Test(config_values, a_bad_address_is_told_why) {
  static const struct {
    const char *text, *word;
  } bad[] = {
      {"", "HOST:PORT"},
      {"8480", "HOST:PORT"},
      {"127.0.0.1", "HOST:PORT"},
      {":8480", "0.0.0.0:PORT"},
      {"*:8480", "0.0.0.0:PORT"},
      {"127.0.0.1:", "port"},
      {"127.0.0.1:65536", "port"},
      {"127.0.0.1:99999999999999999999", "port"},
      {"127.0.0.1:-1", "port"},
      {"127.0.0.1:http", "port"},
      {"[::1]", "brackets"},
      {"::1", "brackets"},
      {"::1:80", "brackets"},
      {"example.com:80", "host must be"},
      {"127.1:80", "host must be"},
      {"127.0.0.1.5:80", "host must be"},
      {"127.0.0.256:80", "host must be"},
      {"127.0.0.01:80", "host must be"},
      {"127.0..1:80", "host must be"},
      {"http://127.0.0.1:80", "HOST:PORT"},
      {"127.0.0.1:80/", "HOST:PORT"},
      {"[]:80", "no IPv6"},
      {"[:]:80", "no IPv6"},
      {"[:::]:80", "no IPv6"},
      {"[1:]:80", "no IPv6"},
      {"[:1]:80", "no IPv6"},
      {"[1::2::3]:80", "no IPv6"},
      {"[12345::]:80", "no IPv6"},
      {"[g::]:80", "no IPv6"},
      {"[1:2:3:4:5:6:7]:80", "no IPv6"},
      {"[1:2:3:4:5:6:7:8:9]:80", "no IPv6"},
      {"[1:2:3:4:5:6:7:8::]:80", "no IPv6"},
      {"[192.0.2.1::]:80", "no IPv6"},
      {"[127.0.0.1]:80", "no IPv6"},
  };
  EACH_ROW (row, bad) {
    struct listen_at address;
    const char *why =
        config_parse_address(slice_of(row->text), "HOST:PORT", &address);
    cr_expect(why != NULL, "'%s' was accepted", row->text);
    cr_expect(why == NULL || strstr(why, row->word) != NULL,
              "'%s': '%s' lacks '%s'", row->text, why, row->word);
  }
}

Test(config_values, a_range_of_durations_is_two_or_one_for_both) {
  static const struct {
    const char *text;
    int64_t us[2];
    const char *written;
  } cases[] = {
      {"25ms..250ms", {25000, 250000}, "25ms..250ms"},
      {"50ms", {50000, 50000}, "50ms"},
      {"1s..1s", {1000000, 1000000}, "1s"},
      {"0ms..1000ms", {0, 1000000}, "0ms..1s"},
  };
  EACH_ROW (row, cases) {
    int64_t us[2] = {-1, -1};
    EMPTY_TEXT(out, 64);
    cr_expect_null(config_parse_durations(slice_of(row->text), us));
    cr_expect(us[0] == row->us[0] && us[1] == row->us[1], "%s", row->text);
    config_write_durations(&out, us);
    cr_expect_str_eq(text_end(&out), row->written);
  }
}

Test(config_values, anything_else_is_no_range_of_durations) {
  static const char *const bad[] = {"",        "..",         "25ms..",
                                    "..25ms",  "25..250ms",  "25ms..250",
                                    "1s..1ms", "1ms.2ms",    "1ms...2ms",
                                    "1ms-2ms", "1ms .. 2ms", "1ms..2ms..3ms"};
  EACH_ROW (row, bad) {
    int64_t us[2];
    cr_expect(config_parse_durations(slice_of(*row), us) != NULL,
              "'%s' was accepted", *row);
  }
}

/* ---- policies ---- */

static void expect_delay(const char *text, int64_t fixed_us, unsigned per_mille,
                         int64_t least_us, int64_t most_us) {
  int64_t fixed;
  struct delay_rule learn;
  const char *why = config_parse_delay(slice_of(text), &fixed, &learn);
  cr_assert(!why, "%s was refused: %s", text, why);
  cr_expect_eq(fixed, fixed_us, "%s", text);
  cr_expect_eq(learn.per_mille, per_mille, "%s", text);
  cr_expect_eq(learn.least_us, least_us, "%s", text);
  cr_expect_eq(learn.most_us, most_us, "%s", text);
  EMPTY_TEXT(out, 64);
  config_write_delay(&out, fixed, &learn);
  expect_written(&out, text, text);
}

Test(config_values, a_delay_is_a_time_or_a_percentile) {
  expect_delay("0ms", 0, 0, 0, 0);
  expect_delay("60m", INT64_C(3600000000), 0, 0, 0);
  expect_delay("p50", CONFIG_DELAY_COLD_US, 500, 0, 0);
  expect_delay("p95", CONFIG_DELAY_COLD_US, 950, 0, 0);
  expect_delay("p99.9", CONFIG_DELAY_COLD_US, 999, 0, 0);
  expect_delay("p95:20ms..2s", CONFIG_DELAY_COLD_US, 950, 20000, 2000000);
  expect_delay("p95:0ms..2s", CONFIG_DELAY_COLD_US, 950, 0, 2000000);
  expect_delay("p95:20ms..20ms", CONFIG_DELAY_COLD_US, 950, 20000, 20000);
}

Test(config_values, what_is_no_delay_is_told_why) {
  int64_t fixed;
  struct delay_rule learn;
  static const struct refused bad[] = {
      {"", "no duration and no percentile"},
      {"300", "no duration and no percentile"},
      {"61m", "out of range: 0ms to 60m"},
      {"p", "no percentile"},
      {"p49.9", "out of range: p50 to p99.9"},
      {"p100", "out of range"},
      {"p99999999999", "no percentile"},
      {"p99.99", "no percentile"},
      {"p95%", "no percentile"},
      {"p95:", "no two bounds"},
      {"p95:20ms", "no two bounds: write p95, or p95:20ms..2s"},
      {"p95:0ms", "no two bounds"},
      {"p95:20ms..", "no two bounds: write p95, or p95:20ms..2s"},
      {"p95:..2s", "no two bounds"},
      {"p95:2s..20ms", "begins with the longer bound"},
      {"p95:0ms..0ms", "out of range"},
      {"p95:1ms..61m", "out of range"},
  };
  EXPECT_REFUSED(bad, config_parse_delay(text, &fixed, &learn));
}

static void expect_budget(const char *text, const char *written,
                          uint32_t per_mille, uint32_t cap) {
  struct hedge_budget_rule rule;
  const char *why = config_parse_budget(slice_of(text), &rule);
  cr_assert(!why, "%s was refused: %s", text, why);
  cr_expect_eq(rule.per_mille, per_mille, "%s", text);
  cr_expect_eq(rule.cap, cap, "%s", text);
  EMPTY_TEXT(out, 64);
  config_write_budget(&out, &rule);
  expect_written(&out, text, written);
}

Test(config_values, a_budget_is_a_share_and_a_cap) {
  expect_budget("10%", "10%", 100, 20);
  expect_budget("10%:20", "10%", 100, 20);
  expect_budget("200%:100", "200%:100", 2000, 100);
  expect_budget("0.5%:50", "0.5%:50", 5, 50);
  expect_budget("0%:1", "0%:1", 0, 1);
  expect_budget("1500%:1000000", "1500%:1000000", 15000, 1000000);
}

Test(config_values, what_is_no_budget_is_told_why) {
  struct hedge_budget_rule rule;
  static const struct refused bad[] = {
      {"", "is no budget"},          {"10", "is no budget"},
      {"%", "is no budget"},         {"10%50", "is no budget"},
      {"10%:", "is no budget"},      {"10%:-1", "is no budget"},
      {"10.55%", "is no budget"},    {"1500.1%", "out of range"},
      {"10%:0", "out of range"},     {"10%:1000001", "out of range"},
      {"99999999%", "is no budget"},
  };
  EXPECT_REFUSED(bad, config_parse_budget(text, &rule));
}

static void expect_rate(const char *text, const char *written,
                        int64_t interval_ns, int64_t burst) {
  struct rate_rule rule;
  const char *why = config_parse_rate(slice_of(text), &rule);
  cr_assert(!why, "%s was refused: %s", text, why);
  cr_expect_eq(rule.interval_ns, interval_ns, "%s", text);
  cr_expect_eq(rule.burst, burst, "%s", text);
  EMPTY_TEXT(out, 64);
  config_write_rate(&out, &rule);
  expect_written(&out, text, written);
}

Test(config_values, a_rate_is_a_number_in_a_time_and_a_burst) {
  expect_rate("off", "off", 0, 0);
  expect_rate("100/s", "100/s", 10000000, 100);
  expect_rate("100/s:20", "100/s:20", 10000000, 20);
  expect_rate("100/s:100", "100/s", 10000000, 100);
  expect_rate("3/s", "3/s", 333333333, 3);
  expect_rate("90/m", "90/m", 666666666, 1);
  expect_rate("120/m", "2/s", 500000000, 2);
  expect_rate("7/h:7", "7/h:7", INT64_C(514285714285), 7);
  expect_rate("1/h", "1/h", INT64_C(3600000000000), 1);
  expect_rate("1000000/s", "1000000/s", 1000, 1000000);
}

Test(config_values, what_is_no_rate_is_told_why) {
  struct rate_rule rule;
  static const struct refused bad[] = {
      {"", "is no rate"},
      {"100", "is no rate"},
      {"/s", "is no rate"},
      {"100/", "is no rate"},
      {"100/d", "is no rate"},
      {"100/s20", "is no rate"},
      {"100/s:", "is no rate"},
      {"100/s:-1", "is no rate"},
      {"1.5/s", "is no rate"},
      {"0/s", "out of range"},
      {"1000001/s", "out of range"},
      {"100/s:0", "out of range"},
      {"1/h:2", "out of range"},
      {"100/s:360001", "out of range"},
  };
  EXPECT_REFUSED(bad, config_parse_rate(text, &rule));
}

static void expect_queue(const char *text, int64_t most, int64_t time_us) {
  struct queue_rule rule;
  const char *why = config_parse_queue(slice_of(text), &rule);
  cr_assert(!why, "%s was refused: %s", text, why);
  cr_expect_eq(rule.most, most, "%s", text);
  cr_expect_eq(rule.time_us, time_us, "%s", text);
  EMPTY_TEXT(out, 64);
  config_write_queue(&out, &rule);
  expect_written(&out, text, text);
}

Test(config_values, a_queue_is_a_number_and_a_time) {
  expect_queue("off", 0, 0);
  expect_queue("1:1ms", 1, 1000);
  expect_queue("100:50ms", 100, 50000);
  expect_queue("10000:60m", 10000, INT64_C(3600000000));
}

Test(config_values, what_is_no_queue_is_told_why) {
  struct queue_rule rule;
  static const struct refused bad[] = {
      {"", "is no queue"},         {"100", "is no queue"},
      {"100:", "is no queue"},     {":50ms", "is no queue"},
      {"100:50", "is no queue"},   {"-1:50ms", "is no queue"},
      {"0:50ms", "out of range"},  {"10001:50ms", "out of range"},
      {"100:0ms", "out of range"}, {"100:61m", "out of range"},
  };
  EXPECT_REFUSED(bad, config_parse_queue(text, &rule));
}

Test(config_values, a_place_is_an_address_or_the_path_of_a_socket) {
  struct listen_at at;
  cr_expect_null(config_parse_place(slice_of("127.0.0.1:8481"), "form", &at));
  cr_expect_eq(at.port, 8481);
  cr_expect_null(config_parse_place(slice_of("[::1]:0"), "form", &at));
  cr_expect_eq(at.path.len, 0);
  cr_expect_str_eq(config_parse_place(slice_of("8481"), "form", &at), "form");
  cr_expect_null(config_parse_place(slice_of("unix:/run/h.sock"), "form", &at));
  words_expect_slice(at.path, "/run/h.sock");
  cr_expect_eq(at.host.len, 0);
  cr_expect(config_parse_place(slice_of("unix:h.sock"), "form", &at));
  cr_expect(config_parse_place(slice_of("unix:"), "form", &at));
  char path[128] = "unix:/";
  memset(path + 6, 'x', 106);
  cr_expect_null(config_parse_place(slice_of(path), "form", &at));
  path[112] = 'x';
  cr_expect(config_parse_place(slice_of(path), "form", &at));
}
