/* config_store_fields.c: HTTP fields on their way into the config.
 *
 * A field that a route adds goes into every request, so what no field can be is
 * refused here, and so is what hedgerow writes itself or cannot race with, each
 * with a word on what to do instead. A field's value may be a secret, and is
 * never shown. */
#include <string.h>

#include "config/config_refuse.h"
#include "config/config_store_parts.h"

static bool has_control(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    const unsigned char c = (unsigned char)text.at[i];
    if ((c < ' ' && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

bool config_store_field(const struct config_into *into,
                        const struct config_input *input, struct text *error) {
  const struct slice value = http_trimmed(input->value);
  if (has_control(value))
    return config_refuse(input, error, "a field cannot hold control bytes");
  memcpy(config_member(into, input->option), &value, sizeof value);
  return true;
}

/* Fields that hedgerow writes itself, or cannot race with, and what to do. */
static const struct {
  const char *name, *why;
} owned[] = {
    {"Host", "comes from the target's URL"},
    {"Content-Length", "is hedgerow's to write"},
    {"Authorization", "is not set by a flag, which every user of this machine "
                      "can read: use --token-file or HEDGEROW_TOKEN"},
    {"User-Agent", "has a flag of its own: use --user-agent"},
    {"Hedge-Attempt", "is hedgerow's to write"},
    {"Via", "is hedgerow's to write"},
    {"X-Request-ID", "is hedgerow's to write"},
    {"Expect", "is never sent upstream: there is no body to wait with"},
    {"Range", "asks for a part, and only whole JSON can win"},
    {"Accept-Encoding", "has an option of its own: use --compression gzip"},
};

static const char *why_owned(struct slice name) {
  const struct slice conditional = {name.at, name.len < 3 ? name.len : 3};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    if (slice_equal_nocase(name, slice_of(owned[i].name))) return owned[i].why;
  if (http_is_hop_by_hop(name))
    return "speaks of one connection and never crosses a proxy";
  if (slice_equal_nocase(conditional, slice_of("If-")))
    return "asks for a 304, and only whole JSON can win";
  return NULL;
}

static const char *header_fault(struct slice name, struct slice value) {
  const char *why = why_owned(name);
  if (why) return why;
  if (value.len == 0) return "has no value: quote both together, 'NAME: VALUE'";
  return has_control(value)
             ? "has a value with control bytes, which no field can hold"
             : NULL;
}

bool config_store_header(const struct config_into *into,
                         const struct config_input *input, struct slice name,
                         struct text *error) {
  struct config_rules *rules = into->rules;
  const struct slice value = http_trimmed(input->value);
  if (!http_is_token(name))
    return config_refuse(input, error,
                         "what stands before the colon is no name of a field "
                         "(letters, digits, '-')");
  const char *why = header_fault(name, value);
  if (why) {
    text_slice(config_refuse_begin(input, error), name);
    text_char(error, ' ');
    text_str(error, why);
    return false;
  }
  if (rules->header_count == CONFIG_HEADERS_MAX)
    return config_refuse_one_more(input, error, CONFIG_HEADERS_MAX);
  rules->headers[rules->header_count++] = (struct http_field){name, value};
  return true;
}

/* NAME: VALUE */
bool config_store_header_line(const struct config_into *into,
                              const struct config_input *input,
                              struct text *error) {
  const struct slice text = input->value;
  const char *colon = text.len > 0 ? memchr(text.at, ':', text.len) : NULL;
  if (!colon)
    return config_refuse(input, error,
                         "a colon is missing: write 'NAME: VALUE'");
  const struct slice name = {text.at, (size_t)(colon - text.at)};
  struct config_input rest = *input;
  rest.value = slice_from(text, name.len + 1);
  return config_store_header(into, &rest, name, error);
}

bool config_store_field_name(const struct config_into *into,
                             const struct config_input *input,
                             struct text *error) {
  if (!http_is_token(input->value))
    return config_refuse(
        input, error, "write the name of a field alone (letters, digits, '-')");
  if (into->rules->drop_header_count == CONFIG_HEADERS_MAX)
    return config_refuse_one_more(input, error, CONFIG_HEADERS_MAX);
  into->rules->drop_headers[into->rules->drop_header_count++] = input->value;
  return true;
}
