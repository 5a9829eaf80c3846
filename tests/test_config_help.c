/* Tests of the table of options, and of the help that is made from it. */
#include "config/config_options.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "config/config.h"
#include "config/config_option_search.h"
#include "core/http_request.h"
#include "core/json_check.h"
#include "support/rows.h"
#include "support/words.h"

static char page[32768];

static void put(void *arg, const char *piece) {
  (void)arg;
  cr_assert_lt(strlen(page) + strlen(piece), sizeof page, "the page is full");
  strcat(page, piece);
}

static const char *help(void) {
  page[0] = '\0';
  config_help(put, NULL);
  return page;
}

Test(config_help, no_line_is_wider_than_80_columns) {
  for (const char *line = help(); *line != '\0';) {
    const size_t len = strcspn(line, "\n");
    cr_expect_leq(len, 80, "%zu columns: %.*s", len, (int)len, line);
    cr_expect(len == 0 || line[len - 1] != ' ', "a space ends: %.*s", (int)len,
              line);
    cr_expect_eq(line[len], '\n', "no line end: %s", line);
    line += len + (line[len] == '\n');
  }
}

Test(config_help, every_option_is_there_with_its_value_and_default) {
  const char *text = help();
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *o = &config_options[i];
    char want[128];
    if (!(o->scope & SCOPE_FLAG)) continue;
    snprintf(want, sizeof want, "--%s%s%s", o->name, o->value ? " " : "",
             o->value ? o->value : "");
    const char *line = strstr(text, want);
    cr_expect(line != NULL, "'%s' is missing", want);
    if (line == NULL || o->fallback == NULL) continue;
    const char *next = strstr(line + 2, "\n  --");
    snprintf(want, sizeof want, "[%s]", o->fallback);
    const char *found = strstr(line, want);
    cr_expect(found != NULL && (next == NULL || found < next),
              "--%s lacks its default %s", o->name, want);
  }
}

Test(config_help, the_groups_the_commands_and_the_environment_are_there) {
  const char *text = help();
  EACH_WORD (each, "usage: hedgerow --to URL [options]\n|hedgerow mock --help|"
                   "hedgerow demo --help|hedgerow simulate --help|\nTargets\n|"
                   "\nRacing\n|\nSignals\n|\nTime\n|\nRequests\n|\nRunning\n|"
                   "\nLimits\n|HEDGEROW_TOKEN|-h, --help|-V, --version")
    words_expect(text, each);
}

static int64_t number(const struct config_option *option, const char *text) {
  int64_t n = -1;
  const bool good = option->kind == OPTION_DURATION
                        ? config_parse_duration(slice_of(text), &n)
                    : option->kind == OPTION_SIZE
                        ? config_parse_size(slice_of(text), &n)
                        : config_parse_count(slice_of(text), &n);
  cr_expect(good, "--%s: '%s' does not parse", option->name, text);
  return n;
}

Test(config_options, every_row_is_sound) {
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *o = &config_options[i];
    cr_expect_leq(strlen(o->name), OPTION_NAME_MAX, "--%s is long", o->name);
    cr_expect(o->help != NULL, "--%s has no help", o->name);
    cr_expect_lt(o->group, GROUP_COUNT, "--%s has no group", o->name);
    for (size_t j = 0; j < i; j++)
      cr_expect_str_neq(o->name, config_options[j].name, "--%s stands twice",
                        o->name);
    if (o->kind > OPTION_COUNT) continue;
    cr_expect_leq(number(o, o->min), number(o, o->max), "--%s", o->name);
    if (o->word) continue;
    cr_expect_leq(number(o, o->min), number(o, o->fallback), "--%s", o->name);
    cr_expect_leq(number(o, o->fallback), number(o, o->max), "--%s", o->name);
  }
}

static int64_t max_of(const char *flag) {
  const struct config_option *option = config_option_find(slice_of(flag));
  cr_assert(option != NULL, "%s is missing", flag);
  return number(option, option->max);
}

Test(config_options, the_ranges_are_those_of_the_modules_that_take_them) {
  cr_expect_eq(max_of("--hedges"), RACE_MAX_HEDGES);
  cr_expect_eq(max_of("--max-fields"), HTTP_FIELDS_MAX);
  cr_expect_eq(max_of("--max-depth"), JSON_DEPTH_MAX);
  cr_expect_eq(max_of("--max-items"), CONFIG_ITEMS_MAX);
}

Test(config_options, an_option_is_found_by_its_name_or_letter_only) {
  const struct config_option *help_option = config_option_find(slice_of("-h"));
  cr_assert(help_option != NULL, "-h is missing");
  cr_expect_str_eq(help_option->name, "help");
  cr_expect_eq(config_option_find(slice_of("--help")), help_option);
  static const char *const none[] = {
      "", "-", "--", "-x", "hedges", "-help", "--h", "--hedge", "---hedges"};
  EACH_ROW (row, none)
    cr_expect(config_option_find(slice_of(*row)) == NULL, "'%s' is found",
              *row);
}

Test(config_options, every_option_is_a_property_of_something) {
  for (size_t i = 0; i < config_option_count; i++)
    cr_expect(config_options[i].scope & ~SCOPE_FLAG ||
                  config_options[i].kind == OPTION_URLS ||
                  config_options[i].kind == OPTION_FILE ||
                  !config_options[i].value,
              "--%s has no place in a file", config_options[i].name);
}

Test(config_options, the_nearest_is_two_slips_away_at_most) {
  static const struct {
    const char *flag, *name;
  } cases[] = {
      {"--hedgeafter", "hedge-after"},
      {"--hegdes", "hedges"},
      {"--hedge", "hedges"},
      {"--time-out", "timeout"},
      {"--token", "token-file"},
      {"--max-bdy", "max-body"},
      {"-listen", "listen"},
      {"--ehader", "header"},
      {"--Timeout", "timeout"},
      {"--verbose", NULL},
      {"--xx", NULL},
      {"-x", NULL},
      {"--", NULL},
      {"--zzzzzzzzz", NULL},
  };
  EACH_ROW (row, cases) {
    const struct config_option *o =
        config_option_nearest(slice_of(row->flag), SCOPE_FLAG);
    const char *got = o == NULL ? "nothing" : o->name;
    const char *want = row->name == NULL ? "nothing" : row->name;
    cr_expect_str_eq(got, want, "%s brings %s", row->flag, got);
  }
}
