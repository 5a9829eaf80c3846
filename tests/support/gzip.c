/* gzip: bodies as an upstream packs them. */
#include "support/gzip.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void gzip_add(struct gzip *gzip, const char *text, size_t len) {
  z_stream z = {.next_in = (unsigned char *)text,
                .avail_in = (unsigned)len,
                .next_out = (unsigned char *)gzip->bytes + gzip->len,
                .avail_out = (unsigned)(GZIP_MAX - gzip->len)};
  cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
  cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END, "GZIP_MAX is too small");
  gzip->len = GZIP_MAX - z.avail_out;
  deflateEnd(&z);
}

static struct gzip *emptied(void) {
  static struct gzip gzip;
  gzip.len = 0;
  return &gzip;
}

struct gzip *gzip_of(const char *text) {
  struct gzip *gzip = emptied();
  gzip_add(gzip, text, strlen(text));
  return gzip;
}

struct gzip *gzip_of_spaces(size_t bytes) {
  struct gzip *gzip = emptied();
  char *text = malloc(bytes);
  cr_assert_not_null(text);
  memset(text, ' ', bytes);
  text[0] = '[';
  text[bytes - 1] = ']';
  gzip_add(gzip, text, bytes);
  free(text);
  return gzip;
}
