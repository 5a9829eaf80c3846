/* fuzz_gunzip: any bytes, into io/gunzip, as io/intake_gzip drives it.
 *
 * By the first byte the rest is a stream, or text that is packed here, since no
 * luck finds a check sum; the second says how much of its end is cut off.
 * However the stream is cut, and whatever the room is, what comes out is the
 * same, and so is the verdict, but where a limit was met. It is what zlib makes
 * of it in one piece. Nothing is written beyond the room, no limit is passed by
 * more than a room's worth, and the memory is what was promised. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "fuzz/fuzz.h"
#include "io/gunzip.h"

enum { IN_MAX = 2048, PACKED_SLACK = 4096, ROOM_MAX = 1 << 16, MEMBERS = 4 };

struct reading {
  enum gunzip_progress progress;
  bool whole;
  char why[128];
  struct text out;
};

/* ---- the stream ---- */

static void pack_member(struct text *to, struct slice text) {
  z_stream z = {.next_in = (unsigned char *)(uintptr_t)text.at,
                .avail_in = (unsigned)text.len,
                .next_out = (unsigned char *)to->at + to->len,
                .avail_out = (unsigned)(to->cap - to->len)};
  demand(deflateInit2(&z, 6, Z_DEFLATED, 12 + 16, 2, 0) == Z_OK,
         "there is memory");
  demand(deflate(&z, Z_FINISH) == Z_STREAM_END, "there is room");
  to->len = to->cap - z.avail_out;
  deflateEnd(&z);
}

/* A member for each line, and the last for what is left. */
static struct text pack(struct slice rest) {
  struct text stream = fuzz_text(rest.len * 2 + PACKED_SLACK);
  for (unsigned n = 1; n < MEMBERS && rest.len > 0; n++)
    pack_member(&stream, fuzz_line(&rest));
  pack_member(&stream, rest);
  return stream;
}

static struct text copy_of(struct slice rest) {
  struct text stream = fuzz_text(rest.len + 1);
  text_slice(&stream, rest);
  return stream;
}

/* ---- in pieces ---- */

/* By our bound, or by deflate's own. */
static size_t room_for(size_t in_len) {
  size_t ours = GUNZIP_FREE_BYTES + GUNZIP_RATIO_MAX * (in_len + 1);
  size_t deflates = 1032 * in_len;
  return (ours < deflates ? ours : deflates) + ROOM_MAX;
}

static void take(struct reading *reading, struct gunzip *gunzip,
                 struct slice piece, char *room, size_t cap) {
  char *bytes = fuzz_copy(piece);
  struct slice in = {bytes, piece.len};
  do {
    size_t len = 0;
    reading->progress = gunzip_read(gunzip, &in, room, cap, &len);
    demand(len <= cap, "what comes out fits in its room");
    text_add(&reading->out, room, len);
    demand(!reading->out.cut, "the ratio has its bound");
  } while (reading->progress == GUNZIP_FULL);
  demand(reading->progress != GUNZIP_MORE || in.len == 0, "all was taken");
  free(bytes);
}

static void read_all(struct reading *reading, struct slice stream,
                     uint64_t variant, bool whole) {
  static struct budget budget = {.max = GUNZIP_BYTES};
  struct blocks blocks = {.budget = &budget};
  struct fuzz_cuts cuts = fuzz_cuts_of(stream, variant);
  size_t cap = whole ? ROOM_MAX : (size_t)64 << variant * 3;
  char *room = malloc(cap); /* so that a byte beyond it is seen */
  struct gunzip *gunzip = gunzip_new(&blocks, IN_MAX);
  demand(gunzip && budget.used == GUNZIP_BYTES, "its memory is counted");
  *reading = (struct reading){.progress = GUNZIP_MORE,
                              .out = fuzz_text(room_for(stream.len))};
  while (stream.len > 0 && reading->progress == GUNZIP_MORE) {
    size_t len = whole ? stream.len : fuzz_cut(&cuts, stream.len);
    take(reading, gunzip, (struct slice){stream.at, len}, room, cap);
    stream = slice_from(stream, len);
  }
  reading->whole = gunzip_is_whole(gunzip);
  snprintf(reading->why, sizeof reading->why, "%s", gunzip_why(gunzip));
  demand((reading->why[0] == '\0') == (reading->progress == GUNZIP_MORE),
         "a refusal has its reason");
  gunzip_free(gunzip);
  free(room);
  demand(budget.used == 0, "its memory is given back");
}

static void check_same(const struct reading *a, const struct reading *b) {
  if (a->progress == GUNZIP_LARGE || b->progress == GUNZIP_LARGE) return;
  demand(a->progress == b->progress, "a cut changes no verdict");
  demand(a->whole == b->whole, "a cut changes no end");
  demand(strcmp(a->why, b->why) == 0, "a cut changes no reason");
  demand(slice_equal(text_slice_of(&a->out), text_slice_of(&b->out)),
         "a cut changes no text");
}

/* ---- at once, by zlib ---- */

static void check_text(const struct reading *reading, struct slice stream) {
  struct slice text = text_slice_of(&reading->out);
  char *room = malloc(text.len + 1);
  z_stream z = {.next_in = (unsigned char *)(uintptr_t)stream.at,
                .avail_in = (unsigned)stream.len,
                .next_out = (unsigned char *)room,
                .avail_out = (unsigned)text.len + 1};
  int result;
  demand(inflateInit2(&z, MAX_WBITS + 16) == Z_OK, "there is memory");
  while ((result = inflate(&z, Z_SYNC_FLUSH)) == Z_STREAM_END && z.avail_in > 0)
    inflateReset(&z);
  size_t len = text.len + 1 - z.avail_out;
  demand(slice_equal((struct slice){room, len}, text), "zlib reads the same");
  demand((result == Z_STREAM_END || stream.len == 0) == reading->whole,
         "zlib finds the same end");
  inflateEnd(&z);
  free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  struct slice rest = fuzz_input(data + 2, size - 2);
  struct text packed = data[0] & 1 ? pack(rest) : copy_of(rest);
  struct slice stream = text_slice_of(&packed);
  struct reading whole, cut;
  stream.len -= data[1] < stream.len ? data[1] : 0;
  read_all(&whole, stream, 0, true);
  for (uint64_t variant = stream.len > 512; variant < 4; variant++) {
    read_all(&cut, stream, variant, false);
    check_same(&whole, &cut);
    free(cut.out.at);
  }
  if (whole.progress == GUNZIP_MORE) check_text(&whole, stream);
  free(whole.out.at);
  free(packed.at);
  return 0;
}
