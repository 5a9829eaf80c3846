/* yaml.c: from the bytes of a YAML file to a tree with places.
 *
 * libyaml says what it meets (a scalar, the begin of a mapping, an alias), and
 * each such event adds to the tree or refuses the file. Its own loader is not
 * used: it loses the places of keys, lets keys stand twice, and unfolds aliases
 * without a limit. yaml_tree.c holds the tree, and yaml_explain.c the words for
 * what is wrong.
 *
 * A key is no node. It waits in the making until its value comes, and the value
 * carries it. */
#include "config/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "config/yaml_explain.h"
#include "config/yaml_tree.h"

static struct yaml_place place_of(yaml_mark_t mark) {
  return (struct yaml_place){(unsigned)mark.line + 1,
                             (unsigned)mark.column + 1};
}

static struct slice slice_of_yaml(const yaml_char_t *text) {
  return slice_of((const char *)text);
}

/* ---- events ---- */

static bool is_key_next(const struct yaml_making *making) {
  return making->open && making->open->node.kind == YAML_MAPPING &&
         !making->key.waiting;
}

static bool refuse_here(struct yaml_making *making, const char *why) {
  return yaml_refuse(making, making->place, why);
}

static bool check_tag(struct yaml_making *making, const yaml_char_t *tag) {
  return !tag || yaml_refuse_tag(making, making->place);
}

/* U+0080 to U+009F are control characters as well. */
static bool is_control(const char *at) {
  const unsigned char c = (unsigned char)at[0];
  if (c == 0xc2) return (unsigned char)at[1] < 0xa0;
  return (c < ' ' && c != '\t' && c != '\n') || c == 0x7f;
}

/* The file may hold none of these, but an escape may. There is a NUL behind
 * the text. */
static bool check_text(struct yaml_making *making, struct slice text) {
  for (size_t i = 0; i < text.len; i++)
    if (is_control(text.at + i))
      return refuse_here(making, "this text holds a control character by an "
                                 "escape; only \\t and \\n are taken");
  return true;
}

/* ---- values ---- */

static bool name_it(struct yaml_making *making, struct yaml_branch *branch,
                    const yaml_char_t *anchor) {
  return !anchor || yaml_add_anchor(making, slice_of_yaml(anchor), branch);
}

static bool note_twice(struct yaml_making *making,
                       const struct yaml_node *first) {
  char storage[512];
  struct text what = TEXT_ON(storage);
  text_str(&what, "the key ");
  yaml_show(&what, first->key);
  text_str(&what, " stands here a second time; the first is in ");
  yaml_where(&what, first->key_place);
  return yaml_add_fault(making, making->place, text_slice_of(&what));
}

static bool on_key(struct yaml_making *making, struct slice text,
                   const yaml_event_t *event) {
  const bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (event->data.scalar.anchor)
    return refuse_here(making, "an anchor (&name) cannot stand before a key: "
                               "put it before the value, or on the line above");
  if (plain && text.len == 0)
    return refuse_here(making, "a key is missing here");
  if (!yaml_keep(making, text, &making->key.text)) return false;
  const struct yaml_node *first =
      yaml_get(&making->open->node, making->key.text.at);
  if (first && !note_twice(making, first)) return false;
  making->key.is_repeated = first;
  making->key.place = making->place;
  making->key.waiting = true;
  making->key.is_merge = !first && plain && slice_equal(text, slice_of("<<"));
  return true;
}

static bool on_scalar(struct yaml_making *making, const yaml_event_t *event) {
  const struct slice text = {(const char *)event->data.scalar.value,
                             event->data.scalar.length};
  if (!check_tag(making, event->data.scalar.tag) || !check_text(making, text))
    return false;
  if (is_key_next(making)) return on_key(making, text, event);
  struct yaml_node what = {.kind = YAML_SCALAR,
                           .place = making->place,
                           .plain = event->data.scalar.style ==
                                    YAML_PLAIN_SCALAR_STYLE};
  if (!yaml_keep(making, text, &what.text)) return false;
  struct yaml_branch *branch = yaml_add(making, &what);
  return branch && name_it(making, branch, event->data.scalar.anchor);
}

static bool on_start(struct yaml_making *making, enum yaml_kind kind,
                     const yaml_char_t *tag, const yaml_char_t *anchor) {
  if (is_key_next(making))
    return refuse_here(making, "a key is a text, not a list or a mapping");
  if (!check_tag(making, tag)) return false;
  struct yaml_branch *branch = yaml_add(
      making, &(struct yaml_node){.kind = kind, .place = making->place});
  if (!branch) return false;
  branch->open = true;
  making->open = branch;
  return name_it(making, branch, anchor);
}

static bool on_alias(struct yaml_making *making, const yaml_char_t *name) {
  if (is_key_next(making))
    return refuse_here(making, "an alias (*name) cannot be a key");
  return yaml_add_alias(making, slice_of_yaml(name));
}

static bool on_document(struct yaml_making *making) {
  return !making->tree->root ||
         refuse_here(making, "a second document begins here, and a file holds "
                             "one");
}

static bool on_event(struct yaml_making *making, const yaml_event_t *event) {
  making->place = place_of(event->start_mark);
  switch (event->type) {
    case YAML_DOCUMENT_START_EVENT: return on_document(making);
    case YAML_ALIAS_EVENT: return on_alias(making, event->data.alias.anchor);
    case YAML_SCALAR_EVENT: return on_scalar(making, event);
    case YAML_SEQUENCE_START_EVENT:
      return on_start(making, YAML_SEQUENCE, event->data.sequence_start.tag,
                      event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
      return on_start(making, YAML_MAPPING, event->data.mapping_start.tag,
                      event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return yaml_end(making);
    default: return true;
  }
}

/* ---- the file ---- */

static bool explain(struct yaml_making *making, const yaml_parser_t *parser) {
  return yaml_explain(making,
                      &(struct yaml_complaint){
                          .problem = parser->problem,
                          .context = parser->context,
                          .place = place_of(parser->problem_mark),
                          .character = parser->problem_mark.index,
                          .context_place = place_of(parser->context_mark),
                          .by_offset = parser->error == YAML_READER_ERROR,
                          .offset = parser->offset,
                      });
}

static bool read_events(struct yaml_making *making, yaml_parser_t *parser) {
  for (bool more = true; more;) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) return explain(making, parser);
    const bool taken = on_event(making, &event);
    more = event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    if (!taken) return false;
  }
  return true;
}

/* libyaml is told the encoding, lest it take a file for UTF-16. */
static bool parse(struct yaml_making *making) {
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser)) return false;
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, (const unsigned char *)making->bytes.at,
                               making->bytes.len);
  const bool made = read_events(making, &parser);
  yaml_parser_delete(&parser);
  return made;
}

static bool refuse_file(struct yaml_making *making, const char *why) {
  text_str(&making->error, why);
  return false;
}

static bool make(struct yaml_making *making) {
  const struct slice mark = slice_of("\xef\xbb\xbf");
  if (making->bytes.len > YAML_BYTES_MAX)
    return refuse_file(making, "the file has more than 4 MiB");
  if (slice_starts_with(making->bytes, mark))
    making->bytes = slice_from(making->bytes, mark.len);
  if (!yaml_check_bytes(making) || !parse(making)) return false;
  return making->tree->root || refuse_file(making, "the file is empty");
}
_Static_assert(YAML_BYTES_MAX == 4 << 20, "make names the number");

struct yaml_tree *yaml_read(struct slice bytes, char *error, size_t cap) {
  struct yaml_making making = {.bytes = bytes,
                               .tree = calloc(1, sizeof *making.tree)};
  text_init(&making.error, error, cap);
  const bool made = making.tree && make(&making);
  if (!made && making.error.len == 0)
    text_str(&making.error, "the file needs more memory than there is");
  text_end(&making.error);
  if (made) return making.tree;
  yaml_tree_free(making.tree);
  return NULL;
}

/* ---- reading the tree ---- */

const struct yaml_node *yaml_root(const struct yaml_tree *tree) {
  return &tree->root->node;
}

const struct yaml_fault *yaml_faults(const struct yaml_tree *tree) {
  return tree->faults;
}

bool yaml_is_null(const struct yaml_node *node) {
  static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
  if (node->kind != YAML_SCALAR || !node->plain) return false;
  for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
    if (slice_equal(node->text, slice_of(nulls[i]))) return true;
  return false;
}
