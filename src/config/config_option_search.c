/* config_option_search.c: the search in the table of options.
 *
 * A flag or key that nobody knows is most often one that somebody knows and
 * wrote wrongly: the nearest one is looked for, and the error asks whether that
 * was meant. The table is short and is searched once per word, so it is walked.
 */
#include "config/config_option_search.h"

const struct config_option *config_option_find(struct slice flag) {
  const bool is_long = slice_starts_with(flag, slice_of("--"));
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    if (!(option->scope & SCOPE_FLAG)) continue;
    if (is_long && slice_equal(slice_from(flag, 2), slice_of(option->name)))
      return option;
    if (flag.len == 2 && flag.at[0] == '-' && option->letter != 0 &&
        flag.at[1] == option->letter)
      return option;
  }
  return NULL;
}

static bool has_key(const struct config_option *option, struct slice key) {
  char storage[OPTION_NAME_MAX];
  struct text own = TEXT_ON(storage);
  config_option_key(&own, option);
  return slice_equal(text_slice_of(&own), key);
}

const struct config_option *config_option_of_key(struct slice key,
                                                 enum option_scope scope) {
  for (size_t i = 0; i < config_option_count; i++)
    if (config_options[i].scope & scope && has_key(&config_options[i], key))
      return &config_options[i];
  return NULL;
}

static unsigned least(unsigned a, unsigned b, unsigned c) {
  const unsigned ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/* Levenshtein's distance, one row at a time; both are short. */
static unsigned distance(struct slice a, struct slice b) {
  unsigned row[OPTION_NAME_MAX + 1];
  for (unsigned j = 0; j <= b.len; j++) row[j] = j;
  for (unsigned i = 0; i < a.len; i++) {
    unsigned diagonal = row[0];
    row[0] = i + 1;
    for (unsigned j = 0; j < b.len; j++) {
      const unsigned changed = diagonal + (a.at[i] != b.at[j]);
      diagonal = row[j + 1];
      row[j + 1] = least(row[j] + 1, diagonal + 1, changed);
    }
  }
  return row[b.len];
}

enum { SLIPS = 2 };

bool config_option_is_slip(struct slice flag, struct slice name) {
  return flag.len <= OPTION_NAME_MAX && distance(flag, name) <= SLIPS;
}

/* How many slips of the finger a name is away from an option's; a name that was
 * not written to its end counts as SLIPS of them. */
static unsigned slips(struct slice name, const struct config_option *option,
                      enum option_scope scope) {
  char storage[OPTION_NAME_MAX];
  struct text text = TEXT_ON(storage);
  if (scope == SCOPE_FLAG) text_str(&text, option->name);
  else config_option_key(&text, option);
  const struct slice own = text_slice_of(&text);
  const unsigned apart = distance(name, own);
  if (apart > SLIPS && slice_starts_with(own, name)) return SLIPS;
  return apart < own.len ? apart : SLIPS + 1;
}

const struct config_option *config_option_nearest(struct slice name,
                                                  enum option_scope scope) {
  const struct config_option *nearest = NULL;
  unsigned best = SLIPS + 1;
  while (name.len > 0 && name.at[0] == '-') name = slice_from(name, 1);
  if (name.len <= SLIPS || name.len > OPTION_NAME_MAX) return NULL;
  for (size_t i = 0; i < config_option_count; i++) {
    if (!(config_options[i].scope & scope)) continue;
    const unsigned d = slips(name, &config_options[i], scope);
    if (d >= best) continue;
    best = d;
    nearest = &config_options[i];
  }
  return nearest;
}
