/* folder: files of a test, in a folder that goes away with it. */
#ifndef HEDGEROW_TESTS_SUPPORT_FOLDER_H
#define HEDGEROW_TESTS_SUPPORT_FOLDER_H

enum { FOLDER_PATH_MAX = 96 };

/* Fills path with where a file of that name stands. */
void folder_path(const char *name, char path[FOLDER_PATH_MAX]);
/* Puts a file there at once, in place of one that may be there, and fills path.
 * Written beside and renamed, as whoever rotates a secret should. */
void folder_write(const char *name, const char *text,
                  char path[FOLDER_PATH_MAX]);
/* A pipe of that name there, in which a child of the test puts this text for who
 * opens it first. */
void folder_pipe(const char *name, const char *text,
                 char path[FOLDER_PATH_MAX]);
/* The text of a file, to be freed; "" if there is none. */
char *folder_read(const char *name);
/* Waits until the file has these words: a log's thread tells nobody what it has
 * written. */
void folder_await(const char *name, const char *words);
/* Removes it all. */
void folder_remove(void);

#endif
