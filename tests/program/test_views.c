/* hedgerow tap and hedgerow top, beside a real hedgerow. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/folder.h"
#include "support/operator.h"
#include "support/screen.h"
#include "support/stage.h"
#include "support/words.h"

TestSuite(views, .fini = folder_remove);

#define AT "127.0.0.1:0"
#define TWO "--hedges", "1", "--hedge-after", "60s", "--timeout", "10s"

static void ask(const struct stage *s, int first, int second) {
  arrival_answer_json(stage_ask_primary(s, "/smart"), first, "1");
  if (second)
    arrival_answer_json(origin_await_attempt(s->origin, 1), second, "1");
  (void)client_await_reply(s->client);
}

/* Its heading comes with the first bytes: from then on it sees every race. */
static struct screen *tap(const struct stage *s, const char *filter) {
  const char *place = words_of("127.0.0.1:%u", s->program->admin_port);
  struct screen *screen = screen_open(80, 24, "tap", filter, "--admin", place);
  screen_await(screen, "time (UTC)");
  return screen;
}

Test(views, tap_shows_races_as_they_end) {
  SCOPED(stage) s = stage_open("--admin", AT, TWO);
  OWNED(screen) all = tap(&s, "--route=/smart");
  OWNED(screen) rescued = tap(&s, "--rescued");
  ask(&s, 200, 0);
  screen_await(all, "| /smart\r\n");
  ask(&s, 500, 200);
  screen_await(all, "rescued, status 500");
  screen_await(rescued, "rescued, status 500");
  ask(&s, 500, 500);
  screen_await(all, "failed: status 500 x 2");
  words_expect_none(rescued->out.text, "| /smart\r\n");
}

Test(views, tap_goes_on_with_the_next_hedgerow) {
  SCOPED(stage) s = stage_open("--admin", AT, TWO);
  const char *place = words_of("127.0.0.1:%u", s.program->admin_port);
  OWNED(screen) screen = tap(&s, "--failed");
  program_stop(s.program);
  program_free(s.program);
  screen_await_err(screen, ": lost (");
  s.program = program_start("--to", s.origin->url, "--admin", place, TWO);
  screen_await_err(screen, "connected again");
  client_free(s.client);
  s.client = client_new(s.program->port);
  ask(&s, 500, 500);
  screen_await(screen, "failed: status 500 x 2");
}

Test(views, top_shows_a_state_over_a_socket_with_a_token) {
  char place[FOLDER_PATH_MAX + 8];
  const char *token = folder_write("token", "TOKENSECRET\n");
  const char *other = folder_write("other", "ANOTHER\n");
  const char *path = folder_path("admin.sock");
  snprintf(place, sizeof place, "unix:%s", path);
  SCOPED(stage) s =
      stage_open("--admin", place, "--admin-token-file", token, TWO);
  ask(&s, 500, 200);
  OWNED(screen) screen =
      screen_open_pipe("top", "--admin", place, "--admin-token-file", token);
  screen_await(screen, "1 request");
  screen_await(screen, "\n/smart ");
  screen_await(screen, "100.0%");
  screen_await(screen, "\nto ");
  screen_await(screen, "nothing was refused");
  screen_await_exit(screen, 0);
  screen_free(screen);
  screen =
      screen_open_pipe("top", "--admin", place, "--admin-token-file", other);
  screen_await_err(screen, ": it answered 401: ");
  screen_await_exit(screen, 1);
}
