/* credentials: a token and CAs, as they were when their files were read.
 *
 * The token is a copy in memory. The CAs are one, too, but a copy that has a
 * name, since libcurl keeps what it has parsed of a CAINFO, and nothing of a
 * CAINFO_BLOB: with Debian's 144 CAs each handshake would cost 24 ms more. So
 * they lie in a memfd, and are read as /proc/self/fd/N. A file that is replaced
 * or half written later concerns nobody before it is read the next time, whole,
 * and found good (io/ca_check).
 *
 * They are counted across threads: snapshots hold them (config/snapshot), and
 * TLS connections keep those that they were opened under (io/multi), so the
 * last to let go may be any thread. */
#include "io/credentials.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/ca_check.h"

enum {
  CA_BYTES_MAX = 16 * 1024 * 1024,
  COPY_BYTES = 64 * 1024,
  NOEXEC_SEAL = 0x0008, /* MFD_NOEXEC_SEAL of Linux 6.3 */
};

struct credentials {
  atomic_uint references;
  int ca_fd; /* -1: none */
  char ca_path[32];
  size_t token_len;
  char token[TOKEN_BYTES_MAX + 1]; /* a byte more than a token may have */
};

/* ---- the token ---- */

static bool is_token(const char *token, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (token[i] <= ' ' || token[i] > '~') return false;
  return len > 0;
}

/* Not blocking: a FIFO that nobody writes to is an empty file, not a wait. */
static int open_file(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* What these return is NULL, or what went wrong. */
static const char *read_token(struct credentials *credentials,
                              const char *path) {
  char *token = credentials->token;
  int fd = open_file(path);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
  const char *why = NULL;
  size_t len;
  if (!file) {
    why = strerror(errno);
    if (fd >= 0) close(fd);
    return why;
  }
  setvbuf(file, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
  len = fread(token, 1, sizeof credentials->token, file);
  if (ferror(file)) why = "it cannot be read";
  fclose(file);
  if (why) return why;
  if (len > TOKEN_BYTES_MAX) return "it is larger than 8192 bytes";
  while (len > 0 && isspace((unsigned char)token[len - 1])) len--;
  credentials->token_len = len;
  if (is_token(token, len)) return NULL;
  return "expected one line of visible characters, the token";
}

static const char *copy_token(struct credentials *credentials,
                              struct slice token) {
  if (token.len > TOKEN_BYTES_MAX) return "it is larger than 8192 bytes";
  if (token.len > 0) memcpy(credentials->token, token.at, token.len);
  credentials->token_len = token.len;
  return NULL;
}

/* ---- the CAs ---- */

static const char *copy_file(int from, int to) {
  static const char no_memory[] = "no memory was free for a copy of it";
  char bytes[COPY_BYTES];
  size_t total = 0;
  ssize_t n;
  while ((n = read(from, bytes, sizeof bytes)) > 0) {
    if (write(to, bytes, (size_t)n) != n) return no_memory;
    if ((total += (size_t)n) > CA_BYTES_MAX) return "it is larger than 16 MiB";
  }
  return n < 0 ? strerror(errno) : NULL;
}

/* Some systems insist that it can never be run (vm.memfd_noexec), which others
 * have not heard of. */
static int memory_file(void) {
  int fd = memfd_create("ca", MFD_CLOEXEC | NOEXEC_SEAL);
  return fd < 0 && errno == EINVAL ? memfd_create("ca", MFD_CLOEXEC) : fd;
}

static const char *read_cas(struct credentials *credentials, const char *path) {
  const char *why;
  int from = open_file(path);
  if (from < 0) return strerror(errno);
  credentials->ca_fd = memory_file();
  why = credentials->ca_fd < 0 ? strerror(errno)
                               : copy_file(from, credentials->ca_fd);
  close(from);
  if (why) return why;
  snprintf(credentials->ca_path, sizeof credentials->ca_path,
           "/proc/self/fd/%d", credentials->ca_fd);
  if (access(credentials->ca_path, R_OK) != 0)
    return "its copy in /proc/self/fd cannot be read; is /proc mounted?";
  return ca_check(credentials->ca_path)
             ? NULL
             : "expected certificates (PEM), each of them whole";
}

/* ---- both ---- */

static bool read_all(struct credentials *credentials,
                     const struct credentials_source *source, char *error,
                     size_t error_cap) {
  const char *flag = "--token-file: ", *path = source->token_file, *why;
  if (path) {
    why = read_token(credentials, path);
  } else {
    flag = "HEDGEROW_TOKEN", path = "";
    why = copy_token(credentials, source->token);
  }
  if (!why && source->ca_file) {
    flag = "--ca-file: ", path = source->ca_file;
    why = read_cas(credentials, path);
  }
  if (why) snprintf(error, error_cap, "%s%s: %s", flag, path, why);
  return !why;
}

struct credentials *credentials_read(const struct credentials_source *source,
                                     char *error, size_t error_cap) {
  struct credentials *credentials = calloc(1, sizeof *credentials);
  if (!credentials) {
    snprintf(error, error_cap, "no memory for the token");
    return NULL;
  }
  atomic_init(&credentials->references, 1);
  credentials->ca_fd = -1;
  if (read_all(credentials, source, error, error_cap)) return credentials;
  credentials_drop(credentials);
  return NULL;
}

struct credentials *credentials_hold(struct credentials *credentials) {
  if (credentials) atomic_fetch_add(&credentials->references, 1);
  return credentials;
}

void credentials_drop(struct credentials *credentials) {
  if (!credentials || atomic_fetch_sub(&credentials->references, 1) > 1) return;
  if (credentials->ca_fd >= 0) close(credentials->ca_fd);
  explicit_bzero(credentials->token, sizeof credentials->token);
  free(credentials);
}

struct slice credentials_token(const struct credentials *credentials) {
  if (!credentials) return (struct slice){0};
  return (struct slice){credentials->token, credentials->token_len};
}

const char *credentials_ca_path(const struct credentials *credentials) {
  return credentials && credentials->ca_fd >= 0 ? credentials->ca_path : NULL;
}
