/* accept: weights of what a client names.
 *
 * A weight is the parameter q, behind those of the media type (RFC 9110,
 * section 12.5.1), and may be left out. */
#include "core/accept.h"

#include "core/http_head.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* RFC 9110, section 12.4.2. */
int accept_qvalue(struct slice text) {
  int thousandths = 0, unit = ACCEPT_ONE;
  if (text.len == 0 || text.len > 5) return 0;
  if (text.len > 1 && text.at[1] != '.') return 0;
  for (size_t i = 0; i < text.len; i++) {
    if (i == 1) continue;
    if (!is_digit(text.at[i])) return 0;
    thousandths += (text.at[i] - '0') * unit;
    unit /= 10;
  }
  return thousandths <= ACCEPT_ONE ? thousandths : 0;
}

static bool is_weight(struct slice parameter) {
  return parameter.len >= 2 && (parameter.at[0] | 0x20) == 'q' &&
         parameter.at[1] == '=';
}

static int weight_of(struct slice member) {
  const char *semicolon;
  while ((semicolon = memrchr(member.at, ';', member.len))) {
    const size_t before = (size_t)(semicolon - member.at);
    const struct slice last = http_trimmed(slice_from(member, before + 1));
    if (is_weight(last)) return accept_qvalue(slice_from(last, 2));
    member.len = before;
  }
  return ACCEPT_ONE;
}

int accept_weight(struct slice accept, struct slice type) {
  struct slice member;
  int most = 0;
  while (http_list_next(&accept, &member)) {
    const int weight = http_member_is(member, type) ? weight_of(member) : 0;
    if (weight > most) most = weight;
  }
  return most;
}
