/* client: see client.h.
 *
 *     CLOSED --> CONNECTING --> ASKING --> IDLE --> ASKING ...
 *       ^                         |          \
 *       |                         |           +-> CLOSED: the peer's right
 *       +-------- any end <-------+--> ENDING: until the peer has closed
 *
 * A request at a fixed rate is timed from the instant at which it was due: a
 * peer that stalls delays what comes after, as it would delay real clients, and
 * cannot hide that by slowing this one down. One periodic timerfd drives that,
 * and the connection that became free last is used first. Without a rate
 * everything is due at once, and connections alone hold it back.
 *
 * An answer is kept whole while it comes, in memory that its connection keeps;
 * a request allocates nothing.
 *
 * A turn takes TICK_MS at most. Where the clock has gone on for much longer,
 * the machine had something else to do, and that is held against nobody: each
 * question is told at its end how much of that there was (held_ns). */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "net.h"

enum { FIRST_BYTES = 4096, SECOND_NS = 1000000000, TICK_MS = 10 };
enum { LOOK_NS = 1000000, AT_ONCE_NS = 10000000, SOON_MS = 20 };
enum { HELD_NS = 10 * TICK_MS * 1000000 };
static const int64_t last_ns = 30 * (int64_t)SECOND_NS;

enum state { CLOSED, CONNECTING, IDLE, ASKING, ENDING };

struct conn {
  int fd;
  enum state state;
  bool fresh; /* new for each request */
  struct question question;
  int64_t due_ns, sent_ns, held_before_ns;
  struct answer answer;
  size_t got, room;
  char *in;
  struct conn *next_free;
};

static struct client_plan plan;
static const struct subject *subject;
static struct client_sums sums;
static int epoll, timer = -1;
static struct conn **conns;
static long conn_count, busy_count, fate_room;
static struct conn *free_conns;    /* CLOSED or IDLE */
static int64_t start_ns, ended_ns; /* 0: it still asks */
static bool refused_now, leaves;

/* Since the beginning, in which the clock went on and this process did not. */
static int64_t held_so_far_ns(void) {
  static int64_t seen_ns, held_ns;
  int64_t now = now_ns();
  if (seen_ns > 0 && now - seen_ns > HELD_NS) held_ns += now - seen_ns;
  seen_ns = now;
  return held_ns;
}

/* ---- what has ended ---- */

static void hang_up(struct conn *conn, bool by_reset) {
  if (by_reset) close_by_reset(conn->fd);
  else close(conn->fd);
  conn->fd = -1;
  conn->state = CLOSED;
}

/* A connection that was busy can be asked on again. */
static void set_free(struct conn *conn) {
  busy_count--;
  conn->next_free = free_conns;
  free_conns = conn;
}

static void tell(struct conn *conn, enum ending ending) {
  struct fate *fate = &sums.fates[conn->question.number];
  fate->us = (now_ns() - conn->due_ns) / 1000;
  fate->asked = 1;
  conn->question.held_ns = held_so_far_ns() - conn->held_before_ns;
  sums.ends[ending]++;
  conn->in[conn->got] = '\0';
  subject->on_end(&conn->question, ending, &conn->answer, conn->in, conn->got,
                  fate);
}

static void end(struct conn *conn, enum ending ending, bool by_reset) {
  tell(conn, ending);
  hang_up(conn, by_reset);
  set_free(conn);
}

static void on_connect_failed(struct conn *conn, int error) {
  refused_now = true; /* and it does not try again in this turn */
  end(conn, error == ECONNREFUSED ? REFUSED : LOST, true);
}

/* ---- asking ---- */

static void send_question(struct conn *conn) {
  struct question *question = &conn->question;
  subject->ask(question);
  leaves |= question->leave != STAYS;
  if (conn->fresh) question->afterwards = IS_RESET;
  conn->state = ASKING;
  conn->held_before_ns = held_so_far_ns();
  conn->sent_ns = now_ns();
  if (plan.rate == 0) conn->due_ns = conn->sent_ns;
  sums.fates[question->number].late_us = (conn->sent_ns - conn->due_ns) / 1000;
  if (send(conn->fd, question->bytes, question->len,
           MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)question->len)
    end(conn, LOST, true);
}

static int connect_error(int fd) {
  int error = 0;
  socklen_t len = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
  return error;
}

static void on_connected(struct conn *conn) {
  int error = connect_error(conn->fd);
  rewatch(epoll, conn->fd, EPOLLIN, conn);
  if (error != 0) on_connect_failed(conn, error);
  else send_question(conn);
}

/* Gives the handshake a moment, which on loopback it seldom needs: a client
 * that opened everything and then asked on all of it at once would be another
 * load than one whose connections come one after another. */
static void conn_open(struct conn *conn) {
  struct sockaddr_in to = loopback(plan.port);
  conn->fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  conn->state = CONNECTING;
  sums.connections++;
  no_delay(conn->fd);
  bool made = connect(conn->fd, (struct sockaddr *)&to, sizeof to) == 0;
  if (!made && errno != EINPROGRESS) {
    on_connect_failed(conn, errno);
    return;
  }
  struct pollfd at = {.fd = conn->fd, .events = POLLOUT};
  watch(epoll, conn->fd, EPOLLOUT, conn);
  if (made || poll(&at, 1, SOON_MS) == 1) on_connected(conn);
}

static struct conn *conn_new(void) {
  struct conn *conn = must_have(calloc(1, sizeof *conn));
  conn->fd = -1;
  conn->fresh = plan.second_fresh && conn_count % 2 == 1;
  conn->room = FIRST_BYTES;
  conn->in = must_have(malloc(conn->room));
  conns[conn_count++] = conn;
  return conn;
}

static struct conn *take_free(void) {
  struct conn *conn = free_conns;
  if (conn) free_conns = conn->next_free;
  else if (conn_count < plan.connections) conn = conn_new();
  return conn;
}

static void begin(struct conn *conn, int64_t due_ns) {
  long number = (long)sums.asked++;
  if (number == fate_room) {
    fate_room = fate_room ? 2 * fate_room : 4096;
    sums.fates =
        must_have(realloc(sums.fates, (size_t)fate_room * sizeof *sums.fates));
  }
  sums.fates[number] = (struct fate){0};
  conn->question = (struct question){.number = number};
  conn->answer = (struct answer){0};
  conn->got = 0;
  conn->due_ns = due_ns;
  busy_count++;
  if (conn->state == IDLE) send_question(conn);
  else conn_open(conn);
}

static bool asks_on(int64_t now) {
  if (ended_ns != 0) return false;
  if ((long)sums.asked < plan.count && !is_told_to_stop() &&
      (plan.span_ns == 0 || now - start_ns < plan.span_ns))
    return true;
  ended_ns = now;
  return false;
}

/* Rounded up, as the timer does not. */
static int64_t next_due_ns(int64_t now) {
  if (plan.rate == 0) return now;
  int64_t next = (int64_t)sums.asked;
  return start_ns + next * SECOND_NS / plan.rate;
}

static void ask_what_is_due(void) {
  struct conn *conn;
  int64_t now = now_ns();
  while (!refused_now && asks_on(now) && next_due_ns(now) <= now &&
         (conn = take_free())) {
    begin(conn, next_due_ns(now));
    now = now_ns();
  }
}

/* ---- answers ---- */

static void on_answer(struct conn *conn) {
  enum afterwards afterwards = conn->question.afterwards;
  if (conn->answer.closes) afterwards = IS_ENDED_BY_PEER;
  sums.bytes += conn->answer.body_len;
  if (afterwards == IS_RESET) {
    end(conn, ANSWERED, true);
    return;
  }
  tell(conn, ANSWERED);
  conn->got = 0;
  conn->state = afterwards == IS_KEPT ? IDLE : ENDING;
  if (conn->state == IDLE) set_free(conn);
}

static void on_bytes(struct conn *conn) {
  switch (
      answer_find(&conn->answer, conn->in, conn->got, conn->question.is_head)) {
    case ANSWER_WHOLE: on_answer(conn); break;
    case ANSWER_BAD: end(conn, ODD, true); break;
    case ANSWER_PARTIAL:
      if (conn->question.leave == HANGS_UP) end(conn, LEFT, true);
      break;
  }
}

/* The peer has closed, or broken off. */
static void on_end_of_input(struct conn *conn) {
  if (conn->state == ASKING) {
    bool unheard = conn->question.has_half_closed && conn->got == 0;
    end(conn, unheard ? UNANSWERED : LOST, false);
    return;
  }
  if (conn->state == ENDING) set_free(conn);
  hang_up(conn, false);
}

static void on_readable(struct conn *conn) {
  if (conn->room - conn->got < FIRST_BYTES / 2) {
    conn->room = conn->room < 65536 ? 4 * conn->room : conn->room + 262144;
    conn->in = must_have(realloc(conn->in, conn->room));
  }
  ssize_t n = recv(conn->fd, conn->in + conn->got, conn->room - 1 - conn->got,
                   MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    on_end_of_input(conn);
    return;
  }
  conn->got += (size_t)n;
  conn->in[conn->got] = '\0';
  if (conn->state == ASKING) {
    on_bytes(conn);
    return;
  }
  tell(conn, ODD);
  if (conn->state == ENDING) set_free(conn);
  hang_up(conn, true);
}

/* ---- what takes too long, and who leaves ---- */

static void leave(struct conn *conn) {
  struct question *question = &conn->question;
  if (question->leave != HALF_CLOSES) {
    end(conn, LEFT, question->leave == RESETS);
    return;
  }
  shutdown(conn->fd, SHUT_WR);
  question->has_half_closed = true;
  question->afterwards = IS_ENDED_BY_PEER;
  question->leave = STAYS;
}

static void look_at(struct conn *conn, int64_t now) {
  const struct question *question = &conn->question;
  if (conn->state == CLOSED || conn->state == IDLE) return;
  if (plan.limit_ns > 0 && now - conn->due_ns > plan.limit_ns) {
    if (conn->state == CONNECTING) on_connect_failed(conn, ETIMEDOUT);
    else end(conn, TIMED_OUT, true);
  } else if (conn->state == ASKING && question->leave != STAYS &&
             question->leave != HANGS_UP &&
             now - conn->sent_ns >= question->leave_ns) {
    leave(conn);
  }
}

static void look_through(int64_t now) {
  static int64_t looked_ns;
  if ((plan.limit_ns == 0 && !leaves) || now - looked_ns < LOOK_NS) return;
  looked_ns = now;
  for (long i = 0; i < conn_count; i++) look_at(conns[i], now);
}

/* What connects for ever has no handshake; what waits for ever is lost. */
static void give_up_rest(void) {
  for (long i = 0; i < conn_count; i++) {
    struct conn *conn = conns[i];
    if (conn->state == CONNECTING) end(conn, REFUSED, true);
    else if (conn->state == ASKING) end(conn, LOST, true);
    else if (conn->state == ENDING) end(conn, TIMED_OUT, true);
  }
}

/* ---- the loop ---- */

static void start_timer(void) {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  timer = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), "timerfd_create");
  int64_t interval_ns = SECOND_NS / plan.rate;
  struct itimerspec when = {
      .it_value = {start_ns / SECOND_NS, start_ns % SECOND_NS},
      .it_interval = {interval_ns / SECOND_NS, interval_ns % SECOND_NS}};
  must(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL),
       "timerfd_settime");
  watch(epoll, timer, EPOLLIN, NULL);
}

/* An event that only a connection before it was worth, in the same turn, finds
 * nothing to read or is not the one that a connect waits for. */
static void on_event(struct conn *conn, uint32_t events) {
  uint64_t ticks;
  if (!conn) (void)!read(timer, &ticks, sizeof ticks);
  else if (conn->state == CONNECTING && events & EPOLLOUT) on_connected(conn);
  else if (conn->state != CONNECTING && conn->fd >= 0) on_readable(conn);
  ask_what_is_due();
}

static void turn(void) {
  struct epoll_event events[TURN_EVENTS];
  int count = await_events(epoll, events, TICK_MS);
  (void)held_so_far_ns();
  refused_now = false;
  ask_what_is_due();
  for (int i = 0; i < count; i++)
    on_event(events[i].data.ptr, events[i].events);
  look_through(now_ns());
}

static void free_all(void) {
  for (long i = 0; i < conn_count; i++) {
    if (conns[i]->fd >= 0) close(conns[i]->fd);
    free(conns[i]->in);
    free(conns[i]);
  }
  free(conns);
}

struct client_sums client_run(const struct client_plan *the_plan,
                              const struct subject *the_subject) {
  plan = *the_plan;
  subject = the_subject;
  conns = must_have(calloc((size_t)plan.connections + 1, sizeof(*conns)));
  epoll = must(epoll_create1(0), "epoll_create1");
  stop_on_term();
  start_ns = now_ns() + (plan.rate > 0 ? AT_ONCE_NS : 0);
  if (plan.rate > 0) start_timer();
  ask_what_is_due();
  while (asks_on(now_ns()) || busy_count > 0) {
    turn();
    if (ended_ns != 0 && is_told_to_stop() && now_ns() > ended_ns + last_ns)
      give_up_rest();
  }
  free_all();
  return sums;
}
