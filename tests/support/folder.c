/* folder: each test is a process, so it has one folder, made when it is first
 * asked for. */
#include "support/folder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/wire.h"

static char folder[] = P_tmpdir "/hedgerow-test-XXXXXX";
static int made;

const char *folder_path(const char *name) {
  enum { KEPT = 32 };
  static char paths[KEPT][FOLDER_PATH_MAX];
  static unsigned turn;
  char *path = paths[turn++ % KEPT];
  if (!made) cr_assert(mkdtemp(folder) != NULL, "%s", strerror(errno));
  made = 1;
  int len = snprintf(path, FOLDER_PATH_MAX, "%s/%s", folder, name);
  cr_assert(len > 0 && len < FOLDER_PATH_MAX);
  return path;
}

const char *folder_write(const char *name, const char *text) {
  const char *beside = folder_path("new"), *path = folder_path(name);
  FILE *file = fopen(beside, "we");
  cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s: %s",
            beside, strerror(errno));
  cr_assert(rename(beside, path) == 0, "%s: %s", path, strerror(errno));
  return path;
}

const char *folder_copy(const char *name, const char *from) {
  char text[64 * 1024];
  FILE *file = fopen(from, "re");
  cr_assert_not_null(file, "%s", from);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return folder_write(name, text);
}

const char *folder_pipe(const char *name, const char *text) {
  const char *path = folder_path(name);
  cr_assert(mkfifo(path, 0600) == 0, "%s: %s", path, strerror(errno));
  const pid_t writer = fork();
  cr_assert(writer >= 0);
  if (writer > 0) return path;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  FILE *pipe = fopen(path, "we");
  _exit(pipe && fputs(text, pipe) >= 0 && fclose(pipe) == 0 ? 0 : 1);
}

char *folder_read(const char *name) {
  enum { ROOM = 1 << 20 };
  const char *path = folder_path(name);
  char *text = calloc(1, ROOM);
  FILE *file = fopen(path, "re");
  cr_assert_not_null(text);
  if (file) (void)!fread(text, 1, ROOM - 1, file);
  if (file) fclose(file);
  return text;
}

static bool has(const char *name, const char *words) {
  char *text = folder_read(name);
  bool found = strstr(text, words) != NULL;
  free(text);
  return found;
}

void folder_await(const char *name, const char *words) {
  char events[4096];
  const int fd = inotify_init1(IN_CLOEXEC);
  cr_assert(made && fd >= 0 &&
                inotify_add_watch(fd, folder,
                                  IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0,
            "%s: %s", folder, strerror(errno));
  while (!has(name, words)) {
    wire_await(fd, POLLIN, words);
    cr_assert_gt(read(fd, events, sizeof events), 0);
  }
  close(fd);
}

void folder_remove(void) {
  DIR *dir = made ? opendir(folder) : NULL;
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    unlink(folder_path(entry->d_name));
  }
  if (dir) closedir(dir);
  if (made) rmdir(folder);
  made = 0;
}
