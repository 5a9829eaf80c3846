/* address: numeric addresses, told from everything that merely resembles one.
 *
 * libc is not asked: inet_aton takes "127.1", "010.0.0.1" and "0x7f.1" for
 * addresses, which no reader of a command line does, and what parses addresses
 * without such surprises belongs to the layer that opens sockets.
 *
 * There is one reader for each family; whether a text is an address is whether
 * it can be read. What is written has one spelling per address (RFC 5952), so
 * that texts of one peer compare as bytes. */
#include "core/address.h"

#include "core/percent.h"

enum { GROUPS = ADDRESS_BYTES / 2, MAPPED_AT = 12 };

static const unsigned char mapped[MAPPED_AT] = {[10] = 0xff, [11] = 0xff};

/* Takes a decimal from 0 to 255, without a leading zero, off *text. */
static bool take_byte(struct slice *text, unsigned char *byte) {
  unsigned number = 0;
  size_t n = 0;
  while (n < text->len && n < 4 && text->at[n] >= '0' && text->at[n] <= '9')
    number = number * 10 + (unsigned)(text->at[n++] - '0');
  bool valid = n > 0 && number <= 255 && (n == 1 || text->at[0] != '0');
  *text = slice_from(*text, n);
  *byte = (unsigned char)number;
  return valid;
}

static bool take_char(struct slice *text, char c) {
  if (text->len == 0 || text->at[0] != c) return false;
  *text = slice_from(*text, 1);
  return true;
}

static bool read_ipv4(struct slice text, unsigned char bytes[4]) {
  for (int part = 0; part < 4; part++) {
    if (part > 0 && !take_char(&text, '.')) return false;
    if (!take_byte(&text, &bytes[part])) return false;
  }
  return text.len == 0;
}

bool address_is_ipv4(struct slice text) {
  unsigned char bytes[4];
  return read_ipv4(text, bytes);
}

/* Takes a group of one to four hex digits off *text. */
static bool take_group(struct slice *text, unsigned char bytes[2]) {
  unsigned number = 0;
  size_t n = 0;
  for (int digit; n < text->len; n++) {
    digit = percent_hex(text->at[n]);
    if (digit < 0) break;
    number = number << 4 | (unsigned)digit;
  }
  *text = slice_from(*text, n);
  bytes[0] = (unsigned char)(number >> 8);
  bytes[1] = (unsigned char)number;
  return n >= 1 && n <= 4;
}

/* The groups of an address as they are written. */
struct groups {
  unsigned char bytes[ADDRESS_BYTES];
  unsigned len; /* bytes read */
  bool has_gap;
  unsigned gap; /* so many bytes stand in front of "::" */
};

/* Eight groups, or fewer with one gap "::"; an IPv4 address may stand for the
 * last two. Each turn takes what separates and the group behind it. */
static bool take_groups(struct slice text, struct groups *groups) {
  while (text.len > 0) {
    if (slice_starts_with(text, slice_of("::"))) {
      if (groups->has_gap) return false;
      groups->has_gap = true;
      groups->gap = groups->len;
      text = slice_from(text, 2);
      if (text.len == 0) break;
    } else if (groups->len > 0 && !take_char(&text, ':')) {
      return false;
    }
    unsigned room = ADDRESS_BYTES - groups->len;
    unsigned char *next = groups->bytes + groups->len;
    if (room >= 4 && read_ipv4(text, next)) {
      groups->len += 4;
      break;
    }
    if (room == 0 || !take_group(&text, next)) return false;
    groups->len += 2;
  }
  return groups->len < ADDRESS_BYTES ? groups->has_gap : !groups->has_gap;
}

static bool read_ipv6(struct slice text, unsigned char bytes[ADDRESS_BYTES]) {
  struct groups groups = {.len = 0};
  if (!take_groups(text, &groups)) return false;
  unsigned head = groups.has_gap ? groups.gap : groups.len;
  unsigned tail = groups.len - head;
  memset(bytes, 0, ADDRESS_BYTES);
  memcpy(bytes, groups.bytes, head);
  memcpy(bytes + ADDRESS_BYTES - tail, groups.bytes + head, tail);
  return true;
}

bool address_is_ipv6(struct slice text) {
  unsigned char bytes[ADDRESS_BYTES];
  return read_ipv6(text, bytes);
}

bool address_parse(struct slice text, unsigned char bytes[ADDRESS_BYTES]) {
  unsigned char ipv4[4];
  if (!read_ipv4(text, ipv4)) return read_ipv6(text, bytes);
  memcpy(bytes, mapped, sizeof mapped);
  memcpy(bytes + MAPPED_AT, ipv4, sizeof ipv4);
  return true;
}

bool address_is_mapped_ipv4(const unsigned char bytes[ADDRESS_BYTES]) {
  return memcmp(bytes, mapped, sizeof mapped) == 0;
}

static void add_ipv4(struct text *out, const unsigned char bytes[4]) {
  for (int part = 0; part < 4; part++) {
    if (part > 0) text_char(out, '.');
    text_int(out, bytes[part]);
  }
}

static unsigned group_of(const unsigned char *bytes, unsigned number) {
  return (unsigned)bytes[2 * number] << 8 | bytes[2 * number + 1];
}

static void add_group(struct text *out, unsigned group) {
  bool begun = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    unsigned digit = group >> shift & 15;
    begun |= digit > 0 || shift == 0;
    if (begun) text_char(out, "0123456789abcdef"[digit]);
  }
}

static unsigned zeros_from(const unsigned char *bytes, unsigned number) {
  unsigned count = 0;
  while (number + count < GROUPS && group_of(bytes, number + count) == 0)
    count++;
  return count;
}

/* "::" stands for the first of the longest runs of zeros, but for no single
 * one (RFC 5952, section 4.2). */
static void add_ipv6(struct text *out, const unsigned char *bytes) {
  unsigned gap = GROUPS, zeros = 1;
  for (unsigned i = 0; i < GROUPS; i++) {
    if (zeros_from(bytes, i) <= zeros) continue;
    gap = i;
    zeros = zeros_from(bytes, i);
  }
  for (unsigned i = 0; i < GROUPS; i++) {
    if (i == gap) {
      text_str(out, "::");
      i += zeros - 1;
      continue;
    }
    if (i > 0 && i != gap + zeros) text_char(out, ':');
    add_group(out, group_of(bytes, i));
  }
}

void address_write(struct text *out, const unsigned char bytes[ADDRESS_BYTES]) {
  char storage[ADDRESS_TEXT_MAX];
  struct text whole = TEXT_ON(storage);
  if (address_is_mapped_ipv4(bytes)) add_ipv4(&whole, bytes + MAPPED_AT);
  else add_ipv6(&whole, bytes);
  text_slice(out, text_slice_of(&whole));
}

/* ---- places to listen at ---- */

void address_write_place(struct text *out, const struct listen_at *at,
                         uint16_t port) {
  const bool v6 = slice_until(at->host, ':').len < at->host.len;
  if (at->path.len > 0) text_put(out, "unix:", at->path);
  else text_put(out, v6 ? "[" : "", at->host, v6 ? "]:" : ":", port);
}

bool address_is_loopback(struct slice host) {
  return slice_equal_nocase(host, slice_of("localhost")) ||
         slice_equal(host, slice_of("::1")) ||
         (address_is_ipv4(host) && slice_starts_with(host, slice_of("127.")));
}
