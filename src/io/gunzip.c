/* gunzip: zlib behind a narrow door, and what it must not do to us.
 *
 * A few bytes of gzip can become gigabytes. Three bounds see to that: how much
 * may go in (in_max), how much may come out of it (the ratio), and how much may
 * come out at all, which is for whoever takes it: nothing is written beyond the
 * room that the caller gives, so it looks at each piece before it asks for the
 * next.
 *
 * zlib asks for memory twice, for its state and for a window of 32 KiB. Both
 * come out of one buffer, in which the struct itself stands. So all of it is
 * counted against --max-buffered before anything is inflated, zlib never meets
 * the end of memory half-way, and one call gives everything back.
 *
 * zlib checks the sum and the length at the end of each member. Zeros behind
 * the last, which gzip(1) lets be since tapes have blocks, are refused, as all
 * else is that begins no member: in HTTP nothing pads a body. */
#include "io/gunzip.h"

#include <stdio.h>
#include <zlib.h>

enum {
  GZIP_ONLY = 16, /* added to the window's bits: no zlib, no raw deflate */
  ALIGNMENT = 16,
  WHY_BYTES = 96,
};

struct gunzip {
  struct buffer memory; /* all of it, this struct included */
  char *room;
  z_stream z;
  uint64_t in, in_max, out;
  bool ended; /* behind a member */
  bool later; /* a member has ended before */
  char why[WHY_BYTES];
};

/* ---- memory ---- */

static void *on_alloc(void *arg, unsigned count, unsigned size) {
  struct gunzip *gunzip = arg;
  struct buffer *memory = &gunzip->memory;
  size_t bytes = (size_t)count * size + ALIGNMENT - 1;
  bytes -= bytes % ALIGNMENT;
  if (bytes > memory->cap - memory->len) return NULL;
  memory->len += bytes;
  return memory->at + memory->len - bytes;
}

static void on_free(void *arg, void *memory) {
  (void)arg;
  (void)memory;
}

struct gunzip *gunzip_new(struct blocks *blocks, uint64_t in_max) {
  struct buffer memory = {.blocks = blocks};
  if (!buffer_reserve(&memory, GUNZIP_BYTES)) return NULL;
  struct gunzip *gunzip = (void *)memory.at;
  memory.len = (sizeof *gunzip + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  *gunzip = (struct gunzip){.memory = memory, .in_max = in_max};
  gunzip->room = on_alloc(gunzip, 1, GUNZIP_ROOM_BYTES);
  gunzip->z.zalloc = on_alloc;
  gunzip->z.zfree = on_free;
  gunzip->z.opaque = gunzip;
  if (inflateInit2(&gunzip->z, MAX_WBITS + GZIP_ONLY) == Z_OK) return gunzip;
  gunzip_free(gunzip);
  return NULL;
}

/* inflateEnd would only call on_free. */
void gunzip_free(struct gunzip *gunzip) {
  if (!gunzip) return;
  struct buffer memory = gunzip->memory;
  buffer_clear(&memory);
}

/* ---- inflating ---- */

static enum gunzip_progress refuse(struct gunzip *gunzip) {
  if (gunzip->later && gunzip->z.total_out == 0)
    snprintf(gunzip->why, sizeof gunzip->why,
             "what follows the gzip body is no further member of it (%s)",
             gunzip->z.msg ? gunzip->z.msg : "unknown");
  else
    snprintf(gunzip->why, sizeof gunzip->why, "the gzip body is corrupt (%s)",
             gunzip->z.msg ? gunzip->z.msg : "unknown");
  return GUNZIP_BAD;
}

static enum gunzip_progress refuse_size(struct gunzip *gunzip,
                                        const char *why) {
  snprintf(gunzip->why, sizeof gunzip->why, "%s", why);
  return GUNZIP_LARGE;
}

/* One call of zlib's, and what it took and gave. */
static int step(struct gunzip *gunzip, struct slice *in, char *out, size_t cap,
                size_t *len) {
  z_stream *z = &gunzip->z;
  z->next_in = (unsigned char *)(uintptr_t)in->at;
  z->avail_in = (unsigned)in->len;
  z->next_out = (unsigned char *)out + *len;
  z->avail_out = (unsigned)(cap - *len);
  size_t in_before = z->avail_in, out_before = z->avail_out;
  int result = inflate(z, Z_NO_FLUSH);
  *in = slice_from(*in, in_before - z->avail_in);
  *len += out_before - z->avail_out;
  gunzip->in += in_before - z->avail_in;
  gunzip->out += out_before - z->avail_out;
  return result;
}

static void begin_next(struct gunzip *gunzip) {
  inflateReset(&gunzip->z);
  gunzip->ended = false;
  gunzip->later = true;
}

static bool is_bomb(const struct gunzip *gunzip) {
  return gunzip->out > GUNZIP_FREE_BYTES &&
         gunzip->out > GUNZIP_RATIO_MAX * gunzip->in;
}

static enum gunzip_progress check_sizes(struct gunzip *gunzip,
                                        enum gunzip_progress progress) {
  if (is_bomb(gunzip))
    return refuse_size(gunzip, "the gzip body inflates to more than 200 times "
                               "its size");
  if (gunzip->in > gunzip->in_max)
    return refuse_size(gunzip, "the gzip body is larger than --max-body");
  return progress;
}
_Static_assert(GUNZIP_RATIO_MAX == 200, "check_sizes names the ratio");

enum gunzip_progress gunzip_read(struct gunzip *gunzip, struct slice *in,
                                 char *out, size_t cap, size_t *len) {
  *len = 0;
  if (gunzip->ended && in->len == 0) return GUNZIP_MORE;
  do {
    if (gunzip->ended) begin_next(gunzip);
    int result = step(gunzip, in, out, cap, len);
    gunzip->ended = result == Z_STREAM_END;
    if (result != Z_OK && result != Z_BUF_ERROR && !gunzip->ended)
      return refuse(gunzip);
  } while (gunzip->ended && in->len > 0);
  return check_sizes(gunzip, *len == cap ? GUNZIP_FULL : GUNZIP_MORE);
}

char *gunzip_room(struct gunzip *gunzip) { return gunzip->room; }

bool gunzip_is_whole(const struct gunzip *gunzip) {
  return gunzip->ended || gunzip->in == 0;
}

const char *gunzip_why(const struct gunzip *gunzip) { return gunzip->why; }
