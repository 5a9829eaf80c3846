/* fuzz_chunks: any bytes, into the reader of chunked bodies, as
 * io/connection_input and core/http_response drive it.
 *
 * The first two bytes say how large body and trailers may be. However the rest
 * was cut, though the bytes move with each piece, and whether or not the gap is
 * closed in between, body, verdict and reason are the same, and so is what came
 * behind. What is kept is bounded. A whole body is found a second time here, by
 * a reader that needs all bytes at once and knows nothing of states. */
#include <stdlib.h>

#include "core/chunks.h"
#include "fuzz/fuzz.h"

struct reading {
  struct chunks chunks;
  enum chunks_progress progress;
  char *bytes; /* exactly len of them */
  size_t len;
};

static struct slice body_of(const struct reading *reading) {
  return (struct slice){reading->bytes, reading->chunks.body_len};
}

static struct slice rest_of(const struct reading *reading) {
  size_t read = reading->chunks.read;
  return (struct slice){reading->bytes + read, reading->len - read};
}

static void check_bounds(const struct reading *reading) {
  const struct chunks *chunks = &reading->chunks;
  demand(chunks->body_len <= chunks->body_max, "the body keeps its limit");
  demand(chunks->body_len <= chunks->read && chunks->read <= reading->len,
         "what was read lies in the bytes, behind the body");
  demand(reading->progress != CHUNKS_MORE ||
             reading->len - chunks->read <= chunks->trailers_max,
         "no more than the trailers' limit waits to be read");
}

/* Moves to another block, with the next bytes behind. */
static void grow(struct reading *reading, struct slice piece) {
  struct text moved = fuzz_text(reading->len + piece.len);
  text_add(&moved, reading->bytes, reading->len);
  text_slice(&moved, piece);
  free(reading->bytes);
  reading->bytes = moved.at;
  reading->len = moved.len;
}

static void advance(struct reading *reading, bool closes_gap) {
  enum chunks_progress before = reading->progress;
  reading->progress =
      chunks_read(&reading->chunks, reading->bytes, reading->len);
  demand(before == CHUNKS_MORE || before == reading->progress,
         "all verdicts but MORE are for good");
  check_bounds(reading);
  if (!closes_gap) return;
  reading->len =
      chunks_close_gap(&reading->chunks, reading->bytes, reading->len);
  demand(reading->chunks.read == reading->chunks.body_len, "the gap is closed");
  check_bounds(reading);
}

static void read_all(struct reading *reading, struct slice bytes,
                     const uint8_t *limits, uint64_t variant, bool whole) {
  struct fuzz_cuts cuts = fuzz_cuts_of(bytes, variant);
  *reading = (struct reading){.progress = CHUNKS_MORE, .bytes = malloc(0)};
  chunks_init(&reading->chunks, limits[0] == 0xff ? UINT64_MAX : limits[0],
              limits[1]);
  while (bytes.len > 0) {
    size_t len = whole ? bytes.len : fuzz_cut(&cuts, bytes.len);
    grow(reading, (struct slice){bytes.at, len});
    advance(reading, variant & 1);
    bytes = slice_from(bytes, len);
  }
}

static void check_same(const struct reading *a, const struct reading *b) {
  demand(a->progress == b->progress, "a cut changes no verdict");
  demand(slice_equal(body_of(a), body_of(b)), "a cut changes no body");
  if (a->progress == CHUNKS_WHOLE || a->progress == CHUNKS_MORE)
    demand(slice_equal(rest_of(a), rest_of(b)),
           "a cut changes nothing of what is left");
  else
    demand(strcmp(a->chunks.why, b->chunks.why) == 0,
           "a cut changes no reason");
}

/* ---- the body, found a second time ---- */

static void check_body(const struct reading *reading, struct slice bytes) {
  struct slice trailers = fuzz_body_of_chunks(bytes, body_of(reading));
  struct slice rest = fuzz_behind_trailers(trailers);
  demand(trailers.len - rest.len <= reading->chunks.trailers_max,
         "the trailers keep their limit");
  demand(slice_equal(rest_of(reading), rest),
         "what comes behind the chunks is left as it was");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  struct slice bytes = fuzz_input(data + 2, size - 2);
  struct reading whole, cut;
  read_all(&whole, bytes, data, 0, true);
  for (uint64_t variant = size > 512; variant < 4; variant++) {
    read_all(&cut, bytes, data, variant, false);
    check_same(&whole, &cut);
    free(cut.bytes);
  }
  if (whole.progress == CHUNKS_WHOLE) check_body(&whole, bytes);
  free(whole.bytes);
  return 0;
}
