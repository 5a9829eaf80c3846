/* admin_query.c: the parameters of a path, strictly: a misspelt one would else
 * be an answer to another question. */
#include <stdio.h>

#include "core/percent.h"
#include "proxy/admin_parts.h"

static void refuse(struct reply *reply, struct slice what, const char *why) {
  char detail[ADMIN_QUERY_BYTES + 128];
  snprintf(detail, sizeof detail, "%.*s: %s", SLICE_ARG(what), why);
  reply_problem(reply, 400, detail);
}

void admin_refuse_param(struct reply *reply, const struct query_param *param,
                        const char *expected) {
  char why[ADMIN_QUERY_BYTES + 128];
  snprintf(why, sizeof why, "%s=%.*s: expected %s", param->name,
           SLICE_ARG(param->value), expected);
  reply_problem(reply, 400, why);
}

/* False: a '%' without two hex digits, which stands for itself. */
static bool decode(struct slice raw, struct text *text, struct slice *value) {
  const size_t from = text->len;
  bool valid = true;
  while (raw.len > 0) {
    char byte;
    valid &= percent_next(&raw, &byte);
    text_char(text, byte);
  }
  *value = slice_from(text_slice_of(text), from);
  return valid;
}

static void refuse_unknown(struct reply *reply, struct slice rest,
                           const struct query_param *params, unsigned count) {
  char storage[128];
  struct text why = TEXT_ON(storage);
  text_str(&why, "no parameter of this path, which has");
  for (unsigned i = 0; i < count; i++) {
    text_put(&why, i > 0 ? ", " : " ", params[i].name);
  }
  refuse(reply, slice_until(rest, '&'), text_end(&why));
}

bool admin_read_value(struct query_param *param, struct text *values,
                      struct reply *reply) {
  const struct slice raw = param->value;
  const bool is_encoded = decode(raw, values, &param->value);
  if (param->count > 1)
    refuse(reply, slice_of(param->name), "expected once, not several times");
  else if (!is_encoded)
    admin_refuse_param(reply, param, "two hex digits behind each %");
  return param->count <= 1 && is_encoded;
}

bool admin_read_query(struct slice query, struct query_param *params,
                      unsigned count, struct text *values,
                      struct reply *reply) {
  char storage[ADMIN_QUERY_BYTES];
  struct text rest = TEXT_ON(storage);
  query_take(query, params, count, &rest);
  if (rest.len > 0) {
    refuse_unknown(reply, text_slice_of(&rest), params, count);
    return false;
  }
  for (unsigned i = 0; i < count; i++)
    if (!admin_read_value(&params[i], values, reply)) return false;
  return true;
}
