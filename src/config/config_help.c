/* config_help.c: the text of --help, laid out from the table of options.
 *
 * A column of flags, a column of words, a default behind them; the width is 80,
 * whatever the terminal is, so that the text is the same in a pipe, in the docs
 * and on the screen. Lines are built one at a time and handed out whole, so
 * nothing here needs more room than a line. */
#include "config/config.h"

#include <string.h>

#include "config/config_options.h"
#include "core/text.h"

enum { WIDTH = 80, COLUMN = 30 };

struct page {
  void (*put)(void *arg, const char *piece);
  void *arg;
  char storage[WIDTH + 2]; /* a line, its end, a NUL */
  struct text line;
};

static const char usage[] =
    "hedgerow: races hedged requests to flaky JSON APIs\n"
    "\n"
    "usage: hedgerow --to URL [options]\n"
    "       hedgerow --config FILE [options]\n"
    "       hedgerow tap --help       watch the races of a running hedgerow\n"
    "       hedgerow top --help       watch its routes and upstreams\n"
    "       hedgerow mock --help      a flaky upstream to test against\n"
    "       hedgerow demo --help      see what hedging does, without a setup\n"
    "       hedgerow simulate --help  play a policy on a workload before you "
    "use it\n";

static const char ending[] =
    "\n"
    "Defaults are in brackets. Durations take ms, s or m; sizes take bytes, K\n"
    "or M. Write --flag VALUE or --flag=VALUE.\n"
    "\n"
    "Environment\n"
    "  Each option that takes a value can come from a variable: HEDGEROW_ and\n"
    "  its name in capitals, with _ for - (HEDGEROW_HEDGE_AFTER=300ms). A "
    "flag\n"
    "  beats its variable. In lists, spaces separate URLs and names, and line\n"
    "  ends separate headers. HEDGEROW_TOKEN is a bearer token for the\n"
    "  upstream, if there is no --token-file; it has no flag, since flags "
    "show\n"
    "  in `ps`.\n"
    "\n"
    "Signals\n"
    "  On SIGTERM and SIGINT hedgerow stops without losing a request (see\n"
    "  --drain). On SIGHUP it reads --config and the files of tokens and CAs\n"
    "  again and opens --log-file anew. On SIGUSR1 it tells on stderr what it\n"
    "  has counted, and what --observe has seen.\n"
    "\n"
    "Exit status: 0 after --help or a stop, 1 after trouble at run time, 2\n"
    "after wrong use.\n";

static const char *const group_names[GROUP_COUNT] = {
    [GROUP_TARGETS] = "Targets", [GROUP_RACING] = "Racing",
    [GROUP_TIME] = "Time",       [GROUP_REQUESTS] = "Requests",
    [GROUP_RUNNING] = "Running", [GROUP_LIMITS] = "Limits",
};

static void end_line(struct page *page) {
  text_char(&page->line, '\n');
  page->put(page->arg, text_end(&page->line));
  text_init(&page->line, page->storage, sizeof page->storage);
}

static void indent(struct page *page) {
  while (page->line.len < COLUMN) text_char(&page->line, ' ');
}

/* One word of the right column, on the next line if it does not fit. */
static void put_word(struct page *page, struct slice word) {
  if (page->line.len > COLUMN && page->line.len + 1 + word.len > WIDTH)
    end_line(page);
  if (page->line.len > COLUMN) text_char(&page->line, ' ');
  indent(page);
  text_slice(&page->line, word);
}

static void put_words(struct page *page, const char *words) {
  while (*words != '\0') {
    const size_t len = strcspn(words, " ");
    put_word(page, (struct slice){words, len});
    words += len + (words[len] == ' ');
  }
}

static void put_flag(struct page *page, const struct config_option *option) {
  struct text *line = &page->line;
  text_str(line, "  ");
  if (option->letter != 0) {
    text_char(line, '-');
    text_char(line, option->letter);
    text_str(line, ", ");
  }
  text_put(line, "--", option->name);
  if (option->value) text_put(line, " ", option->value);
  if (line->len + 2 > COLUMN) end_line(page);
}

static void put_default(struct page *page, const struct config_option *option) {
  char storage[WIDTH];
  struct text words = TEXT_ON(storage);
  if (!option->fallback) return;
  text_put(&words, "[", option->fallback, "]");
  put_words(page, text_end(&words));
}

static void put_group(struct page *page, enum option_group group) {
  end_line(page);
  text_str(&page->line, group_names[group]);
  end_line(page);
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    if (option->group != group || !(option->scope & SCOPE_FLAG)) continue;
    put_flag(page, option);
    put_words(page, option->help);
    put_default(page, option);
    end_line(page);
  }
}

void config_help(void (*put)(void *arg, const char *piece), void *arg) {
  struct page page = {.put = put, .arg = arg};
  text_init(&page.line, page.storage, sizeof page.storage);
  put(arg, usage);
  for (enum option_group group = 0; group < GROUP_COUNT; group++)
    put_group(&page, group);
  put(arg, ending);
}
