/* files: what the process writes by name.
 *
 * It is opened by the main thread, which serves nobody and may wait for a disk.
 */
#include "proxy/files.h"

bool files_open_log(const struct config *config, struct log *log) {
  const char *path = config->log_file, *why;
  if (!path || !log) return true;
  int fd = log_file_open(path, &why);
  if (fd < 0) {
    log_notice("--log-file: %s: %s", path, why);
    return false;
  }
  log_move(log, fd);
  return true;
}
