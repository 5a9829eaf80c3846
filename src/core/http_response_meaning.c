/* http_response_meaning.c: what has been read of a head, for those who need not
 * know that it came as HTTP/1.1. */
#include "core/http_response.h"

struct response_meaning http_response_meaning(
    const struct http_response *response, const char *bytes) {
  return (struct response_meaning){
      .status = response->status,
      .length = response->bodiless ? 0 : response->length,
      .delimited = response->delimited,
      .coding = response->coding,
      .retry_after = response->retry_after,
      .location = {bytes + response->location_at, response->location_len},
  };
}

struct slice http_response_fields(const struct http_response *response,
                                  const char *bytes) {
  const char *head = bytes + response->head_at;
  size_t len = response->head_len - 2; /* without the empty line */
  const char *end = memchr(head, '\n', len);
  size_t line = end ? (size_t)(end - head) + 1 : len;
  return (struct slice){head + line, len - line};
}
