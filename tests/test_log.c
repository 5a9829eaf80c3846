/* The log against pipes that nobody reads, full disks and closed readers. */
#include "io/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/guard.h"
#include "support/lookups.h"
#include "support/words.h"

enum { SOON_US = 20000000, LINES = 3000, WRITERS = 3 };

static int reader, writer; /* the pipe that stands for stdout */
static char *text;         /* what was read of it */
static size_t text_len;

static void open_pipe(void) {
  int fds[2];
  cr_assert(pipe(fds) == 0);
  reader = fds[0];
  writer = fds[1];
  signal(SIGPIPE, SIG_IGN);
}

static void read_to_the_end(void) {
  size_t cap = 1 << 22;
  text = calloc(1, cap);
  ssize_t n;
  while ((n = read(reader, text + text_len, cap - 1 - text_len)) > 0)
    text_len += (size_t)n;
}

static void free_text(void) { free(text); }

TestSuite(log, .init = open_pipe, .fini = free_text, .timeout = 2 * GUARD_S);

static void *read_in_a_thread(void *arg) {
  read_to_the_end();
  return arg;
}

/* Frees the log while a thread reads all that it still writes. */
static void flush(struct log *log) {
  pthread_t thread;
  cr_assert(pthread_create(&thread, NULL, read_in_a_thread, NULL) == 0);
  log_free(log, SOON_US);
  close(writer);
  pthread_join(thread, NULL);
}

Test(log, what_was_written_before_the_end_is_flushed_in_order) {
  struct log *log = log_new(writer);
  struct log_channel *channel = log_open(log);
  log_write(channel, slice_of("one\n"));
  log_write(channel, slice_of("two\n"));
  flush(log);
  cr_assert(eq(str, text, "one\ntwo\n"));
}

static void *write_lines(void *arg) {
  struct log_channel *channel = arg;
  char line[80];
  for (int i = 0; i < LINES; i++) {
    int len =
        snprintf(line, sizeof line, "%p %d ........................\n", arg, i);
    log_write(channel, (struct slice){line, (size_t)len});
  }
  return NULL;
}

static void check_lines_of(const struct log_channel *channel) {
  const char *prefix = words_of("%p ", (const void *)channel);
  int next = 0;
  for (char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
    if (strncmp(line, prefix, strlen(prefix)) != 0) continue;
    int i = atoi(line + strlen(prefix));
    cr_assert(i == next, "expected line %d, saw %.40s", next, line);
    next++;
  }
  cr_assert(next == LINES, "%d of %d lines arrived", next, LINES);
}

Test(log, lines_of_several_workers_arrive_whole_and_each_in_its_order) {
  struct log *log = log_new(writer);
  struct log_channel *channels[WRITERS];
  pthread_t threads[WRITERS], drainer;
  for (int i = 0; i < WRITERS; i++) channels[i] = log_open(log);
  cr_assert(pthread_create(&drainer, NULL, read_in_a_thread, NULL) == 0);
  for (int i = 0; i < WRITERS; i++)
    cr_assert(pthread_create(&threads[i], NULL, write_lines, channels[i]) == 0);
  for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
  log_free(log, SOON_US);
  close(writer);
  pthread_join(drainer, NULL);
  for (int i = 0; i < WRITERS; i++) check_lines_of(channels[i]);
}

Test(log, lines_that_find_no_room_are_counted_and_told) {
  enum { SENT = 20000 };
  struct log *log = log_new(writer);
  struct log_channel *channel = log_open(log);
  const char *line = words_of("%099d\n", 0);
  for (int i = 0; i < SENT; i++) log_write(channel, slice_of(line));
  flush(log);
  int arrived = 0, lost = 0, told = 0;
  for (char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
    if (sscanf(at, "{\"log_lines_lost\":%d}", &told) == 1) lost += told;
    else if (strncmp(at, line, strlen(line)) == 0) arrived++;
    else cr_assert(false, "a line that nobody wrote: %.100s", at);
  }
  cr_assert(lost > 0, "%d lines arrived, none was lost", arrived);
  cr_assert(arrived + lost == SENT, "%d arrived and %d were lost of %d",
            arrived, lost, SENT);
}

enum { LONG_LINE = 10000 };

/* With so many lines of that length, whose reader has not read yet. */
static struct log *log_of_long_lines(int lines) {
  struct log *log = log_new(writer);
  struct log_channel *channel = log_open(log);
  char line[LONG_LINE + 1];
  snprintf(line, sizeof line, "%0*d\n", LONG_LINE - 1, 0);
  for (int i = 0; i < lines; i++) log_write(channel, slice_of(line));
  return log;
}

Test(log, a_reader_that_never_reads_does_not_hold_the_end_up) {
  log_free(log_of_long_lines(100), 1000);
}

Test(log, a_machine_that_stands_still_at_the_end_costs_no_line) {
  struct log *log = log_of_long_lines(20);
  next_reading_is_old = true;
  flush(log);
  cr_assert(eq(sz, text_len, 20 * LONG_LINE));
}

Test(log, a_pipe_made_non_blocking_by_others_loses_nothing) {
  fcntl(writer, F_SETFL, O_NONBLOCK);
  struct log *log = log_new(writer);
  struct log_channel *channel = log_open(log);
  char line[10001];
  snprintf(line, sizeof line, "%0*d\n", (int)sizeof line - 2, 0);
  for (int i = 0; i < 20; i++) log_write(channel, slice_of(line));
  flush(log);
  cr_assert(eq(sz, text_len, 20 * strlen(line)));
}

/* stderr becomes the pipe. */
static void catch_notices(void) { dup2(writer, STDERR_FILENO); }

static void expect_notice(const char *expected) {
  char line[256] = "";
  size_t len = 0;
  while (len < sizeof line - 1 && read(reader, line + len, 1) == 1)
    if (line[len++] == '\n') break;
  cr_assert(eq(str, line, (char *)expected));
}

Test(log, a_reader_that_has_gone_costs_the_lines_and_not_the_process) {
  int gone[2];
  cr_assert(pipe(gone) == 0);
  close(gone[0]);
  catch_notices();
  struct log *log = log_new(gone[1]);
  log_write(log_open(log), slice_of("to nobody\n"));
  expect_notice("hedgerow: cannot write the log: Broken pipe\n");
  log_free(log, SOON_US);
  close(gone[1]);
}

/* On a disk with room for ten bytes, and room for all after the notice. */
static void expect_after_full_disk(const char *lines, const char *then,
                                   const char *want) {
  FILE *file = tmpfile();
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit, ten = {10, RLIM_INFINITY};
  getrlimit(RLIMIT_FSIZE, &limit);
  ten.rlim_max = limit.rlim_max;
  setrlimit(RLIMIT_FSIZE, &ten);
  catch_notices();
  struct log *log = log_new(fileno(file));
  struct log_channel *channel = log_open(log);
  log_write(channel, slice_of(lines)); /* as one batch */
  expect_notice("hedgerow: cannot write the log: File too large\n");
  setrlimit(RLIMIT_FSIZE, &limit);
  if (then) log_write(channel, slice_of(then));
  log_free(log, SOON_US);
  char all[128] = "";
  cr_assert(pread(fileno(file), all, sizeof all - 1, 0) > 0);
  cr_assert_str_eq(all, want);
  fclose(file);
}

Test(log, after_a_full_disk_the_next_line_starts_on_a_line_of_its_own) {
  expect_after_full_disk("0123456789abcdef\n", "next\n",
                         "0123456789\nnext\n{\"log_lines_lost\":1}\n");
}

Test(log, after_a_full_disk_lines_that_were_written_are_not_said_to_be_lost) {
  expect_after_full_disk("one\ntwo\nthree\nfour\n", NULL,
                         "one\ntwo\nth\n{\"log_lines_lost\":2}\n");
}

/* ---- another file ---- */

static int read_all(int fd, char *into, size_t cap) {
  ssize_t n = pread(fd, into, cap - 1, 0);
  into[n > 0 ? n : 0] = '\0';
  return (int)n;
}

Test(log, what_is_written_after_a_move_goes_to_the_new_file) {
  struct log *log = log_new(writer);
  struct log_channel *channel = log_open(log);
  char before[8] = "", after[64];
  FILE *file = tmpfile();
  log_write(channel, slice_of("before\n"));
  cr_assert(read(reader, before, 7) == 7);
  log_move(log, dup(fileno(file)));
  log_write(channel, slice_of("after\n"));
  flush(log);
  cr_assert(eq(str, text, ""));
  cr_assert(read_all(fileno(file), after, sizeof after) > 0);
  cr_assert(eq(str, after, "after\n"));
  fclose(file);
}

Test(log, of_several_moves_the_last_one_counts_and_all_are_closed) {
  struct log *log = log_new(writer);
  struct log_channel *channel = log_open(log);
  char all[64];
  FILE *file = tmpfile();
  int ends[2];
  cr_assert(pipe(ends) == 0);
  for (int i = 0; i < 100; i++) log_move(log, dup(ends[1]));
  log_move(log, dup(fileno(file)));
  close(ends[1]);
  log_write(channel, slice_of("last\n"));
  flush(log);
  cr_assert(read_all(fileno(file), all, sizeof all) > 0);
  cr_assert(eq(str, all, "last\n"));
  cr_assert(read(ends[0], all, 1) == 0, "a writer of the pipe is still open");
  close(ends[0]);
  fclose(file);
}

Test(log, a_move_alone_lets_go_of_the_file_before) {
  struct log *log = log_new(writer);
  int ends[2];
  char byte;
  cr_assert(pipe(ends) == 0);
  log_move(log, ends[1]);
  log_move(log, dup(writer));
  cr_assert(read(ends[0], &byte, 1) == 0); /* waits for it */
  flush(log);
  close(ends[0]);
}

Test(log, a_fifo_that_nobody_reads_is_not_waited_for) {
  char folder[] = P_tmpdir "/hedgerow-log-XXXXXX", path[64];
  const char *why = "";
  cr_assert(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/fifo", folder);
  cr_assert(mkfifo(path, 0600) == 0);
  int fd = log_file_open(path, &why);
  unlink(path);
  rmdir(folder);
  cr_assert(fd < 0 && *why, "it was opened: %d", fd);
}

Test(log, a_notice_that_would_block_is_dropped) {
  char page[4096] = {0};
  catch_notices();
  fcntl(writer, F_SETFL, O_NONBLOCK);
  while (write(writer, page, sizeof page) > 0) continue;
  fcntl(writer, F_SETFL, 0);
  log_notice("nobody reads this");
}

Test(log, a_notice_is_one_line_with_the_program_in_front) {
  catch_notices();
  log_notice("listening on %s:%d", "127.0.0.1", 8480);
  expect_notice("hedgerow: listening on 127.0.0.1:8480\n");
}

/* What a peer, a file or an argument says may stand in it. */
Test(log, a_notice_stays_one_line_and_harmless_on_a_terminal) {
  catch_notices();
  log_notice("a\r\nb \x1b[31m\x7f \xc2\x9b \xc3\xa4 %s", "\t");
  expect_notice("hedgerow: a\\x0d\\x0ab \\x1b[31m\\x7f \\xc2\\x9b \xc3\xa4 "
                "\\x09\n");
}

Test(log, a_notice_that_is_too_long_still_ends_its_line) {
  catch_notices();
  log_notice("%02000d", 0);
  close(writer);
  close(STDERR_FILENO);
  read_to_the_end();
  cr_assert(gt(sz, text_len, 500));
  cr_assert(eq(chr, text[text_len - 1], '\n'));
  cr_assert(strchr(text, '\n') == text + text_len - 1);
}

Test(log, of_a_burst_of_notices_the_first_is_written_and_the_rest_counted) {
  struct log_gate gate = {0};
  catch_notices();
  log_notice_gated(&gate, 5000000, "full");
  log_notice_gated(&gate, 5000001, "full");
  log_notice_gated(&gate, 5999999, "full");
  log_notice_gated(&gate, 6000000, "full");
  log_notice_gated(&gate, 7000000, "full");
  expect_notice("hedgerow: full\n");
  expect_notice("hedgerow: full (and 2 more since the last notice)\n");
  expect_notice("hedgerow: full\n");
}
