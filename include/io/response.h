/* response: an upstream's answer, as it was received and judged. */
#ifndef HEDGEROW_IO_RESPONSE_H
#define HEDGEROW_IO_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"
#include "io/buffer.h"

/* The slices point into `bytes`. All zeros is an empty one. */
struct response {
  int status;
  bool http_1_0;       /* it came in HTTP/1.0 */
  struct slice fields; /* "Name: value\r\n"..., without the empty line */
  struct slice body;   /* transfer coding undone; a content coding, too, where
                        * the ask says so, and then the fields tell of none */
  uint64_t length;     /* what Content-Length is to say of it: the body's, or
                        * where a HEAD or 304 has none, what stood there;
                        * UINT64_MAX: there is to be no such field */
  struct buffer bytes;
};

static inline void response_clear(struct response *response) {
  buffer_clear(&response->bytes);
}

/* Moves it; what *to held is freed, *from is empty afterwards. */
static inline void response_move(struct response *to, struct response *from) {
  response_clear(to);
  *to = *from;
  to->bytes = buffer_take(&from->bytes);
}

#endif
