/* Tests of core/trace_context. */
#include "core/trace_context.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/rows.h"
#include "support/words.h"

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"
#define NO_ID "00000000000000000000000000000000"
#define NO_SPAN "0000000000000000"

static const char *rewritten(const char *traceparent) {
  static char storage[128];
  struct trace_context trace = {0};
  struct text text;
  if (!trace_context_parse(&trace, slice_of(traceparent))) return "none";
  text_init(&text, storage, sizeof storage);
  trace_context_write(&text, &trace, trace.parent);
  return text_end(&text);
}

Test(trace_context, what_is_read_is_written) {
  static const struct {
    const char *value, *want;
  } rows[] = {
      {"00-" ID "-" SPAN "-01", "00-" ID "-" SPAN "-01"},
      {"00-" ID "-" SPAN "-00", "00-" ID "-" SPAN "-00"},
      {"00-" ID "-" SPAN "-03", "00-" ID "-" SPAN "-03"},
      {"00-0000000000000000a3ce929d0e0e4736-" SPAN "-01",
       "00-0000000000000000a3ce929d0e0e4736-" SPAN "-01"},
      {"00-4bf92f3577b34da60000000000000000-" SPAN "-01",
       "00-4bf92f3577b34da60000000000000000-" SPAN "-01"},
      /* Flags that we do not know are not sent on. */
      {"00-" ID "-" SPAN "-ff", "00-" ID "-" SPAN "-03"},
      {"00-" ID "-" SPAN "-f8", "00-" ID "-" SPAN "-00"},
      /* Of a later version the part that we know. */
      {"01-" ID "-" SPAN "-01", "00-" ID "-" SPAN "-01"},
      {"cc-" ID "-" SPAN "-01-what-the-future-holds", "00-" ID "-" SPAN "-01"},
      {"cc-" ID "-" SPAN "-01-", "00-" ID "-" SPAN "-01"},
  };
  EACH_ROW (row, rows)
    cr_expect_str_eq(rewritten(row->value), row->want, "%s", row->value);
}

Test(trace_context, what_is_malformed_is_none) {
  static const char *const values[] = {
      "",
      "00",
      "00-" ID "-" SPAN,
      "00-" ID "-" SPAN "-",
      "00-" ID "-" SPAN "-0",
      "00-" ID "-" SPAN "-01-",
      "00-" ID "-" SPAN "-01-more",
      "00-" ID "-" SPAN "-011",
      "cc-" ID "-" SPAN "-01.more",
      "ff-" ID "-" SPAN "-01",
      "0-" ID "-" SPAN "-001",
      ".0-" ID "-" SPAN "-01",
      "0X-" ID "-" SPAN "-01",
      "00-" NO_ID "-" SPAN "-01",
      "00-" ID "-" NO_SPAN "-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",
      "00-" ID "-00F067AA0BA902B7-01",
      "00-" ID "-" SPAN "-0A",
      "00-" ID "-" SPAN "-.0",
      "00-4bf92f3577b34da6a3ce929d0e0e473-" SPAN "-01-",
      "00-4bf92f3577b34da6.3ce929d0e0e4736-" SPAN "-01",
      "00-4bf92f3577b34da6g3ce929d0e0e4736-" SPAN "-01",
      "00-" ID "-" SPAN "-0:",
      "00-" ID "-" SPAN "-0`",
      "00_" ID "-" SPAN "-01",
      "00-" ID "_" SPAN "-01",
      "00-" ID "-" SPAN "_01",
      " 00-" ID "-" SPAN "-01",
      "00-" ID "-" SPAN "-01,00-" ID "-" SPAN "-01",
  };
  EACH_ROW (row, values) cr_expect_str_eq(rewritten(*row), "none", "%s", *row);
}

Test(trace_context, nothing_is_set_by_what_is_malformed) {
  /* With its padding, which is compared too. */
  struct trace_context trace, before;
  memset(&before, 1, sizeof before);
  memcpy(&trace, &before, sizeof trace);
  cr_expect(!trace_context_parse(&trace, slice_of("00-" ID "-" NO_SPAN "-00")));
  cr_expect(memcmp(&trace, &before, sizeof trace) == 0);
}

/* ---- tracestate ---- */

static bool reads(const char *value) {
  unsigned members = 0;
  return trace_context_reads_state(slice_of(value), &members);
}

Test(trace_context, states_that_may_cross) {
  static const char *const values[] = {
      "",
      "rojo=00f067aa0ba902b7",
      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
      "rojo=1 , congo=2\t,,",
      "fw529a3039@dt=FfAo!\"#$%&'()*+-./:;<>?@[]^_`{|}~",
      "0a_-*/@b=has space",
      "a=1,a=2",
  };
  EACH_ROW (row, values) cr_expect(reads(*row), "%s", *row);
}

Test(trace_context, states_that_may_not) {
  EACH_WORD (text,
             "rojo|=1|rojo=|rojo=a=b|Rojo=1|ro jo=1|_rojo=1|@dt=1|rojo =1|"
             "ro\xc3=1|rojo=\xc3|rojo=a\tb|rojo=1,congo|:=1|`=1|{=1|r.o=1|"
             "rojo=\x7f")
    cr_expect(!reads(text), "%s", text);
}

Test(trace_context, a_key_and_a_value_have_256_bytes_at_most) {
  char value[600];
  snprintf(value, sizeof value, "a%0255d=%0256d", 0, 0);
  cr_expect(reads(value));
  snprintf(value, sizeof value, "a%0256d=1", 0);
  cr_expect(!reads(value));
  snprintf(value, sizeof value, "a=%0257d", 0);
  cr_expect(!reads(value));
}

Test(trace_context, members_of_all_fields_are_counted) {
  unsigned members = 0;
  for (unsigned i = 0; i < TRACE_STATE_MEMBERS_MAX / 2; i++)
    cr_expect(trace_context_reads_state(slice_of("a=1,,b=2"), &members));
  cr_expect_eq(members, TRACE_STATE_MEMBERS_MAX);
  cr_expect(trace_context_reads_state(slice_of(" , "), &members));
  cr_expect(!trace_context_reads_state(slice_of("c=3"), &members));
}
