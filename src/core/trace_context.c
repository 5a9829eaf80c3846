/* trace_context: traceparent and tracestate, read strictly.
 *
 *   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *   |  the trace's ID                   the parent span  flags
 *   version
 *
 * What is malformed is no context at all: half of an ID would join requests
 * that have nothing to do with each other. tracestate is for tracing systems to
 * read, and we are none: it crosses as it came, or not at all. */
#include "core/trace_context.h"

#include "core/hex.h"
#include "core/http_head.h"

enum {
  ID_AT = 3,
  PARENT_AT = 36,
  FLAGS_AT = 53,
  KEY_BYTES_MAX = 256,
  VALUE_BYTES_MAX = 256,
};

/* ---- traceparent ---- */

/* Lower case alone (section 3.2). -1: it is no digit. */
static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

static bool read_hex(const char *at, unsigned digits, uint64_t *number) {
  *number = 0;
  for (; digits > 0; digits--, at++) {
    int digit = digit_of(*at);
    if (digit < 0) return false;
    *number = *number << 4 | (unsigned)digit;
  }
  return true;
}

static bool has_dashes(struct slice text) {
  return text.at[ID_AT - 1] == '-' && text.at[PARENT_AT - 1] == '-' &&
         text.at[FLAGS_AT - 1] == '-';
}

static bool has_length(struct slice text, uint64_t version) {
  if (text.len == TRACE_PARENT_BYTES) return true;
  return version > 0 && text.at[TRACE_PARENT_BYTES] == '-';
}

bool trace_context_parse(struct trace_context *trace, struct slice text) {
  uint64_t version, high, low, parent, flags;
  if (text.len < TRACE_PARENT_BYTES || !has_dashes(text) ||
      !read_hex(text.at, 2, &version) || version == 0xff ||
      !has_length(text, version) || !read_hex(text.at + ID_AT, 16, &high) ||
      !read_hex(text.at + ID_AT + 16, 16, &low) ||
      !read_hex(text.at + PARENT_AT, 16, &parent) ||
      !read_hex(text.at + FLAGS_AT, 2, &flags) || (high | low) == 0 ||
      parent == 0)
    return false;
  trace->high = high;
  trace->low = low;
  trace->parent = parent;
  trace->flags = flags & (TRACE_SAMPLED | TRACE_RANDOM);
  return true;
}

void trace_context_write_id(struct text *out,
                            const struct trace_context *trace) {
  char id[32];
  hex_write(id, trace->high);
  hex_write(id + 16, trace->low);
  text_add(out, id, sizeof id);
}

void trace_context_write_span(struct text *out, uint64_t span) {
  char id[16];
  hex_write(id, span);
  text_add(out, id, sizeof id);
}

/* As one piece, since every attempt of a trace sends it. */
void trace_context_write(struct text *out, const struct trace_context *trace,
                         uint64_t span) {
  char line[TRACE_PARENT_BYTES];
  memcpy(line, "00-", ID_AT);
  hex_write(line + ID_AT, trace->high);
  hex_write(line + ID_AT + 16, trace->low);
  line[PARENT_AT - 1] = '-';
  hex_write(line + PARENT_AT, span);
  line[FLAGS_AT - 1] = '-';
  line[FLAGS_AT] = '0';
  line[FLAGS_AT + 1] = (char)('0' + trace->flags);
  text_add(out, line, sizeof line);
}

/* ---- tracestate ---- */

static bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_key(struct slice key) {
  static const char more[] = "_-*/@";
  if (key.len == 0 || key.len > KEY_BYTES_MAX || !is_letter_or_digit(key.at[0]))
    return false;
  for (size_t i = 1; i < key.len; i++)
    if (!is_letter_or_digit(key.at[i]) &&
        !memchr(more, key.at[i], sizeof more - 1))
      return false;
  return true;
}

static bool is_value(struct slice value) {
  if (value.len == 0 || value.len > VALUE_BYTES_MAX) return false;
  for (size_t i = 0; i < value.len; i++)
    if (value.at[i] < 0x20 || value.at[i] > 0x7e || value.at[i] == '=')
      return false;
  return true;
}

static bool is_member(struct slice member) {
  const struct slice key = slice_until(member, '=');
  return key.len < member.len && is_key(key) &&
         is_value(slice_from(member, key.len + 1));
}

/* Values have no quotes. Empty members are allowed: section 3.3.1.2. */
bool trace_context_reads_state(struct slice tracestate, unsigned *members) {
  struct slice member;
  while (http_item_next(&tracestate, &member))
    if (!is_member(member) || ++*members > TRACE_STATE_MEMBERS_MAX)
      return false;
  return true;
}
