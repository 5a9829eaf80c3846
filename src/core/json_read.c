/* json_read: the item list of POST /all, the members of a small object, and the
 * only file that knows jsmn.
 *
 * json_check judges first, so that jsmn, which is lenient, only has to say
 * where the strings are. Its tokens stand in a window of fixed size on the
 * stack: jsmn stops when the window is full, the strings in it are copied out,
 * and it goes on behind the array's own token. So a list may be of any length
 * without memory of its own, and jsmn's slow cases, which need many tokens
 * (siblings without parent links, deep nesting with them), cannot arise.
 *
 * The window only ever moves past strings that stand directly in the array:
 * whatever else comes ends the reading. So an item's index is simply how many
 * strings came before it, and nothing nested is ever looked into.
 *
 * Left to others: what the strings mean, and where they may lead (router).
 */
#include "core/json_read.h"

#include <limits.h>
#include <stdint.h>

#include "core/json_check.h"
#include "core/json_string.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

enum { WINDOW = 64 };

/* Where the reading stands. */
struct reading {
  struct slice json;
  char *storage;
  size_t cap, used;
  struct slice *items;
  size_t max_items, count;
};

/* RFC 3629, section 3. Returns how many bytes: 1 to 4. */
static size_t put_utf8(char out[4], uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = len - 1; i > 0; i--, code >>= 6)
    out[i] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)((0xF00 >> len & 0xF0) | code);
  return len;
}

static bool add(struct reading *reading, const char *bytes, size_t len) {
  if (len > reading->cap - reading->used) return false;
  memcpy(reading->storage + reading->used, bytes, len);
  reading->used += len;
  return true;
}

/* Up to the next backslash as it is, then one escape. */
static enum json_list_error copy_piece(struct reading *reading,
                                       struct slice *raw) {
  const char *escape = memchr(raw->at, '\\', raw->len);
  size_t plain = escape ? (size_t)(escape - raw->at) : raw->len;
  if (!add(reading, raw->at, plain)) return JSON_LIST_TOO_LONG;
  *raw = slice_from(*raw, plain);
  if (!escape) return JSON_LIST_OK;
  *raw = slice_from(*raw, 1);
  uint32_t code = json_escape_take(raw);
  if (code == 0 || json_is_surrogate(code)) return JSON_LIST_BAD_STRING;
  char utf8[4];
  size_t len = put_utf8(utf8, code);
  return add(reading, utf8, len) ? JSON_LIST_OK : JSON_LIST_TOO_LONG;
}

static enum json_list_error read_item(struct reading *reading,
                                      const jsmntok_t *token) {
  if (reading->count == reading->max_items) return JSON_LIST_TOO_LONG;
  if (token->type != JSMN_STRING) return JSON_LIST_NOT_STRINGS;
  struct slice raw = {reading->json.at + token->start,
                      (size_t)(token->end - token->start)};
  size_t start = reading->used;
  while (raw.len > 0) {
    enum json_list_error error = copy_piece(reading, &raw);
    if (error != JSON_LIST_OK) return error;
  }
  struct slice item = {reading->storage + start, reading->used - start};
  reading->items[reading->count++] = item;
  return JSON_LIST_OK;
}

/* tokens[0] is the array: its window is tokens[1..end). */
static enum json_list_error read_window(struct reading *reading,
                                        const jsmntok_t *tokens, unsigned end) {
  if (tokens[0].type != JSMN_ARRAY) return JSON_LIST_NOT_ARRAY;
  for (unsigned i = 1; i < end; i++) {
    enum json_list_error error = read_item(reading, &tokens[i]);
    if (error != JSON_LIST_OK) return error;
  }
  return JSON_LIST_OK;
}

static enum json_list_error read_list(struct reading *reading) {
  jsmntok_t tokens[WINDOW];
  jsmn_parser parser;
  jsmn_init(&parser);
  for (;;) {
    int result = jsmn_parse(&parser, reading->json.at, reading->json.len,
                            tokens, WINDOW);
    enum json_list_error error = read_window(reading, tokens, parser.toknext);
    if (error != JSON_LIST_OK) return error;
    if (result != JSMN_ERROR_NOMEM)
      return result < 0 ? JSON_LIST_NOT_JSON : JSON_LIST_OK;
    parser.toknext = 1;
  }
}

/* json_check's verdict, and what it knows of the root. */
static enum json_list_error judge(struct slice json, unsigned depth_max) {
  struct json_check check;
  json_check_init(&check, depth_max);
  enum json_verdict verdict = json_check_feed(&check, json.at, json.len);
  if (verdict == JSON_MORE) verdict = json_check_end(&check);
  if (verdict != JSON_WHOLE) return JSON_LIST_NOT_JSON;
  return json_check_root(&check) == JSON_ROOT_CONTAINER ? JSON_LIST_OK
                                                        : JSON_LIST_NOT_ARRAY;
}

enum json_list_error json_read_strings(struct slice json, unsigned depth_max,
                                       char *storage, size_t cap,
                                       struct slice *items, size_t max_items,
                                       size_t *count, size_t *bad_item) {
  struct reading reading = {json, storage, cap, 0, items, max_items, 0};
  enum json_list_error error = JSON_LIST_TOO_LONG;
  if (json.len <= INT_MAX) /* jsmn counts bytes in an int */
    error = judge(json, depth_max);
  if (error == JSON_LIST_OK) error = read_list(&reading);
  *count = error == JSON_LIST_OK ? reading.count : 0;
  if (error == JSON_LIST_NOT_STRINGS || error == JSON_LIST_BAD_STRING)
    *bad_item = reading.count;
  return error;
}

/* ---- objects ---- */

static struct slice text_of(struct slice json, const jsmntok_t *token) {
  const bool quoted = token->type == JSMN_STRING; /* and the quotes left out */
  return (struct slice){json.at + token->start - quoted,
                        (size_t)(token->end - token->start) + 2 * quoted};
}

/* A name's token is a child of the object's; its value's stands behind it. */
static bool list_members(struct slice json, const jsmntok_t *tokens, int end,
                         struct json_member *members, size_t max,
                         size_t *count) {
  for (int i = 1; i < end; i++) {
    if (tokens[i].parent != 0) continue;
    if (*count == max) return false;
    struct slice name = text_of(json, &tokens[i]);
    members[(*count)++] = (struct json_member){{name.at + 1, name.len - 2},
                                               text_of(json, &tokens[i + 1])};
  }
  return true;
}

bool json_read_members(struct slice json, struct json_member *members,
                       size_t max, size_t *count) {
  jsmntok_t tokens[WINDOW];
  jsmn_parser parser;
  *count = 0;
  if (json.len > INT_MAX || judge(json, JSON_DEPTH_MAX) != JSON_LIST_OK)
    return false;
  jsmn_init(&parser);
  int end = jsmn_parse(&parser, json.at, json.len, tokens, WINDOW);
  if (end <= 0 || tokens[0].type != JSMN_OBJECT) return false;
  if (list_members(json, tokens, end, members, max, count)) return true;
  *count = 0;
  return false;
}
