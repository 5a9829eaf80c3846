/* json_number: decimals are compared as decimals.
 *
 * A number is its sign, its digits from the first that is not 0, and how many
 * of them stand in front of the point once the exponent has moved it. The one
 * with more of those is larger; of as many, the first digit that differs tells.
 * So nothing is rounded, no locale has a say, and the numbers of an API, which
 * may be 64-bit identifiers, need not fit into a double. */
#include "core/json_number.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPONENT_MAX INT64_C(100000000000000000) /* 10^17: ten times it fits */

struct decimal {
  struct slice digits; /* from the first that is not 0, the point among them;
                        * empty: zero */
  int64_t whole;       /* digits in front of the point; negative: so many zeros
                        * stand behind it before the first of them */
  bool negative;
};

static bool is_exponent(char c) { return (c | 0x20) == 'e'; }

/* Of what stands behind the 'e'. */
static int64_t exponent_of(struct slice text) {
  bool negative = text.at[0] == '-';
  int64_t exponent = 0;
  if (negative || text.at[0] == '+') text = slice_from(text, 1);
  for (size_t i = 0; i < text.len && exponent < EXPONENT_MAX; i++)
    exponent = exponent * 10 + (text.at[i] - '0');
  if (exponent > EXPONENT_MAX) exponent = EXPONENT_MAX;
  return negative ? -exponent : exponent;
}

static size_t mantissa_len(struct slice number) {
  size_t len = 0;
  while (len < number.len && !is_exponent(number.at[len])) len++;
  return len;
}

/* Takes the zeros in front off the mantissa, and counts what is left of the
 * point. */
static void read_mantissa(struct decimal *decimal, struct slice mantissa) {
  const char *point = memchr(mantissa.at, '.', mantissa.len);
  size_t first = 0;
  while (first < mantissa.len &&
         (mantissa.at[first] == '0' || mantissa.at[first] == '.'))
    first++;
  decimal->digits = slice_from(mantissa, first);
  decimal->whole =
      point ? point - decimal->digits.at : (int64_t)decimal->digits.len;
  if (point && point < decimal->digits.at) decimal->whole++;
}

static struct decimal decimal_of(struct slice number) {
  struct decimal decimal = {.negative = number.at[0] == '-'};
  if (decimal.negative) number = slice_from(number, 1);
  size_t len = mantissa_len(number);
  read_mantissa(&decimal, (struct slice){number.at, len});
  if (len < number.len)
    decimal.whole += exponent_of(slice_from(number, len + 1));
  return decimal;
}

/* The next digit; 0 where there is none any more. */
static char take_digit(struct slice *digits) {
  if (digits->len > 0 && *digits->at == '.') *digits = slice_from(*digits, 1);
  if (digits->len == 0) return '0';
  char digit = *digits->at;
  *digits = slice_from(*digits, 1);
  return digit;
}

static int compare_digits(struct slice a, struct slice b) {
  while (a.len > 0 || b.len > 0) {
    char digit = take_digit(&a), other = take_digit(&b);
    if (digit != other) return digit < other ? -1 : 1;
  }
  return 0;
}

/* Without their signs. */
static int compare_sizes(const struct decimal *a, const struct decimal *b) {
  bool a_is_zero = a->digits.len == 0, b_is_zero = b->digits.len == 0;
  if (a_is_zero || b_is_zero) return b_is_zero - a_is_zero;
  if (a->whole != b->whole) return a->whole < b->whole ? -1 : 1;
  return compare_digits(a->digits, b->digits);
}

static int sign_of(const struct decimal *decimal) {
  if (decimal->digits.len == 0) return 0;
  return decimal->negative ? -1 : 1;
}

int json_number_compare(struct slice a, struct slice b) {
  struct decimal left = decimal_of(a), right = decimal_of(b);
  int sign = sign_of(&left), other = sign_of(&right);
  if (sign != other) return sign - other;
  return sign < 0 ? compare_sizes(&right, &left) : compare_sizes(&left, &right);
}
