/* --trace on: it shows what connections do, and nothing that may be secret. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/folder.h"
#include "support/stage.h"
#include "support/words.h"

TestSuite(trace_on, .fini = folder_remove);

/* One request that is full of secrets, and its answer. */
static void ask_and_answer(struct stage *s) {
  client_get_with(s->client, "/smart/a%0Ab?key=QUERYSECRET",
                  "Authorization: Basic FIELDSECRET\r\n");
  struct arrival *arrival = origin_await(s->origin);
  arrival_expect_field(arrival, "Authorization", "Bearer TOKENSECRET");
  arrival_answer(arrival, 200, "X-Key: ANSWERSECRET\r\n", "\"BODYSECRET\"");
  client_expect(s->client, 200, "\"BODYSECRET\"");
}

Test(trace_on, it_shows_a_request_and_no_secret) {
  const char *path = folder_write("token", "TOKENSECRET\n");
  SCOPED(stage) s =
      stage_open_at("/base?k=TARGETSECRET", "--hedges", "0", "--trace", "on",
                    "--token-file", path, "--log", "off");
  ask_and_answer(&s);
  client_leave(s.client);
  program_stop(s.program);
  const char *err = s.program->err;
  words_expect(err, "client 127.0.0.1:");
  words_expect(err, ": accepted as fd ");
  words_expect(err, ": head read, GET /smart/a%0Ab, ");
  words_expect(err, "taken\n");
  words_expect(err, ": closes: the client has ended\n");
  words_expect(err, ": received ");
  words_expect_none(err, "SECRET");
}

/* Losers are the slow ones: what is known of them is not to be thrown away. */
Test(trace_on, a_cancelled_attempt_leaves_its_record) {
  SCOPED(stage) s = stage_open("--trace", "on", "--hedges", "1",
                               "--hedge-after", "1ms", "--workers", "1");
  struct arrival *primary = stage_ask_primary(&s, "/smart");
  struct arrival *hedge = origin_await_attempt(s.origin, 1);
  arrival_send(primary, "HTTP/1.1 200 OK\r\n");
  program_await_notice(s.program, ": received 17 bytes");
  stage_serve(&s, hedge, 200, "1");
  arrival_await_closed(primary);
  client_leave(s.client);
  program_stop(s.program);
  const char *line = strstr(s.program->err, "attempt 0 to target 0: cancelled");
  cr_assert(line, "no line of it in\n%s", s.program->err);
  long long connected_us, first_byte_us, ended_us, bytes;
  cr_expect_eq(sscanf(line,
                      "attempt 0 to target 0: cancelled 0, connected after "
                      "%lld us, first byte after %lld us, ended after %lld us, "
                      "%lld bytes",
                      &connected_us, &first_byte_us, &ended_us, &bytes),
               4, "%s", line);
  cr_expect(0 <= connected_us && connected_us <= first_byte_us &&
                first_byte_us <= ended_us && bytes == 17,
            "%s", line);
  words_expect(s.program->out,
               "\"kind\":\"primary\",\"start\":0.0,\"first_byte\":");
}

Test(trace_on, it_says_why_a_request_was_refused) {
  SCOPED(stage) s = stage_open("--trace", "on");
  client_send(s.client, "GET /x HTTP/1.1\r\nHost: a\r\nHost: SECRET\r\n\r\n");
  client_expect_problem(s.client, 400);
  client_await_close(s.client);
  program_await_notice(s.program,
                       ": refused, 400: there is more than one Host");
  words_expect_none(s.program->err, "SECRET");
}

Test(trace_on, by_default_nothing_is_traced) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_expect_healthy(s.client);
  client_leave(s.client);
  program_stop(s.program);
  words_expect_none(s.program->err, "client 127.0.0.1:");
}
