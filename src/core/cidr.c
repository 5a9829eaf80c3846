/* cidr: blocks of addresses that somebody trusts.
 *
 * A block with bits set behind its prefix ("10.0.0.1/8") is refused, and the
 * block that it may mean is named: whoever writes it means either that block or
 * that one address, and trust is no place to guess.
 *
 * All addresses are those of IPv6, so one comparison serves: a peer that comes
 * as ::ffff:10.1.2.3, by a socket of both families, is in 10.0.0.0/8, and ::/0
 * is everyone. */
#include "core/cidr.h"

#include "core/http_head.h"

enum { ALL_BITS = 8 * ADDRESS_BYTES, IPV4_BITS = 32 };

/* The bits of byte `at` that belong to the prefix. */
static unsigned char mask_of(unsigned bits, unsigned at) {
  unsigned left = bits > 8 * at ? bits - 8 * at : 0;
  return (unsigned char)(0xff00U >> (left < 8 ? left : 8));
}

/* Clears what stands behind the prefix; true when nothing stood there. */
static bool is_clean(struct cidr *cidr) {
  bool clean = true;
  for (unsigned i = 0; i < ADDRESS_BYTES; i++) {
    unsigned char kept = cidr->bytes[i] & mask_of(cidr->bits, i);
    clean &= kept == cidr->bytes[i];
    cidr->bytes[i] = kept;
  }
  return clean;
}

/* A decimal without leading zeros. */
static bool parse_prefix(struct slice text, unsigned max, unsigned *bits) {
  uint64_t number = 0;
  bool padded = text.len > 1 && text.at[0] == '0';
  if (padded || !http_parse_length(text, &number) || number > max) return false;
  *bits = (unsigned)number;
  return true;
}

bool cidr_parse(struct cidr *cidr, struct slice text, struct text *why) {
  const struct slice address = slice_until(text, '/');
  cidr->bits = ALL_BITS;
  if (!address_parse(address, cidr->bytes)) {
    text_str(why, "write an IPv4 or IPv6 address, or one with /BITS behind it");
    return false;
  }
  if (address.len == text.len) return true;
  unsigned max = address_is_ipv4(address) ? IPV4_BITS : ALL_BITS, bits;
  if (!parse_prefix(slice_from(text, address.len + 1), max, &bits)) {
    text_put(why, "the prefix must be 0 to ", max);
    return false;
  }
  cidr->bits = ALL_BITS - max + bits;
  if (is_clean(cidr)) return true;
  text_str(why, "bits are set behind the prefix: write ");
  cidr_write(why, cidr);
  return false;
}

void cidr_write(struct text *out, const struct cidr *cidr) {
  address_write(out, cidr->bytes);
  if (cidr->bits == ALL_BITS) return;
  unsigned bits = cidr->bits;
  if (address_is_mapped_ipv4(cidr->bytes)) bits -= ALL_BITS - IPV4_BITS;
  text_put(out, "/", bits);
}

static bool has(const struct cidr *cidr, const unsigned char *address) {
  for (unsigned i = 0; i < ADDRESS_BYTES; i++)
    if ((address[i] & mask_of(cidr->bits, i)) != cidr->bytes[i]) return false;
  return true;
}

bool cidr_has(const struct cidr *list, unsigned count,
              const unsigned char address[ADDRESS_BYTES]) {
  for (unsigned i = 0; i < count; i++)
    if (has(&list[i], address)) return true;
  return false;
}
