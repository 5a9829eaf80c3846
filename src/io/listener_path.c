/* listener_path.c: a socket in the file system, for this machine's users.
 *
 * Its mode is 0600 from the moment when it is there: the descriptor has it
 * before bind. What a process that was killed has left behind is replaced: a
 * socket to which nobody listens. One to which somebody does is an address in
 * use; a file of another sort is left alone. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/listener_parts.h"

static bool is_socket(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 && S_ISSOCK(info.st_mode);
}

static bool is_stale(const struct sockaddr_un *to) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  bool refused = connect(fd, (const struct sockaddr *)to, sizeof *to) < 0 &&
                 errno == ECONNREFUSED;
  close(fd);
  return refused;
}

/* errno says why not. */
static bool bind_at(int fd, const struct sockaddr_un *to) {
  const struct sockaddr *any = (const struct sockaddr *)to;
  if (bind(fd, any, sizeof *to) == 0) return true;
  int error = errno;
  if (error == EADDRINUSE && !is_socket(to->sun_path)) error = ENOTSOCK;
  if (error != EADDRINUSE || !is_stale(to)) {
    errno = error;
    return false;
  }
  unlink(to->sun_path);
  return bind(fd, any, sizeof *to) == 0;
}

static void remember(const char *path, struct listener_file *file) {
  struct stat info;
  if (lstat(path, &info) != 0) return;
  file->device = info.st_dev;
  file->inode = info.st_ino;
}

int listener_open_path(const struct listen_at *address, int backlog,
                       struct listener_file *file) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path, sizeof to.sun_path, "%.*s", SLICE_ARG(address->path));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (fchmod(fd, S_IRUSR | S_IWUSR) == 0 && bind_at(fd, &to) &&
      listen(fd, backlog) == 0) {
    remember(to.sun_path, file);
    return fd;
  }
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

void listener_remove_path(const char *path, const struct listener_file *file) {
  struct listener_file now = {0};
  if (file->inode == 0) return;
  remember(path, &now);
  if (now.inode == file->inode && now.device == file->device) unlink(path);
}
