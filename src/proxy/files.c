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
  /* One that is too long stays too long, and read_token says so. */
  if (!config->token_file)
    snprintf(files->variable, sizeof files->variable, "%s", token);
  explicit_bzero((char *)(uintptr_t)token, strlen(token));
}

void files_clear(struct files *files) {
  explicit_bzero(files->token, sizeof files->token);
  explicit_bzero(files->variable, sizeof files->variable);
  trust_drop(files->trust);
  files->trust = NULL;
}

/* Not under a sanitizer, whose leak check attaches to its own process. */
static void forbid_dumps(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none); /* a core_pattern with a pipe ignores it */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

static bool refuse(const char *what, const char *path, const char *why) {
  log_notice("%s%s: %s", what, path, why);
  return false;
}

static bool read_token(const struct files *files, char token[TOKEN_ROOM]) {
  const char *path = files->config->token_file;
  size_t len = strlen(files->variable);
  char error[ERROR_BYTES];
  if (path)
    return token_read(path, token, error, sizeof error) ||
           refuse("--token-file: ", path, error);
  if (len > TOKEN_BYTES_MAX)
    return refuse("HEDGEROW_TOKEN", "", "it is larger than 8192 bytes");
  memcpy(token, files->variable, len + 1);
  return true;
}

static bool read_trust(struct files *files) {
  const char *path = files->config->ca_file;
  char error[ERROR_BYTES];
  struct trust *trust = trust_read(path, error, sizeof error);
  if (!trust)
    return refuse("--ca-file: ", path ? path : "of the system", error);
  if (trust_same(files->trust, trust)) {
    trust_drop(trust);
    return true;
  }
  trust_drop(files->trust);
  files->trust = trust;
  return true;
}

bool files_read(struct files *files) {
  char token[TOKEN_ROOM] = "";
  bool done = read_token(files, token) && read_trust(files);
  if (done) memcpy(files->token, token, sizeof token);
  if (done && token[0]) forbid_dumps();
  explicit_bzero(token, sizeof token);
  return done;
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
