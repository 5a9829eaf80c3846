/* hedgerow top, against an admin listener that the test plays. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "support/origin.h"
#include "support/rows.h"
#include "support/screen.h"
#include "support/words.h"

#define ON_SCREEN "\x1b[?1049h\x1b[?25l"
#define OFF_SCREEN "\x1b[?25h\x1b[?1049l"

#define STATE(uptime, requests)                                                \
  "{\"version\":\"0.1.0\",\"uptime_seconds\":" uptime                          \
  ",\"generation\":1,\"receipt\":{\"requests\":" requests                      \
  ",\"attempts\":" requests ",\"text\":\"" requests                            \
  " requests\"},\"routes\":[{\"route\":\"/smart\",\"receipt\":{"               \
  "\"requests\":" requests                                                     \
  "}}],\"upstreams\":[{\"upstream\":\"to\",\"targets\":[{\"target\":0,"        \
  "\"host\":\"one.example\",\"up\":true,\"state\":\"up\"}]}]}"

static struct arrival *answer(struct origin *admin, const char *state) {
  struct arrival *arrival = origin_await(admin);
  arrival_expect_line(arrival, "GET /api/v1/state HTTP/1.1");
  arrival_answer_json(arrival, 200, state);
  return arrival;
}

struct watched {
  struct origin *admin;
  struct screen *screen;
};

/* On a terminal, where one table stands. */
static struct watched watch(const char *every) {
  struct watched w = {.admin = origin_new()};
  w.screen =
      screen_open(80, 24, "top", "--every", every, "--admin", w.admin->host);
  answer(w.admin, STATE("5.0", "100"));
  screen_await(w.screen, ON_SCREEN);
  screen_await(w.screen, "q quits");
  cr_assert(!screen_is_as_before(w.screen));
  return w;
}

/* It ends well, and the terminal is as before. */
static void expect_end(struct watched *w) {
  screen_await_exit(w->screen, 0);
  cr_assert(screen_is_as_before(w->screen));
  const char *end = w->screen->out.text + w->screen->out.len;
  cr_assert_str_eq(end - strlen(OFF_SCREEN), OFF_SCREEN, "%s",
                   w->screen->out.text);
  screen_free(w->screen);
  origin_free(w->admin);
}

Test(top, q_quits) {
  struct watched w = watch("60m");
  screen_type(w.screen, "xq");
  expect_end(&w);
}

Test(top, an_interrupt_gives_the_terminal_back) {
  struct watched w = watch("60m");
  screen_type(w.screen, "\x03");
  expect_end(&w);
}

Test(top, signals_give_the_terminal_back) {
  static const int signals[] = {SIGTERM, SIGHUP, SIGQUIT, SIGINT};
  EACH_ROW (row, signals) {
    struct watched w = watch("60m");
    kill(w.screen->pid, *row);
    expect_end(&w);
  }
}

Test(top, the_next_state_has_rates) {
  struct watched w = watch("100ms");
  answer(w.admin, STATE("6.0", "150"));
  screen_await(w.screen, "now: 50.0 requests/s");
  answer(w.admin, STATE("8.0", "160"));
  screen_await(w.screen, "now: 5.0 requests/s");
  screen_type(w.screen, "q");
  expect_end(&w);
}

Test(top, it_stops_and_goes_on_as_a_job) {
  struct watched w = watch("60m");
  screen_type(w.screen, "\x1a");
  screen_await(w.screen, OFF_SCREEN);
  screen_await_err(w.screen, "shell: stopped");
  cr_assert(screen_is_as_before(w.screen));
  kill(w.screen->pid, SIGCONT);
  screen_await_err(w.screen, "shell: continued");
  screen_await(w.screen, ON_SCREEN);
  screen_await(w.screen, "one.example");
  cr_assert(!screen_is_as_before(w.screen));
  screen_type(w.screen, "q");
  expect_end(&w);
}

Test(top, who_stops_it_from_outside_finds_it_drawn_again) {
  struct watched w = watch("60m");
  kill(w.screen->pid, SIGSTOP);
  screen_await_err(w.screen, "shell: stopped");
  kill(w.screen->pid, SIGCONT);
  screen_await(w.screen, ON_SCREEN);
  screen_await(w.screen, "one.example");
  screen_type(w.screen, "q");
  expect_end(&w);
}

Test(top, it_fits_into_a_new_size) {
  struct watched w = watch("60m");
  screen_resize(w.screen, 120, 24);
  screen_await(w.screen, "UPSTREAM           REQ/S");
  screen_resize(w.screen, 30, 5);
  screen_await(w.screen, "lines 1-4 of 10; arrows scroll");
  screen_type(w.screen, "j");
  screen_await(w.screen, "lines 2-5 of 10");
  screen_type(w.screen, "\x1b[B");
  screen_await(w.screen, "lines 3-6 of 10");
  screen_type(w.screen, "G");
  screen_await(w.screen, "lines 7-10 of 10");
  screen_type(w.screen, "\x1b[A");
  screen_await(w.screen, "lines 6-9 of 10");
  screen_type(w.screen, "\x1b[5~");
  screen_await(w.screen, "lines 3-6 of 10");
  screen_type(w.screen, "q");
  expect_end(&w);
}

/* What terminals send, and what then stands on one of 5 rows; in front of each
 * lines 3-6 do. */
static const struct pressed {
  const char *keys, *shown;
} pressed[] = {
    {"\x1b[H", "lines 1-4 of 10"},
    {"\x1b[F", "lines 7-10 of 10"},
    {"\x1bOH", "lines 1-4 of 10"},
    {"\x1bOF", "lines 7-10 of 10"},
    {"\x1b[1~", "lines 1-4 of 10"},
    {"\x1b[4~", "lines 7-10 of 10"},
    {"\x1b[7~", "lines 1-4 of 10"},
    {"\x1b[8~", "lines 7-10 of 10"},
    {"\x1b[5~k", "lines 1-4 of 10"},
    {"\x1b[6~", "lines 6-9 of 10"},
    {"\x1b[6;2~", "lines 6-9 of 10"},
    /* F10, F12, F5, nothing: none of them does anything. */
    {"\x1b[21~\x1b[24~\x1b[15~\x1b[~j", "lines 4-7 of 10"},
};

Test(top, keys_that_scroll_are_known_as_each_terminal_sends_them) {
  struct watched w = watch("60m");
  screen_resize(w.screen, 30, 5);
  EACH_ROW (row, pressed) {
    screen_type(w.screen, "gjj");
    screen_await(w.screen, "lines 3-6 of 10");
    screen_type(w.screen, row->keys);
    screen_await(w.screen, row->shown);
  }
  screen_type(w.screen, "q");
  expect_end(&w);
}

Test(top, the_last_table_stays_while_nobody_answers) {
  struct watched w = watch("100ms");
  arrival_reset(origin_await(w.admin)); /* a kept connection: once more */
  arrival_reset(origin_await(w.admin));
  screen_await(w.screen, "one.example");
  screen_await(w.screen, "; asking again");
  answer(w.admin, "[]");
  screen_await(w.screen, "what it sends is no state; asking again");
  arrival_answer_json(origin_await(w.admin), 503,
                      "{\"detail\":\"out of memory\"}");
  screen_await(w.screen, "it answered 503: out of memory; asking again");
  answer(w.admin, STATE("9.0", "300"));
  screen_await(w.screen, "300 requests");
  screen_await(w.screen, "q quits");
  screen_type(w.screen, "q");
  expect_end(&w);
}

Test(top, a_key_is_taken_while_an_answer_is_awaited) {
  struct watched w = watch("100ms");
  origin_await(w.admin);
  screen_type(w.screen, "q");
  expect_end(&w);
}

Test(top, in_a_pipe_it_prints_one_table) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open_pipe("top", "--admin", admin->host);
  answer(admin, STATE("5.0", "100"));
  screen_await(s, "now: - requests/s");
  screen_await_exit(s, 0);
  cr_assert(!strchr(s->out.text, '\x1b'), "%s", s->out.text);
}

Test(top, once_is_once_on_a_terminal_too) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s =
      screen_open(80, 24, "top", "--once", "--admin", admin->host);
  answer(admin, STATE("5.0", "100"));
  screen_await(s, "one.example");
  screen_await_exit(s, 0);
  words_expect_none(s->out.text, "\x1b[?");
}

Test(top, what_is_no_hedgerow_is_said) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open(80, 24, "top", "--admin", admin->host);
  arrival_answer_json(origin_await(admin), 404, "\"nothing\"");
  screen_await_err(s, ": it answered 404\n");
  screen_await_exit(s, 1);
  screen_free(s);
  s = screen_open_pipe("top", "--admin", admin->host);
  arrival_answer_json(origin_await(admin), 200, "{\"half");
  screen_await_err(s, ": what it sends is no state\n");
  screen_await_exit(s, 1);
}

static void expect_refusal(const char *words, const char *const *flags) {
  OWNED(screen) s = screen_open_flags(0, 0, flags);
  screen_await_err(s, words);
  screen_await_exit(s, 2);
}

#define REFUSED(words, ...)                                                    \
  expect_refusal(words, (const char *const[]){"top", __VA_ARGS__, NULL})

Test(top, wrong_options_are_one_line) {
  REFUSED("--every: \"1\": expected a time from 100ms", "--every", "1");
  REFUSED("--every: \"61m\"", "--every", "61m");
  REFUSED("--once: it takes no value", "--once=yes");
  REFUSED("--admin: \"::1\"", "--admin", "::1");
}
