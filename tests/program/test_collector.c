/* --otlp through the built program: whom it trusts where the collector is
 * https://, what it shows, and that a reload reads both anew. What is sent, and
 * what becomes of it where the collector is in trouble, is shown by
 * scripts/check-otlp. */
#include <criterion/criterion.h>
#include <string.h>

#include "support/folder.h"
#include "support/gzip.h"
#include "support/scrape.h"
#include "support/stage.h"
#include "support/tls_origin.h"
#include "support/words.h"

TestSuite(collector, .fini = folder_remove);

#define ALONE "--hedges", "0"
#define AT "127.0.0.1:0"

/* The next batch shows this, and is taken. */
static void expect_batch(struct origin *collector, const char *credentials) {
  struct arrival *arrival = origin_await(collector);
  arrival_expect_line(arrival, "POST /v1/traces HTTP/1.1");
  arrival_expect_field(arrival, "Authorization", credentials);
  arrival_answer_first(arrival, 200, "{}");
}

static void expect_secure_batch(struct tls_origin *collector) {
  struct tls_arrival *arrival = tls_origin_await(collector);
  tls_arrival_answer(arrival, "{}");
  tls_arrival_end(arrival);
}

/* ---- whom it trusts ------------------------------------------------------- */

Test(collector, one_of_the_given_ca_is_trusted) {
  OWNED(tls_origin) collector = tls_origin_new(TLS_GOOD);
  const char *token = folder_write("token", "one\n");
  SCOPED(stage) s =
      stage_open(ALONE, "--otlp", collector->url, "--otlp-ca-file",
                 collector->ca_file, "--otlp-token-file", token);
  stage_exchange(&s);
  struct tls_arrival *arrival = tls_origin_await(collector);
  tls_arrival_expect_field(arrival, "Authorization", "Bearer one");
  tls_arrival_answer(arrival, "{}");
}

Test(collector, another_is_not_and_the_notice_names_the_option) {
  OWNED(tls_origin) collector = tls_origin_new(TLS_GOOD);
  SCOPED(stage) s = stage_open(ALONE, "--otlp", collector->url);
  stage_exchange(&s);
  tls_origin_await_refusal(collector);
  program_await_notice(s.program, "takes no spans");
  words_expect(s.program->err, "; see --otlp-ca-file\n");
}

Test(collector, cas_that_are_none_are_refused_at_start) {
  OWNED(program) program =
      program_run("--to", "http://127.0.0.1:9", "--otlp", "https://c",
                  "--otlp-ca-file", "/dev/null", "--check");
  cr_expect_eq(program->exit_status, 2);
  cr_expect_str_eq(program->err,
                   "hedgerow: --otlp-ca-file: /dev/null: expected certificates "
                   "(PEM), each of them whole\n",
                   "got %s", program->err);
  program->exit_status = 0;
}

/* ---- what it answers ------------------------------------------------------ */

#define SENT "hedgerow_spans_sent_total"
#define DROPPED "hedgerow_spans_dropped_total"

/* The next batch, of a request of its own, gets this answer. */
static void answer_batch(const struct stage *s, struct origin *collector,
                         const char *fields, const char *bytes, size_t len) {
  stage_exchange(s);
  struct arrival *arrival = origin_await(collector);
  arrival_expect_field(arrival, "Accept-Encoding", "identity");
  arrival_answer_bytes(arrival, 200, fields, bytes, len);
  arrival_close(arrival);
}

/* A wrong URL, say: all spans are lost, and the status says nothing of it. */
Test(collector, an_answer_of_another_kind_is_a_failure_and_told_once) {
  static const char page[] = "<html>Welcome</html>";
  OWNED(origin) collector = origin_new();
  SCOPED(stage) s = stage_open(ALONE, "--otlp", collector->url, "--admin", AT);
  answer_batch(&s, collector, "Content-Type: text/html\r\n", page,
               strlen(page));
  program_await_notice(s.program,
                       "takes no spans, and what has no room is dropped: "
                       "status 200, and a body that is no answer of OTLP");
  cr_expect_eq(scrape_await_more(s.program, DROPPED, 0), 2);
  scrape_expect(s.program, SENT, 0);
  const size_t told = s.program->err_len;
  answer_batch(&s, collector, "", page, strlen(page));
  cr_expect_eq(scrape_await_more(s.program, DROPPED, 2), 4);
  answer_batch(&s, collector, "", "", 0);
  program_await_notice(s.program, "takes spans again");
  cr_expect_null(strstr(s.program->err + told, "takes no spans"), "%s",
                 s.program->err);
  scrape_expect(s.program, SENT, 2);
}

Test(collector, an_answer_that_is_packed_all_the_same_is_understood) {
  const struct gzip *packed = gzip_of("{\"partialSuccess\":{\"rejectedSpans\":"
                                      "\"1\",\"errorMessage\":\"full\"}}");
  OWNED(origin) collector = origin_new();
  SCOPED(stage) s = stage_open(ALONE, "--otlp", collector->url, "--admin", AT);
  answer_batch(&s, collector, "Content-Encoding: gzip\r\n", packed->bytes,
               packed->len);
  program_await_notice(s.program, "left out 1 of 2 spans: full");
  cr_expect_eq(scrape_await_more(s.program, DROPPED, 0), 1);
  scrape_expect(s.program, SENT, 1);
}

/* ---- which races ---------------------------------------------------------- */

/* Of those that no client has begun; whoever has says itself whether. */
Test(collector, a_ratio_is_of_the_traces_that_begin_here) {
  OWNED(origin) collector = origin_new();
  SCOPED(stage) s = stage_open(ALONE, "--otlp", collector->url, "--admin", AT,
                               "--trace-ratio", "0");
  for (unsigned i = 0; i < 20; i++) stage_exchange(&s);
  client_get_with(s.client, "/smart",
                  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"
                  "00f067aa0ba902b7-01\r\n");
  struct arrival *arrival = origin_await_attempt(s.origin, 0);
  stage_serve(&s, arrival, 200, OK);
  expect_batch(collector, NULL);
  cr_expect_eq(scrape_await_more(s.program, SENT, 0), 2);
  scrape_expect(s.program, DROPPED, 0);
}

/* ---- a stop --------------------------------------------------------------- */

Test(collector, spans_that_are_lost_at_a_stop_are_told) {
  OWNED(origin) collector = origin_new();
  SCOPED(stage) s = stage_open(ALONE, "--otlp", collector->url);
  stage_exchange(&s);
  (void)origin_await(collector); /* which answers nothing */
  stage_exchange(&s);
  program_stop(s.program);
  cr_expect(
      strstr(s.program->err, "hedgerow: 4 spans are lost: the collector "),
      "%s", s.program->err);
}

/* ---- a reload ------------------------------------------------------------- */

Test(collector, a_reload_reads_the_token_anew) {
  OWNED(origin) collector = origin_new();
  const char *token = folder_write("token", "one\n");
  SCOPED(stage) s =
      stage_open(ALONE, "--otlp", collector->url, "--otlp-token-file", token);
  stage_exchange(&s);
  expect_batch(collector, "Bearer one");
  folder_write("token", "two\n");
  program_reload(s.program, "hedgerow: reloaded");
  stage_exchange(&s);
  expect_batch(collector, "Bearer two");
}

Test(collector, a_token_that_cannot_be_read_leaves_the_one_before) {
  OWNED(origin) collector = origin_new();
  const char *token = folder_write("token", "one\n");
  SCOPED(stage) s =
      stage_open(ALONE, "--otlp", collector->url, "--otlp-token-file", token);
  folder_write("token", "");
  program_reload(s.program, "hedgerow: not reloaded");
  words_expect(s.program->err, "--otlp-token-file: ");
  stage_exchange(&s);
  expect_batch(collector, "Bearer one");
}

/* What waits for its second try does not wait for longer. */
Test(collector, a_reload_reads_the_cas_anew) {
  OWNED(tls_origin) collector = tls_origin_new(TLS_GOOD);
  OWNED(tls_origin) other = tls_origin_new(TLS_GOOD);
  const char *ca = folder_copy("ca.pem", other->ca_file);
  SCOPED(stage) s =
      stage_open(ALONE, "--otlp", collector->url, "--otlp-ca-file", ca);
  stage_exchange(&s);
  tls_origin_await_refusal(collector);
  program_await_notice(s.program, "takes no spans");
  folder_copy("ca.pem", collector->ca_file);
  program_reload(s.program, "hedgerow: reloaded");
  expect_secure_batch(collector);
  program_await_notice(s.program, "takes spans again");
}
