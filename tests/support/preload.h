/* preload: puts a library of tests/preload in front of the program's C library,
 * and listens to it. */
#ifndef HEDGEROW_TESTS_SUPPORT_PRELOAD_H
#define HEDGEROW_TESTS_SUPPORT_PRELOAD_H

/* From now on a program is started with this library (a name without its
 * folder and .so), which finds in the variable the abstract name of the socket
 * that is returned. */
int preload(const char *library, const char *variable);
/* The same of one that asks nothing. */
void preload_only(const char *library);

#endif
