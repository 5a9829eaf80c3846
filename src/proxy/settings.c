/* settings: reads the file of options, at start and at each reload.
 *
 * What the file means is config/config_file's; here its bytes are read. At the
 * start it may be a pipe, as of a shell's <(...), and is waited for. A reload
 * would find that empty, or wait until somebody writes, and is refused. */
#include "proxy/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config_file.h"

/* As much of it as is of interest, or NULL; errno says why. */
static char *read_stream(FILE *file, size_t *len) {
  char *bytes = malloc(CONFIG_FILE_BYTES_MAX + 1);
  if (!bytes) return NULL;
  *len = fread(bytes, 1, CONFIG_FILE_BYTES_MAX + 1, file);
  if (!ferror(file)) return bytes;
  free(bytes);
  return NULL;
}

static char *read_bytes(const char *name, size_t *len) {
  FILE *file = fopen(name, "re");
  if (!file) return NULL;
  char *bytes = read_stream(file, len);
  int error = errno;
  fclose(file);
  errno = error;
  return bytes;
}

static struct slice folder_of(const char *name, char folder[PATH_MAX + 1]) {
  if (!realpath(name, folder)) snprintf(folder, PATH_MAX, "./");
  char *slash = strrchr(folder, '/');
  slash[1] = '\0';
  return slice_of(folder);
}

/* Of the file as a whole. */
static bool refuse(const char *name, const char *why, config_complain *complain,
                   void *arg) {
  char line[PATH_MAX + 128];
  snprintf(line, sizeof line, "--config: %s: %s", name, why);
  complain(arg, line);
  return false;
}

static bool read_file(struct config *config, const char *name,
                      const struct config_words *words,
                      config_complain *complain, void *arg) {
  size_t len = 0;
  char *bytes = read_bytes(name, &len);
  if (!bytes) return refuse(name, strerror(errno), complain, arg);
  char folder[PATH_MAX + 1];
  const struct config_source source = {
      name, folder_of(name, folder), {bytes, len}, words};
  bool good = len <= CONFIG_FILE_BYTES_MAX
                  ? config_read_file(config, &source, complain, arg)
                  : refuse(name, "it is larger than 4 MiB", complain, arg);
  free(bytes);
  return good;
}

/* For a config that nobody has filled yet. */
static bool read_words(struct config *config, const struct config_words *words,
                       config_complain *complain, void *arg) {
  char error[512];
  enum config_result result = config_parse(config, words->argc, words->argv,
                                           words->env, error, sizeof error);
  if (result == CONFIG_RUN && config_build(config)) return true;
  complain(arg,
           result == CONFIG_RUN ? "no memory for the configuration" : error);
  return false;
}

bool settings_can_reread(const char *file, config_complain *complain,
                         void *arg) {
  struct stat info;
  if (stat(file, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
    return true;
  return refuse(file,
                "it is no regular file: what it held was read at the "
                "start, and it cannot be read again",
                complain, arg);
}

bool settings_read(struct config *config, const char *file,
                   const struct config_words *words, config_complain *complain,
                   void *arg) {
  return file ? read_file(config, file, words, complain, arg)
              : read_words(config, words, complain, arg);
}
