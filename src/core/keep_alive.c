/* keep_alive: reads the value of a Keep-Alive field.
 *
 * The field is a hint, so what cannot be read is no error here. Whoever sends a
 * request when the server's timeout is just over meets a closed connection, and
 * a POST that does is lost: hence the margin, which is undici's. */
#include "core/keep_alive.h"

#include "core/http_head.h"

enum { MARGIN_S = 1 };

/* Of one parameter. */
static int64_t parameter_us(struct slice parameter) {
  struct slice name = http_trimmed(slice_take(&parameter, '='));
  uint64_t seconds;
  if (!slice_is(name, "timeout") ||
      !http_parse_length(http_trimmed(parameter), &seconds) ||
      seconds > UINT32_MAX)
    return KEEP_ALIVE_UNSAID;
  return seconds > MARGIN_S ? (int64_t)(seconds - MARGIN_S) * 1000000 : 0;
}

int64_t keep_alive_us(struct slice value) {
  int64_t least_us = KEEP_ALIVE_UNSAID;
  struct slice parameter;
  while (http_list_next(&value, &parameter)) {
    int64_t us = parameter_us(parameter);
    if (us < least_us) least_us = us;
  }
  return least_us;
}
