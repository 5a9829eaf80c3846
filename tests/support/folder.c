/* folder: each test is a process, so it has one folder, made when it is first
 * asked for. */
#include "support/folder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = P_tmpdir "/hedgerow-test-XXXXXX";
static int made;

void folder_path(const char *name, char path[FOLDER_PATH_MAX]) {
  if (!made) cr_assert(mkdtemp(folder) != NULL, "%s", strerror(errno));
  made = 1;
  int len = snprintf(path, FOLDER_PATH_MAX, "%s/%s", folder, name);
  cr_assert(len > 0 && len < FOLDER_PATH_MAX);
}

void folder_write(const char *name, const char *text,
                  char path[FOLDER_PATH_MAX]) {
  char beside[FOLDER_PATH_MAX];
  folder_path("new", beside);
  folder_path(name, path);
  FILE *file = fopen(beside, "we");
  cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s: %s",
            beside, strerror(errno));
  cr_assert(rename(beside, path) == 0, "%s: %s", path, strerror(errno));
}

char *folder_read(const char *name) {
  enum { ROOM = 1 << 20 };
  char path[FOLDER_PATH_MAX], *text = calloc(1, ROOM);
  folder_path(name, path);
  FILE *file = fopen(path, "re");
  cr_assert_not_null(text);
  if (file) (void)!fread(text, 1, ROOM - 1, file);
  if (file) fclose(file);
  return text;
}

void folder_await(const char *name, const char *words) {
  for (int tries = 0; tries < 20000; tries++) {
    char *text = folder_read(name);
    bool found = strstr(text, words) != NULL;
    free(text);
    if (found) return;
    usleep(1000);
  }
  cr_assert(false, "waited in vain for %s in %s", words, name);
}

void folder_remove(void) {
  DIR *dir = made ? opendir(folder) : NULL;
  char path[FOLDER_PATH_MAX];
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    folder_path(entry->d_name, path);
    unlink(path);
  }
  if (dir) closedir(dir);
  if (made) rmdir(folder);
  made = 0;
}
