/* stage: what most end-to-end tests stand on, so that each of them can be read
 * as its script alone. Tests with several origins build their own. */
#include "support/stage.h"
#include "support/words.h"

#include <criterion/criterion.h>

enum { FLAGS_MAX = 64 };

struct stage stage_open_with(struct origin *origin, const char *const *flags) {
  struct stage stage = {.origin = origin};
  stage.program = program_start_flags(flags);
  stage.client = client_new(stage.program->port);
  return stage;
}

struct stage stage_open_under(const char *base, const char *const *flags) {
  struct origin *origin = origin_new();
  const char *url = words_of("%s%s", origin->url, base);
  const char *all[FLAGS_MAX] = {"--to", url};
  for (size_t count = 2; *flags; flags++) {
    cr_assert(count < FLAGS_MAX - 1, "too many flags");
    all[count++] = *flags;
  }
  return stage_open_with(origin, all);
}

void stage_close(struct stage *stage) {
  client_free(stage->client);
  program_free(stage->program);
  if (stage->origin) origin_free(stage->origin);
}

struct arrival *stage_ask(const struct stage *stage, const char *target) {
  client_get(stage->client, target);
  return origin_await(stage->origin);
}

struct arrival *stage_ask_primary(const struct stage *stage,
                                  const char *target) {
  client_get(stage->client, target);
  return origin_await_attempt(stage->origin, 0);
}

const struct reply *stage_serve(const struct stage *stage,
                                struct arrival *arrival, int status,
                                const char *body) {
  arrival_answer_json(arrival, status, body);
  return client_expect(stage->client, status, body);
}

struct arrival *stage_exchange(const struct stage *stage) {
  struct arrival *arrival = stage_ask(stage, "/smart");
  stage_serve(stage, arrival, 200, OK);
  return arrival;
}

const struct reply *stage_round(const struct stage *stage, int status) {
  arrival_answer_json(stage_ask(stage, "/smart"), status, OK);
  return client_await_reply(stage->client);
}

void stage_expect_log(struct stage *stage, const char *text) {
  client_leave(stage->client);
  program_expect_log(stage->program, text);
}
