/* The listener, asked by plain blocking sockets of the same process. */
#include "io/listener.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/guard.h"
#include "support/scoped.h"
#include "support/words.h"

enum { ACCEPTED_MAX = 64 };

static struct loop *loop;
static struct listener *listener;
static int accepted[ACCEPTED_MAX];
static unsigned accepted_count, wanted, closed_count;
static char error[128];

static void on_accept(void *arg, int fd, const struct sockaddr *peer) {
  cr_assert(arg == &listener);
  cr_assert(peer->sa_family == AF_INET || peer->sa_family == AF_INET6,
            "the peer's family is %d", peer->sa_family);
  accepted[accepted_count++] = fd;
  if (accepted_count == wanted) loop_stop(loop);
}

static struct listener *open_at(const char *host, uint16_t port, bool reuse) {
  struct listen_at address = {.host = slice_of(host), .port = port};
  return listener_new(loop, &address, reuse, on_accept, &listener, error,
                      sizeof error);
}

static void must_open(const char *host) {
  listener = open_at(host, 0, false);
  cr_assert(listener != NULL, "%s", error);
}

static void open_loop(void) { loop = loop_new(); }

static void close_all(void) {
  for (unsigned i = 0; i < accepted_count; i++) close(accepted[i]);
  listener_free(listener);
  loop_free(loop);
}

TestSuite(listener, .init = open_loop, .fini = close_all,
          .timeout = 2 * GUARD_S);

static int try_connect(uint16_t port) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert(fd >= 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

static int must_connect(void) {
  int fd = try_connect(listener_port(listener));
  cr_assert(fd >= 0, "nobody listens on port %u", listener_port(listener));
  return fd;
}

static void run_until_accepted(unsigned count) {
  wanted = count;
  loop_run(loop);
  cr_assert(eq(uint, accepted_count, count));
}

Test(listener, what_it_accepts_is_set_up_for_the_loop) {
  must_open("127.0.0.1");
  SCOPED_FD client = must_connect();
  run_until_accepted(1);
  int no_delay = 0;
  socklen_t len = sizeof no_delay;
  getsockopt(accepted[0], IPPROTO_TCP, TCP_NODELAY, &no_delay, &len);
  cr_assert(no_delay != 0, "TCP_NODELAY is not handed down");
  cr_assert(0 != (fcntl(accepted[0], F_GETFL) & O_NONBLOCK), "it blocks");
  cr_assert(0 != (fcntl(accepted[0], F_GETFD) & FD_CLOEXEC),
            "children inherit it");
}

Test(listener, localhost_is_the_ipv4_loopback) {
  must_open("localhost");
  SCOPED_FD client = must_connect();
  run_until_accepted(1);
}

Test(listener, an_address_in_use_is_named) {
  must_open("127.0.0.1");
  uint16_t port = listener_port(listener);
  cr_assert(open_at("127.0.0.1", port, false) == NULL);
  const char *expected = words_of("127.0.0.1:%u: Address already in use", port);
  cr_assert_str_eq(error, expected);
}

Test(listener, others_may_join_when_asked_to) {
  must_open("127.0.0.1");
  struct listener *other = open_at("127.0.0.1", listener_port(listener), true);
  cr_assert(other != NULL, "%s", error);
  struct listener *third = open_at("127.0.0.1", listener_port(listener), true);
  cr_assert(third != NULL, "%s", error);
  cr_assert(open_at("127.0.0.1", listener_port(listener), false) == NULL);
  listener_free(other);
  listener_free(third);
}

Test(listener, an_address_of_nobody_here_is_named) {
  cr_assert(open_at("192.0.2.1", 8480, false) == NULL);
  cr_assert(eq(str, error, "192.0.2.1:8480: Cannot assign requested address"));
  cr_assert(open_at("2001:db8::1", 8480, false) == NULL);
  cr_assert(strncmp(error, "[2001:db8::1]:8480: ", 20) == 0, "%s", error);
}

static void on_stop_timer(void *arg) {
  (void)arg;
  loop_stop(loop);
}

/* Lets the loop see what is ready. */
static void run_one_turn(void) {
  struct timer timer;
  timer_init(&timer, loop, on_stop_timer, NULL);
  timer_set(&timer, 0);
  loop_run(loop);
}

Test(listener, while_it_is_paused_connections_wait) {
  must_open("127.0.0.1");
  listener_pause(listener);
  SCOPED_FD client = must_connect();
  run_one_turn();
  run_one_turn();
  cr_assert(eq(uint, accepted_count, 0));
  listener_resume(listener);
  run_until_accepted(1);
}

static void pause_on_accept(void *arg, int fd, const struct sockaddr *peer) {
  (void)arg, (void)peer;
  accepted[accepted_count++] = fd;
  listener_pause(listener);
  loop_stop(loop);
}

Test(listener, a_pause_from_on_accept_holds_from_the_next_one_on) {
  struct listen_at address = {.host = slice_of("127.0.0.1")};
  listener = listener_new(loop, &address, false, pause_on_accept, NULL, error,
                          sizeof error);
  cr_assert(listener != NULL, "%s", error);
  int clients[2] = {must_connect(), must_connect()};
  loop_run(loop);
  cr_assert(eq(uint, accepted_count, 1));
  listener_resume(listener);
  loop_run(loop);
  cr_assert(eq(uint, accepted_count, 2));
  close(clients[0]);
  close(clients[1]);
}

Test(listener, at_the_descriptor_limit_it_rests_and_then_goes_on) {
  must_open("127.0.0.1");
  SCOPED_FD client = must_connect();
  int notices[2], free_fd = dup(0);
  cr_assert(pipe(notices) == 0);
  dup2(notices[1], STDERR_FILENO);
  struct rlimit limit, low;
  getrlimit(RLIMIT_NOFILE, &limit);
  low = limit;
  low.rlim_cur = (rlim_t)free_fd + 1; /* all below it are taken */
  for (int fd = 0; fd < free_fd; fd++)
    cr_assert(fcntl(fd, F_GETFD) >= 0, "descriptor %d is free", fd);
  setrlimit(RLIMIT_NOFILE, &low);
  run_one_turn();
  cr_assert(eq(uint, accepted_count, 0));
  char line[128] = "";
  cr_assert(read(notices[0], line, sizeof line - 1) > 0);
  cr_assert(eq(str, line,
               "hedgerow: cannot accept a connection: Too many open files\n"));
  setrlimit(RLIMIT_NOFILE, &limit);
  run_until_accepted(1);
}

static void on_closed(void *arg) {
  (void)arg;
  closed_count++;
  loop_stop(loop);
}

Test(listener, a_stop_accepts_what_waits_and_then_closes) {
  enum { WAITING = 20 };
  must_open("127.0.0.1");
  int clients[WAITING];
  for (int i = 0; i < WAITING; i++) clients[i] = must_connect();
  listener_stop(listener, on_closed);
  loop_run(loop);
  cr_assert(eq(uint, closed_count, 1));
  cr_assert(eq(uint, accepted_count, WAITING));
  cr_assert(eq(int, try_connect(listener_port(listener)), -1));
  for (int i = 0; i < WAITING; i++) close(clients[i]);
}

static void free_on_closed(void *arg) {
  (void)arg;
  listener_free(listener);
  listener = NULL;
  loop_stop(loop);
}

Test(listener, it_may_be_freed_when_it_has_closed) {
  must_open("127.0.0.1");
  listener_stop(listener, free_on_closed);
  loop_run(loop);
  cr_assert(listener == NULL);
}

Test(listener, it_may_be_freed_in_the_midst_of_a_stop) {
  must_open("127.0.0.1");
  listener_stop(listener, on_closed);
  listener_free(listener);
  listener = NULL;
  run_one_turn();
  cr_assert(eq(uint, closed_count, 0));
}
