/* yaml_explain.c: what is wrong with a YAML file, in words that help.
 *
 * libyaml says where it could not go on ("did not find expected ',' or ']'" at
 * the end of the file). A person wants to know where the mistake is (the '['
 * that is never closed) and what to write instead. So the usual complaints have
 * words of their own here, and a choice of libyaml's two places: where it was,
 * or where what it was reading began. The rest is said in libyaml's words.
 *
 * Two things libyaml takes, and we do not, before it sees them. It ends a line
 * at characters at which no editor does (a lone carriage return, U+0085,
 * U+2028, U+2029): places would be wrong, and a comment could hide a key. And
 * it compares each %TAG with all before it, for minutes if there are enough. */
#include "config/yaml_explain.h"

#include <string.h>

/* ---- lines of an error ---- */

void yaml_where(struct text *out, struct yaml_place place) {
  text_put(out, "line ", place.line, ", column ", place.column);
}

struct text *yaml_complain(struct yaml_making *making,
                           struct yaml_place place) {
  yaml_where(&making->error, place);
  text_str(&making->error, ": ");
  return &making->error;
}

bool yaml_refuse(struct yaml_making *making, struct yaml_place place,
                 const char *why) {
  text_str(yaml_complain(making, place), why);
  return false;
}

bool yaml_refuse_tag(struct yaml_making *making, struct yaml_place place) {
  return yaml_refuse(making, place,
                     "tags (!name) are not taken; put a text that begins with "
                     "'!' in quotes");
}

static void show_byte(struct text *out, char c) {
  if (c >= ' ' && c <= '~') text_char(out, c);
  else text_hex(out, c);
}

void yaml_show(struct text *out, struct slice text) {
  enum { SHOWN_MAX = 60 };
  text_char(out, '"');
  for (size_t i = 0; i < text.len && i < SHOWN_MAX; i++)
    show_byte(out, text.at[i]);
  text_str(out, text.len > SHOWN_MAX ? "...\"" : "\"");
}

/* ---- places and bytes ---- */

static bool begins_character(char c) {
  return ((unsigned char)c & 0xc0) != 0x80;
}

static struct yaml_place place_at(struct slice bytes, size_t offset) {
  struct yaml_place place = {1, 1};
  for (size_t i = 0; i < offset; i++) {
    const bool is_end = bytes.at[i] == '\n';
    place.line += is_end;
    place.column = is_end ? 1 : place.column + begins_character(bytes.at[i]);
  }
  return place;
}

/* From the character of that number, counted from 0. */
static struct slice from_character(struct slice bytes, size_t number) {
  for (; bytes.len > 0; bytes = slice_from(bytes, 1))
    if (begins_character(bytes.at[0]) && number-- == 0) break;
  return bytes;
}

/* ---- what libyaml would take ---- */

static const char *why_refused(struct slice rest, bool is_line) {
  static const char *const ends[] = {"\xc2\x85", "\xe2\x80\xa8",
                                     "\xe2\x80\xa9"};
  if (rest.at[0] == '\r' && !slice_starts_with(rest, slice_of("\r\n")))
    return "a carriage return stands here alone: end lines with a line feed";
  if (is_line && slice_starts_with(rest, slice_of("%TAG")))
    return "%TAG is not taken, since tags are not: delete this line";
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (slice_starts_with(rest, slice_of(ends[i])))
      return "an invisible end of a line (U+0085, U+2028 or U+2029) stands "
             "here: delete it";
  return NULL;
}

bool yaml_check_bytes(struct yaml_making *making) {
  const struct slice bytes = making->bytes;
  for (size_t i = 0; i < bytes.len; i++) {
    const char *why =
        why_refused(slice_from(bytes, i), i == 0 || bytes.at[i - 1] == '\n');
    if (why) return yaml_refuse(making, place_at(bytes, i), why);
  }
  return true;
}

/* ---- what libyaml says ---- */

enum where { HERE, AT_CONTEXT };

#define NOT_UTF8 "this is not UTF-8: save the file in that encoding"
#define TAB "a tab cannot indent a line: use spaces"
#define QUOTE "this quote is never closed"

/* A context of NULL stands for any. */
static const struct {
  const char *problem, *context;
  enum where where;
  const char *words;
} known[] = {
    {"invalid leading UTF-8 octet", NULL, HERE, NOT_UTF8},
    {"invalid trailing UTF-8 octet", NULL, HERE, NOT_UTF8},
    {"incomplete UTF-8 octet sequence", NULL, HERE, NOT_UTF8},
    {"invalid length of a UTF-8 sequence", NULL, HERE, NOT_UTF8},
    {"invalid Unicode character", NULL, HERE, NOT_UTF8},
    {"control characters are not allowed", NULL, HERE,
     "a control character stands here: delete it"},
    {"found a tab character that violates indentation", NULL, HERE, TAB},
    {"found a tab character where an indentation space is expected", NULL, HERE,
     TAB},
    {"mapping values are not allowed in this context", NULL, HERE,
     "a ':' cannot stand here: check how this line and the one above are "
     "indented; a text with ': ' in it needs quotes"},
    {"mapping keys are not allowed in this context", NULL, HERE,
     "a key cannot stand here: a text that begins with '?' needs quotes"},
    {"block sequence entries are not allowed in this context", NULL, HERE,
     "a '- ' cannot stand here: a list begins on a line of its own; a text "
     "that begins with '- ' needs quotes"},
    {"could not find expected ':'", "while scanning a simple key", AT_CONTEXT,
     "a ':' is missing behind this key"},
    {"did not find expected key", NULL, HERE,
     "a key and a ':' should stand here: check how this line is indented, and "
     "the quotes before it"},
    {"did not find expected '-' indicator", NULL, HERE,
     "a '- ' should stand here, as before the other items of this list: check "
     "how this line is indented"},
    {"did not find expected node content", NULL, HERE,
     "a key or a value should stand here; a text that begins like this needs "
     "quotes"},
    {"did not find expected ',' or ']'", NULL, AT_CONTEXT,
     "this '[' is never closed, or a ',' is missing between its items"},
    {"did not find expected ',' or '}'", NULL, AT_CONTEXT,
     "this '{' is never closed, or a ',' is missing between its members"},
    {"found unexpected end of stream", NULL, AT_CONTEXT, QUOTE},
    {"found unexpected document indicator", NULL, AT_CONTEXT, QUOTE},
    {"found unknown escape character", NULL, HERE,
     "there is no such escape: write \\\\ for a backslash, or use single "
     "quotes"},
    {"did not find expected alphabetic or numeric character",
     "while scanning an alias", AT_CONTEXT,
     "a text that begins with '*' needs quotes"},
    {"did not find expected alphabetic or numeric character",
     "while scanning an anchor", AT_CONTEXT,
     "a text that begins with '&' needs quotes"},
    {"did not find expected <document start>", NULL, HERE,
     "the file's value ended before this: check how this line is indented, and "
     "the quotes and brackets before it"},
};

static bool is_same(const char *said, const char *text) {
  return said && strcmp(said, text) == 0;
}

static bool is_about_a_tag(const struct yaml_complaint *complaint) {
  return is_same(complaint->problem, "found undefined tag handle") ||
         is_same(complaint->context, "while scanning a tag") ||
         is_same(complaint->context, "while parsing a tag");
}

/* Most often it is a tab, and libyaml does not say so. */
static bool refuse_character(struct yaml_making *making,
                             const struct yaml_complaint *complaint) {
  const struct slice rest = from_character(making->bytes, complaint->character);
  if (slice_starts_with(rest, slice_of("\t")))
    return yaml_refuse(making, complaint->place, TAB);
  struct text *error = yaml_complain(making, complaint->place);
  text_str(error, "a text that begins with ");
  yaml_show(error, (struct slice){rest.at, rest.len > 0});
  text_str(error, " needs quotes");
  return false;
}

static bool refuse_otherwise(struct yaml_making *making,
                             const struct yaml_complaint *complaint) {
  struct text *error = yaml_complain(making, complaint->place);
  text_str(error, complaint->problem);
  if (complaint->context) text_char(error, ' ');
  if (complaint->context) text_str(error, complaint->context);
  return false;
}

static bool refuse_known(struct yaml_making *making,
                         const struct yaml_complaint *complaint) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (!is_same(complaint->problem, known[i].problem)) continue;
    if (known[i].context && !is_same(complaint->context, known[i].context))
      continue;
    return yaml_refuse(making,
                       known[i].where == HERE ? complaint->place
                                              : complaint->context_place,
                       known[i].words);
  }
  return refuse_otherwise(making, complaint);
}

bool yaml_explain(struct yaml_making *making,
                  const struct yaml_complaint *complaint) {
  static const char odd_start[] = "found character that cannot start any token";
  struct yaml_complaint placed = *complaint;
  if (!complaint->problem) return false;
  if (complaint->by_offset)
    placed.place = place_at(making->bytes, complaint->offset);
  if (is_about_a_tag(&placed))
    return yaml_refuse_tag(making, placed.context_place);
  if (is_same(placed.problem, odd_start))
    return refuse_character(making, &placed);
  return refuse_known(making, &placed);
}
