/* hedgerow tap, against an admin listener that the test plays. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/folder.h"
#include "support/origin.h"
#include "support/program.h"
#include "support/screen.h"
#include "support/words.h"

TestSuite(tap, .fini = folder_remove);

static const char head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1000\n\n";

#define RACE(id)                                                               \
  "id: 7\nevent: race\ndata: {\"time\":\"2026-11-30T14:03:07.512Z\","          \
  "\"id\":\"" id "\",\"route\":\"/smart\",\"status\":200,"                     \
  "\"outcome\":\"success\",\"ms\":400.0,\"winner\":1,\"rescued\":\"slow\","    \
  "\"saved_ms\":245.6,\"attempts\":["                                          \
  "{\"number\":0,\"start\":0.0,\"end\":400.0,\"result\":\"cancelled\"},"       \
  "{\"number\":1,\"start\":300.0,\"end\":400.0,\"result\":\"success\"}]}\n\n"

/* Takes its request and begins to answer. */
static struct arrival *begin(struct origin *admin, const char *line) {
  struct arrival *arrival = origin_await(admin);
  arrival_expect_line(arrival, line);
  arrival_send(arrival, head);
  return arrival;
}

static const char all[] = "GET /api/v1/events? HTTP/1.1";

Test(tap, a_race_is_a_line) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open_pipe("tap", "--admin", admin->host);
  struct arrival *arrival = begin(admin, all);
  arrival_expect_field(arrival, "Authorization", NULL);
  arrival_send(arrival, RACE("one"));
  screen_await(s, "14:03:07.512 200    400.0 |0----------------------1=====#| "
                  "/smart rescued, >245 ms saved  one\n");
  arrival_send(arrival, ": \n\nevent: left_out\ndata: {\"left_out\":12}\n\n");
  screen_await(s, "12 more are not shown\n");
  arrival_send(arrival, "event: other\ndata: {}\n\nevent: race\ndata: {]\n\n");
  arrival_send(arrival, RACE("two"));
  screen_await(s, "saved  two\n");
}

Test(tap, json_is_the_events_own) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open_pipe("tap", "--json", "--admin", admin->host);
  struct arrival *arrival = begin(admin, all);
  arrival_send(arrival, "event: race\ndata: {\"a\":\ndata: 1}\n\n"
                        "event: left_out\ndata: {\"left_out\":1}\n\n");
  screen_await(s, "{\"a\": 1}\n{\"left_out\":1}\n");
  cr_assert_str_eq(s->out.text, "{\"a\": 1}\n{\"left_out\":1}\n");
}

Test(tap, a_place_may_be_the_url_that_hedgerow_prints) {
  OWNED(origin) admin = origin_new();
  const char *url = words_of("%s/", admin->url);
  OWNED(screen) s = screen_open_pipe("tap", "--admin", url);
  begin(admin, all);
}

Test(tap, a_place_that_is_none_is_told_how_to_write_it) {
  OWNED(screen) s = screen_open_pipe("tap", "--admin", "https://h:1/");
  screen_await_err(
      s, "tap: --admin: \"https://h:1/\": write it as HOST:PORT, such as "
         "127.0.0.1:8481, or as unix:/PATH\n");
  screen_await_exit(s, 2);
}

Test(tap, filters_are_hedgerows) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s =
      screen_open_pipe("tap", "--rescued", "--failed", "--slow=300ms",
                       "--route", "/a b&c", "--admin", admin->host);
  begin(admin, "GET /api/v1/events?route=/a%20b%26c&only=rescued,failed,"
               "slow:300ms HTTP/1.1");
}

Test(tap, a_route_that_there_is_not_is_told_and_waited_for) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s =
      screen_open_pipe("tap", "--route", "/nope", "--admin", admin->host);
  struct arrival *arrival =
      begin(admin, "GET /api/v1/events?route=/nope HTTP/1.1");
  arrival_send(arrival, "event: no_route\ndata: {}\n\n");
  screen_await_err(s,
                   "tap: hedgerow has no route /nope now (hedgerow top lists "
                   "them); waiting for one\n");
  arrival_send(arrival, RACE("one"));
  screen_await(s, "one\n");
}

Test(tap, the_longest_route_is_asked_for) {
  static char route[1024 + 1], line[4096] = "GET /api/v1/events?route=/";
  memset(route, '&', sizeof route - 1);
  route[0] = '/';
  for (size_t i = 1; i < sizeof route - 1; i++) strcat(line, "%26");
  strcat(line, " HTTP/1.1");
  OWNED(origin) admin = origin_new();
  OWNED(screen) s =
      screen_open_pipe("tap", "--route", route, "--admin", admin->host);
  begin(admin, line);
}

Test(tap, on_a_terminal_it_has_a_heading_and_colours) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open(80, 24, "tap", "--admin", admin->host);
  struct arrival *arrival = begin(admin, all);
  screen_await(s, "time (UTC)");
  arrival_send(arrival, RACE("one"));
  screen_await(s, "\x1b[32m rescued, >245 ms saved\x1b[0m\r\n");
  screen_resize(s, 160, 24);
  arrival_send(arrival, RACE("two"));
  screen_await(s, "two");
  screen_type(s, "\x03");
  screen_await_exit(s, 0);
}

Test(tap, no_color_is_respected) {
  setenv("NO_COLOR", "1", 1);
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open(80, 24, "tap", "--admin", admin->host);
  arrival_send(begin(admin, all), RACE("one"));
  screen_await(s, "saved\r\n");
  cr_assert(!strchr(s->out.text, '\x1b'), "%s", s->out.text);
}

Test(tap, a_lost_connection_is_asked_for_again) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open_pipe("tap", "--admin", admin->host);
  struct arrival *arrival = begin(admin, all);
  arrival_send(arrival, "event: race\ndata: {\"id\":\"half");
  arrival_send(arrival, "\"}\n\nevent: race\ndata: {\"id\":\"cut");
  screen_await(s, "half\n");
  arrival_close(arrival);
  screen_await_err(s, ": lost (");
  arrival = begin(admin, all);
  screen_await_err(s, "connected again");
  arrival_send(arrival, RACE("after"));
  screen_await(s, "after\n");
  arrival_reset(arrival);
  screen_await_err(s, ": lost (");
  arrival = origin_await(admin);
  arrival_answer_json(arrival, 503, "{\"detail\":\"too many readers\"}");
  arrival = begin(admin, all);
  screen_await_err(s, "connected again");
  words_expect_none(s->out.text, "cut");
}

Test(tap, a_refusal_ends_it) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open_pipe("tap", "--admin", admin->host);
  arrival_answer_json(origin_await(admin), 401,
                      "{\"detail\":\"say \\\"who\\\" you\\u001b are\"}");
  screen_await_err(s, ": it answered 401: say \"who\" you\\x1b are\n");
  screen_await_exit(s, 1);
}

Test(tap, nobody_there_is_said_at_once) {
  OWNED(origin) nobody = origin_new_deaf();
  OWNED(screen) s = screen_open_pipe("tap", "--admin", nobody->host);
  screen_await_err(s, "is hedgerow running with this --admin?\n");
  screen_await_exit(s, 1);
}

Test(tap, a_reader_that_has_gone_ends_it_quietly) {
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open_pipe("tap", "--admin", admin->host);
  struct arrival *arrival = begin(admin, all);
  arrival_send(arrival, RACE("one"));
  screen_await(s, "one\n");
  screen_leave(s);
  screen_await_exit(s, 0);
  cr_assert_str_eq(s->err.text, "");
}

Test(tap, the_token_is_shown_and_never_told) {
  const char *path = folder_write("token", "TOKENSECRET\n");
  OWNED(origin) admin = origin_new();
  OWNED(screen) s = screen_open_pipe("tap", "--admin", admin->host,
                                     "--admin-token-file", path);
  struct arrival *arrival = origin_await(admin);
  arrival_expect_field(arrival, "Authorization", "Bearer TOKENSECRET");
  arrival_answer_json(arrival, 401, "{\"detail\":\"no\"}");
  screen_await_exit(s, 1);
  words_expect_none(s->err.text, "SECRET");
}

/* An origin whose connections come by a unix socket. */
static struct origin *listen_at_path(const char *path) {
  struct origin *origin = origin_new();
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
  close(origin->listening);
  origin->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert(bind(origin->listening, (struct sockaddr *)&at, sizeof at) == 0);
  cr_assert(listen(origin->listening, 8) == 0);
  return origin;
}

Test(tap, it_reads_a_unix_socket) {
  char place[FOLDER_PATH_MAX + 8];
  const char *path = folder_write("any", "");
  path = folder_path("admin.sock");
  OWNED(origin) admin = listen_at_path(path);
  snprintf(place, sizeof place, "unix:%s", path);
  OWNED(screen) s = screen_open_pipe("tap", "--admin", place);
  struct arrival *arrival = begin(admin, all);
  arrival_expect_field(arrival, "Host", "localhost");
  arrival_send(arrival, RACE("one"));
  screen_await(s, "one\n");
}

Test(tap, the_environment_names_the_listener_and_no_proxy) {
  OWNED(origin) admin = origin_new();
  setenv("HEDGEROW_ADMIN", admin->host, 1);
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("all_proxy", "http://127.0.0.1:1", 1);
  OWNED(screen) s = screen_open_pipe("tap");
  begin(admin, all);
}

static void expect_refusal(const char *words, const char *const *flags) {
  OWNED(screen) s = screen_open_flags(0, 0, flags);
  screen_await_err(s, words);
  screen_await_exit(s, 2);
  cr_assert(strchr(s->err.text, '\n') == s->err.text + s->err.len - 1);
}

#define REFUSED(words, ...)                                                    \
  expect_refusal(words, (const char *const[]){"tap", __VA_ARGS__, NULL})

Test(tap, wrong_options_are_one_line) {
  REFUSED("\"--nonsense\": unknown option", "--nonsense");
  REFUSED("--slow: its value is missing", "--slow");
  REFUSED("--slow: \"300\": expected a time", "--slow", "300");
  REFUSED("--route: \"smart\": expected", "--route=smart");
  REFUSED("--json: it takes no value", "--json=1");
  REFUSED("--admin: \"off\"", "--admin", "off");
  REFUSED("--admin: \"127.0.0.1:0\": expected the port", "--admin",
          "127.0.0.1:0");
  REFUSED("--admin: \"unix:x\": a socket has a path", "--admin", "unix:x");
  REFUSED("--admin-token-file: \"/nowhere/x\"", "--admin-token-file",
          "/nowhere/x");
}
