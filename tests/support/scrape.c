/* scrape: one request for each question. */
#include "support/scrape.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/operator.h"
#include "support/words.h"

double scrape(const struct program *program, const char *sample) {
  struct client *client = operator_new(program);
  const struct reply *reply = operator_get(client, "/metrics");
  cr_assert_eq(reply->status, 200);
  const char *line = words_of("\n%s ", sample);
  const char *at = strstr(reply->body, line);
  double number = at ? strtod(at + strlen(line), NULL) : -1;
  client_free(client);
  return number;
}

void scrape_expect(const struct program *program, const char *sample,
                   double want) {
  double got = scrape(program, sample);
  cr_expect_eq(got, want, "%s is %f, not %f", sample, got, want);
}

double scrape_await_more(const struct program *program, const char *sample,
                         double than) {
  enum { TIMES = 100000 };
  double got = scrape(program, sample);
  for (int i = 0; i < TIMES && got <= than; i++) got = scrape(program, sample);
  cr_assert_gt(got, than, "%s stays %f", sample, got);
  return got;
}
