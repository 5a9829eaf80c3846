/* address: numeric addresses, told from everything that merely resembles one.
 *
 * libc is not asked: inet_aton takes "127.1", "010.0.0.1" and "0x7f.1" for
 * addresses, which no reader of a command line does, and what parses addresses
 * without such surprises belongs to the layer that opens sockets. */
#include "core/address.h"

#include "core/percent.h"

/* Takes a decimal from 0 to 255, without a leading zero, off *text. */
static bool take_byte(struct slice *text) {
  unsigned number = 0;
  size_t n = 0;
  while (n < text->len && n < 4 && text->at[n] >= '0' && text->at[n] <= '9')
    number = number * 10 + (unsigned)(text->at[n++] - '0');
  bool valid = n > 0 && number <= 255 && (n == 1 || text->at[0] != '0');
  *text = slice_from(*text, n);
  return valid;
}

static bool take_char(struct slice *text, char c) {
  if (text->len == 0 || text->at[0] != c) return false;
  *text = slice_from(*text, 1);
  return true;
}

bool address_is_ipv4(struct slice text) {
  for (int part = 0; part < 4; part++)
    if ((part > 0 && !take_char(&text, '.')) || !take_byte(&text)) return false;
  return text.len == 0;
}

/* Takes a group of one to four hex digits off *text. */
static bool take_group(struct slice *text) {
  size_t n = 0;
  while (n < text->len && percent_hex(text->at[n]) >= 0) n++;
  *text = slice_from(*text, n);
  return n >= 1 && n <= 4;
}

/* Eight groups, or fewer with one gap "::"; an IPv4 address may stand for the
 * last two. Each turn takes what separates and the group behind it. */
bool address_is_ipv6(struct slice text) {
  unsigned groups = 0;
  bool gap = false;
  while (text.len > 0) {
    if (slice_starts_with(text, slice_of("::"))) {
      if (gap) return false;
      gap = true;
      text = slice_from(text, 2);
      if (text.len == 0) break;
    } else if (groups > 0 && !take_char(&text, ':')) {
      return false;
    }
    if (address_is_ipv4(text)) {
      groups += 2;
      break;
    }
    if (!take_group(&text)) return false;
    groups++;
  }
  return gap ? groups <= 7 : groups == 8;
}
