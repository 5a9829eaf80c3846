/* stage: what most end-to-end tests stand on, so that each of them can be read
 * as its script alone. Tests with several origins build their own. */
#include "support/stage.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { FLAGS_MAX = 64 };

struct stage stage_open_under(const char *base, const char *const *flags) {
  struct stage stage = {.origin = origin_new()};
  char url[512];
  snprintf(url, sizeof url, "%s%s", stage.origin->url, base);
  const char *all[FLAGS_MAX] = {"--to", url};
  for (size_t count = 2; *flags; flags++) {
    cr_assert(count < FLAGS_MAX - 1, "too many flags");
    all[count++] = *flags;
  }
  stage.program = program_start_flags(all);
  stage.client = client_new(stage.program->port);
  return stage;
}

void stage_close(struct stage *stage) {
  client_free(stage->client);
  program_free(stage->program);
  origin_free(stage->origin);
}
