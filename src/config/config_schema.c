/* config_schema.c: the file's JSON Schema (2020-12), from the table of options.
 *
 * Editors complete and check a file by it. It says what a schema can say: which
 * keys stand where, and what their values look like. What only the whole tells
 * (an upstream that is not there, a route that nothing reaches) is for --check.
 */
#include "config/config_file.h"

#include "config/config_options.h"
#include "core/text.h"

enum { LINE_BYTES = 1024 };

struct schema {
  void (*put)(void *arg, const char *piece);
  void *arg;
};

static void put(struct schema *schema, const char *piece) {
  schema->put(schema->arg, piece);
}

static void put_string(struct schema *schema, const char *string) {
  char storage[LINE_BYTES];
  struct text text = TEXT_ON(storage);
  text_json(&text, slice_of(string));
  put(schema, text_end(&text));
}

/* ---- values ---- */

/* Where YAML 1.1 is spoken, off is false and on is true. */
static void put_word(struct text *text, struct slice word) {
  text_json(text, word);
  if (slice_equal(word, slice_of("off"))) text_str(text, ", false");
  if (slice_equal(word, slice_of("on"))) text_str(text, ", true");
}

static void put_words(struct schema *schema, const char *words) {
  char storage[LINE_BYTES];
  struct text text = TEXT_ON(storage);
  text_str(&text, "\"enum\": [");
  for (const char *w = words; *w != '\0';) {
    const size_t len = strcspn(w, "|");
    put_word(&text, (struct slice){w, len});
    w += len + (w[len] == '|');
    if (*w != '\0') text_str(&text, ", ");
  }
  text_char(&text, ']');
  put(schema, text_end(&text));
}

#define STRING "\"type\": \"string\""
#define LIST(item) "\"type\": \"array\", \"items\": {" item "}"
#define METHOD                                                                 \
  "\"enum\": [\"GET\", \"HEAD\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\", "   \
  "\"OPTIONS\", \"QUERY\"]"
#define ONE_OR_LIST(item) "\"anyOf\": [{" item "}, {" LIST(item) "}]"

static const char *const shapes[] = {
    [OPTION_SIZE] = "\"type\": [\"string\", \"integer\"], "
                    "\"pattern\": \"^[0-9]+[KM]?$\"",
    [OPTION_DURATIONS] =
        STRING ", \"pattern\": \"^[0-9]+(ms|s|m)([.][.][0-9]+(ms|s|m))?$\"",
    [OPTION_DELAY] = STRING ", \"pattern\": \"^([0-9]+(ms|s|m)|p[5-9][0-9]"
                            "([.][0-9])?(:[0-9]+(ms|s|m)[.][.][0-9]+"
                            "(ms|s|m))?)$\"",
    [OPTION_BUDGET] =
        STRING ", \"pattern\": \"^[0-9]+([.][0-9])?%(:[0-9]+)?$\"",
    [OPTION_RATE] = "\"type\": [\"string\", \"boolean\"], "
                    "\"pattern\": \"^([0-9]+/[smh](:[0-9]+)?|off)$\"",
    [OPTION_QUEUE] = "\"type\": [\"string\", \"boolean\"], "
                     "\"pattern\": \"^([0-9]+:[0-9]+(ms|s|m)|off)$\"",
    [OPTION_RATIO] = "\"type\": \"number\", \"minimum\": 0, \"maximum\": 1",
    [OPTION_FILTER] = STRING ", \"pattern\": \"^(all|((failed|rescued|"
                             "slow:[0-9]+(ms|s|m))(, *)?)+)$\"",
    [OPTION_COLLECTOR] = "\"type\": [\"string\", \"boolean\"]",
    [OPTION_COUNT] = "\"type\": \"integer\"",
    [OPTION_ADDRESS] = ONE_OR_LIST(STRING),
    [OPTION_PLACE] = "\"type\": [\"string\", \"boolean\"]",
    [OPTION_PATH] = STRING,
    [OPTION_FIELD] = STRING,
    [OPTION_WORD] = "\"type\": [\"string\", \"boolean\"]",
    [OPTION_FIELD_NAME] = "\"type\": [\"string\", \"boolean\"]",
    [OPTION_VARIABLE] = STRING ", \"pattern\": \"^[A-Za-z0-9_]+$\"",
    [OPTION_METHODS] = "\"anyOf\": [{\"const\": \"any\"}, {" METHOD "}, "
                       "{" LIST(METHOD) ", \"minItems\": 1}]",
    [OPTION_HEADERS] = "\"type\": \"object\", \"additionalProperties\": "
                       "{\"type\": [\"string\", \"number\", \"boolean\"]}",
    [OPTION_NAMES] = ONE_OR_LIST(STRING),
    [OPTION_ORIGINS] = ONE_OR_LIST(STRING),
    [OPTION_LOCAL_ORIGIN] = "\"type\": [\"string\", \"boolean\"]",
    [OPTION_BLOCKS] = ONE_OR_LIST(STRING),
    [OPTION_RULES] = ONE_OR_LIST(STRING),
    [OPTION_DEFAULTS] = "\"$ref\": \"#/$defs/defaults\"",
    [OPTION_UPSTREAMS] =
        "\"type\": \"object\", \"minProperties\": 1, "
        "\"maxProperties\": 256, "
        "\"propertyNames\": {\"pattern\": \"^[A-Za-z0-9_-]{1,32}$\"}, "
        "\"additionalProperties\": {\"$ref\": \"#/$defs/upstream\"}",
    [OPTION_ROUTES] = "\"type\": \"array\", \"minItems\": 1, "
                      "\"maxItems\": 1024, "
                      "\"items\": {\"$ref\": \"#/$defs/route\"}",
    [OPTION_TARGETS] =
        "\"oneOf\": [{\"$ref\": \"#/$defs/url\"}, "
        "{\"type\": \"array\", \"minItems\": 1, \"maxItems\": 64, "
        "\"items\": {\"anyOf\": ["
        "{\"$ref\": \"#/$defs/url\"}, {\"$ref\": \"#/$defs/target\"}]}}]",
    [OPTION_URL] = "\"$ref\": \"#/$defs/url\"",
    [OPTION_PREFIX] = STRING ", \"pattern\": \"^/\"",
    [OPTION_UPSTREAM] = STRING,
    [OPTION_LISTED] = STRING,
    [OPTION_GATHER] = "\"type\": \"array\", \"minItems\": 1, \"maxItems\": 64, "
                      "\"items\": {\"anyOf\": ["
                      "{" STRING ", \"pattern\": \"^(/|https?://)\"}, "
                      "{\"$ref\": \"#/$defs/item\"}]}",
    [OPTION_ITEM] = STRING ", \"pattern\": \"^/\"",
    [OPTION_NAME] = STRING ", \"minLength\": 1",
    [OPTION_MARK] = "\"enum\": [\"off\", \"on\", false, true]",
};

_Static_assert(CONFIG_UPSTREAMS_MAX == 256 && CONFIG_ROUTES_MAX == 1024 &&
                   CONFIG_TARGETS_MAX == 64 && GATHER_ITEMS_MAX == 64,
               "shapes name the numbers");

static void put_bound(struct schema *schema, const char *name,
                      const struct config_option *option, const char *bound) {
  char storage[LINE_BYTES];
  struct text text = TEXT_ON(storage);
  int64_t number;
  bool (*parse)(struct slice, int64_t *) =
      option->kind == OPTION_SIZE ? config_parse_size : config_parse_count;
  if (!parse(slice_of(bound), &number)) return;
  text_put(&text, name, number);
  put(schema, text_end(&text));
}

/* A schema bounds numbers: a size that is written as 8M is left to --check. */
static void put_bounds(struct schema *schema,
                       const struct config_option *option) {
  put_bound(schema, ", \"minimum\": ", option, option->min);
  put_bound(schema, ", \"maximum\": ", option, option->max);
}

/* YAML 1.1 takes off for false. */
static void put_duration(struct schema *schema, const char *word) {
  const bool is_off = word && strcmp(word, "off") == 0;
  put(schema, is_off ? "\"type\": [\"string\", \"boolean\"], " : STRING ", ");
  put(schema, "\"pattern\": \"^([0-9]+(ms|s|m)");
  if (word) put(schema, "|");
  put(schema, word ? word : "");
  put(schema, ")$\"");
}

static void put_shape(struct schema *schema,
                      const struct config_option *option) {
  if (option->kind == OPTION_CHOICE || option->kind == OPTION_SWITCH)
    put_words(schema, option->value);
  else if (option->kind == OPTION_DURATION) put_duration(schema, option->word);
  else put(schema, shapes[option->kind]);
  if (option->kind == OPTION_COUNT || option->kind == OPTION_SIZE)
    put_bounds(schema, option);
}

/* ---- keys ---- */

static void put_option(struct schema *schema,
                       const struct config_option *option) {
  char storage[OPTION_NAME_MAX + 1];
  struct text key = TEXT_ON(storage);
  config_option_key(&key, option);
  put(schema, "        ");
  put_string(schema, text_end(&key));
  put(schema, ": {\n          \"description\": ");
  put_string(schema, option->help);
  if (option->fallback) {
    put(schema, ",\n          \"default\": ");
    if (option->kind == OPTION_COUNT || option->kind == OPTION_RATIO)
      put(schema, option->fallback);
    else put_string(schema, option->fallback);
  }
  put(schema, ",\n          ");
  put_shape(schema, option);
  put(schema, "\n        }");
}

static void put_scope(struct schema *schema, enum option_scope scope,
                      const char *required) {
  const char *before = "";
  put(schema,
      "\"type\": \"object\",\n      \"additionalProperties\": false,\n");
  if (required) {
    put(schema, "      \"required\": [");
    put(schema, required);
    put(schema, "],\n");
  }
  put(schema, "      \"properties\": {\n");
  for (size_t i = 0; i < config_option_count; i++) {
    if (!(config_options[i].scope & scope)) continue;
    put(schema, before);
    put_option(schema, &config_options[i]);
    before = ",\n";
  }
  put(schema, "\n      }\n    }");
}

static void put_definition(struct schema *schema, const char *name,
                           enum option_scope scope, const char *required) {
  put(schema, ",\n    \"");
  put(schema, name);
  put(schema, "\": {\n      ");
  put_scope(schema, scope, required);
}

void config_schema(void (*put_piece)(void *arg, const char *piece), void *arg) {
  struct schema schema = {put_piece, arg};
  put(&schema,
      "{\n"
      "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
      "  \"title\": \"hedgerow's configuration\",\n"
      "  \"$ref\": \"#/$defs/file\",\n"
      "  \"$defs\": {\n"
      "    \"url\": {" STRING ", \"pattern\": \"^[Hh][Tt][Tt][Pp][Ss]?://\"}");
  put_definition(&schema, "file", SCOPE_FILE, "\"upstreams\", \"routes\"");
  put_definition(&schema, "defaults", SCOPE_DEFAULTS, NULL);
  put_definition(&schema, "upstream", SCOPE_UPSTREAM, "\"targets\"");
  put_definition(&schema, "target", SCOPE_TARGET, "\"url\"");
  put_definition(&schema, "route", SCOPE_ROUTE, "\"path\"");
  put_definition(&schema, "item", SCOPE_ITEM, NULL);
  put(&schema, "\n  }\n}\n");
}
