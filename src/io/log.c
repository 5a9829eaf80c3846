/* log: lines leave the process without ever holding a loop up.
 *
 * write(2) to a pipe nobody reads, a stopped terminal or a slow disk blocks,
 * whatever O_NONBLOCK says of files. So one thread writes, and each worker
 * hands its lines over in a channel: a ring with one writer (the worker moves
 * `head`) and one reader (the thread moves `tail`), so neither needs a lock.
 * Only whole lines are published, and the thread writes a channel's published
 * bytes to their end before it turns to the next: lines never mix.
 *
 * The thread sleeps on an eventfd. To spare the workers a system call a line,
 * they write to it only when it says that it sleeps; and after a round it naps
 * for 5 ms, in which a busy proxy fills a batch, before it goes to sleep. The
 * pair (publish head, read asleep) against (set asleep, read head) is
 * sequentially consistent, so that one of the two sees the other.
 *
 * A line that does not fit is dropped and counted, and so is what a failing
 * write (a full disk) could not take; the count follows as a line that is both
 * JSON and legible. EPIPE is such a failure too: main ignores SIGPIPE.
 *
 * Another file (log_move) is left where the thread finds it before it writes
 * next: the descriptor is its own, and nobody closes one that is being written
 * to. It looks after it has seen what there is to write, so a line that was
 * handed over after a move never goes to the file before.
 *
 * The thread may hang in a write for ever, even beyond the reach of a signal
 * (a dead NFS server). log_free therefore waits only so long, and then leaves
 * the log to the thread, which frees it if it ever comes back. */
#include "io/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/relaxed.h"
#include "core/text.h"
#include "io/clock.h"
#include "io/thread.h"

enum {
  RING = 256 * 1024,
  CHANNELS_MAX = 320,
  NAP_MS = 5,
  NAP_US = 1000 * NAP_MS,
  TEXT = 1000, /* of a notice: with every byte escaped still one write */
  FILE_MODE = 0640,
};

struct log_channel {
  struct log *log;
  /* head and tail count bytes since the start and stand modulo RING. */
  alignas(64) _Atomic size_t head; /* the worker's side */
  _Atomic uint64_t dropped;
  alignas(64) _Atomic size_t tail; /* the thread's side */
  uint64_t told; /* how many of dropped have been written about */
  char ring[RING];
};

struct log {
  int fd, wake_fd;
  bool owned;         /* fd is ours to close */
  atomic_int next_fd; /* to be written to from now on; -1: none */
  bool torn;          /* what was written last ends within a line */
  uint64_t lost; /* lines that write errors cost, and nobody was told of; */
  _Atomic uint64_t all_lost; /* and all of them */
  struct log_gate gate;
  atomic_bool asleep, stopping, abandoned;
  atomic_uint channel_count;
  struct log_channel *channels[CHANNELS_MAX];
  pthread_t thread;
  pthread_mutex_t mutex; /* guards done, and who frees the log */
  pthread_cond_t ended;
  bool done;
};

/* What the thread does */

static void close_own(struct log *log) {
  if (log->owned) close(log->fd);
}

static void follow_move(struct log *log) {
  int fd = atomic_exchange(&log->next_fd, -1);
  if (fd < 0) return;
  close_own(log);
  log->fd = fd;
  log->owned = true;
  log->torn = false;
}

/* Returns the bytes written; less than len: the rest never will be. */
static size_t write_all(struct log *log, const char *at, size_t len) {
  size_t done = 0;
  while (done < len && !atomic_load(&log->abandoned)) {
    ssize_t n = write(log->fd, at + done, len - done);
    if (n > 0) {
      done += (size_t)n;
      log->torn = at[done - 1] != '\n';
    } else if (n < 0 && errno == EAGAIN) { /* whoever shares it made it so */
      poll(&(struct pollfd){.fd = log->fd, .events = POLLOUT}, 1, -1);
    } else if (n < 0 && errno != EINTR) {
      char what[128];
      snprintf(what, sizeof what, "cannot write the log: %s", strerror(errno));
      log_notice_gated(&log->gate, clock_now_us(), what);
      break;
    }
  }
  return done;
}

/* A write error may have left half a line behind. */
static bool mend(struct log *log) {
  return !log->torn || write_all(log, "\n", 1) == 1;
}

/* A line is lost when its end is. */
static void count_lost(struct log *log, const struct log_channel *channel,
                       size_t from, size_t to) {
  uint64_t lost = 0;
  for (; from != to; from++) lost += channel->ring[from % RING] == '\n';
  log->lost += lost;
  relaxed_add(&log->all_lost, lost);
}

static void tell_losses(struct log *log, struct log_channel *channel) {
  uint64_t dropped = relaxed_load(&channel->dropped);
  uint64_t count = dropped - channel->told + log->lost;
  if (count == 0) return;
  char line[64];
  int len = snprintf(line, sizeof line, "{\"log_lines_lost\":%llu}\n",
                     (unsigned long long)count);
  if (!mend(log) || write_all(log, line, (size_t)len) < (size_t)len) return;
  channel->told = dropped;
  log->lost = 0;
}

/* Whether there was anything to write. */
static bool write_ring(struct log *log, struct log_channel *channel) {
  size_t tail = relaxed_load(&channel->tail);
  size_t head = atomic_load(&channel->head);
  if (tail == head) return false;
  follow_move(log);
  size_t at = tail % RING, len = head - tail;
  size_t first = len < RING - at ? len : RING - at, done = 0;
  if (mend(log)) done = write_all(log, channel->ring + at, first);
  if (done == first) done += write_all(log, channel->ring, len - first);
  if (done == len) tell_losses(log, channel);
  else count_lost(log, channel, tail + done, head);
  atomic_store_explicit(&channel->tail, head, memory_order_release);
  return true;
}

static bool write_rings(struct log *log) {
  bool wrote = false;
  unsigned count = atomic_load(&log->channel_count);
  for (unsigned i = 0; i < count; i++)
    wrote |= write_ring(log, log->channels[i]);
  return wrote;
}

static void tell_all_losses(struct log *log) {
  unsigned count = atomic_load(&log->channel_count);
  for (unsigned i = 0; i < count; i++) tell_losses(log, log->channels[i]);
}

static void wait_for_wake(struct log *log, int timeout_ms) {
  eventfd_t sends;
  if (poll(&(struct pollfd){.fd = log->wake_fd, .events = POLLIN}, 1,
           timeout_ms) > 0)
    (void)eventfd_read(log->wake_fd, &sends);
}

static void free_all(struct log *log) {
  unsigned count = atomic_load(&log->channel_count);
  for (unsigned i = 0; i < count; i++) free(log->channels[i]);
  pthread_cond_destroy(&log->ended);
  pthread_mutex_destroy(&log->mutex);
  follow_move(log);
  close_own(log);
  close(log->wake_fd);
  free(log);
}

static void end_thread(struct log *log) {
  pthread_mutex_lock(&log->mutex);
  log->done = true;
  bool ours = atomic_load(&log->abandoned);
  pthread_cond_signal(&log->ended);
  pthread_mutex_unlock(&log->mutex);
  if (ours) free_all(log);
}

static void *run(void *arg) {
  struct log *log = arg;
  for (bool stopping = false; !stopping;) {
    /* Looked at first: what was written before log_free is then seen. */
    stopping = atomic_load(&log->stopping);
    follow_move(log); /* also when there is nothing to write */
    if (write_rings(log)) {
      if (!stopping) wait_for_wake(log, NAP_MS);
      continue;
    }
    atomic_store(&log->asleep, true);
    if (!stopping && !write_rings(log)) wait_for_wake(log, -1);
    atomic_store(&log->asleep, false);
  }
  tell_all_losses(log);
  end_thread(log);
  return NULL;
}

/* What the workers do */

struct log *log_new(int fd) {
  struct log *log = calloc(1, sizeof *log);
  if (!log) return NULL;
  log->fd = fd;
  atomic_init(&log->next_fd, -1);
  log->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (log->wake_fd < 0 || !thread_cond_init(&log->ended)) goto fail;
  pthread_mutex_init(&log->mutex, NULL);
  if (thread_start(&log->thread, run, log)) return log;
  pthread_mutex_destroy(&log->mutex);
  pthread_cond_destroy(&log->ended);
fail:
  if (log->wake_fd >= 0) close(log->wake_fd);
  free(log);
  return NULL;
}

/* Not blocking: a FIFO without a reader is an error rather than a wait. */
int log_file_open(const char *path, const char **why) {
  int fd = open(
      path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
      FILE_MODE);
  if (fd < 0) *why = strerror(errno);
  return fd;
}

void log_move(struct log *log, int fd) {
  int passed_over = atomic_exchange(&log->next_fd, fd);
  if (passed_over >= 0) close(passed_over);
  (void)eventfd_write(log->wake_fd, 1);
}

struct log_channel *log_open(struct log *log) {
  unsigned count = atomic_load(&log->channel_count);
  if (count == CHANNELS_MAX) return NULL;
  struct log_channel *channel =
      aligned_alloc(alignof(struct log_channel), sizeof *channel);
  if (!channel) return NULL;
  channel->log = log;
  channel->told = 0;
  atomic_init(&channel->head, 0);
  atomic_init(&channel->tail, 0);
  atomic_init(&channel->dropped, 0);
  log->channels[count] = channel;
  atomic_store(&log->channel_count, count + 1);
  return channel;
}

void log_write(struct log_channel *channel, struct slice line) {
  size_t head = relaxed_load(&channel->head);
  size_t tail = atomic_load_explicit(&channel->tail, memory_order_acquire);
  if (line.len > RING - (head - tail)) {
    relaxed_add(&channel->dropped, 1);
    return;
  }
  size_t at = head % RING;
  size_t first = line.len < RING - at ? line.len : RING - at;
  memcpy(channel->ring + at, line.at, first);
  memcpy(channel->ring, line.at + first, line.len - first);
  atomic_store(&channel->head, head + line.len);
  struct log *log = channel->log;
  if (atomic_load(&log->asleep) && atomic_exchange(&log->asleep, false))
    (void)eventfd_write(log->wake_fd, 1);
}

uint64_t log_dropped(const struct log *log) {
  uint64_t sum = relaxed_load(&log->all_lost);
  unsigned count = atomic_load(&log->channel_count);
  for (unsigned i = 0; i < count; i++)
    sum += relaxed_load(&log->channels[i]->dropped);
  return sum;
}

/* In naps: where the machine stands still for a while, that is one of them, and
 * the thread has all the others. */
static void await_end(struct log *log, int64_t flush_us) {
  for (; !log->done && flush_us > 0; flush_us -= NAP_US)
    (void)thread_cond_wait(&log->ended, &log->mutex, clock_now_us() + NAP_US);
}

void log_free(struct log *log, int64_t flush_us) {
  if (!log) return;
  pthread_t thread = log->thread;
  atomic_store(&log->stopping, true);
  (void)eventfd_write(log->wake_fd, 1);
  pthread_mutex_lock(&log->mutex);
  await_end(log, flush_us);
  bool done = log->done;
  if (!done) atomic_store(&log->abandoned, true);
  pthread_mutex_unlock(&log->mutex);
  if (!done) {
    pthread_detach(thread); /* the log is the thread's now */
    return;
  }
  pthread_join(thread, NULL);
  free_all(log);
}

/* Notices */

/* C0, DEL, and C1 as UTF-8 has it, by either of its two bytes. There is a byte
 * before and behind it. */
static bool is_control(const char *at) {
  const unsigned char before = (unsigned char)at[-1], here = (unsigned char)*at;
  const unsigned char next = (unsigned char)at[1];
  return here < ' ' || here == 0x7f || (here == 0xc2 && next >> 5 == 4) ||
         (before == 0xc2 && here >> 5 == 4);
}

void log_notice(const char *format, ...) {
  char said[TEXT] = " " /* before the first */, storage[4 * TEXT + 16];
  struct text line = TEXT_ON(storage);
  va_list args;
  va_start(args, format);
  vsnprintf(said + 1, sizeof said - 1, format, args);
  va_end(args);
  text_str(&line, "hedgerow: ");
  for (const char *at = said + 1; *at; at++)
    if (is_control(at)) text_hex(&line, *at);
    else text_char(&line, *at);
  text_char(&line, '\n');
  /* A pipe that nobody reads must not stop a loop. */
  if (poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, 0) < 1)
    return;
  /* Nobody is left to be told when this fails. */
  ssize_t written = write(STDERR_FILENO, line.at, line.len);
  (void)written;
}

void log_notice_line(void *arg, const char *line) {
  (void)arg;
  log_notice("%s", line);
}

void log_notice_gated(struct log_gate *gate, int64_t now_us, const char *what) {
  int64_t next_us = atomic_load(&gate->next_us);
  /* Of several threads that find the gate open, one passes. */
  if (now_us < next_us || !atomic_compare_exchange_strong(
                              &gate->next_us, &next_us, now_us + 1000000)) {
    atomic_fetch_add(&gate->held, 1);
    return;
  }
  uint64_t held = atomic_exchange(&gate->held, 0);
  if (held == 0) log_notice("%s", what);
  else
    log_notice("%s (and %llu more since the last notice)", what,
               (unsigned long long)held);
}
