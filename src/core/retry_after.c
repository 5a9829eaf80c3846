/* retry_after: reads the value of a Retry-After field.
 *
 * A number has no sign and no fraction. One that does not fit into 64 bits is
 * the longest wait (RFC 9111, section 1.2.2). A date is compared with this
 * machine's clock, not with the Date field of the same response: a server whose
 * clock goes wrong may so ask for too much or too little, and whoever obeys has
 * bounds of their own. */
#include "core/retry_after.h"

#include "core/http_date.h"
#include "core/http_head.h"

#define MAX_S (RETRY_AFTER_MAX_US / 1000000)

static bool all_digits(struct slice value) {
  size_t n = 0;
  while (n < value.len && value.at[n] >= '0' && value.at[n] <= '9') n++;
  return n > 0 && n == value.len;
}

int64_t retry_after_us(struct slice value, int64_t wall_us) {
  uint64_t seconds = 0;
  int64_t at_us = 0, us = -1;
  if (http_parse_length(value, &seconds))
    us = seconds < MAX_S ? (int64_t)seconds * 1000000 : RETRY_AFTER_MAX_US;
  else if (all_digits(value)) us = RETRY_AFTER_MAX_US;
  else if (http_date_read(value, wall_us, &at_us))
    us = at_us > wall_us ? at_us - wall_us : 0;
  return us < RETRY_AFTER_MAX_US ? us : RETRY_AFTER_MAX_US;
}
