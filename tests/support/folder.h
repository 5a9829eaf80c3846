/* folder: files of a test, in a folder that goes away with it. */
#ifndef HEDGEROW_TESTS_SUPPORT_FOLDER_H
#define HEDGEROW_TESTS_SUPPORT_FOLDER_H

enum { FOLDER_PATH_MAX = 96 };

/* Where a file of that name stands: valid until 32 others were asked for. */
const char *folder_path(const char *name);
/* Puts a file there at once, in place of one that may be there, and returns its
 * path. Written beside and renamed, as whoever rotates a secret should. */
const char *folder_write(const char *name, const char *text);
/* The same with the text of another file. */
const char *folder_copy(const char *name, const char *from);
/* A pipe of that name there, in which a child of the test puts this text for who
 * opens it first. */
const char *folder_pipe(const char *name, const char *text);
/* The text of a file, to be freed; "" if there is none. */
char *folder_read(const char *name);
/* Waits until the file has these words: a log's thread tells nobody what it has
 * written. */
void folder_await(const char *name, const char *words);
/* Removes it all. */
void folder_remove(void);

#endif
