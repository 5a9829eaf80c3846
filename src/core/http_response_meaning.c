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
      .wait = {bytes + response->retry_after_at, response->retry_after_len},
      .location = {bytes + response->location_at, response->location_len},
  };
}

struct slice http_response_fields(const struct http_response *response,
                                  const char *bytes) {
  size_t end = response->head_at + response->head_len - 2; /* the empty line */
  return (struct slice){bytes + response->fields_at, end - response->fields_at};
}
