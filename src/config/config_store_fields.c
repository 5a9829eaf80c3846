/* config_store_fields.c: HTTP fields on their way into the config.
 *
 * A field that a route adds goes into every request, so what no field can be is
 * refused here, and so is what is not to be configured (config/config_owned). A
 * field's value may be a secret, and is never shown. */
#include "config/config_owned.h"
#include "config/config_refuse.h"
#include "config/config_store_parts.h"

static bool has_control(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    const unsigned char c = (unsigned char)text.at[i];
    if ((c < ' ' && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

bool config_store_field(const struct config_input *input) {
  struct slice *member = config_member(input);
  *member = http_trimmed(input->value);
  return !has_control(*member) ||
         config_refuse(input, "a field cannot hold control bytes");
}

static const char *header_fault(const struct config_input *input,
                                struct slice name, struct slice value) {
  const bool of_file = config_is_of_file(input);
  const char *why = config_owned(name, of_file);
  if (why) return why;
  if (value.len == 0)
    return of_file ? "has no value: a field that no upstream is to see stands "
                     "in drop_headers"
                   : "has no value: quote both together, 'NAME: VALUE'";
  return has_control(value)
             ? "has a value with control bytes, which no field can hold"
             : NULL;
}

bool config_store_header(const struct config_input *input, struct slice name) {
  struct config_rules *rules = input->rules;
  const struct slice value = http_trimmed(input->value);
  if (!http_is_token(name))
    return config_refuse(input,
                         "what stands before the colon is no name of a field "
                         "(letters, digits, '-')");
  const char *why = header_fault(input, name, value);
  if (why) return config_refuse(input, name, " ", why);
  if (rules->header_count == CONFIG_HEADERS_MAX)
    return config_refuse_one_more(input, CONFIG_HEADERS_MAX);
  rules->headers[rules->header_count++] = (struct http_field){name, value};
  return true;
}

/* NAME: VALUE */
bool config_store_header_line(const struct config_input *input) {
  const struct slice text = input->value;
  const struct slice name = slice_until(text, ':');
  if (name.len == text.len)
    return config_refuse(input, "a colon is missing: write 'NAME: VALUE'");
  struct config_input rest = *input;
  rest.value = slice_from(text, name.len + 1);
  return config_store_header(&rest, name);
}

bool config_store_field_name(const struct config_input *input) {
  if (!http_is_token(input->value))
    return config_refuse(
        input, "write the name of a field alone (letters, digits, '-')");
  if (input->rules->drop_header_count == CONFIG_HEADERS_MAX)
    return config_refuse_one_more(input, CONFIG_HEADERS_MAX);
  input->rules->drop_headers[input->rules->drop_header_count++] = input->value;
  return true;
}
