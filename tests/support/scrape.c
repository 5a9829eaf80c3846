/* scrape: one request for each question. */
#include "support/scrape.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/client.h"

uint16_t scrape_port(const struct program *program) {
  static const char before[] = "admin at http://";
  const char *at = strstr(program->err, before);
  cr_assert(at, "%s", program->err);
  const char *slash = strchr(at + strlen(before), '/');
  while (slash[-1] != ':') slash--;
  return (uint16_t)strtoul(slash, NULL, 10);
}

double scrape(const struct program *program, const char *sample) {
  char line[512];
  struct client *client = client_new(scrape_port(program));
  client_send(client, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const struct reply *reply = client_await_reply(client);
  cr_assert_eq(reply->status, 200);
  snprintf(line, sizeof line, "\n%s ", sample);
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
