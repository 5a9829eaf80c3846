/* fuzz_config_file: any bytes as the file of a configuration.
 *
 * What is wrong with it is told in the order of the lines, each time as one
 * clean line with a place that is in the file. What is accepted can be dumped,
 * the dump is accepted, and it is dumped as the same text again. */
#include <stdlib.h>

#include "config/config_file.h"
#include "fuzz/fuzz.h"

enum { DUMP_BYTES = 4 * 1024 * 1024 };

#define NAME "etc/h.yaml"

struct told {
  struct slice file;
  unsigned count, line, column; /* the place of the last one */
};

/* ---- errors ---- */

static unsigned number_behind(const char **at, const char *word) {
  const size_t len = strlen(word);
  demand(strncmp(*at, word, len) == 0, "an error names its place");
  char *end;
  const unsigned long number = strtoul(*at + len, &end, 10);
  demand(end > *at + len && number > 0, "places count from 1");
  *at = end;
  return (unsigned)number;
}

static void check_place(const struct told *told) {
  struct slice rest = told->file, line = fuzz_line(&rest);
  for (unsigned n = 1; n < told->line; n++) {
    demand(rest.len > 0 || n + 1 == told->line, "a line is in the file");
    line = fuzz_line(&rest);
  }
  demand(told->column <= line.len + 1, "a column is in its line");
}

static void check_order(struct told *told, unsigned line, unsigned column) {
  demand(line > told->line || (line == told->line && column >= told->column),
         "errors come in the order of their places");
  told->line = line;
  told->column = column;
}

static void on_error(void *arg, const char *error) {
  struct told *told = arg;
  told->count++;
  for (const char *c = error; *c; c++)
    demand(*c >= ' ' && *c <= '~', "an error is one line of ASCII");
  demand(strncmp(error, NAME ": ", sizeof NAME + 1) == 0,
         "an error names the file");
  error += sizeof NAME + 1;
  if (strncmp(error, "the file ", 9) == 0) return;
  const unsigned line = number_behind(&error, "line ");
  const unsigned column = number_behind(&error, ", column ");
  demand(strncmp(error, ": ", 2) == 0 && error[2], "an error says what it is");
  check_order(told, line, column);
  check_place(told);
}

/* ---- reading and dumping ---- */

static const char *env(const char *name) {
  return strcmp(name, "CREDENTIALS_DIRECTORY") == 0 ? "/run/cred" : NULL;
}

static bool read_file(struct config *config, struct slice bytes) {
  char *argv[] = {"hedgerow", "--config", NAME, NULL};
  const struct config_words words = {3, argv, env};
  const struct config_source source = {NAME, slice_of("/etc/"), bytes, &words};
  struct told told = {.file = bytes};
  const bool good = config_read_file(config, &source, on_error, &told);
  demand(good == (told.count == 0), "what is not accepted is told");
  return good;
}

static void put(void *arg, const char *piece) {
  struct text *text = arg;
  text_str(text, piece);
}

static struct text dump(const struct config *config) {
  struct text text = fuzz_text(DUMP_BYTES);
  config_dump(config, "/home/me/", put, &text);
  demand(!text.cut, "a dump is not without an end");
  return text;
}

static void check_dump(const struct config *config) {
  struct text first = dump(config);
  struct config again;
  demand(read_file(&again, text_slice_of(&first)), "a dump is accepted");
  struct text second = dump(&again);
  demand(slice_equal(text_slice_of(&first), text_slice_of(&second)),
         "a dump is dumped as itself");
  config_clear(&again);
  free(first.at);
  free(second.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *copy = fuzz_copy(fuzz_input(data, size));
  struct config config;
  const bool good = read_file(&config, (struct slice){copy, size});
  free(copy); /* a config does not need the bytes any more */
  if (good) check_dump(&config);
  config_clear(&config);
  return 0;
}
