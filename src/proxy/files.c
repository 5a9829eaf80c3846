/* files: what the process writes by name.
 *
 * It is opened by the main thread, which serves nobody and may wait for a disk.
 */
#include "proxy/files.h"

#include "config/config_errors.h"

static bool refuse(const struct config *config, const char *why) {
  struct config_errors errors = {.file = config->file,
                                 .complain = log_notice_line};
  config_errors_add_name(&errors, "log-file", &config->log_file, why);
  config_errors_tell(&errors);
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
