/* Tests of config/config and core/config_store: every option from a flag and from
 * its variable, which of the two wins, and every error in its own words. */
#include "config/config.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "config/config_options.h"
#include "support/rows.h"
#include "support/words.h"

#define TO "--to=https://h"

static struct config config;
static char error[512];

/* The environment of a test: up to four variables. */
static const char *variables[8];

static const char *env(const char *name) {
  for (size_t i = 0; i + 1 < COUNT(variables) && variables[i]; i += 2)
    if (strcmp(variables[i], name) == 0) return variables[i + 1];
  return NULL;
}

static enum config_result parse_all(char **argv) {
  int argc = 0;
  while (argv[argc] != NULL) argc++;
  memset(error, '#', sizeof error);
  return config_parse(&config, argc, argv, env, error, sizeof error);
}

#define PARSE(...) parse_all((char *[]){"hedgerow", __VA_ARGS__, NULL})

#define EXPECT_RUN(...)                                                        \
  cr_assert_eq(PARSE(__VA_ARGS__), CONFIG_RUN, "refused: %s", error)

#define EXPECT_ERROR(want, ...)                                                \
  do {                                                                         \
    const enum config_result result = PARSE(__VA_ARGS__);                      \
    cr_expect_eq(result, CONFIG_ERROR, "accepted, instead of: %s", want);      \
    cr_expect(result != CONFIG_ERROR || strcmp(error, want) == 0,              \
              "\n  got  %s\n  not  %s", error, want);                          \
  } while (0)

static void expect_slice(const char *what, struct slice got, const char *want) {
  cr_expect(slice_equal(got, slice_of(want)), "%s is '%.*s', not '%s'", what,
            SLICE_ARG(got), want);
}

static void expect_secret_kept(const char *secret) {
  cr_expect(strstr(error, secret) == NULL, "'%s' stands in: %s", secret, error);
}

/* Each option that holds a number, read from where the program reads it. */
struct number_case {
  const char *name;
  int64_t fallback;
  const char *text;
  int64_t value;
};

#define S INT64_C(1000000)
static const struct number_case numbers[] = {
    {"hedges", 2, "15", 15},
    {"stagger", RACE_STAGGER_AUTO, "50ms", 50000},
    {"gate", 1, "off", 0},
    {"observe", 0, "on", 1},
    {"learn", 0, "route", 1},
    {"retries", 0, "3", 3},
    {"on-failure", RACE_NEXT, "wait", RACE_WAIT},
    {"final", 0, "4xx", 1},
    {"success", 0, "2xx", 1},
    {"errors", 0, "upstream", 1},
    {"idempotent", 0, "on", 1},
    {"observe", 0, "on", 1},
    {"compression", 0, "gzip", 1},
    {"trace-context", 0, "pass", 1},
    {"trace-ratio", 1000000, "0.01", 10000},
    {"get-body", 0, "on", 1},
    {"forwarded", 0, "append", 1},
    {"rewrite-links", 0, "on", 1},
    {"balance", 0, "least", 2},
    {"timeout", 10 * S, "2s", 2 * S},
    {"max-timeout", 60 * S, "2m", 120 * S},
    {"attempt-timeout", 0, "900ms", 900000},
    {"stream-idle-timeout", 300 * S, "30m", 1800 * S},
    {"connect-timeout", 3 * S, "1s", S},
    {"upstream-keepalive-timeout", 60 * S, "0ms", 0},
    {"header-timeout", 10 * S, "1s", S},
    {"keepalive-timeout", 60 * S, "1s", S},
    {"write-timeout", 30 * S, "1s", S},
    {"workers", 0, "256", 256},
    {"losers", CONFIG_LOSERS_CANCEL, "drain", CONFIG_LOSERS_DRAIN},
    {"log", CONFIG_LOG_AUTO, "json", CONFIG_LOG_JSON},
    {"receipt", 0, "60s", 60 * S},
    {"trace", 0, "on", 1},
    {"drain", 10 * S, "0ms", 0},
    {"max-head", 16384, "32K", 32768},
    {"max-target", 8192, "4K", 4096},
    {"max-fields", 100, "256", 256},
    {"max-request-body", 1 << 20, "2M", 2 << 20},
    {"max-upstream-head", 65536, "1M", 1 << 20},
    {"max-body", 8 << 20, "1", 1},
    {"max-buffered", 512 << 20, "64K", 65536},
    {"max-depth", 512, "1", 1},
    {"max-connections", 10000, "5", 5},
    {"max-requests", 4000, "6", 6},
    {"max-attempts", 4000, "7", 7},
    {"max-items", 256, "4096", 4096},
};

static int64_t number_of(const char *name) {
  const struct race_policy *p = &config.defaults.policy;
  const struct {
    const char *name;
    int64_t value;
  } read[] = {
      {"hedges", p->hedges},
      {"stagger", p->stagger_us},
      {"gate", config.defaults.gate},
      {"observe", config.defaults.observe},
      {"learn", config.defaults.learn},
      {"retries", p->retries},
      {"on-failure", p->on_failure},
      {"final", p->final_4xx},
      {"success", config.defaults.success},
      {"errors", config.defaults.errors},
      {"idempotent", config.defaults.idempotent},
      {"observe", config.defaults.observe},
      {"compression", config.defaults.compression},
      {"trace-context", config.defaults.trace_context},
      {"get-body", config.defaults.get_body},
      {"forwarded", config.defaults.forwarded},
      {"rewrite-links", config.defaults.rewrite_links},
      {"balance", config.defaults.balance},
      {"timeout", config.defaults.timeout_us},
      {"max-timeout", config.defaults.max_timeout_us},
      {"attempt-timeout", p->attempt_timeout_us},
      {"stream-idle-timeout", config.defaults.stream_idle_us},
      {"connect-timeout", config.defaults.connect_timeout_us},
      {"upstream-keepalive-timeout", config.defaults.upstream_keepalive_us},
      {"header-timeout", config.header_timeout_us},
      {"keepalive-timeout", config.keepalive_timeout_us},
      {"write-timeout", config.write_timeout_us},
      {"workers", config.workers},
      {"losers", config.defaults.losers},
      {"log", config.log},
      {"receipt", config.receipt_us},
      {"trace", config.trace},
      {"trace-ratio", config.trace_ratio},
      {"drain", config.drain_us},
      {"max-head", config.max_head_bytes},
      {"max-target", config.max_target_bytes},
      {"max-fields", config.max_fields},
      {"max-request-body", config.defaults.max_request_bytes},
      {"max-upstream-head", config.defaults.max_upstream_head_bytes},
      {"max-body", config.defaults.max_body_bytes},
      {"max-buffered", config.max_buffered_bytes},
      {"max-depth", config.defaults.max_depth},
      {"max-connections", config.max_connections},
      {"max-requests", config.max_requests},
      {"max-attempts", config.defaults.max_attempts},
      {"max-items", config.defaults.max_items},
  };
  EACH_ROW (row, read)
    if (strcmp(row->name, name) == 0) return row->value;
  cr_assert(false, "no case reads --%s", name);
  return 0;
}

static void expect_numbers(const char *changed, int64_t value) {
  EACH_ROW (row, numbers) {
    const char *name = row->name;
    const bool is_it = changed != NULL && strcmp(name, changed) == 0;
    const int64_t want = is_it ? value : row->fallback;
    cr_expect_eq(number_of(name), want, "--%s is %lld, not %lld (set: %s)",
                 name, (long long)number_of(name), (long long)want,
                 changed ? changed : "none");
  }
}

static void variable_of(const char *name, char *out) {
  out += sprintf(out, "HEDGEROW_");
  for (; *name != '\0'; name++)
    *out++ = *name == '-'   ? '_'
             : *name >= 'a' ? (char)(*name - 'a' + 'A')
                            : *name;
  *out = '\0';
}

Test(config, nothing_but_a_target_gives_the_defaults) {
  EXPECT_RUN("--to", "https://h");
  expect_numbers(NULL, 0);
  expect_slice("the host", config.listen[0].host, "127.0.0.1");
  cr_expect_eq(config.listen[0].port, 8480, "port %u", config.listen[0].port);
  cr_expect_eq(config.to_count, 1);
  cr_expect_eq(config.all_count, 0);
  cr_expect_eq(config.defaults.user_agent.len, 0);
  cr_expect_eq(config.defaults.header_count + config.defaults.drop_header_count,
               0);
  cr_expect_null(config.defaults.token_file.text);
  cr_expect_null(config.defaults.ca_file.text);
  cr_expect_null(config.log_file.text);
  cr_expect(race_filter_is_all(&config.log_only));
  cr_expect_eq(config.otlp.len, 0);
  cr_expect_null(config.otlp_token.text);
  cr_expect_null(config.otlp_ca.text);
  cr_expect_null(config.token_env);
  cr_expect_str_eq(error, "", "the error is '%s'", error);
}

Test(config, every_number_comes_from_its_flag_and_touches_no_other) {
  EACH_ROW (row, numbers) {
    char apart[64], joined[96];
    sprintf(apart, "--%s", row->name);
    sprintf(joined, "--%s=%s", row->name, row->text);
    EXPECT_RUN(TO, apart, (char *)row->text);
    expect_numbers(row->name, row->value);
    EXPECT_RUN(joined, TO);
    expect_numbers(row->name, row->value);
  }
}

Test(config, every_number_comes_from_its_variable_which_a_flag_beats) {
  EACH_ROW (row, numbers) {
    char name[64], flag[96];
    variable_of(row->name, name);
    sprintf(flag, "--%s=%s", row->name, row->text);
    variables[0] = name;
    variables[1] = row->text;
    EXPECT_RUN(TO);
    expect_numbers(row->name, row->value);
    variables[1] = "";
    EXPECT_RUN(TO);
    expect_numbers(NULL, 0);
    variables[1] = "what a flag beats is not even judged";
    EXPECT_RUN(TO, flag);
    expect_numbers(row->name, row->value);
  }
}

Test(config, these_tests_know_every_option_of_the_table) {
  for (size_t i = 0; i < config_option_count; i++)
    if (config_options[i].kind <= OPTION_SWITCH &&
        config_options[i].scope & SCOPE_FLAG)
      (void)number_of(config_options[i].name);
}

Test(config, every_word_of_a_choice_has_its_meaning) {
  static const struct {
    const char *name, *word;
    int64_t value;
  } words[] = {
      {"on-failure", "next", RACE_NEXT},
      {"on-failure", "all", RACE_ALL},
      {"on-failure", "wait", RACE_WAIT},
      {"final", "none", 0},
      {"final", "4xx", 1},
      {"success", "json", 0},
      {"success", "2xx", 1},
      {"success", "any", 2},
      {"errors", "problem", 0},
      {"errors", "upstream", 1},
      {"compression", "off", 0},
      {"compression", "gzip", 1},
      {"trace-context", "own", 0},
      {"trace-context", "pass", 1},
      {"idempotent", "off", 0},
      {"idempotent", "true", 1},
      {"balance", "first", 0},
      {"balance", "rotate", 1},
      {"balance", "least", 2},
      {"losers", "cancel", CONFIG_LOSERS_CANCEL},
      {"losers", "drain", CONFIG_LOSERS_DRAIN},
      {"log", "auto", CONFIG_LOG_AUTO},
      {"log", "text", CONFIG_LOG_TEXT},
      {"log", "json", CONFIG_LOG_JSON},
      {"log", "off", CONFIG_LOG_OFF},
      {"trace", "off", 0},
      {"trace", "on", 1},
      {"attempt-timeout", "off", 0},
  };
  EACH_ROW (row, words) {
    char flag[64];
    sprintf(flag, "--%s=%s", row->name, row->word);
    EXPECT_RUN(TO, flag);
    cr_expect_eq(number_of(row->name), row->value, "%s is %lld", flag,
                 (long long)number_of(row->name));
  }
}

Test(config, texts_paths_and_the_address_are_borrowed) {
  EXPECT_RUN(TO, "--listen", "[::1]:0", "--user-agent", "Dash/1.0 (x)",
             "--token-file", "t", "--ca-file=c", "--log-file", "l");
  expect_slice("the host", config.listen[0].host, "::1");
  cr_expect_eq(config.listen[0].port, 0);
  expect_slice("the user agent", config.defaults.user_agent, "Dash/1.0 (x)");
  cr_expect_str_eq(config.defaults.token_file.text, "t");
  cr_expect_str_eq(config.defaults.ca_file.text, "c");
  cr_expect_str_eq(config.log_file.text, "l");
}

Test(config, texts_paths_and_the_address_come_from_variables_too) {
  variables[0] = "HEDGEROW_LISTEN", variables[1] = "localhost:1";
  variables[2] = "HEDGEROW_USER_AGENT", variables[3] = "a b";
  variables[4] = "HEDGEROW_TOKEN_FILE", variables[5] = "my file";
  EXPECT_RUN(TO);
  expect_slice("the host", config.listen[0].host, "localhost");
  expect_slice("the user agent", config.defaults.user_agent, "a b");
  cr_expect_str_eq(config.defaults.token_file.text, "my file");
}

Test(config, to_comes_before_all_in_whatever_order_they_were_given) {
  EXPECT_RUN("--all", "https://a1", "--to", "https://t1", "--all", "https://a2",
             "--to", "https://t2");
  cr_expect_eq(config.to_count, 2, "%u", config.to_count);
  cr_expect_eq(config.all_count, 2, "%u", config.all_count);
  static const char *const want[] = {"t1", "t2", "a1", "a2"};
  for (size_t i = 0; i < COUNT(want); i++)
    expect_slice("a host", config.targets[i].host, want[i]);
}

Test(config, all_alone_is_enough) {
  EXPECT_RUN("--all", "https://a");
  cr_expect_eq(config.all_count, 1);
}

Test(config, headers_keep_their_order_and_lose_white_space_around) {
  EXPECT_RUN(TO, "--header", "X-Key:  a b\t", "--header=Cookie: c=d:e",
             "--drop-header", "Cookie", "--drop-header", "X-A");
  cr_expect_eq(config.defaults.header_count, 2, "%u",
               config.defaults.header_count);
  expect_slice("a name", config.defaults.headers[0].name, "X-Key");
  expect_slice("a value", config.defaults.headers[0].value, "a b");
  expect_slice("a name", config.defaults.headers[1].name, "Cookie");
  expect_slice("a value", config.defaults.headers[1].value, "c=d:e");
  cr_expect_eq(config.defaults.drop_header_count, 2, "%u",
               config.defaults.drop_header_count);
  expect_slice("a name", config.defaults.drop_headers[1], "X-A");
}

Test(config, lists_come_apart_in_variables) {
  variables[0] = "HEDGEROW_TO", variables[1] = " https://a\thttps://b\n";
  variables[2] = "HEDGEROW_HEADER", variables[3] = "\nA: b c\r\n\nD: e\n";
  variables[4] = "HEDGEROW_DROP_HEADER", variables[5] = "X Y";
  EXPECT_RUN("--all", "https://c");
  cr_expect_eq(config.to_count, 2, "%u", config.to_count);
  expect_slice("a host", config.targets[1].host, "b");
  expect_slice("a host", config.targets[2].host, "c");
  cr_expect_eq(config.defaults.header_count, 2, "%u",
               config.defaults.header_count);
  expect_slice("a value", config.defaults.headers[0].value, "b c");
  expect_slice("a name", config.defaults.headers[1].name, "D");
  expect_slice("a name", config.defaults.drop_headers[1], "Y");
}

Test(config, a_repeatable_flag_replaces_the_whole_list_of_its_variable) {
  variables[0] = "HEDGEROW_TO", variables[1] = "https://a https://b";
  EXPECT_RUN("--to", "https://c");
  cr_expect_eq(config.to_count, 1, "%u", config.to_count);
  expect_slice("the host", config.targets[0].host, "c");
}

Test(config, help_and_version_are_asked_for_at_once) {
  variables[0] = "HEDGEROW_TIMEOUT", variables[1] = "broken";
  cr_expect_eq(PARSE("--help"), CONFIG_HELP);
  cr_expect_eq(PARSE("--hedges", "3", "-h", "nonsense"), CONFIG_HELP);
  cr_expect_eq(PARSE("--version"), CONFIG_VERSION);
  cr_expect_eq(PARSE("-V"), CONFIG_VERSION);
}

Test(config, what_only_shows_the_configuration_is_told) {
  cr_expect_eq(PARSE("--schema"), CONFIG_SCHEMA);
  EXPECT_RUN(TO, "--check");
  cr_expect(config.check && !config.dump);
  EXPECT_RUN(TO, "--dump-config");
  cr_expect(config.dump && !config.check);
}

Test(config, the_admin_listener_is_off_until_it_has_an_address) {
  EXPECT_RUN(TO);
  cr_expect_eq(config.admin.host.len, 0);
  EXPECT_RUN(TO, "--admin", "localhost:8481");
  expect_slice("the host", config.admin.host, "localhost");
  cr_expect_eq(config.admin.port, 8481);
  EXPECT_RUN(TO, "--admin", "off");
  cr_expect_eq(config.admin.host.len, 0);
}

Test(config, a_mock_on_this_machine_may_be_named) {
  EXPECT_RUN(TO);
  cr_expect_eq(config.admin_mock.len, 0);
  EXPECT_RUN(TO, "--admin-mock", "http://127.0.0.1:9001");
  expect_slice("the mock", config.admin_mock, "http://127.0.0.1:9001");
  EXPECT_RUN(TO, "--admin-mock", "off");
  cr_expect_eq(config.admin_mock.len, 0);
}

Test(config, a_list_has_an_end) {
  static const struct {
    const char *flag, *value, *error;
    int max;
  } lists[] = {
      {"--listen", "127.0.0.1:1", "--listen: more than 16 of them are too many",
       16},
      {"--cors", "http://h", "--cors: more than 16 of them are too many", 16},
      {"--trusted", "::1", "--trusted: more than 16 of them are too many", 16},
      {"--success-if", "/a", "--success-if: more than 16 of them are too many",
       16},
      {"--fail-if", "/a", "--fail-if: more than 16 of them are too many", 16},
  };
  EACH_ROW (row, lists) {
    char *argv[64] = {"hedgerow", TO};
    for (int n = 0; n <= row->max; n++) {
      argv[2 + 2 * n] = (char *)row->flag;
      argv[3 + 2 * n] = (char *)row->value;
    }
    cr_expect_eq(parse_all(argv), CONFIG_ERROR);
    cr_expect_str_eq(error, row->error);
  }
}

Test(config, the_variable_of_the_token_is_borrowed) {
  variables[0] = "HEDGEROW_TOKEN", variables[1] = "abc.DEF-_~+/==";
  EXPECT_RUN(TO);
  cr_expect_eq(config.token_env, variables[1]);
  variables[1] = "";
  EXPECT_RUN(TO);
  cr_expect_null(config.token_env);
}

Test(config, a_bad_token_is_refused_and_not_shown) {
  static const char *const bad[] = {"s3 cret", "s3cret\n", "\x01s3cret",
                                    "s3cret\x7f", "s3cret\xc3\xa9"};
  EACH_ROW (row, bad) {
    variables[0] = "HEDGEROW_TOKEN", variables[1] = *row;
    EXPECT_ERROR("HEDGEROW_TOKEN: a token is visible ASCII without spaces or "
                 "line ends",
                 TO);
  }
}

Test(config, a_value_of_the_wrong_kind_says_what_was_expected) {
  EXPECT_ERROR("--hedge-after: \"300\" is no duration and no percentile: write "
               "300ms, p95 or p95:20ms..2s",
               TO, "--hedge-after", "300");
  EXPECT_ERROR("--stagger: \"300\" is no duration: write it with a unit, such "
               "as 300ms, 10s or 2m, or auto",
               TO, "--stagger", "300");
  EXPECT_ERROR("--attempt-timeout: \"on\" is no duration: write it with a "
               "unit, such as 300ms, 10s or 2m, or off",
               TO, "--attempt-timeout=on");
  EXPECT_ERROR("--max-body: \"1G\" is no size: write bytes, K or M, such as "
               "512, 16K or 8M",
               TO, "--max-body", "1G");
  EXPECT_ERROR("--hedges: \"two\" is no whole number", TO, "--hedges", "two");
  EXPECT_ERROR("--hedges: \"-1\" is no whole number", TO, "--hedges", "-1");
  EXPECT_ERROR("--hedges: \"\" is no whole number", TO, "--hedges=");
  EXPECT_ERROR("--on-failure: \"never\" is none of next|all|wait", TO,
               "--on-failure", "never");
  EXPECT_ERROR("--final: \"none|4xx\" is none of none|4xx", TO, "--final",
               "none|4xx");
  EXPECT_ERROR("--log: \"\" is none of auto|text|json|off", TO, "--log", "");
  EXPECT_ERROR("--listen: \"8480\": write it as HOST:PORT, such as "
               "127.0.0.1:8480",
               TO, "--listen", "8480");
  EXPECT_ERROR("--admin: \"here\": write it as HOST:PORT, such as "
               "127.0.0.1:8481, as unix:/PATH, or off",
               TO, "--admin", "here");
  EXPECT_ERROR("--admin: [::]:1 may be reached from other machines: name a "
               "token's file (--admin-token-file), or write 127.0.0.1:PORT, "
               "unix:/PATH or off",
               TO, "--admin", "[::]:1");
  EXPECT_ERROR("--admin-mock: \"http://a.example\": write "
               "http://127.0.0.1:PORT, or off",
               TO, "--admin-mock", "http://a.example");
  EXPECT_ERROR("--ca-file: the name of a file is missing", TO, "--ca-file=");
}

Test(config, the_same_error_names_the_variable_it_came_from) {
  variables[0] = "HEDGEROW_MAX_BODY", variables[1] = "8m";
  EXPECT_ERROR("HEDGEROW_MAX_BODY: \"8m\" is no size: write bytes, K or M, "
               "such as 512, 16K or 8M",
               TO);
}

Test(config, every_number_out_of_range_names_the_range) {
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *o = &config_options[i];
    if (o->kind > OPTION_COUNT) continue;
    char flag[128], want[256];
    const char *unit = o->kind == OPTION_DURATION ? "m" : "";
    sprintf(flag, "--%s=99999999999999999999%s", o->name, unit);
    sprintf(want,
            "--%s: \"99999999999999999999%s\" is out of range: %s to %s%s",
            o->name, unit, o->min, o->max,
            !o->word             ? ""
            : o->word_number < 0 ? ", or auto"
                                 : ", or off");
    EXPECT_ERROR(want, TO, flag);
    sprintf(flag, "--%s=%s", o->name, o->max);
    const bool is_twice = strcmp(o->name, "max-timeout") == 0;
    const bool is_beside_hedges = strcmp(o->name, "retries") == 0;
    cr_expect_eq(PARSE(TO, "--max-timeout=60m", flag),
                 is_twice || is_beside_hedges ? CONFIG_ERROR : CONFIG_RUN,
                 "%s: %s", flag, error);
  }
  EXPECT_ERROR("--hedges: \"16\" is out of range: 0 to 15", TO, "--hedges=16");
  EXPECT_ERROR("--timeout: \"0ms\" is out of range: 1ms to 60m", TO,
               "--timeout=0ms");
}

Test(config, an_unknown_flag_is_named_with_the_nearest_one) {
  EXPECT_ERROR("--hedgeafter: unknown option; did you mean --hedge-after?", TO,
               "--hedgeafter", "1s");
  EXPECT_ERROR("--frobnicate: unknown option; hedgerow --help lists what there "
               "is",
               "--frobnicate");
  EXPECT_ERROR("-x: unknown option; hedgerow --help lists what there is", "-x");
  EXPECT_ERROR("--: unknown option; hedgerow --help lists what there is", "--");
}

Test(config, an_unknown_flag_is_named_without_its_value) {
  EXPECT_ERROR("--tokne-file: unknown option; did you mean --token-file?", TO,
               "--tokne-file=s3cret");
  EXPECT_ERROR("--header: unknown option; did you mean --header?", TO,
               "--header:s3cret");
  EXPECT_ERROR("-H: unknown option; hedgerow --help lists what there is", TO,
               "-HAuthorization: s3cret");
}

Test(config, a_missing_value_is_said) {
  EXPECT_ERROR("--to: its value is missing: write --to URL", "--to");
  EXPECT_ERROR("--timeout: its value is missing: write --timeout TIME",
               "--timeout", "--to", "https://h");
  EXPECT_ERROR("--help: it takes no value", "--help=yes");
}

Test(config, only_lists_may_be_given_twice) {
  EXPECT_ERROR("--hedges: it is given twice", TO, "--hedges", "1",
               "--hedges=1");
  EXPECT_ERROR("--ca-file: it is given twice", TO, "--ca-file=a",
               "--ca-file=b");
}

Test(config, no_upstream_at_all_is_an_error) {
  cr_expect_eq(parse_all((char *[]){"hedgerow", NULL}), CONFIG_ERROR);
  cr_expect_str_eq(error,
                   "no upstream is named: write --to URL (or --all URL, or "
                   "--config FILE); see hedgerow --help",
                   "got %s", error);
}

Test(config, a_url_with_a_user_names_the_flag_that_has_the_token) {
#define FAULT "user names and passwords do not belong in a URL: use "
  EXPECT_ERROR("--to: \"[redacted]@h\": " FAULT "--token-file",
               "--to=http://u:p@h");
  EXPECT_ERROR("--otlp: \"[redacted]@h\": " FAULT "--otlp-token-file", TO,
               "--otlp=http://u:p@h");
#undef FAULT
}

Test(config, what_stands_alone_belongs_to_no_option) {
  EXPECT_ERROR("\"serve\" belongs to no option; see hedgerow --help", "serve");
  EXPECT_ERROR("\"-\" belongs to no option; see hedgerow --help", TO, "-");
  EXPECT_ERROR("\"\" belongs to no option; see hedgerow --help", TO, "");
  EXPECT_ERROR("\"https://h/v1?[redacted]\" belongs to no option: write --to "
               "in front of it",
               "https://h/v1?key=s3cret");
}

Test(config, a_header_without_quotes_does_not_give_its_value_away) {
  EXPECT_ERROR("--header: X-Key has no value: quote both together, 'NAME: "
               "VALUE'",
               TO, "--header", "X-Key:", "s3cret");
  EXPECT_ERROR("an argument behind --header belongs to no option: quote 'NAME: "
               "VALUE' as one word",
               TO, "--header", "X-Key:Basic", "s3cret");
}

Test(config, more_than_64_of_a_list_are_too_many) {
  static char *argv[2 + CONFIG_TARGETS_MAX + 1 + 1];
  static const struct {
    char *item, *want;
  } lists[] = {
      {TO, "--to: more than 64 URLs are too many (--to and --all together)"},
      {"--header=A: b", "--header: more than 64 of them are too many"},
      {"--drop-header=A", "--drop-header: more than 64 of them are too many"},
  };
  for (size_t i = 0; i < COUNT(lists); i++) {
    memset(argv, 0, sizeof argv);
    argv[0] = "hedgerow";
    for (int n = 1; n <= CONFIG_TARGETS_MAX; n++) argv[n] = lists[i].item;
    argv[CONFIG_TARGETS_MAX + 1] = i == 0 ? NULL : TO;
    cr_expect_eq(parse_all(argv), CONFIG_RUN, "%s: %s", lists[i].item, error);
    argv[CONFIG_TARGETS_MAX + 1] = lists[i].item;
    cr_expect_eq(parse_all(argv), CONFIG_ERROR, "%s", lists[i].item);
    cr_expect_str_eq(error, lists[i].want, "got %s", error);
  }
}

Test(config, a_bad_url_is_shown_without_what_may_be_secret) {
  EACH_WORD (text, "https://user:s3cret@h/|user:s3cret@h|"
                   "https://us?er:s3cret@h/ v1|ftp://h/?key=s3cret|"
                   "https://h/#s3cret|https://h:0/?a=1&key=s3cret|"
                   "https://u:s3cret@h?key=s3cret|https://h/a b?s3cret|"
                   "ftp://h/?key=me@s3cret|https://h/#me@s3cret") {
    cr_expect_eq(PARSE("--to", (char *)text), CONFIG_ERROR, "%s", text);
    cr_expect(strncmp(error, "--to: \"", 7) == 0, "got %s", error);
    words_expect(error, "\": ");
    expect_secret_kept("s3cret");
  }
}

Test(config, an_error_is_one_sane_line_whatever_the_value) {
  char value[400];
  memset(value, 'x', sizeof value);
  value[0] = '\n', value[1] = '\x1b', value[2] = (char)0xff;
  value[sizeof value - 1] = '\0';
  cr_expect_eq(PARSE(TO, "--log", value), CONFIG_ERROR);
  cr_expect(strncmp(error, "--log: \"\\x0a\\x1b\\xffxxx", 22) == 0, "got %s",
            error);
  words_expect(error, "xxx...\" is none of");
  cr_expect_lt(strlen(error), 200, "got %s", error);
}

Test(config, an_error_fits_any_buffer) {
  for (size_t cap = 1; cap < 120; cap++) {
    char small[121];
    memset(small, '#', sizeof small);
    char *argv[] = {"hedgerow", "--hedge-after", "300", NULL};
    cr_expect_eq(config_parse(&config, 3, argv, env, small, cap), CONFIG_ERROR);
    cr_expect_lt(strnlen(small, sizeof small), cap, "cap %zu", cap);
    cr_expect_eq(small[cap], '#', "cap %zu", cap);
  }
}

Test(config, a_header_that_is_hedgerows_own_is_refused_with_advice) {
  static const struct {
    const char *name, *word;
  } owned[] = {
      {"Host", "target's URL"},
      {"host", "target's URL"},
      {"Content-Length", "hedgerow's to write"},
      {"Transfer-Encoding", "one connection"},
      {"Connection", "one connection"},
      {"Keep-Alive", "one connection"},
      {"TE", "one connection"},
      {"Upgrade", "one connection"},
      {"Proxy-Authorization", "one connection"},
      {"Authorization", "--token-file"},
      {"AUTHORIZATION", "--token-file"},
      {"Hedge-Attempt", "hedgerow's to write"},
      {"Via", "hedgerow's to write"},
      {"X-Request-ID", "hedgerow's to write"},
      {"User-Agent", "--user-agent"},
      {"Expect", "never sent"},
      {"Range", "whole JSON"},
      {"Accept-Encoding", "--compression gzip"},
      {"If-None-Match", "whole JSON"},
  };
  EACH_ROW (row, owned) {
    char header[64];
    sprintf(header, "%s: s3cret", row->name);
    cr_expect_eq(PARSE(TO, "--header", header), CONFIG_ERROR, "%s", header);
    cr_expect(strstr(error, row->name) && strstr(error, row->word),
              "%s: got %s", header, error);
    expect_secret_kept("s3cret");
  }
}

Test(config, a_malformed_header_is_refused_and_not_shown) {
  static const struct {
    const char *header, *word;
  } bad[] = {
      {"s3cret", "a colon is missing"},
      {"", "a colon is missing"},
      {": s3cret", "no name of a field"},
      {"s3cret : a", "no name of a field"},
      {"X Y: s3cret", "no name of a field"},
      {"X\r\nY: s3cret", "no name of a field"},
      {"X-Key: s3cret\r\nHost: evil", "X-Key has a value with control bytes"},
      {"X-Key: s3cret\x7f", "X-Key has a value with control bytes"},
      {"X-Key:", "X-Key has no value"},
      {"X-Key: \t ", "X-Key has no value"},
  };
  EACH_ROW (row, bad) {
    cr_expect_eq(PARSE(TO, "--header", (char *)row->header), CONFIG_ERROR, "%s",
                 row->header);
    words_expect(error, row->word);
    expect_secret_kept("s3cret");
  }
}

Test(config, fields_and_names_without_sense_are_refused) {
  EXPECT_ERROR("--user-agent: a field cannot hold control bytes", TO,
               "--user-agent", "a\r\nHost: evil");
  EXPECT_ERROR("--drop-header: write the name of a field alone (letters, "
               "digits, '-')",
               TO, "--drop-header", "X-Key: s3cret");
}

Test(config, a_timeout_above_its_maximum_is_an_error) {
  EXPECT_ERROR("--timeout: 90s is longer than --max-timeout 1m: lower the one "
               "or raise the other",
               TO, "--timeout", "90s");
  EXPECT_ERROR("--timeout: 10s is longer than --max-timeout 1500ms: lower the "
               "one or raise the other",
               TO, "--max-timeout", "1500ms");
  EXPECT_RUN(TO, "--timeout", "60s");
}

Test(config, a_backoff_is_one_time_or_two) {
  const struct race_backoff *backoff = &config.defaults.policy.backoff;
  EXPECT_RUN(TO);
  cr_expect(backoff->first_us == 25000 && backoff->most_us == 250000);
  EXPECT_RUN(TO, "--backoff", "10ms..1s");
  cr_expect(backoff->first_us == 10000 && backoff->most_us == S);
  EXPECT_RUN(TO, "--backoff=60m");
  cr_expect(backoff->first_us == 3600 * S && backoff->most_us == 3600 * S);
  EXPECT_RUN(TO, "--backoff=0ms");
  cr_expect(backoff->first_us == 0 && backoff->most_us == 0);
}

Test(config, a_bad_backoff_says_what_was_expected) {
  EXPECT_ERROR("--backoff: \"25..250\" is neither a duration nor two of them: "
               "write 25ms..250ms, or 50ms for both",
               TO, "--backoff", "25..250");
  EXPECT_ERROR("--backoff: \"1s..1ms\" begins with the longer one", TO,
               "--backoff", "1s..1ms");
  EXPECT_ERROR("--backoff: \"1s..61m\" is out of range: 0ms to 60m", TO,
               "--backoff", "1s..61m");
}

Test(config, hedges_and_retries_share_the_attempts_of_a_race) {
  EXPECT_RUN(TO, "--retries", "13");
  EXPECT_RUN(TO, "--retries", "15", "--hedges", "0");
  EXPECT_ERROR("--retries: 14 and --hedges 2 are more than 15 together: lower "
               "one of them",
               TO, "--retries", "14");
}

Test(config, rules_stand_in_their_own_lists) {
  EXPECT_RUN(TO, "--success-if", "/a == 1", "--fail-if", "/b", "--success-if",
             "/c");
  cr_assert_eq(config.defaults.success_if_count, 2);
  cr_assert_eq(config.defaults.fail_if_count, 1);
  expect_slice("a rule", config.defaults.success_if[0], "/a == 1");
  expect_slice("a rule", config.defaults.success_if[1], "/c");
  expect_slice("a rule", config.defaults.fail_if[0], "/b");
}

Test(config, rules_of_a_variable_stand_on_lines) {
  variables[0] = "HEDGEROW_FAIL_IF", variables[1] = "/a == \"b c\"\n/d\n";
  EXPECT_RUN(TO);
  cr_assert_eq(config.defaults.fail_if_count, 2);
  expect_slice("a rule", config.defaults.fail_if[0], "/a == \"b c\"");
  expect_slice("a rule", config.defaults.fail_if[1], "/d");
}

Test(config, a_bad_rule_is_shown_with_the_column_of_its_fault) {
  EXPECT_ERROR("--success-if: \"/a = 1\": column 4: behind the pointer stands "
               "nothing, or ==, !=, <, <=, > or >=",
               TO, "--success-if", "/a = 1");
  EXPECT_ERROR("--fail-if: \"error\": column 1: a pointer begins with '/'", TO,
               "--fail-if", "error");
}

Test(config, rules_need_json) {
  EXPECT_ERROR("--success-if and --fail-if read JSON: they need --success json",
               TO, "--success", "2xx", "--fail-if", "/error");
}
