/* The configuration from a file: what it may say, every error with its line,
 * and that flags, variables and files mean the same. */
#include "config/config_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config_options.h"
#include "core/http_method.h"
#include "support/rows.h"
#include "support/words.h"

enum { PAGE_BYTES = 128 * 1024 };

static struct config config;
static char lines[PAGE_BYTES]; /* that were told, each with its end */
static char page[PAGE_BYTES];
static const char *directory; /* CREDENTIALS_DIRECTORY */
static const char *hedges;    /* HEDGEROW_HEDGES */
static const char *to;        /* HEDGEROW_TO */
static const char *token;     /* HEDGEROW_TOKEN */

static void clear(void) { config_clear(&config); }

TestSuite(config_file, .fini = clear);

static const char *env(const char *name) {
  if (strcmp(name, "CREDENTIALS_DIRECTORY") == 0) return directory;
  if (strcmp(name, "HEDGEROW_TO") == 0) return to;
  if (strcmp(name, "HEDGEROW_TOKEN") == 0) return token;
  return strcmp(name, "HEDGEROW_HEDGES") == 0 ? hedges : NULL;
}

static void on_line(void *arg, const char *line) {
  (void)arg;
  strcat(strcat(lines, line), "\n");
}

static bool read_words(const char *text, int argc, char **argv) {
  const struct config_words words = {argc, argv, env};
  const struct config_source source = {"etc/h.yaml", slice_of("/etc/"),
                                       slice_of(text), &words};
  lines[0] = '\0';
  config_clear(&config);
  return config_read_file(&config, &source, on_line, NULL);
}

static bool read_text(const char *text) {
  char *argv[] = {"hedgerow", "--config", "etc/h.yaml", NULL};
  return read_words(text, 3, argv);
}

static void expect_good(const char *text) {
  cr_assert(read_text(text), "%s\n%s", text, lines);
  cr_expect_str_eq(lines, "");
}

/* What is told, without the name of the file. */
static void expect_errors(const char *text, const char *want) {
  char got[PAGE_BYTES] = "";
  static const char name[] = "etc/h.yaml: ";
  cr_expect(!read_text(text), "accepted: %s", text);
  for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
    cr_assert_eq(strncmp(line, name, sizeof name - 1), 0, "%s", line);
    strcat(strcat(got, line + sizeof name - 1), "\n");
  }
  cr_expect_str_eq(got, want, "%s\n  got  %s  not  %s", text, got, want);
}

#define UPSTREAMS "upstreams: {a: {targets: [http://h]}}\n"
#define ROUTES "routes: [{path: /a, upstream: a}]\n"

static void put(void *arg, const char *piece) {
  (void)arg;
  cr_assert_lt(strlen(page) + strlen(piece), sizeof page);
  strcat(page, piece);
}

static const char *dump(void) {
  page[0] = '\0';
  config_dump(&config, "/home/me/", put, NULL);
  return page;
}

/* ---- what it may say ---- */

Test(config_file, upstreams_and_routes_come_in_the_order_of_the_file) {
  expect_good("upstreams:\n"
              "  users:\n"
              "    targets:\n"
              "      - {url: 'https://eu.example.com/v1', headers: {X-R: eu}}\n"
              "      - https://us.example.com/v1\n"
              "    balance: rotate\n"
              "    max_attempts: 500\n"
              "  other: {targets: [http://o]}\n"
              "routes:\n"
              "  - {path: /users, upstream: users, strip_prefix: true,\n"
              "     hedges: 1, final: 4xx, timeout: 5s}\n"
              "  - {path: /, upstream: other, methods: [GET, POST],\n"
              "     success: any, timeout_param: off}\n");
  cr_assert_eq(config.upstream_count, 2);
  const struct config_upstream *users = &config.upstreams[0];
  words_expect_slice(users->name, "users");
  cr_assert_eq(users->target_count, 2);
  words_expect_slice(users->targets[0].url.host, "eu.example.com");
  cr_expect_eq(users->targets[0].rules.header_count, 1);
  words_expect_slice(users->targets[0].rules.headers[0].value, "eu");
  words_expect_slice(users->targets[1].url.host, "us.example.com");
  cr_expect_eq(users->targets[1].rules.header_count, 0);
  cr_expect_eq(users->rules.max_attempts, 500);
  cr_expect_eq(config.upstreams[1].rules.max_attempts, 4000);
  cr_assert_eq(config.route_count, 2);
  const struct config_route *route = config.routes;
  words_expect_slice(route->path, "/users");
  cr_expect(route->upstream == users && route->kind == ROUTE_SMART);
  cr_expect(route->rules.strip_prefix && route->rules.policy.final_4xx);
  cr_expect_eq(route->rules.policy.hedges, 1);
  cr_expect_eq(route->rules.timeout_us, 5000000);
  cr_expect_eq(route->rules.methods, HTTP_METHODS_ANY);
  route++;
  cr_expect_eq(route->rules.methods,
               1u << HTTP_GET | 1u << HTTP_HEAD | 1u << HTTP_POST);
  cr_expect_eq(route->rules.timeout_param.len, 0);
  cr_expect_eq(route->rules.policy.hedges, 2);
}

Test(config_file, what_is_said_nearer_goes_before_what_is_said_further_away) {
  expect_good("defaults: {timeout: 5s, max_body: 1M, headers: {A: b}}\n"
              "upstreams:\n"
              "  a: {targets: [http://h], max_body: 2M}\n"
              "  b: {targets: [http://h]}\n"
              "routes:\n"
              "  - {path: /a, upstream: a, timeout: 1s, headers: {C: d}}\n"
              "  - {path: /b, upstream: b}\n");
  cr_expect_eq(config.upstreams[0].rules.max_body_bytes, 2 << 20);
  cr_expect_eq(config.upstreams[1].rules.max_body_bytes, 1 << 20);
  cr_expect_eq(config.routes[0].rules.timeout_us, 1000000);
  words_expect_slice(config.routes[0].rules.headers[0].name, "C");
  cr_expect_eq(config.routes[0].rules.header_count, 1);
  cr_expect_eq(config.routes[1].rules.timeout_us, 5000000);
  words_expect_slice(config.routes[1].rules.headers[0].name, "A");
  cr_expect_eq(config.upstreams[0].targets[0].rules.header_count, 0);
}

Test(config_file, a_flag_goes_before_defaults_and_a_route_before_a_flag) {
  char *argv[] = {"hedgerow", "--config", "etc/h.yaml",  "--timeout",
                  "2s",       "--listen", "127.0.0.1:1", NULL};
  hedges = "7";
  cr_assert(read_words("listen: ['127.0.0.1:2', '127.0.0.1:3']\n"
                       "defaults: {timeout: 5s, hedges: 1}\n" UPSTREAMS
                       "routes:\n"
                       "  - {path: /a, upstream: a, timeout: 1s}\n"
                       "  - {path: /b, upstream: a}\n",
                       7, argv),
            "%s", lines);
  cr_expect_eq(config.listen_count, 1);
  cr_expect_eq(config.listen[0].port, 1);
  cr_expect_eq(config.routes[0].rules.timeout_us, 1000000);
  cr_expect_eq(config.routes[1].rules.timeout_us, 2000000);
  cr_expect_eq(config.routes[1].rules.policy.hedges, 7);
}

Test(config_file, hedgerow_listens_on_every_address_or_on_the_usual_one) {
  expect_good("listen: ['127.0.0.1:0', '[::1]:0']\n" UPSTREAMS ROUTES);
  cr_expect_eq(config.listen_count, 2);
  words_expect_slice(config.listen[1].host, "::1");
  expect_good(UPSTREAMS ROUTES);
  cr_expect_eq(config.listen_count, 1);
  cr_expect_eq(config.listen[0].port, 8480);
}

Test(config_file, smart_and_all_are_what_flags_made_of_them) {
  expect_good("upstreams: {a: {targets: [http://h]}, b: {targets: "
              "[http://i]}}\n"
              "routes: [{path: /smart, upstream: a}, {path: /all, upstream: a, "
              "list: b}]\n");
  cr_expect(config.routes[0].kind == ROUTE_SMART &&
            config.routes[0].rules.strip_prefix);
  cr_expect_eq(config.routes[0].rules.methods, HTTP_METHODS_GET);
  cr_expect(config.routes[1].kind == ROUTE_ALL &&
            config.routes[1].listed == &config.upstreams[1]);
  cr_expect_eq(config.routes[1].rules.methods,
               HTTP_METHODS_GET | 1u << HTTP_POST);
}

Test(config_file, files_are_named_from_where_the_file_stands) {
  directory = "/run/cred";
  expect_good("log_file: /var/log/h\n"
              "upstreams:\n"
              "  a:\n"
              "    ca_file: ca.pem\n"
              "    targets:\n"
              "      - {url: http://h, token_file: eu.token}\n"
              "      - {url: http://i, token_file: "
              "'${CREDENTIALS_DIRECTORY}/us'}\n"
              "      - {url: http://j, token_env: KEY}\n" ROUTES);
  const struct config_target *targets = config.upstreams[0].targets;
  cr_expect_str_eq(config.log_file.text, "/var/log/h");
  cr_expect_str_eq(targets[0].rules.token_file.text, "/etc/eu.token");
  cr_expect_str_eq(targets[0].rules.ca_file.text, "/etc/ca.pem");
  cr_expect_str_eq(targets[1].rules.token_file.text, "/run/cred/us");
  cr_expect_str_eq(targets[2].rules.token_env.text, "KEY");
}

Test(config_file, a_target_has_its_upstreams_token_unless_it_has_its_own) {
  expect_good(
      "upstreams:\n"
      "  a:\n"
      "    token_file: t\n"
      "    targets: [http://h, {url: http://i, token_env: K}]\n" ROUTES);
  const struct config_target *targets = config.upstreams[0].targets;
  cr_expect_str_eq(targets[0].rules.token_file.text, "/etc/t");
  cr_expect_null(targets[1].rules.token_file.text);
  cr_expect_str_eq(targets[1].rules.token_env.text, "K");
}

Test(config_file, switches_are_words_or_yamls_own) {
  static const struct {
    const char *word;
    bool on;
  } cases[] = {{"on", true},     {"off", false}, {"true", true},
               {"false", false}, {"True", true}, {"FALSE", false}};
  EACH_ROW (row, cases) {
    const char *text = words_of(
        UPSTREAMS "routes: [{path: /a, upstream: a, idempotent: %s}]\n",
        row->word);
    expect_good(text);
    cr_expect_eq(config.routes[0].rules.idempotent, row->on);
  }
}

Test(config_file, lists_of_origins_and_addresses_replace_those_around) {
  expect_good("defaults: {cors: '*', trusted: [10.0.0.0/8]}\n" UPSTREAMS
              "routes:\n"
              "  - {path: /a, upstream: a, cors: ['https://a', 'https://b'],\n"
              "     trusted: ['::1', 192.0.2.7], timeout_header: X-Left}\n"
              "  - {path: /b, upstream: a}\n");
  const struct config_rules *a = &config.routes[0].rules;
  cr_expect(a->cors_count == 2 && a->trusted_count == 2);
  words_expect_slice(a->cors[1], "https://b");
  words_expect_slice(a->timeout_header, "X-Left");
  words_expect_slice(config.routes[1].rules.cors[0], "*");
  cr_expect_eq(config.routes[1].rules.trusted_count, 1);
}

Test(config_file, rules_are_a_list_or_one_and_replace_those_around) {
  expect_good(
      "defaults: {fail_if: /error}\n" UPSTREAMS "routes:\n"
      "  - {path: /a, upstream: a, fail_if: ['/e != null', '\"\" == []'],\n"
      "     success_if: '/status == \"ok\"'}\n"
      "  - {path: /b, upstream: a}\n"
      "  - {path: /c, upstream: a, success: any, fail_if: []}\n");
  const struct config_rules *a = &config.routes[0].rules;
  cr_assert(a->fail_if_count == 2 && a->success_if_count == 1);
  words_expect_slice(a->fail_if[1], "\"\" == []");
  words_expect_slice(a->success_if[0], "/status == \"ok\"");
  words_expect_slice(config.routes[1].rules.fail_if[0], "/error");
  cr_expect_eq(config.routes[2].rules.fail_if_count, 0);
  words_expect(dump(), "fail_if: [\"/e != null\", \"\\\"\\\" == []\"]\n");
}

/* ---- every error ---- */

Test(config_file, the_token_of_flags_is_not_ignored_without_a_word) {
  token = "s3cret";
  cr_expect_not(read_text(UPSTREAMS ROUTES));
  cr_expect_str_eq(
      lines, "HEDGEROW_TOKEN: with --config a token stands beside whom it "
             "is for: write token_env: HEDGEROW_TOKEN there\n");
  expect_good("upstreams: {a: {targets: [http://g, {url: http://h,\n"
              "  token_env: HEDGEROW_TOKEN}]}}\n" ROUTES);
  expect_good("upstreams: {a: {token_env: HEDGEROW_TOKEN,\n"
              "  targets: [http://h]}}\n" ROUTES);
}

Test(config_file, the_time_left_is_told_by_no_field_that_means_something_else) {
  EACH_WORD (each, "Content-Length|content-type|Host|Transfer-Encoding|TE|"
                   "Authorization|Hedge-Attempt|Cookie|X-Request-ID|Range|"
                   "Idempotency-Key|User-Agent|If-Match|Via|Expect") {
    const char *text = words_of(
        UPSTREAMS "routes: [{path: /a, upstream: a, timeout_header: %s}]\n",
        each);
    cr_expect(!read_text(text), "%s", each);
    cr_expect(strstr(lines, "line 2, column 50: timeout_header: ") &&
                  strstr(lines, each) && !strstr(lines, "--"),
              "%s", lines);
  }
}

#define REFUSES(name, text, want)                                              \
  Test(config_file, name) { expect_errors(text, want); }

REFUSES(a_key_that_stands_twice_hides_no_other_error,
        "defaults: {timeout: 5s, timeout: 6s}\nbogus: 1\n" UPSTREAMS ROUTES
        "upstreams: {b: {}}\n",
        "line 1, column 25: the key \"timeout\" stands here a second "
        "time; the first is in line 1, column 12\n"
        "line 2, column 1: \"bogus\" is no key\n"
        "line 5, column 1: the key \"upstreams\" stands here a second "
        "time; the first is in line 3, column 1\n")
REFUSES(the_parameter_of_the_deadline_is_one_that_a_query_can_hold,
        UPSTREAMS "routes: [{path: /a, upstream: a, timeout_param: 'a&b'}]\n",
        "line 2, column 49: timeout_param: \"a&b\" is no name (letters, "
        "digits, '-', '_'), and not off\n")

Test(config_file, a_route_takes_some_method_and_all_takes_its_own) {
  expect_errors(UPSTREAMS
                "routes:\n"
                "  - {path: /a, upstream: a, methods: []}\n"
                "  - {path: /all, upstream: a, methods: [PUT, GET]}\n",
                "line 3, column 38: \"methods\": a route without a method "
                "answers nobody; write any, or a list such as [GET, POST]\n"
                "line 4, column 40: \"methods\": /all takes GET, HEAD and "
                "POST\n");
  expect_good(UPSTREAMS "routes: [{path: /all, upstream: a, methods: any}]\n");
  cr_expect_eq(config.routes[0].rules.methods,
               HTTP_METHODS_GET | 1u << HTTP_POST);
  expect_good(UPSTREAMS "routes: [{path: /all, upstream: a, methods: POST}]\n");
  cr_expect_eq(config.routes[0].rules.methods, 1u << HTTP_POST);
}

REFUSES(a_field_is_set_once_however_it_is_spelled,
        "defaults: {headers: {X-A: 1, X-B: 2, x-a: 3}}\n" UPSTREAMS ROUTES,
        "line 1, column 38: \"x-a\": a field before it has this name: "
        "the case of its letters does not matter\n")
REFUSES(
    a_field_that_may_not_be_set_is_told_by_keys,
    "defaults: {headers: {authorization: x, User-Agent: y}}\n" UPSTREAMS ROUTES,
    "line 1, column 22: headers: authorization is a target's token: "
    "write token_file or token_env beside its URL\n"
    "line 1, column 40: headers: User-Agent has a key of its own: "
    "write user_agent\n")
REFUSES(
    an_admin_that_others_reach_wants_a_token,
    "admin: 0.0.0.0:81\n" UPSTREAMS ROUTES,
    "line 1, column 8: admin: 0.0.0.0:81 may be reached from other machines: "
    "name a token's file (admin_token_file), or write "
    "127.0.0.1:PORT, unix:/PATH or off\n")
REFUSES(a_url_with_a_user_names_the_key_that_has_the_token,
        "otlp: http://u:p@h\n"
        "upstreams: {a: {targets: [\"http://u:p@h\"]}}\n" ROUTES,
        "line 1, column 7: otlp: \"[redacted]@h\": user names and "
        "passwords do not belong in a URL: use otlp_token_file\n"
        "line 2, column 27: \"[redacted]@h\": user names and passwords "
        "do not belong in a URL: use token_file\n")

Test(config_file, an_unknown_key_names_its_place_and_what_may_be_meant) {
  expect_errors("lisen: x\n" UPSTREAMS ROUTES,
                "line 1, column 1: \"lisen\" is no key; did you mean "
                "listen?\n");
  expect_errors("whatever: x\n" UPSTREAMS ROUTES,
                "line 1, column 1: \"whatever\" is no key\n");
  expect_errors("defaults: {hedge_afer: 1s}\n" UPSTREAMS ROUTES,
                "line 1, column 12: \"hedge_afer\" is no key; did you mean "
                "hedge_after?\n");
  expect_errors(UPSTREAMS "routes: [{path: /a, upstream: a, url: x}]\n",
                "line 2, column 34: \"url\" does not stand here; it stands in "
                "a target\n");
  expect_errors("timeout: 1s\n" UPSTREAMS ROUTES,
                "line 1, column 1: \"timeout\" does not stand here; it stands "
                "in defaults or in a route\n");
}

Test(config_file, a_wrong_value_is_what_it_would_be_in_a_flag) {
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"listen: here\n", "line 1, column 9: listen: \"here\": write it as "
                         "HOST:PORT, such as 127.0.0.1:8480\n"},
      {"workers: 1000\n",
       "line 1, column 10: workers: \"1000\" is out of range: 0 to 256\n"},
      {"workers: [1]\n",
       "line 1, column 10: \"workers\": expected one value\n"},
      {"workers:\n", "line 1, column 9: \"workers\": its value is missing\n"},
      {"defaults: {timeout: 5}\n",
       "line 1, column 21: timeout: \"5\" is no duration: write it with a "
       "unit, such as 300ms, 10s or 2m\n"},
      {"defaults: {timeout: 5s, max_timeout: 4s}\n",
       "line 1, column 11: timeout: 5s is longer than max_timeout 4s: lower "
       "the one or raise the other\n"},
      {"defaults: {idempotent: maybe}\n",
       "line 1, column 24: idempotent: \"maybe\" is neither off nor on\n"},
      {"defaults: {timeout_param: a b}\n",
       "line 1, column 27: timeout_param: \"a b\" is no name (letters, "
       "digits, '-', '_'), and not off\n"},
      {"defaults: {headers: {Host: x}}\n",
       "line 1, column 22: headers: Host comes from the target's URL\n"},
      {"defaults: {headers: {X-A: ''}}\n",
       "line 1, column 22: headers: X-A has no value: a field that no upstream "
       "is to see stands in drop_headers\n"},
      {"defaults: {headers: [A]}\n",
       "line 1, column 21: \"headers\": expected a mapping of names to values, "
       "such as {X-Region: eu}\n"},
      {"defaults: {headers: {A: [b]}}\n",
       "line 1, column 25: \"A\": expected one value\n"},
      {"defaults: {headers: {'a b': c}}\n",
       "line 1, column 22: headers: what stands before the colon is no name "
       "of a field (letters, digits, '-')\n"},
      {"defaults: 5\n",
       "line 1, column 11: \"defaults\": expected a mapping (KEY: VALUE)\n"},
      {"defaults: {cors: [a]}\n", "line 1, column 19: cors: \"a\": write "
                                  "scheme://host[:port], or * for any\n"},
      {"defaults: {trusted: [10.0.0.1/8]}\n",
       "line 1, column 22: trusted: \"10.0.0.1/8\": bits are set behind the "
       "prefix: write 10.0.0.0/8\n"},
      {"log_file: '${CREDENTIALS_DIRECTORY}/l'\n",
       "line 1, column 11: \"${CREDENTIALS_DIRECTORY}/l\": "
       "CREDENTIALS_DIRECTORY is not set\n"},
      {"log_file: ''\n",
       "line 1, column 11: log_file: the name of a file is missing\n"},
  };
  EACH_ROW (row, cases) {
    const char *text = words_of("%s" UPSTREAMS ROUTES, row->text);
    expect_errors(text, row->error);
  }
}

Test(config_file, every_error_is_told_in_the_order_of_the_lines) {
  expect_errors("workers: x\n"
                "defaults: {hedges: x}\n"
                "upstreams: {a: {targets: [ftp://h]}}\n"
                "routes: [{path: a, upstream: b}]\n",
                "line 1, column 10: workers: \"x\" is no whole number\n"
                "line 2, column 20: hedges: \"x\" is no whole number\n"
                "line 3, column 13: \"a\": no route asks this upstream\n"
                "line 3, column 27: \"ftp://h\": it needs http:// or https:// "
                "in front\n"
                "line 4, column 17: \"a\": a path begins with '/'\n"
                "line 4, column 30: \"b\" is no name that stands under "
                "upstreams\n");
  expect_errors("routes: [{path: a, upstream: b}]\n"
                "upstreams: {b: {targets: [http://h], max_depth: x}}\n"
                "defaults: {hedges: x}\n",
                "line 1, column 17: \"a\": a path begins with '/'\n"
                "line 2, column 49: max_depth: \"x\" is no whole number\n"
                "line 3, column 20: hedges: \"x\" is no whole number\n");
}

REFUSES(what_aliases_share_is_told_once,
        "upstreams:\n"
        "  a: &a {targets: [ftp://h]}\n"
        "  b: *a\n"
        "  c: {<<: *a, balance: x}\n"
        "routes:\n"
        "  - {path: /a, upstream: a}\n"
        "  - {path: /b, upstream: b}\n"
        "  - {path: /c, upstream: c}\n",
        "line 2, column 20: \"ftp://h\": it needs http:// or https:// "
        "in front\n"
        "line 4, column 24: balance: \"x\" is none of first|rotate|least\n")

Test(config_file, an_upstream_needs_a_name_and_targets) {
  static const struct {
    const char *upstreams, *error;
  } cases[] = {
      {"", "line 1, column 1: upstreams are missing: who is asked?\n"},
      {"upstreams: 5\n", "line 1, column 12: \"upstreams\": expected a mapping "
                         "(KEY: VALUE)\n"},
      {"upstreams: {}\n", "line 1, column 12: expected 1 to 256 upstreams\n"},
      {"upstreams: {a: {}}\n", "line 1, column 13: \"a\": an upstream needs "
                               "targets, a URL or a list of them\n"},
      {"upstreams: {a: {targets: []}}\n",
       "line 1, column 26: \"a\": an upstream needs targets, a URL or a list "
       "of them\n"},
      {"upstreams: {a: http://h}\n",
       "line 1, column 16: \"a\": expected a mapping (KEY: VALUE)\n"},
      {"upstreams: {a: {targets: [http://h]}, 'b c': {targets: [http://h]}}\n",
       "line 1, column 39: \"b c\": a name has 1 to 32 letters, digits, '-' "
       "and '_'\nline 1, column 39: \"b c\": no route asks this upstream\n"},
      {"upstreams: {a: {targets: [{token_file: t}]}}\n",
       "line 1, column 27: a target needs a url\n"},
      {"upstreams: {a: {targets: [[x]]}}\n",
       "line 1, column 27: expected a URL, such as "
       "https://api.example.com/v1\n"},
      {"upstreams: {a: {targets: [{url: http://h, token_file: t, token_env: "
       "T}]}}\n",
       "line 1, column 27: token_file and token_env exclude each other\n"},
      {"upstreams: {a: {token_file: t, token_env: T, targets: [http://h]}}\n",
       "line 1, column 13: \"a\": token_file and token_env exclude each "
       "other\n"},
      {"upstreams: {a: {token_env: '', targets: [http://h]}}\n",
       "line 1, column 28: token_env: expected the name of a variable "
       "(letters, digits, '_'), not the secret itself\n"},
      {"upstreams: {a: {targets: [{url: http://h, token_env: 'a b'}]}}\n",
       "line 1, column 54: token_env: expected the name of a variable "
       "(letters, digits, '_'), not the secret itself\n"},
  };
  EACH_ROW (row, cases) {
    char text[512], want[512];
    bool named = strstr(row->upstreams, "{a:") != NULL;
    snprintf(text, sizeof text, "%s" ROUTES, row->upstreams);
    snprintf(want, sizeof want, "%s%s", row->error,
             named ? ""
                   : "line X: \"a\" is no name that stands under upstreams\n");
    char *x = strstr(want, "line X");
    if (x) {
      char rest[256];
      strcpy(rest, x + 6);
      sprintf(x, "line %d, column 31%s", row->upstreams[0] ? 2 : 1, rest);
    }
    expect_errors(text, want);
  }
}

Test(config_file, one_url_alone_is_a_list_of_one) {
  expect_good(
      "upstreams: {a: {targets: 'http://h/v1', max_body: 1M}}\n" ROUTES);
  cr_assert_eq(config.upstreams[0].target_count, 1);
  words_expect_slice(config.upstreams[0].targets[0].url.host, "h");
  cr_expect_eq(config.upstreams[0].targets[0].rules.max_body_bytes, 1 << 20);
  words_expect(dump(), "    targets:\n      - url: \"http://h/v1\"\n");
  expect_errors("upstreams: {a: {targets: here}}\n" ROUTES,
                "line 1, column 26: \"here\": it needs http:// or https:// in "
                "front\n");
  expect_errors("upstreams: {a: {targets: }}\n" ROUTES,
                "line 1, column 26: \"a\": an upstream needs targets, a URL or "
                "a list of them\n");
  expect_errors("upstreams: {a: {targets: {url: http://h}}}\n" ROUTES,
                "line 1, column 26: \"a\": an upstream needs targets, a URL or "
                "a list of them\n");
}

Test(config_file, more_than_64_targets_are_too_many) {
  char text[4096] = "upstreams: {a: {targets: [";
  for (int i = 0; i < 65; i++) strcat(text, "http://h,");
  strcat(text, "]}}\n" ROUTES);
  expect_errors(text, "line 1, column 26: \"a\": more than 64 targets are too "
                      "many\n");
}

Test(config_file, a_route_needs_a_path_that_a_request_can_have) {
  static const struct {
    const char *route, *error;
  } cases[] = {
      {"{upstream: a}", "10: a route needs a path, such as /users\n"},
      {"{path: a, upstream: a}", "17: \"a\": a path begins with '/'\n"},
      {"{path: /a/, upstream: a}",
       "17: \"/a/\": leave the last '/' out: what lies below belongs to the "
       "route\n"},
      {"{path: '/a?b', upstream: a}",
       "17: \"/a?[redacted]\": a route's path is visible ASCII without '?', "
       "'#' and '%'\n"},
      {"{path: '/a b', upstream: a}",
       "17: \"/a b\": a route's path is visible ASCII without '?', '#' and "
       "'%'\n"},
      {"{path: '/a#b', upstream: a}", "17: \"/a?[redacted]\": a route's path "
                                      "is visible ASCII without '?', '#' and "
                                      "'%'\n"},
      {"{path: /\xc3\xa4, upstream: a}",
       "17: \"/\\xc3\\xa4\": a route's path is visible ASCII without '?', '#' "
       "and '%'\n"},
      {"{path: /%61, upstream: a}",
       "17: \"/%61\": a route's path is visible ASCII without '?', '#' and "
       "'%'\n"},
      {"{path: /a/../b, upstream: a}",
       "17: \"/a/../b\": a path has no . or .. segments\n"},
      {"{path: /healthz, upstream: a}",
       "17: \"/healthz\": hedgerow answers it itself, always\n"},
      {"{path: /a, upstream: a, list: a}",
       "34: \"list\" belongs to the route /all\n"},
      {"{path: /a, upstream: a, timeout: 2m}",
       "10: timeout: 2m is longer than max_timeout 1m: lower the one or raise "
       "the other\n"},
      {"{path: /a, upstream: a, success: any, fail_if: /e}",
       "10: success_if and fail_if read JSON: write success: json, or "
       "success_if: [] and fail_if: []\n"},
      {"{path: /a, upstream: a, fail_if: [/e, e]}",
       "48: fail_if: \"e\": column 1: a pointer begins with '/'\n"},
      {"{path: /a, upstream: a, retries: 14}",
       "10: retries: 14 and hedges 2 are more than 15 together: lower one of "
       "them\n"},
      {"{path: /a, upstream: a, methods: [FOO]}",
       "44: methods: \"FOO\" is no method that a route can name: GET, HEAD, "
       "POST, PUT, PATCH, DELETE, OPTIONS, QUERY, or any\n"},
      {"{path: /a, upstream: a, methods: [CONNECT]}",
       "44: methods: \"CONNECT\" is no method that a route can name: GET, "
       "HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY, or any\n"},
      {"{path: /a, upstream: a, methods: [TRACE]}",
       "44: methods: \"TRACE\" is no method that a route can name: GET, HEAD, "
       "POST, PUT, PATCH, DELETE, OPTIONS, QUERY, or any\n"},
  };
  EACH_ROW (row, cases) {
    char text[256], want[256];
    snprintf(text, sizeof text, UPSTREAMS "routes: [%s]\n", row->route);
    snprintf(want, sizeof want, "line 2, column %s", row->error);
    expect_errors(text, want);
  }
  expect_errors(UPSTREAMS "routes: [{path: /a}]\n",
                "line 1, column 13: \"a\": no route asks this upstream\n"
                "line 2, column 10: a route needs an upstream\n");
  expect_errors(UPSTREAMS "routes: [x, {path: /a, upstream: a}]\n",
                "line 2, column 10: expected a mapping (KEY: VALUE)\n");
  expect_errors(UPSTREAMS, "line 1, column 1: expected routes, a list of 1 to "
                           "1024\n");
  expect_errors(UPSTREAMS "routes: {}\n",
                "line 2, column 9: expected routes, a list of 1 to 1024\n");
}

Test(config_file, what_words_and_defaults_make_together_is_checked) {
  char *argv[] = {"hedgerow", "--config", "f", "--retries", "14", NULL};
  cr_expect_not(read_words(UPSTREAMS ROUTES, 5, argv));
  cr_expect_str_eq(lines,
                   "retries: 14 and hedges 2 are more than 15 together: "
                   "lower one of them\n",
                   "%s", lines);
  cr_expect(read_words("defaults: {hedges: 1}\n" UPSTREAMS ROUTES, 5, argv),
            "%s", lines);
}

Test(config_file, a_path_has_an_end) {
  char text[2048] = UPSTREAMS "routes: [{upstream: a, path: /";
  for (int i = 0; i < RECORD_ROUTE_MAX; i++) strcat(text, "a");
  strcat(text, "}]\n");
  cr_expect(!read_text(text));
  words_expect(lines, ": a route's path is too long");
}

Test(config_file, a_route_that_nothing_reaches_is_told) {
  expect_errors(UPSTREAMS "routes:\n"
                          "  - {path: /a, upstream: a, methods: [GET, POST]}\n"
                          "  - {path: /a, upstream: a, methods: [POST]}\n",
                "line 4, column 5: \"/a\": this route can never match: routes "
                "above it take all its methods at this path\n");
  expect_good(UPSTREAMS "routes:\n"
                        "  - {path: /a, upstream: a, methods: [POST]}\n"
                        "  - {path: /a, upstream: a}\n");
}

Test(config_file, what_is_no_yaml_is_one_line) {
  expect_errors("a: [\n",
                "line 2, column 1: a key or a value should stand here; a text "
                "that begins like this needs quotes\n");
  expect_errors("[]", "line 1, column 1: expected a mapping (KEY: VALUE)\n");
}

Test(config_file, a_flag_that_is_no_single_value_says_where_to_write_it) {
  struct {
    char *flag, *value;
    const char *error;
  } cases[] = {
      {"--to", "http://h",
       "--to: with --config the file says who is asked: "
       "write it under upstreams: targets:\n"},
      {"--header", "A: b",
       "--header: with --config it stands in the file, "
       "beside whom it concerns\n"},
      {"--drop-header", "A",
       "--drop-header: with --config it stands in the "
       "file, beside whom it concerns\n"},
      {"--token-file", "t",
       "--token-file: with --config it stands in the "
       "file, beside whom it concerns\n"},
  };
  EACH_ROW (row, cases) {
    char error[512];
    char *argv[] = {"hedgerow", "-c", "f", row->flag, row->value, NULL};
    cr_expect_eq(config_parse(&config, 5, argv, env, error, sizeof error),
                 CONFIG_ERROR);
    strcat(error, "\n");
    cr_expect_str_eq(error, row->error);
  }
}

Test(config_file, a_variable_that_is_no_single_value_is_called_one) {
  char error[512], *argv[] = {"hedgerow", "-c", "f", NULL};
  to = "http://h";
  cr_expect_eq(config_parse(&config, 3, argv, env, error, sizeof error),
               CONFIG_ERROR);
  cr_expect_str_eq(error, "HEDGEROW_TO: with --config the file says who is "
                          "asked: write it under upstreams: targets:");
}

Test(config_file, words_that_are_wrong_are_told_too_and_first) {
  char *argv[] = {"hedgerow", "--config", "f", "--hedges", "x", NULL};
  cr_expect(!read_words("workers: y\n" UPSTREAMS ROUTES, 5, argv));
  cr_expect_str_eq(lines, "--hedges: \"x\" is no whole number\n"
                          "etc/h.yaml: line 1, column 10: workers: \"y\" is "
                          "no whole number\n");
}

/* ---- --dump-config ---- */

static void expect_fixed_point(void) {
  char first[PAGE_BYTES];
  strcpy(first, dump());
  expect_good(first);
  cr_expect_str_eq(dump(), first);
}

Test(config_file, a_dump_means_the_same_and_is_written_the_same_again) {
  directory = "/run/cred";
  expect_good(
      "listen: ['127.0.0.1:1', '[::1]:2']\n"
      "admin: '[::1]:3'\n"
      "admin_mock: http://localhost:9001\n"
      "log_file: l\n"
      "defaults: {timeout: 90s, max_timeout: 2m, user_agent: 'a \"b\"',\n"
      "           max_body: 1000, drop_headers: [X, Y], hedges: 0}\n"
      "upstreams:\n"
      "  a:\n"
      "    losers: drain\n"
      "    targets:\n"
      "      - {url: http://h, headers: {A: b, C: d}, drop_headers: [E]}\n"
      "      - {url: 'http://i/x?k=s3cret', token_file: t, ca_file: c}\n"
      "      - {url: http://j, token_env: T}\n"
      "routes:\n"
      "  - {path: /a, upstream: a, drop_headers: [], headers: {F: g}}\n"
      "  - {path: /b, upstream: a, attempt_timeout: 1s, methods: [PUT, GET],\n"
      "     retries: 3, backoff: 10ms..1s, fail_if: /e, success_if: [/a,\n"
      "     '\"/a b\" > 1']}\n"
      "  - {path: /smart, upstream: a, timeout_param: off, strip_prefix: off}\n"
      "  - {path: /all, list: a, methods: any, user_agent: c,\n"
      "     cors: ['https://x', 'http://localhost:3000'], forwarded: append,\n"
      "     trusted: ['::1', 10.0.0.0/8], timeout_header: X-Left}\n");
  words_expect_none(dump(), "s3cret");
  words_expect(page, "admin: \"[::1]:3\"\n");
  words_expect(page, "admin_mock: \"http://localhost:9001\"\n");
  words_expect(page, "methods: [GET, HEAD, PUT]");
  words_expect(page, "retries: 3\n    backoff: 10ms..1s\n");
  expect_fixed_point();
}

Test(config_file, what_yaml_would_read_otherwise_is_quoted_in_a_dump) {
  expect_good("upstreams:\n"
              "  '-': {token_env: 'null', targets: 'http://h/a\\b\"c'}\n"
              "routes: [{path: /a, upstream: '-'}]\n");
  cr_expect(strstr(dump(), "token_env: \"null\"") &&
                strstr(page, "- url: \"http://h/a\\\\b\\\"c\"") &&
                strstr(page, "upstream: \"-\""),
            "%s", page);
  expect_fixed_point();
}

Test(config_file, a_dump_of_fields_that_look_the_same_is_dumped_the_same) {
  expect_good("defaults: {headers: {X-Team: a}}\n" UPSTREAMS "routes:\n"
              "  - {path: /a, upstream: a, headers: {X-Team: b}}\n"
              "  - {path: /b, upstream: a}\n"
              "  - {path: /c, upstream: a, headers: {}}\n");
  expect_fixed_point();
}

Test(config_file, names_that_are_something_else_to_yaml_are_quoted_in_a_dump) {
  expect_good("upstreams: {'null': {targets: [http://h]},\n"
              "  '1': {targets: [http://i]}, '-': {targets: [http://j]}}\n"
              "routes:\n"
              "  - {path: /a, upstream: 'null'}\n"
              "  - {path: /b, upstream: '1'}\n"
              "  - {path: /c, upstream: '-'}\n");
  cr_expect(strstr(dump(), "  \"null\":\n") && strstr(page, "  \"1\":\n") &&
                strstr(page, "  \"-\":\n"),
            "%s", page);
  expect_fixed_point();
}

Test(config_file, characters_that_yaml_does_not_take_are_escaped_in_a_dump) {
  expect_good(UPSTREAMS "routes:\n"
                        "  - {path: /a, upstream: a}\n"
                        "  - path: /g\n"
                        "    gather:\n"
                        "      - {path: /a, as: \"x\\u2028\\u2029\"}\n"
                        "      - {path: /a, as: \"\\ufffe\\ufeff\"}\n"
                        "      - {path: /a, as: gr\xc3\xb6\xc3\x9f}\n");
  cr_expect(strstr(dump(), "\"x\\u2028\\u2029\"") &&
                strstr(page, "\"\\ufffe\\ufeff\"") &&
                strstr(page, "\"gr\xc3\xb6\xc3\x9f\""),
            "%s", page);
  expect_fixed_point();
}

/* Longer than any of the rooms that a line, or a value of one, has had. */
Test(config_file, however_long_a_value_is_it_is_dumped_whole) {
  enum { LONG = 5000 };
  static char text[PAGE_BYTES], longer[LONG + 1];
  size_t len = 0;
  memset(longer, 'x', LONG);
  len += (size_t)snprintf(text, sizeof text,
                          "upstreams: {a: {ca_file: %s,\n"
                          "  targets: ['http://h/%s?k']}}\nroutes:\n"
                          "  - {path: /g, gather: ['/a/%s?k']}\n"
                          "  - path: /a\n    upstream: a\n    fail_if: /%s\n"
                          "    drop_headers: [",
                          longer, longer, longer, longer);
  for (unsigned i = 0; i < CONFIG_HEADERS_MAX; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, "%u-%.90s, ", i,
                            longer);
  snprintf(text + len, sizeof text - len, "]\n");
  expect_good(text);
  cr_expect(strstr(dump(), "- url: \"http://h/xxx") &&
                strstr(page, "xxx?[redacted]\"\n") &&
                strstr(page, "\"63-xxx") && strstr(page, "fail_if: [\"/xxx"),
            "%s", page);
  expect_fixed_point();
}

Test(config_file, the_token_of_flags_is_in_their_dump) {
  char error[512];
  char *argv[] = {"hedgerow", "--to",         "http://t", "--all",
                  "http://u", "--token-file", "t",        NULL};
  for (int argc = 5; argc <= 7; argc += 2) {
    token = "s3cret";
    cr_assert_eq(config_parse(&config, argc, argv, env, error, sizeof error),
                 CONFIG_RUN, "%s", error);
    cr_assert(config_build(&config));
    const char *want = argc == 7 ? "token_file: \"/home/me/t\""
                                 : "token_env: \"HEDGEROW_TOKEN\"";
    words_expect(dump(), want);
    words_expect_none(page, "s3cret");
    if (argc == 7) token = NULL;
    expect_fixed_point();
    config_clear(&config);
  }
}

Test(config_file, flags_are_dumped_as_the_file_that_means_the_same) {
  char error[512];
  char *argv[] = {"hedgerow",  "--to",         "http://t/x", "--to",
                  "https://u", "--all",        "http://a",   "--hedges",
                  "3",         "--timeout",    "2s",         "--losers",
                  "drain",     "--max-body",   "3M",         "--header",
                  "A: s3cret", "--user-agent", "x y",        NULL};
  cr_assert_eq(config_parse(&config, 19, argv, env, error, sizeof error),
               CONFIG_RUN, "%s", error);
  cr_assert(config_build(&config));
  words_expect_none(dump(), "s3cret");
  expect_fixed_point();
  cr_assert_eq(config.route_count, 2);
  cr_expect_eq(config.routes[0].rules.policy.hedges, 3);
  cr_expect_eq(config.routes[0].rules.timeout_us, 2000000);
  cr_expect_eq(config.upstreams[0].rules.max_body_bytes, 3 << 20);
  cr_expect_eq(config.upstreams[0].target_count, 2);
  words_expect_slice(config.routes[1].listed->name, "all");
}

Test(config_file, a_dump_leaves_out_what_flags_named_nobody_for) {
  char error[512];
  char *argv[] = {"hedgerow", "--all", "http://a", NULL};
  cr_assert_eq(config_parse(&config, 3, argv, env, error, sizeof error),
               CONFIG_RUN);
  cr_assert(config_build(&config));
  words_expect_none(dump(), "/smart");
  expect_fixed_point();
}

/* ---- gather ---- */

#define BEFORE_GATHER                                                          \
  "upstreams: {a: {targets: [http://h/v1]}, b: {targets: [http://i/]}}\n"      \
  "routes:\n"                                                                  \
  "- {path: /all, upstream: b}\n"                                              \
  "- {path: /a, upstream: a, methods: [POST]}\n"                               \
  "- {path: /a, upstream: a, methods: [GET]}\n"                                \
  "- {path: /a/p, upstream: a, methods: [POST]}\n"

Test(config_file, a_gather_names_other_routes_and_urls_below_targets) {
  expect_good(BEFORE_GATHER
              "- {path: /g, gather: [/a/x?q=1, {path: /%61/y, required: on},"
              " 'http://h/v1/z?k', {url: 'http://i/', required: false}]}\n");
  const struct config_route *route = &config.routes[4];
  cr_expect(route->kind == ROUTE_GATHER && route->item_count == 4);
  cr_expect_eq(route->rules.methods, HTTP_METHODS_GET);
  words_expect_slice(route->items[0].path, "/a/x");
  words_expect_slice(route->items[0].query, "q=1");
  cr_expect(!route->items[0].required && route->items[1].required);
  cr_expect(route->items[2].upstream == &config.upstreams[0]);
  words_expect_slice(route->items[2].shown, "http://h/v1/z");
  cr_expect(route->items[3].upstream == &config.upstreams[1] &&
            !route->items[3].required);
  expect_good("upstreams: {a: {targets: [http://h]}}\n"
              "routes: [{path: /g, gather: ['http://h/x']}]\n");
}

#define EXPECT_ITEM_ERROR(item, where, why)                                    \
  expect_errors(BEFORE_GATHER "- path: /g\n"                                   \
                              "  gather:\n"                                    \
                              "  - " item "\n",                                \
                "line 9, column " where ": " why "\n")

Test(config_file, an_item_of_a_gather_that_nothing_answers_is_told) {
  EXPECT_ITEM_ERROR("/g", "5", "\"/g\": a gather cannot name a gather");
  EXPECT_ITEM_ERROR("/all", "5", "\"/all\": a gather cannot name /all");
  EXPECT_ITEM_ERROR("/healthz?x", "5",
                    "\"/healthz\": a gather cannot name /healthz");
  EXPECT_ITEM_ERROR("/none", "5", "\"/none\": no route takes this path");
  EXPECT_ITEM_ERROR("/a/p/x", "5",
                    "\"/a/p/x\": the route of this path does not take GET");
  EXPECT_ITEM_ERROR("/a/../b", "5",
                    "\"/a/../b\": a path has no . or .. segments, no malformed "
                    "percent-encoding, and no bytes but visible ASCII without "
                    "'#'");
  EXPECT_ITEM_ERROR("'/a?b c'", "5",
                    "\"/a\": a path has no . or .. segments, no malformed "
                    "percent-encoding, and no bytes but visible ASCII without "
                    "'#'");
  EXPECT_ITEM_ERROR(
      "'/a#b'", "5",
      "\"/a?[redacted]\": a path has no . or .. segments, no malformed "
      "percent-encoding, and no bytes but visible ASCII without "
      "'#'");
  EXPECT_ITEM_ERROR("/a?\xc3\xa4", "5",
                    "\"/a\": a path has no . or .. segments, no malformed "
                    "percent-encoding, and no bytes but visible ASCII without "
                    "'#'");
  EXPECT_ITEM_ERROR("http://h/v10", "5",
                    "\"http://h/v10\": this URL does not lie below a target of "
                    "an upstream");
  EXPECT_ITEM_ERROR("http://h/v1/../x", "5",
                    "\"http://h/v1/../x\": expected a path or a URL");
  EXPECT_ITEM_ERROR("ftp", "5", "\"ftp\": expected a path or a URL");
  EXPECT_ITEM_ERROR("[]", "5", "expected a path or a URL");
  EXPECT_ITEM_ERROR("{path: /a, url: 'http://h/v1'}", "5",
                    "an item has a path or a url");
  EXPECT_ITEM_ERROR("{path: /a, as: ''}", "20", "\"as\": expected a name");
  EXPECT_ITEM_ERROR("{path: /a, required: 5}", "26",
                    "\"required\": expected off or on");
}

Test(config_file, a_gather_is_a_list_whose_items_all_have_names_or_none) {
  expect_errors(
      BEFORE_GATHER "- {path: /g, gather: []}\n",
      "line 7, column 22: \"gather\": expected a list of 1 to 64 paths "
      "or URLs\n");
  expect_errors(BEFORE_GATHER "- {path: /g, gather: [{path: /a, as: x}, /a]}\n",
                "line 7, column 22: \"gather\": either every item has a name "
                "(as: NAME), or none\n");
  expect_errors(BEFORE_GATHER "- path: /g\n"
                              "  gather:\n"
                              "  - {path: /a, as: x}\n"
                              "  - {path: /a, as: x}\n",
                "line 10, column 20: \"x\": an item before it has this name\n");
}

REFUSES(beside_a_gather_stands_nobody_to_ask_and_no_method,
        BEFORE_GATHER
        "- {path: /g, gather: [/a], upstream: a, methods: [GET]}\n",
        "line 7, column 28: \"upstream\" does not stand beside gather, "
        "which takes GET and HEAD and asks what its items name\n"
        "line 7, column 41: \"methods\" does not stand beside gather, "
        "which takes GET and HEAD and asks what its items name\n")

Test(config_file, a_gather_is_dumped_with_its_queries_masked) {
  expect_good(BEFORE_GATHER
              "- {path: /g, gather: [{path: /a?k=1, as: x, required: on},"
              " {url: 'http://h/v1', as: y}]}\n");
  words_expect(dump(), "    gather:\n"
                       "      - path: \"/a?[redacted]\"\n"
                       "        as: \"x\"\n"
                       "        required: on\n"
                       "      - url: \"http://h/v1\"\n"
                       "        as: \"y\"\n");
  expect_fixed_point();
}

Test(config_file, a_dump_has_queries_that_are_empty) {
  expect_good("upstreams: {a: {targets: [http://h, 'http://i/x?']}}\n"
              "routes:\n"
              "  - {path: /a, upstream: a}\n"
              "  - {path: /g, gather: ['/a/1?', /a/2]}\n");
  words_expect(dump(), "- url: \"http://h\"\n      - url: \"http://i/x?\"\n");
  words_expect(page, "- path: \"/a/1?\"\n      - path: \"/a/2\"\n");
  expect_fixed_point();
}

/* ---- --schema ---- */

Test(config_file, the_schema_is_json_and_knows_every_key) {
  page[0] = '\0';
  config_schema(put, NULL);
  words_expect_json(slice_of(page));
  for (size_t i = 0; i < config_option_count; i++) {
    char want[80];
    if (!(config_options[i].scope & ~(unsigned)SCOPE_FLAG)) continue;
    EMPTY_TEXT(key, 64);
    config_option_key(&key, &config_options[i]);
    snprintf(want, sizeof want, "\"%s\": {", text_end(&key));
    words_expect(page, want);
  }
}

/* What stands in the schema from the first key of that name to the next. */
static void expect_in_schema(const char *key, const char *want) {
  const char *at = strstr(page, words_of("        \"%s\": {", key));
  cr_assert(at, "%s", key);
  const size_t len = (size_t)(strstr(at, "\n        }") - at);
  cr_expect(memmem(at, len, want, strlen(want)), "%.*s", (int)len, at);
}

Test(config_file, the_schema_has_the_bounds_of_numbers) {
  page[0] = '\0';
  config_schema(put, NULL);
  expect_in_schema("workers", "\"minimum\": 0, \"maximum\": 256");
  expect_in_schema("hedges", "\"minimum\": 0, \"maximum\": 15");
  expect_in_schema("max_head", "\"minimum\": 256, \"maximum\": 1048576");
  expect_in_schema("max_buffered",
                   "\"minimum\": 65536, \"maximum\": 1099511627776");
  expect_in_schema("targets", "\"minItems\": 1, \"maxItems\": 64");
}
