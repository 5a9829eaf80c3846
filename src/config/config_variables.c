/* config_variables.c: the names of variables, and those that mean nothing.
 *
 * An unknown flag is an error: whoever wrote it is looking. An unknown variable
 * is a remark, since an environment is also written for others, and a program
 * that will not start because of it would be a poor neighbour. Whoever slipped
 * in a name still sees it at start, rather than a default at work that he took
 * for his own value.
 *
 * The value is not looked at: HEDGEROW_TOKNE holds a secret, too. */
#include "config/config.h"

#include <string.h>

#include "config/config_option_search.h"
#include "config/config_options.h"
#include "core/text.h"

#define PREFIX "HEDGEROW_"
#define TOKEN "token" /* the one variable that has no flag */

enum { SHOWN_MAX = 64 };

void config_option_variable(struct text *out, const char *name) {
  text_str(out, PREFIX);
  for (; *name != '\0'; name++) {
    const bool is_letter = *name >= 'a' && *name <= 'z';
    text_char(out, *name == '-' ? '_' : is_letter ? *name - 'a' + 'A' : *name);
  }
}

static bool is_variable_of(const char *name, struct slice variable) {
  char storage[sizeof PREFIX + OPTION_NAME_MAX];
  struct text own = TEXT_ON(storage);
  config_option_variable(&own, name);
  return slice_equal(variable, text_slice_of(&own));
}

static bool is_known(struct slice variable) {
  for (size_t i = 0; i < config_option_count; i++)
    if (config_option_has_variable(&config_options[i]) &&
        is_variable_of(config_options[i].name, variable))
      return true;
  return is_variable_of(TOKEN, variable);
}

/* HEDGEROW_HEDGEAFTER -> hedgeafter */
static struct slice as_flag(struct slice variable, char *storage, size_t cap) {
  struct text flag;
  text_init(&flag, storage, cap);
  for (size_t i = strlen(PREFIX); i < variable.len; i++) {
    const char c = variable.at[i];
    text_char(&flag, c == '_' ? '-' : c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return text_slice_of(&flag);
}

/* The name of what may have been meant, or NULL. */
static const char *nearest(struct slice variable) {
  char storage[SHOWN_MAX];
  const struct slice flag = as_flag(variable, storage, sizeof storage);
  const struct config_option *option = config_option_nearest(flag, SCOPE_FLAG);
  if (config_option_is_slip(flag, slice_of(TOKEN))) return TOKEN;
  return option && option->value ? option->name : NULL;
}

/* As much of a name as a notice can show. */
static struct slice shown(struct slice variable) {
  size_t n = 0;
  while (n < variable.len && n < SHOWN_MAX && variable.at[n] > ' ' &&
         variable.at[n] < 0x7f)
    n++;
  return (struct slice){variable.at, n};
}

static void write_remark(struct text *out, struct slice variable) {
  const char *name = nearest(variable);
  text_put(out, shown(variable), " is no variable of hedgerow's; ",
           name ? "did you mean " : "see hedgerow --help");
  if (!name) return;
  config_option_variable(out, name);
  text_char(out, '?');
}

bool config_remark_variable(char *const *environment, unsigned n, char *buf,
                            size_t cap) {
  for (; *environment; environment++) {
    const struct slice variable = {*environment, strcspn(*environment, "=")};
    struct text out;
    if (!slice_starts_with(variable, slice_of(PREFIX)) || is_known(variable))
      continue;
    if (n-- > 0) continue;
    text_init(&out, buf, cap);
    write_remark(&out, variable);
    text_end(&out);
    return true;
  }
  return false;
}
