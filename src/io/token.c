/* token: one line of a file.
 *
 * The bytes go from the kernel into the room that they are wanted in, and
 * nowhere else, so that whoever asked for them can wipe all there is. That a
 * file holds a byte too many shows in the byte that the NUL will take. */
#include "io/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"

static bool is_token(const char *token, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (token[i] <= ' ' || token[i] > '~') return false;
  return len > 0;
}

/* At most TOKEN_ROOM bytes; -1 with errno. */
static ssize_t read_bytes(int fd, char *bytes) {
  size_t len = 0;
  ssize_t n = 1;
  while (n > 0 && len < TOKEN_ROOM) {
    n = read(fd, bytes + len, TOKEN_ROOM - len);
    if (n > 0) len += (size_t)n;
  }
  return n < 0 ? -1 : (ssize_t)len;
}

/* NULL, or what went wrong. */
static const char *read_token(const char *path, char *token) {
  int fd = file_open(path);
  if (fd < 0) return strerror(errno);
  ssize_t got = read_bytes(fd, token);
  close(fd);
  if (got < 0) return "it cannot be read";
  size_t len = (size_t)got;
  if (len > TOKEN_BYTES_MAX) return "it is larger than 8192 bytes";
  while (len > 0 && isspace((unsigned char)token[len - 1])) len--;
  token[len] = '\0';
  if (is_token(token, len)) return NULL;
  return "expected one line of visible characters, the token";
}

bool token_read(const char *path, char token[TOKEN_ROOM], char *error,
                size_t error_cap) {
  const char *why = read_token(path, token);
  if (!why) return true;
  explicit_bzero(token, TOKEN_ROOM);
  snprintf(error, error_cap, "%s", why);
  return false;
}
