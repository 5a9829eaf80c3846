/* config_refuse.c: what errors say of a value that will not do.
 *
 * Errors say what was given and what was expected, unless it may be a secret: a
 * URL is shown only without its query and its userinfo, and where it cannot be
 * told which is which, less is shown. They go to terminals and logs, so they
 * stay one line whatever the value holds. */
#include "config/config_refuse.h"

#include <string.h>

#include "core/base_url.h"

static bool is_visible(char c) { return c > ' ' && c < 0x7f; }

/* Behind the last '@', since a password may hold anything. One behind a '?' may
 * belong to a password or to a query, and either way a secret is beside it. */
static struct slice without_userinfo(struct slice url, bool *cut) {
  const char *at = url.len > 0 ? memrchr(url.at, '@', url.len) : NULL;
  *cut = at != NULL;
  if (!at) return url;
  const size_t before = (size_t)(at - url.at);
  const bool in_query = memchr(url.at, '?', before) != NULL ||
                        memchr(url.at, '#', before) != NULL;
  return slice_from(url, in_query ? url.len : before + 1);
}

static void show_byte(struct text *out, char c) {
  if (is_visible(c) || c == ' ') text_char(out, c);
  else text_hex(out, c);
}

void config_show(struct text *out, struct slice value) {
  enum { SHOWN_MAX = 80 };
  bool userinfo;
  const struct slice rest = without_userinfo(value, &userinfo);
  text_str(out, userinfo ? "\"[redacted]@" : "\"");
  for (size_t i = 0; i < rest.len; i++) {
    if (i == SHOWN_MAX || rest.at[i] == '?' || rest.at[i] == '#') {
      text_str(out, i == SHOWN_MAX ? "..." : "?[redacted]");
      break;
    }
    show_byte(out, rest.at[i]);
  }
  text_char(out, '"');
}

void config_write_url_fault(struct text *out, const char *why,
                            const char *token_option) {
  text_str(out, why);
  if (why != base_url_names_a_user) return;
  text_put(out, ": use ", token_option);
}
