/* trust: CAs, as they were when their file was read.
 *
 * They are a copy in memory that has a name, since libcurl keeps what it has
 * parsed of a CAINFO, and nothing of a CAINFO_BLOB: with Debian's 144 CAs each
 * handshake would cost 24 ms more. So they lie in a memfd, and are read as
 * /proc/self/fd/N. A file that is replaced or half written later concerns
 * nobody before it is read the next time, whole, and found good (io/ca_check).
 *
 * The system's CAs are read by libcurl, where its build says that they lie.
 * They are not copied; that they are other ones shows in the file.
 *
 * Trusts are counted across threads: snapshots hold those of their targets
 * (config/snapshot), and shards of TLS connections those that they were opened
 * under (io/multi), so the last to let go may be any thread. Whether one is
 * still in force is a flag in it rather than a list that each thread is given:
 * a request of an old snapshot may open a shard at any time, and must find out
 * that nothing of it is to be kept. */
#include "io/trust.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/ca_check.h"
#include "io/file.h"

enum {
  CA_BYTES_MAX = 16 * 1024 * 1024,
  COPY_BYTES = 64 * 1024,
  NOEXEC_SEAL = 0x0008, /* MFD_NOEXEC_SEAL of Linux 6.3 */
};

struct trust {
  atomic_uint references;
  atomic_bool retired;
  int ca_fd; /* -1: the system's, and `system` is their file; zeros: it has none
              */
  char ca_path[32];
  struct stat system;
};

static _Atomic int64_t living;

int64_t trust_count(void) { return atomic_load(&living); }

/* ---- reading ---- */

/* What these return is NULL, or what went wrong. */
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

static const char *read_cas(struct trust *trust, const char *path) {
  int from = file_open(path);
  if (from < 0) return strerror(errno);
  trust->ca_fd = memory_file();
  const char *why =
      trust->ca_fd < 0 ? strerror(errno) : copy_file(from, trust->ca_fd);
  close(from);
  if (why) return why;
  snprintf(trust->ca_path, sizeof trust->ca_path, "/proc/self/fd/%d",
           trust->ca_fd);
  if (access(trust->ca_path, R_OK) != 0)
    return "its copy in /proc/self/fd cannot be read; is /proc mounted?";
  return ca_check(trust->ca_path)
             ? NULL
             : "expected certificates (PEM), each of them whole";
}

/* That there are none concerns whoever asks for https://, when he does. */
static void look_at_system(struct trust *trust) {
  const char *path = curl_version_info(CURLVERSION_NOW)->cainfo;
  if (!path || stat(path, &trust->system) != 0)
    trust->system = (struct stat){0};
}

struct trust *trust_read(const char *path, char *error, size_t error_cap) {
  const char *why = NULL;
  struct trust *trust = calloc(1, sizeof *trust);
  if (!trust) {
    snprintf(error, error_cap, "no memory was free for a copy of it");
    return NULL;
  }
  atomic_init(&trust->references, 1);
  atomic_fetch_add(&living, 1);
  trust->ca_fd = -1;
  if (path) why = read_cas(trust, path);
  else look_at_system(trust);
  if (!why) return trust;
  snprintf(error, error_cap, "%s", why);
  trust_drop(trust);
  return NULL;
}

/* ---- comparing ---- */

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
         a->st_size == b->st_size && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
         a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool same_bytes(int a, int b) {
  char here[COPY_BYTES], there[COPY_BYTES];
  off_t at = 0;
  ssize_t n;
  while ((n = pread(a, here, sizeof here, at)) > 0) {
    if (pread(b, there, sizeof there, at) != n ||
        memcmp(here, there, (size_t)n) != 0)
      return false;
    at += n;
  }
  return n == 0 && pread(b, there, 1, at) == 0;
}

bool trust_same(const struct trust *a, const struct trust *b) {
  if (a == b) return true;
  if (!a || !b) return false;
  if (a->ca_fd < 0 && b->ca_fd < 0) return same_file(&a->system, &b->system);
  return a->ca_fd >= 0 && b->ca_fd >= 0 && same_bytes(a->ca_fd, b->ca_fd);
}

/* ---- life ---- */

struct trust *trust_hold(struct trust *trust) {
  if (trust) atomic_fetch_add(&trust->references, 1);
  return trust;
}

void trust_drop(struct trust *trust) {
  if (!trust || atomic_fetch_sub(&trust->references, 1) > 1) return;
  if (trust->ca_fd >= 0) close(trust->ca_fd);
  free(trust);
  atomic_fetch_sub(&living, 1);
}

const char *trust_ca_path(const struct trust *trust) {
  return trust && trust->ca_fd >= 0 ? trust->ca_path : NULL;
}

void trust_retire(struct trust *trust) {
  if (trust) atomic_store(&trust->retired, true);
}

bool trust_is_retired(const struct trust *trust) {
  return trust && atomic_load(&trust->retired);
}
