/* json_view: what the views of the admin listener read out of its JSON.
 *
 * A pointer is looked for from the start of the text each time. The texts are
 * small (a race, a state of some routes), and whoever walks an array takes an
 * element out of it first and looks for members in that. */
#include "tools/json_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/json_check.h"
#include "core/json_pointer.h"

enum { DEPTH_MAX = 32, NUMBER_MAX = 64 };

bool json_view_is_object(struct slice text) {
  struct json_check check;
  json_check_init(&check, DEPTH_MAX);
  enum json_verdict verdict = json_check_feed(&check, text.at, text.len);
  if (verdict == JSON_MORE) verdict = json_check_end(&check);
  return verdict == JSON_WHOLE &&
         *json_pointer_find((struct json_pointer){0}, text).at == '{';
}

static struct slice find(struct slice json, const char *pointer) {
  struct json_pointer to = {.text = slice_of(pointer)};
  if (json.len == 0) return json;
  return json_pointer_find(to, json);
}

struct slice json_view_part(struct slice json, const char *pointer) {
  struct slice found = find(json, pointer);
  bool part = found.len > 0 && (*found.at == '{' || *found.at == '[');
  return part ? found : (struct slice){0};
}

struct slice json_view_element(struct slice array, size_t index) {
  char pointer[32];
  snprintf(pointer, sizeof pointer, "/%zu", index);
  return find(array, pointer);
}

struct slice json_view_string(struct slice json, const char *pointer) {
  struct slice found = find(json, pointer);
  if (found.len < 2 || *found.at != '"') return (struct slice){0};
  return (struct slice){found.at + 1, found.len - 2};
}

double json_view_number(struct slice json, const char *pointer) {
  char digits[NUMBER_MAX];
  struct slice found = find(json, pointer);
  if (found.len == 0 || found.len >= sizeof digits) return NAN;
  bool number = *found.at == '-' || (*found.at >= '0' && *found.at <= '9');
  if (!number) return NAN;
  memcpy(digits, found.at, found.len);
  digits[found.len] = '\0';
  return strtod(digits, NULL);
}

bool json_view_flag(struct slice json, const char *pointer) {
  return slice_equal(find(json, pointer), slice_of("true"));
}
