/* files: what the process writes by name.
 *
 * It is opened by the main thread, which serves nobody and may wait for a disk.
 */
#include "proxy/files.h"

bool files_open_log(const struct config *config, struct log *log,
                    struct config_errors *errors) {
  const char *path = config->log_file.text, *why;
  if (!path || !log) return true;
  int fd = log_file_open(path, &why);
  if (fd < 0)
    config_errors_add_name(errors, "log-file", &config->log_file, why);
  else log_move(log, fd);
  return fd >= 0;
}
