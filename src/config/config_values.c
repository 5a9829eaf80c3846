/* config_values.c: durations, sizes, counts and addresses, from their text.
 *
 * A duration has to name its unit: "300" may mean seconds to one reader and
 * milliseconds to the next, and a proxy that waits 300 s instead of 300 ms
 * looks like one that works. So there is one spelling for each thing, and no
 * fraction, sign or space. Ranges are the option's business, not the number's;
 * hence an absurdly large number is still a number here, and saturates.
 *
 * Addresses are checked to the last digit (core/address), so that a wrong one
 * is a usage error that names the flag, rather than whatever bind() makes of it
 * later. */
#include "config/config_values.h"

#include "core/address.h"

struct unit {
  const char *name;
  int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {NULL, 0}};
static const struct unit sizes[] = {
    {"", 1}, {"K", 1024}, {"M", 1024 * 1024}, {NULL, 0}};
static const struct unit counts[] = {{"", 1}, {NULL, 0}};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* n * by + plus, for non-negative numbers. */
static int64_t saturated(int64_t n, int64_t by, int64_t plus) {
  const int64_t most = (CONFIG_NUMBER_MAX - plus) / by;
  return n > most ? CONFIG_NUMBER_MAX : n * by + plus;
}

/* Takes the digits off the front of *text. */
static bool take_number(struct slice *text, int64_t *number) {
  size_t n = 0;
  *number = 0;
  for (; n < text->len && is_digit(text->at[n]); n++)
    *number = saturated(*number, 10, text->at[n] - '0');
  *text = slice_from(*text, n);
  return n > 0;
}

static bool parse_with_unit(struct slice text, const struct unit *units,
                            int64_t *result) {
  int64_t number;
  if (!take_number(&text, &number)) return false;
  for (const struct unit *u = units; u->name; u++) {
    if (slice_equal(text, slice_of(u->name))) {
      *result = saturated(number, u->factor, 0);
      return true;
    }
  }
  return false;
}

bool config_parse_duration(struct slice text, int64_t *us) {
  return parse_with_unit(text, durations, us);
}

bool config_parse_size(struct slice text, int64_t *bytes) {
  return parse_with_unit(text, sizes, bytes);
}

void config_write_size(struct text *out, int64_t bytes) {
  const bool in_m = bytes >= 1 << 20 && bytes % (1 << 20) == 0;
  const bool in_k = bytes >= 1 << 10 && bytes % (1 << 10) == 0;
  text_int(out, in_m ? bytes >> 20 : in_k ? bytes >> 10 : bytes);
  if (in_m || in_k) text_char(out, in_m ? 'M' : 'K');
}

bool config_parse_count(struct slice text, int64_t *count) {
  return parse_with_unit(text, counts, count);
}

bool config_parse_switch(struct slice text, bool *on) {
  *on = slice_equal_nocase(text, slice_of("on")) ||
        slice_equal_nocase(text, slice_of("true"));
  return *on || slice_equal_nocase(text, slice_of("off")) ||
         slice_equal_nocase(text, slice_of("false"));
}

void config_write_duration(struct text *out, int64_t us) {
  size_t unit = sizeof durations / sizeof *durations - 2; /* the largest */
  while (unit > 0 && (us <= 0 || us % durations[unit].factor != 0)) unit--;
  text_put(out, us / durations[unit].factor, durations[unit].name);
}

/* Cuts "A..B" in two; without the dots B is A. */
static void split_durations(struct slice text, struct slice *from,
                            struct slice *to) {
  const char *dots = text.len > 0 ? memmem(text.at, text.len, "..", 2) : NULL;
  *from = *to = text;
  if (!dots) return;
  from->len = (size_t)(dots - text.at);
  *to = slice_from(text, from->len + 2);
}

bool config_are_durations(struct slice text, int64_t us[2]) {
  struct slice from, to;
  split_durations(text, &from, &to);
  return config_parse_duration(from, &us[0]) &&
         config_parse_duration(to, &us[1]);
}

const char *config_parse_durations(struct slice text, int64_t us[2]) {
  if (!config_are_durations(text, us))
    return " is neither a duration nor two of them: write 25ms..250ms, or 50ms "
           "for both";
  if (us[0] > us[1]) return " begins with the longer one";
  return NULL;
}

void config_write_durations(struct text *out, const int64_t us[2]) {
  config_write_duration(out, us[0]);
  if (us[1] == us[0]) return;
  text_put(out, "..", as_duration(us[1]));
}

/* Cuts "host:port" or "[host]:port" in two. False: it looks like neither. */
static bool split_address(struct slice text, struct slice *host,
                          struct slice *port) {
  const char *colon = text.len > 0 ? memrchr(text.at, ':', text.len) : NULL;
  if (!colon || memchr(text.at, '/', text.len)) return false;
  *host = (struct slice){text.at, (size_t)(colon - text.at)};
  *port = slice_from(text, host->len + 1);
  return true;
}

static const char *parse_host(struct slice text, struct slice *host) {
  if (text.len == 0 || slice_equal(text, slice_of("*")))
    return "to listen on every address, write 0.0.0.0:PORT or [::]:PORT";
  *host = text;
  if (text.at[0] == '[' && text.at[text.len - 1] == ']') {
    *host = (struct slice){text.at + 1, text.len - 2};
    return address_is_ipv6(*host) ? NULL
                                  : "no IPv6 address stands in the brackets";
  }
  if (memchr(text.at, ':', text.len))
    return "an IPv6 address needs brackets and a port: [::1]:PORT";
  if (address_is_ipv4(text) || slice_equal(text, slice_of("localhost")))
    return NULL;
  return "the host must be an IPv4 address, an [IPv6] address or localhost";
}

const char *config_parse_address(struct slice text, const char *form,
                                 struct listen_at *address) {
  struct slice host, port;
  int64_t number;
  if (!split_address(text, &host, &port)) return form;
  const char *why = parse_host(host, &host);
  if (why) return why;
  if (!config_parse_count(port, &number) || number > UINT16_MAX)
    return "the port must be 0 to 65535 (0: any free one)";
  *address = (struct listen_at){.host = host, .port = (uint16_t)number};
  return NULL;
}

const char *config_parse_place(struct slice text, const char *form,
                               struct listen_at *place) {
  const struct slice prefix = slice_of("unix:");
  if (!slice_starts_with(text, prefix))
    return config_parse_address(text, form, place);
  const struct slice path = slice_from(text, prefix.len);
  if (path.len == 0 || path.at[0] != '/')
    return "a socket has a path from the root on: unix:/run/hedgerow.sock";
  if (path.len > LISTEN_PATH_MAX)
    return "the path of a socket has at most 107 bytes";
  *place = (struct listen_at){.path = path};
  return NULL;
}
