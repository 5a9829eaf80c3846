/* luck: tools/faults draws what goes wrong and when, as in `hedgerow mock`; the
 * size of the body, how it is framed and what is in it come from the same key.
 *
 * Most bodies are small, as those of APIs are, and one in eight is large enough
 * to need many reads. Bodies are an array of strings of random letters: a byte
 * that is lost, doubled or of another answer shows. */
#include "luck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRING_BYTES = 61, NAMED_MAX = 100000, NAMED_SLOW_US = 30000 };

uint64_t luck_next(uint64_t *state) {
  uint64_t x = *state ? *state : 1;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

static size_t draw_size(uint64_t *state) {
  uint64_t kind = luck_next(state) % 8;
  size_t most = kind < 4 ? 1024 : kind < 7 ? 16 * 1024 : LUCK_BODY_MAX;
  return 64 + luck_next(state) % (most - 64);
}

static bool draw_named(struct luck *luck, unsigned attempt,
                       struct slice target) {
  const char *at = memmem(target.at, target.len, "/j/", 3);
  char *end;
  if (!at) return false;
  size_t size = strtoul(at + 3, &end, 10);
  if (*end != '/' || size > NAMED_MAX) return false;
  uint64_t seed = strtoull(end + 1, &end, 10);
  bool slow = seed % 4 == 0 && attempt == 0;
  *luck = (struct luck){
      .key = seed * 0x9e3779b97f4a7c15 + 1,
      .draw = {FAULT_NONE, 200, slow ? NAMED_SLOW_US : 0},
      .framing = seed % 3 == 0 ? BY_CHUNKS : BY_LENGTH,
      .body_len = size < 64 ? 64 : size,
  };
  return true;
}

struct luck luck_draw(const struct faults *faults, uint64_t seed,
                      struct slice request_id, unsigned attempt,
                      struct slice target) {
  char which[512];
  struct luck luck;
  if (draw_named(&luck, attempt, target)) return luck;
  int len =
      snprintf(which, sizeof which, "%u %.*s", attempt, SLICE_ARG(target));
  luck.key = faults_key(request_id, (struct slice){which, (size_t)len});
  luck.draw = faults_draw(faults, seed, luck.key);
  uint64_t state = luck.key;
  luck.body_len = draw_size(&state);
  uint64_t framing = luck_next(&state) % 10;
  luck.framing = framing < 6 ? BY_LENGTH : framing < 9 ? BY_CHUNKS : BY_CLOSE;
  return luck;
}

static size_t write_error(const struct luck *luck, char *body) {
  return (size_t)sprintf(body, "{\"error\":%d,\"key\":\"%016llx\"}",
                         luck->draw.status, (unsigned long long)luck->key);
}

size_t luck_body(const struct luck *luck, char *body) {
  uint64_t state = luck->key, letters = 0;
  if (luck->draw.fault == FAULT_STATUS) return write_error(luck, body);
  size_t end = luck->body_len - 3, at = 0;
  at += (size_t)sprintf(body, "{\"key\":\"%016llx\",\"list\":[\"",
                        (unsigned long long)luck->key);
  for (size_t in_string = 0, left = 0; at < end; left--) {
    if (in_string == STRING_BYTES && at + 3 < end) {
      at += (size_t)sprintf(body + at, "\",\"");
      in_string = 0;
    }
    if (left == 0) {
      letters = luck_next(&state);
      left = 8;
    }
    body[at++] = (char)('a' + (letters & 15));
    letters >>= 8;
    in_string++;
  }
  return at + (size_t)sprintf(body + at, "\"]}");
}

static size_t write_chunks(char *out, const char *body, size_t len,
                           uint64_t state) {
  size_t at = 0;
  while (len > 0) {
    size_t size = 1 + luck_next(&state) % 9000;
    if (size > len) size = len;
    at += (size_t)sprintf(out + at, "%zx\r\n", size);
    memcpy(out + at, body, size);
    at += size;
    at += (size_t)sprintf(out + at, "\r\n");
    body += size;
    len -= size;
  }
  return at + (size_t)sprintf(out + at, "0\r\n\r\n");
}

static size_t write_head(char *out, const struct faults_draw *draw,
                         enum luck_framing framing, size_t body_len) {
  size_t at = (size_t)sprintf(
      out, "HTTP/1.1 %d Thus\r\nContent-Type: %s\r\n%s", draw->status,
      draw->fault == FAULT_HTML ? "text/html" : "application/json",
      draw->status == 429 ? "Retry-After: 1\r\n" : "");
  if (framing == BY_LENGTH)
    return at +
           (size_t)sprintf(out + at, "Content-Length: %zu\r\n\r\n", body_len);
  return at + (size_t)sprintf(out + at, "%s\r\n\r\n",
                              framing == BY_CHUNKS
                                  ? "Transfer-Encoding: chunked"
                                  : "Connection: close");
}

size_t luck_answer(const struct luck *luck, char *out, enum luck_end *end) {
  static const char page[] = "<!DOCTYPE html>\n<title>Please wait</title>\n";
  static char body[LUCK_BODY_MAX];
  enum fault fault = luck->draw.fault;
  enum luck_framing framing = luck->framing;
  size_t len = luck_body(luck, body), at, span;
  if (fault == FAULT_HTML) memcpy(body, page, len = sizeof page - 1);
  if (fault == FAULT_BADJSON) body[len - 1 - luck->key % 2] = 'x';
  if (framing == BY_CLOSE && fault == FAULT_TRUNCATE) framing = BY_LENGTH;
  span = at = write_head(out, &luck->draw, framing, len);
  if (framing == BY_CHUNKS) {
    at += write_chunks(out + at, body, len, luck->key);
  } else {
    memcpy(out + at, body, len);
    at += len;
  }
  *end = framing == BY_CLOSE ? ENDS : KEEPS;
  if (fault != FAULT_TRUNCATE && fault != FAULT_RESET) return at;
  *end = fault == FAULT_RESET ? ENDS_BY_RESET : ENDS;
  span = fault == FAULT_RESET ? at : at - span;
  return at - 1 - luck->key / 7 % span; /* it breaks off somewhere inside */
}

int64_t luck_ms(const struct luck *luck) {
  int64_t trickle =
      luck->draw.fault == FAULT_TRICKLE ? TRICKLE_PARTS * TRICKLE_MS : 0;
  return luck->draw.delay_us / 1000 + trickle;
}
