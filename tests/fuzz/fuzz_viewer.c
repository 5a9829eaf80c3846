/* fuzz_viewer: what answers at --admin (a JSON text) into tools/tap_line and
 * tools/top_table, at some width.
 *
 * Whatever the text says, a line is within the columns, and visible ASCII: no
 * terminal is commanded. A race is one line. Colours add nothing but
 * themselves. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "tools/json_view.h"
#include "tools/tap_line.h"
#include "tools/top_screen.h"
#include "tools/top_table.h"

enum { TABLE_BYTES = 1024 * 1024 };

static void expect_lines(struct slice text, unsigned columns) {
  demand(text.len > 0 && text.at[text.len - 1] == '\n', "lines end");
  while (text.len > 0) {
    const char *end = memchr(text.at, '\n', text.len);
    size_t len = (size_t)(end - text.at);
    demand(columns == 0 || len <= columns, "a line is within the columns");
    for (size_t i = 0; i < len; i++)
      demand(text.at[i] >= ' ' && text.at[i] <= '~', "a line is visible");
    text = slice_from(text, len + 1);
  }
}

/* Takes out ESC [ digits m. */
static struct slice without_colours(struct slice text, char *plain) {
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] != '\x1b') plain[len++] = text.at[i];
    else
      while (i < text.len && text.at[i] != 'm') i++;
  }
  return (struct slice){plain, len};
}

typedef void write_view(struct text *out, struct sheet_look look,
                        struct slice json);

static void write_table(struct text *out, struct sheet_look look,
                        struct slice json) {
  top_table(out, look, "127.0.0.1:8481", json, json);
}

static void check(write_view *write, struct slice json, unsigned columns,
                  size_t cap) {
  static char storage[3][TABLE_BYTES];
  struct text bare, coloured;
  text_init(&bare, storage[0], cap);
  text_init(&coloured, storage[1], TABLE_BYTES);
  write(&bare, (struct sheet_look){columns, false}, json);
  write(&coloured, (struct sheet_look){columns, true}, json);
  demand(!bare.cut, "nothing is cut");
  expect_lines(text_slice_of(&bare), columns);
  demand(slice_equal(text_slice_of(&bare),
                     without_colours(text_slice_of(&coloured), storage[2])),
         "colours are no words");
}

static void check_keys(struct slice keys) {
  struct top_screen screen = {.rows = 24};
  while (keys.len > 0) {
    size_t before = keys.len;
    (void)top_screen_key(&screen, &keys);
    demand(keys.len < before, "a key is taken");
    demand(screen.first < 1u << 30, "no screen is that far down");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 || size > 8 * 1024) return 0;
  char *copy = fuzz_copy(fuzz_input(data + 1, size - 1));
  struct slice json = {copy, size - 1};
  unsigned columns = data[0];
  check_keys(json);
  if (json_view_is_object(json)) {
    check(tap_line_race, json, columns, TAP_LINE_BYTES);
    check(tap_line_left_out, json, columns, TAP_LINE_BYTES);
    check(write_table, json, columns, TABLE_BYTES);
  }
  free(copy);
  return 0;
}
