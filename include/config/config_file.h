/* config_file: the configuration from a YAML file.
 *
 * The table of options says which keys there are and what their values look
 * like; the file adds what flags cannot say: several upstreams, several routes.
 * See docs/config.md. */
#ifndef HEDGEROW_CONFIG_CONFIG_FILE_H
#define HEDGEROW_CONFIG_CONFIG_FILE_H

#include <stdbool.h>

#include "config/config.h"
#include "config/config_errors.h"
#include "core/slice.h"

enum {
  CONFIG_UPSTREAMS_MAX = 256,
  CONFIG_ROUTES_MAX = 1024,
  CONFIG_FILE_BYTES_MAX = 4 * 1024 * 1024,
};

struct config_source {
  const char *name;                 /* of the file: in front of every error */
  struct slice folder;              /* where it lies: "/etc/hedgerow/" */
  struct slice bytes;               /* what it holds */
  const struct config_words *words; /* these go before what the file says */
};

/* Makes the config anew: defaults, then the file's own options and `defaults`,
 * then words, then upstreams and routes. The words have been read before
 * (config_parse). True: nothing is wrong; the config wants a config_clear
 * either way. Relative names of files count from the folder of the file.
 * ${CREDENTIALS_DIRECTORY}/ in front of one is expanded, nothing else is. */
bool config_read_file(struct config *config, const struct config_source *source,
                      config_complain *complain, void *arg)
    __attribute__((warn_unused_result));

/* --dump-config, of a config with its upstreams and routes: a file that means
 * the same, but for masked secrets. Relative names of files, which are those of
 * flags, count from this folder ("/home/me/"). Calls put for each line, and
 * for none where there is no memory. */
void config_dump(const struct config *config, const char *folder,
                 void (*put)(void *arg, const char *piece), void *arg);
/* The key of the n-th option of the process (n = 0, 1, ...) of which two
 * configs say other things, and which only a start takes over. False: there is
 * no further. */
bool config_differ(const struct config *a, const struct config *b, unsigned n,
                   char *key, size_t cap);
/* --schema: JSON Schema 2020-12. */
void config_schema(void (*put)(void *arg, const char *piece), void *arg);

#endif
