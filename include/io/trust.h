/* trust: the CAs that vouch for an upstream, as they were when they were read.
 *
 * Immutable, so threads share them; each that keeps them holds a reference.
 * NULL, as a trust, stands for the system's CAs, whatever becomes of them. */
#ifndef HEDGEROW_IO_TRUST_H
#define HEDGEROW_IO_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trust;

/* Reads a file of CAs (PEM). path NULL: the system's, which libcurl will read;
 * what is noted is which file that is today. The caller holds what it gets.
 * NULL with the reason in error, in words that do not name the file. */
struct trust *trust_read(const char *path, char *error, size_t error_cap)
    __attribute__((warn_unused_result));
/* One reference more, and one less; the last frees it. From any thread. NULL is
 * fine. */
struct trust *trust_hold(struct trust *trust);
void trust_drop(struct trust *trust);

/* Whether both hold the same bytes. Then there is no need for the newer one,
 * and connections that rest on the older one may stay. */
bool trust_same(const struct trust *a, const struct trust *b);

/* A name under which the CAs can be read as long as they are held, whatever
 * became of the file; NULL: the system's are meant. */
const char *trust_ca_path(const struct trust *trust);

/* It is not in force any more: what rests on it ends with what it does now, and
 * nothing of it is kept. For good, and from any thread. NULL is fine, and is
 * never retired. */
void trust_retire(struct trust *trust);
bool trust_is_retired(const struct trust *trust);

/* How many live in this process, for io/leaks. */
int64_t trust_count(void);

#endif
