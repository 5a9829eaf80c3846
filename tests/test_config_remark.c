/* Tests of config/config_remark: what is said at start. */
#include "config/config.h"

#include <criterion/criterion.h>

static const char *token;

static const char *env(const char *name) {
  return strcmp(name, "HEDGEROW_TOKEN") == 0 ? token : NULL;
}

/* The remarks on a command line of words apart by spaces, joined by " | ". */
static const char *remarks(const char *line) {
  static struct config config;
  static char words[512], all[1024];
  char *argv[32] = {"hedgerow"}, error[256], one[256];
  int argc = 1;
  strcpy(words, line);
  for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
    argv[argc++] = w;
  cr_assert_eq(config_parse(&config, argc, argv, env, error, sizeof error),
               CONFIG_RUN, "%s: %s", line, error);
  all[0] = '\0';
  for (unsigned n = 0; config_remark(&config, n, one, sizeof one); n++) {
    strcat(all, n > 0 ? " | " : "");
    strcat(all, one);
  }
  return all;
}

static void expect(const char *line, const char *want) {
  const char *got = remarks(line);
  cr_expect_str_eq(got, want, "%s:\n  got  '%s'\n  not  '%s'", line, got, want);
}

Test(config_remark, the_defaults_bring_none) {
  expect("--to https://h", "");
  expect("--all http://h/x", "");
}

#define REMARKS(name, line, want)                                              \
  Test(config_remark, name) { expect(line, want); }

REMARKS(hedges_0_never_hedges, "--to https://h --hedges 0 --hedge-after 20s",
        "--hedges 0: /smart asks once and never hedges")

Test(config_remark, hedge_after_the_deadline_is_too_late) {
  expect("--to https://h --hedge-after 9999ms", "");
  expect(
      "--to https://h --hedge-after 10s",
      "--hedge-after 10s is not below --timeout 10s: a slow primary is never "
      "hedged, only a failed one");
  expect("--to https://h --hedge-after 2s --timeout 1500ms --on-failure wait",
         "--hedge-after 2s is not below --timeout 1500ms: no hedge can start "
         "before the deadline");
}

Test(config_remark, a_long_stagger_leaves_hedges_out) {
  expect("--to https://h --stagger 9699ms", "");
  expect("--to https://h --stagger 9700ms",
         "--stagger 9700ms: only 1 of --hedges 2 can come due before --timeout "
         "10s");
  expect("--to https://h --hedges 15 --stagger 1s",
         "--stagger 1s: only 10 of --hedges 15 can come due before --timeout "
         "10s");
  expect("--to https://h --hedges 1 --stagger 60s", "");
}

Test(config_remark, an_attempt_timeout_behind_the_deadline_is_idle) {
  expect("--to https://h --attempt-timeout 9s", "");
  expect("--to https://h --attempt-timeout 10s",
         "--attempt-timeout 10s has no effect: --timeout 10s ends the race "
         "first");
}

Test(config_remark, a_token_in_clear_text_names_the_target_without_its_query) {
  token = "s3cret";
  expect("--to https://h --all http://127.0.0.1:80/a --to http://[::1]/ "
         "--to http://LOCALHOST",
         "");
  expect("--to https://h --all http://api.example/v1?key=K",
         "the token travels in clear text to "
         "http://api.example/v1?[redacted]: use https://");
  token = NULL;
  expect("--to http://api.example", "");
  expect("--to http://api.example --token-file t",
         "the token travels in clear text to http://api.example: use https://");
}

REMARKS(a_name_that_only_begins_like_loopback_is_not_loopback,
        "--to http://127.evil.example --token-file t",
        "the token travels in clear text to http://127.evil.example: use "
        "https://")

Test(config_remark, a_second_token_is_not_used) {
  token = "s3cret";
  expect("--to https://h --token-file t",
         "HEDGEROW_TOKEN is not used: --token-file goes before it");
}

Test(config_remark, a_log_file_without_a_log_is_not_used) {
  expect("--to https://h --log-file f", "");
  expect("--to https://h --log-file f --log off",
         "--log-file is not used: --log off writes nothing");
}

Test(config_remark, a_choice_of_lines_without_a_log_is_not_used) {
  expect("--to https://h --log-only failed", "");
  expect("--to https://h --log-only failed --log off",
         "--log-only is not used: --log off writes nothing");
}

Test(config_remark, the_token_of_a_collector_wants_one_and_tls) {
  expect("--to https://h --otlp https://c --otlp-token-file f", "");
  expect("--to https://h --otlp http://127.0.0.1:4318 --otlp-token-file f", "");
  expect("--to https://h --otlp-token-file f",
         "--otlp-token-file is not used: --otlp off sends no spans");
  expect("--to https://h --otlp-ca-file f",
         "--otlp-ca-file is not used: --otlp off sends no spans");
  expect("--to https://h --otlp http://c:4318 --otlp-token-file f",
         "the token of --otlp-token-file travels in clear text to "
         "http://c:4318: use https://");
}

Test(config_remark, what_goes_with_admin_is_not_used_without_it) {
  expect("--to https://h --admin 127.0.0.1:1 --admin-token-file f "
         "--admin-mock http://127.0.0.1:2",
         "");
  expect("--to https://h --admin-mock http://127.0.0.1:2",
         "--admin-mock is not used: --admin off listens nowhere");
  expect("--to https://h --admin-token-file f",
         "--admin-token-file is not used: --admin off listens nowhere");
}

Test(config_remark, what_goes_with_otlp_is_not_used_without_it) {
  expect("--to https://h --otlp http://127.0.0.1:1 --otlp-token-file f "
         "--trace-ratio 0.1",
         "");
  expect("--to https://h --trace-ratio 0.1",
         "--trace-ratio is not used: --otlp off sends no spans");
  expect("--to https://h --otlp-token-file f",
         "--otlp-token-file is not used: --otlp off sends no spans");
}

REMARKS(a_body_larger_than_the_budget_never_fits,
        "--to https://h --max-buffered 1M",
        "--max-body is larger than --max-buffered: a body of that size can "
        "never be held")
REMARKS(several_are_counted_through,
        "--to https://h --hedges 0 --attempt-timeout 1m",
        "--hedges 0: /smart asks once and never hedges | --attempt-timeout 1m "
        "has no effect: --timeout 10s ends the race first")

/* The remarks on an environment, each in a line of its own. */
static const char *variable_remarks(char **environment) {
  static char all[1024];
  char one[256];
  all[0] = '\0';
  for (unsigned n = 0; config_remark_variable(environment, n, one, sizeof one);
       n++) {
    strcat(all, n > 0 ? " | " : "");
    strcat(all, one);
  }
  return all;
}

#define EXPECT_VARIABLES(want, ...)                                            \
  cr_expect_str_eq(variable_remarks((char *[]){__VA_ARGS__, NULL}), want,      \
                   "got '%s'",                                                 \
                   variable_remarks((char *[]){__VA_ARGS__, NULL}))

Test(config_variables, those_that_mean_something_bring_no_remark) {
  EXPECT_VARIABLES("", "HEDGEROW_TO=http://h", "HEDGEROW_HEDGE_AFTER=1s",
                   "HEDGEROW_TOKEN=", "HEDGEROW_MAX_BODY=1M", "PATH=/bin",
                   "HEDGEROWS=1", "HEDGEROW=1");
}

Test(config_variables, an_unknown_one_is_told_with_the_nearest_and_no_value) {
  EXPECT_VARIABLES("HEDGEROW_HEDGEAFTER is no variable of hedgerow's; did you "
                   "mean HEDGEROW_HEDGE_AFTER?",
                   "HEDGEROW_HEDGEAFTER=s3cret");
  EXPECT_VARIABLES("HEDGEROW_hedges is no variable of hedgerow's; did you mean "
                   "HEDGEROW_HEDGES?",
                   "HEDGEROW_hedges=s3cret");
  EXPECT_VARIABLES("HEDGEROW_TOKNE is no variable of hedgerow's; did you mean "
                   "HEDGEROW_TOKEN?",
                   "HEDGEROW_TOKNE=s3cret");
}

Test(config_variables, one_that_is_near_to_none_is_told_all_the_same) {
  EXPECT_VARIABLES("HEDGEROW_SERVICE_HOST is no variable of hedgerow's; see "
                   "hedgerow --help",
                   "HEDGEROW_SERVICE_HOST=192.0.2.1");
  EXPECT_VARIABLES("HEDGEROW_ is no variable of hedgerow's; see hedgerow "
                   "--help",
                   "HEDGEROW_=1");
}

/* These two have flags, and no variables. */
Test(config_variables, help_and_version_cannot_come_from_one) {
  EXPECT_VARIABLES("HEDGEROW_HELP is no variable of hedgerow's; see hedgerow "
                   "--help | HEDGEROW_VERSION is no variable of hedgerow's; "
                   "see hedgerow --help",
                   "HEDGEROW_HELP=1", "HEDGEROW_TO=http://h",
                   "HEDGEROW_VERSION=1");
}

Test(config_variables, a_name_is_shown_up_to_what_would_break_the_line) {
  EXPECT_VARIABLES("HEDGEROW_ODD is no variable of hedgerow's; see hedgerow "
                   "--help",
                   "HEDGEROW_ODD\nLINE=1");
}

REMARKS(observe_starts_no_hedge, "--to https://h --observe on",
        "--observe on: no hedge and no retry is started")
