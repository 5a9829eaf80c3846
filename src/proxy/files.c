/* files: what the process writes by name.
 *
 * It is opened by the main thread, which serves nobody and may wait for a disk.
 */
#include "proxy/files.h"

#include "config/config_refuse.h"

enum { ERROR_BYTES = 1024 };

static bool refuse(const struct config *config, const char *why) {
  char storage[ERROR_BYTES];
  struct text error;
  text_init(&error, storage, sizeof storage);
  config_refuse_name(&error, config, "log-file", &config->log_file);
  log_notice("%s%s", text_end(&error), why);
  return false;
}

bool files_open_log(const struct config *config, struct log *log) {
  const char *path = config->log_file.text, *why;
  if (!path || !log) return true;
  int fd = log_file_open(path, &why);
  if (fd < 0) return refuse(config, why);
  log_move(log, fd);
  return true;
}
