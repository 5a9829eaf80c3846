/* files: what the process reads and writes by name.
 *
 * All of it is done by the main thread, which serves nobody and may wait for a
 * disk; workers get what was read. A file that will not do costs one notice
 * that names the flag, the file and the reason. At start that is as if the flag
 * were wrong; at a reload, what was read before stays in force (proxy/process
 * decides). */
#include "proxy/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { ERROR_BYTES = 512 };

/* That there was a token is still to be seen, by config_remark. */
void files_init(struct files *files, const struct config *config,
                struct log *log) {
  *files = (struct files){.config = config, .log = log};
  const char *token = config->token_env;
  if (!token) return;
  /* One that is too long stays too long, and credentials_read says so. */
  if (!config->defaults.token_file)
    snprintf(files->token, sizeof files->token, "%s", token);
  explicit_bzero((char *)(uintptr_t)token, strlen(token));
}

void files_clear(struct files *files) {
  explicit_bzero(files->token, sizeof files->token);
}

/* Not under a sanitizer, whose leak check attaches to its own process. */
static void forbid_dumps(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none); /* a core_pattern with a pipe ignores it */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

struct credentials *files_read_credentials(const struct files *files) {
  const struct credentials_source source = {
      .token_file = files->config->defaults.token_file,
      .token = slice_of(files->token),
      .ca_file = files->config->defaults.ca_file,
  };
  char error[ERROR_BYTES];
  struct credentials *credentials =
      credentials_read(&source, error, sizeof error);
  if (!credentials) log_notice("%s", error);
  else if (credentials_token(credentials).len > 0) forbid_dumps();
  return credentials;
}

bool files_open_log(const struct files *files) {
  const char *path = files->config->log_file, *why;
  if (!path || !files->log) return true;
  int fd = log_file_open(path, &why);
  if (fd < 0) {
    log_notice("--log-file: %s: %s", path, why);
    return false;
  }
  log_move(files->log, fd);
  return true;
}
