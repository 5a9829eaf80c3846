/* faults: a library for LD_PRELOAD that makes memory and the kernel fail.
 *
 *   FAIL_ALLOCATION=N   the N-th malloc, calloc, realloc or mmap returns
 *                       nothing; with FAIL_COUNT=M so do the M - 1 after it
 *   MISBEHAVE=SEED      system calls misbehave, MISBEHAVE_PERMILLE of them
 *                       (100): EINTR, EAGAIN, reads and writes of 1 to 7
 *                       bytes, ECONNABORTED, ENOMEM and ENOBUFS. By default
 *                       only what no caller may notice; with MISBEHAVE_HARD=1
 *                       also what breaks a connection
 *   FAULTS_FROM         start: counting begins with the process; else with
 *                       the first connection that it accepts
 *   FAULTS_REPORT=FILE  how many faults were made; rewritten at each
 *
 * Short reads and writes have a share of their own, a third of all calls. The
 * generator is seeded, so a run with one thread that finds something can be
 * repeated; the order in which the kernel reports sockets is its own affair. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// These are libc's functions, under their names and with parameters of ours.
// NOLINTBEGIN(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp)
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
// NOLINTBEGIN(readability-redundant-declaration, misc-no-recursion)

enum { EARLY_BYTES = 64 * 1024, SHORT_MOST = 7, PARTS_MOST = 1024 };

static atomic_bool counting;
static atomic_long allocations, faults;
static long fail_at, fail_count = 1;
static bool misbehaves, hard;
static uint32_t permille = 100;
static _Atomic uint64_t state;
static const char *report_path;

/* ---- settings ---- */

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text && *text ? strtol(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void read_settings(void) {
  const char *from = getenv("FAULTS_FROM");
  report_path = getenv("FAULTS_REPORT");
  fail_count = number("FAIL_COUNT", 1);
  misbehaves = getenv("MISBEHAVE") != NULL;
  hard = number("MISBEHAVE_HARD", 0) != 0;
  permille = (uint32_t)number("MISBEHAVE_PERMILLE", 100);
  state = (uint64_t)number("MISBEHAVE", 0) * 2654435761u + 1;
  fail_at = number("FAIL_ALLOCATION", 0);
  counting = from && strcmp(from, "start") == 0;
}

/* Called where memory has just failed: nothing here may need any. */
static void report(void) {
  char line[32];
  long made = atomic_fetch_add(&faults, 1) + 1;
  int fd, len;
  if (!report_path) return;
  fd = (int)syscall(SYS_openat, AT_FDCWD, report_path,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  len = snprintf(line, sizeof line, "%ld\n", made);
  (void)!syscall(SYS_write, fd, line, len);
  close(fd);
}

/* ---- memory ---- */

/* dlsym itself may allocate; what it gets then is never given back. */
static char early[EARLY_BYTES] __attribute__((aligned(16)));
static atomic_size_t early_used;

static void *take_early(size_t size) {
  size_t at = atomic_fetch_add(&early_used, (size + 15) / 16 * 16);
  return at + size <= EARLY_BYTES ? early + at : NULL;
}

static bool is_early(const void *at) {
  return (const char *)at >= early && (const char *)at < early + EARLY_BYTES;
}

/* NULL while the dynamic linker has not come to this library: libasan's own
 * start is that early. */
static void *(*volatile look_up)(void *, const char *) = dlsym;

static void *next_symbol(const char *name) {
  static __attribute__((tls_model("initial-exec"))) _Thread_local bool asking;
  void *symbol;
  if (!look_up || asking) return NULL;
  asking = true;
  symbol = look_up(RTLD_NEXT, name);
  asking = false;
  return symbol;
}

#define NEXT(function)                                                         \
  static __typeof__(&(function)) next;                                         \
  if (!next) next = (__typeof__(next))next_symbol(#function)

static bool fails_now(void) {
  long n;
  if (fail_at == 0 || !atomic_load(&counting)) return false;
  n = atomic_fetch_add(&allocations, 1) + 1;
  if (n < fail_at || n >= fail_at + fail_count) return false;
  report();
  errno = ENOMEM;
  return true;
}

void *malloc(size_t size) {
  NEXT(malloc);
  if (!next) return take_early(size);
  return fails_now() ? NULL : next(size);
}

void *calloc(size_t count, size_t size) {
  NEXT(calloc);
  if (!next) return take_early(count * size);
  return fails_now() ? NULL : next(count, size);
}

static void *move_early(const void *from, size_t size) {
  char *to = malloc(size);
  size_t room = (size_t)(early + EARLY_BYTES - (const char *)from);
  return to ? memcpy(to, from, size < room ? size : room) : NULL;
}

void *realloc(void *at, size_t size) {
  NEXT(realloc);
  if (at && is_early(at)) return move_early(at, size);
  if (!next) return take_early(size);
  return fails_now() ? NULL : next(at, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  NEXT(aligned_alloc);
  return fails_now() ? NULL : next(alignment, size);
}

void free(void *at) {
  NEXT(free);
  if (next && !is_early(at)) next(at);
}

void *mmap(void *at, size_t len, int protection, int flags, int fd,
           off_t offset) {
  NEXT(mmap);
  if (fails_now()) return MAP_FAILED;
  return next(at, len, protection, flags, fd, offset);
}

/* ---- system calls ---- */

static uint32_t draw(void) {
  uint64_t before = atomic_load(&state), after;
  do after = before * 6364136223846793005u + 1442695040888963407u;
  while (!atomic_compare_exchange_weak(&state, &before, after));
  return (uint32_t)(after >> 33);
}

/* One of the errors, or 0. */
static int error_of(const int *errors, uint32_t count) {
  if (!misbehaves || !atomic_load(&counting) || draw() % 1000 >= permille)
    return 0;
  report();
  errno = errors[draw() % count];
  return errno;
}

static const int soft_errors[] = {EINTR, EAGAIN};
static const int hard_errors[] = {EINTR, EAGAIN, ENOMEM, ENOBUFS};

static int error_of_io(void) {
  return hard ? error_of(hard_errors, 4) : error_of(soft_errors, 2);
}

static bool is_short(void) {
  return misbehaves && atomic_load(&counting) && draw() % 3 == 0;
}

static size_t shortened(size_t len) {
  size_t most;
  if (!is_short()) return len;
  most = 1 + draw() % SHORT_MOST;
  return len < most ? len : most;
}

/* Copies the parts, and with some luck only their first bytes. */
static size_t shorten(struct iovec *to, const struct iovec *from,
                      size_t count) {
  size_t left, i;
  if (count > PARTS_MOST) count = PARTS_MOST;
  memcpy(to, from, count * sizeof *to);
  if (!is_short()) return count;
  left = 1 + draw() % SHORT_MOST;
  for (i = 0; i < count; i++) {
    if (to[i].iov_len >= left) {
      to[i].iov_len = left;
      return i + 1;
    }
    left -= to[i].iov_len;
  }
  return count;
}

ssize_t recv(int fd, void *into, size_t len, int flags) {
  NEXT(recv);
  if (error_of_io()) return -1;
  return next(fd, into, shortened(len), flags);
}

/* What recv is called where _FORTIFY_SOURCE looks after it. */
ssize_t __recv_chk(int fd, void *into, size_t len, size_t room, int flags);

ssize_t __recv_chk(int fd, void *into, size_t len, size_t room, int flags) {
  if (len > room) abort();
  return recv(fd, into, len, flags);
}

ssize_t readv(int fd, const struct iovec *parts, int count) {
  NEXT(readv);
  struct iovec own[PARTS_MOST];
  if (error_of_io()) return -1;
  return next(fd, own, (int)shorten(own, parts, (size_t)count));
}

ssize_t send(int fd, const void *bytes, size_t len, int flags) {
  NEXT(send);
  if (error_of_io()) return -1;
  return next(fd, bytes, shortened(len), flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  NEXT(sendmsg);
  struct iovec own[PARTS_MOST];
  struct msghdr copy = *message;
  if (error_of_io()) return -1;
  copy.msg_iovlen = shorten(own, message->msg_iov, message->msg_iovlen);
  copy.msg_iov = own;
  return next(fd, &copy, flags);
}

int accept4(int fd, struct sockaddr *peer, socklen_t *len, int flags) {
  NEXT(accept4);
  static const int errors[] = {EINTR,  ECONNABORTED, EPROTO,
                               ENOMEM, ENOBUFS,      EMFILE};
  int got = error_of(errors, hard ? 6 : 3) ? -1 : next(fd, peer, len, flags);
  if (got >= 0) atomic_store(&counting, true);
  return got;
}

int socket(int family, int type, int protocol) {
  NEXT(socket);
  static const int errors[] = {ENOMEM, ENOBUFS, EMFILE};
  return hard && error_of(errors, 3) ? -1 : next(family, type, protocol);
}

int connect(int fd, const struct sockaddr *to, socklen_t len) {
  NEXT(connect);
  static const int errors[] = {ENOMEM, ENOBUFS, EADDRNOTAVAIL};
  return hard && error_of(errors, 3) ? -1 : next(fd, to, len);
}

/* Only a watch that is new to the kernel costs it memory. */
int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event) {
  NEXT(epoll_ctl);
  static const int errors[] = {ENOMEM, ENOSPC};
  bool fails = hard && what == EPOLL_CTL_ADD && error_of(errors, 2);
  return fails ? -1 : next(epoll, what, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int most,
               int timeout_ms) {
  NEXT(epoll_wait);
  static const int errors[] = {EINTR};
  return error_of(errors, 1) ? -1 : next(epoll, events, most, timeout_ms);
}

// NOLINTEND(readability-redundant-declaration, misc-no-recursion)
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
// NOLINTEND(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp)
