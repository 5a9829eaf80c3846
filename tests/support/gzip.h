/* gzip: bodies as an upstream packs them. */
#ifndef HEDGEROW_TESTS_SUPPORT_GZIP_H
#define HEDGEROW_TESTS_SUPPORT_GZIP_H

#include <stddef.h>

enum { GZIP_MAX = 256 * 1024 };

struct gzip {
  char bytes[GZIP_MAX];
  size_t len;
};

/* Packs the text as one member, and puts it behind what is there. */
void gzip_add(struct gzip *gzip, const char *text, size_t len);
/* One member with that text, valid until the next call. */
struct gzip *gzip_of(const char *text);
/* One member with a JSON array of so many bytes, all spaces but two. */
struct gzip *gzip_of_spaces(size_t bytes);

#endif
