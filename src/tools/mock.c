/* mock: a flaky upstream on our own I/O layer.
 *
 * It plays what tools/faults draws. A request that carries X-Request-ID and
 * Hedge-Attempt is drawn by these, so that two policies meet the same luck in
 * whatever order their requests arrive; any other by its arrival number.
 *
 *     request -> draw -> at once ----------------> play: answer, FIN or RST
 *                     -> pending, until its delay ^  |
 *                          |  the client leaves      +- trickle: a byte, and
 *                          v                            pending again
 *                        freed
 *
 * What can be played at once is played without memory of its own. A mock that
 * never fails and never waits (--preset steady) is the origin of load tests:
 * it writes one answer that was built at start, and reads no field.
 *
 * Bodies of requests are taken and ignored; so are methods, paths and queries.
 * Options and the process around it are mock_main's. */
#include "tools/mock.h"

#include <stdio.h>
#include <stdlib.h>

#include "io/booth.h"
#include "io/clock.h"
#include "tools/mock_admin.h"
#include "tools/mock_answer.h"

enum { TRICKLE_US = 10 * 1000, BODY_MAX = 1024 * 1024 };

struct mock {
  struct loop *loop;
  struct booth booth;
  struct mock_admin *admin; /* NULL: none; moves the faults */
  struct faults faults;
  uint64_t seed, arrivals;
  char answer_text[MOCK_ANSWER_MAX];
  struct text answer; /* to a plain request, if every draw is the same */
};

/* An answer on its way to a connection. */
struct play {
  struct connection *connection;
  struct faults_draw draw;
  struct mock_framing framing;
};

struct pending {
  struct play play;
  struct timer timer;
  size_t sent; /* FAULT_TRICKLE: bytes so far */
};

static void pending_free(struct pending *pending) {
  timer_clear(&pending->timer);
  free(pending);
}

static void on_gone(void *arg) { pending_free(arg); }

/* A client that asked and does not read is not waited for. */
static void send_and_finish(struct connection *connection, struct slice bytes) {
  connection_begin(connection, false, NULL, NULL, NULL);
  struct iovec part = {(char *)(uintptr_t)bytes.at, bytes.len};
  if (connection_push(connection, &part, 1) == (ssize_t)bytes.len)
    connection_finish(connection);
  else connection_reset(connection);
}

static void compose(struct text *text, char storage[MOCK_ANSWER_MAX],
                    const struct play *play) {
  text_init(text, storage, MOCK_ANSWER_MAX);
  mock_answer_write(text, &play->draw, play->framing);
}

static void answer(struct connection *connection, const struct text *text) {
  connection_answer(connection, &(struct iovec){text->at, text->len}, 1, NULL,
                    NULL);
}

/* All that there is to it, now. */
static void play_now(const struct play *play) {
  char storage[MOCK_ANSWER_MAX];
  struct text text;
  if (play->draw.fault == FAULT_RESET) {
    connection_reset(play->connection);
    return;
  }
  if (play->draw.fault == FAULT_HANG) {
    connection_begin(play->connection, false, NULL, NULL, NULL);
    connection_finish(play->connection);
    return;
  }
  compose(&text, storage, play);
  if (play->draw.fault == FAULT_TRUNCATE)
    send_and_finish(play->connection, text_slice_of(&text));
  else answer(play->connection, &text);
}

/* Composed anew for each byte: rare, and it keeps struct pending small. */
static void trickle(void *arg) {
  struct pending *pending = arg;
  struct connection *connection = pending->play.connection;
  char storage[MOCK_ANSWER_MAX];
  struct text text;
  compose(&text, storage, &pending->play);
  if (pending->sent == 0)
    connection_begin(connection, false, trickle, on_gone, pending);
  ssize_t n = connection_push(connection,
                              &(struct iovec){text.at + pending->sent, 1}, 1);
  if (n < 0) {
    pending_free(pending);
    connection_reset(connection);
  } else if (n > 0 && ++pending->sent < text.len) {
    timer_set(&pending->timer, clock_now_us() + TRICKLE_US);
  } else if (n > 0) {
    pending_free(pending);
    connection_finish(connection);
  } /* else again when the client has read */
}

static void on_timer(void *arg) {
  struct pending *pending = arg;
  struct play play = pending->play;
  if (play.draw.fault == FAULT_TRICKLE) {
    trickle(pending);
    return;
  }
  pending_free(pending);
  play_now(&play);
}

static void play_later(struct mock *mock, const struct play *play,
                       int64_t wait_us) {
  struct pending *pending = malloc(sizeof *pending);
  if (!pending) {
    connection_reset(play->connection);
    return;
  }
  pending->play = *play;
  pending->sent = 0;
  timer_init(&pending->timer, mock->loop, on_timer, pending);
  connection_await(play->connection, on_gone, pending);
  timer_set(&pending->timer, clock_now_us() + wait_us);
}

static uint64_t key_of(uint64_t arrival, const struct http_request *request) {
  const struct http_field *id = http_request_field(request, "X-Request-ID");
  const struct http_field *attempt =
      http_request_field(request, "Hedge-Attempt");
  return id && attempt ? faults_key(id->value, attempt->value) : arrival;
}

static struct mock_framing framing_of(const struct mock *mock,
                                      struct connection *connection,
                                      enum http_method method) {
  return (struct mock_framing){
      .steady = mock->faults.steady,
      .head_only = method == HTTP_HEAD,
      .close = connection_closes(connection),
      .keep_alive_1_0 = connection_keeps_1_0(connection),
  };
}

/* Every draw is the same: good, at once. */
static bool is_constant(const struct mock *mock) {
  return mock->faults.kind_count == 0 && mock->faults.delay_count == 0;
}

static void on_request(void *arg, struct connection *connection,
                       const struct http_request *request,
                       const struct admission *admission, struct slice body) {
  struct mock *mock = arg;
  struct play play = {.connection = connection};
  uint64_t arrival = ++mock->arrivals;
  (void)admission, (void)body;
  play.framing = framing_of(mock, connection, request->method);
  if (is_constant(mock) && !play.framing.head_only && !play.framing.close &&
      !play.framing.keep_alive_1_0) {
    answer(connection, &mock->answer);
    return;
  }
  play.draw = faults_draw(&mock->faults, mock->seed, key_of(arrival, request));
  /* These two end by a close, since their answers are written in parts. */
  bool trickles = play.draw.fault == FAULT_TRICKLE;
  play.framing.close |= trickles || play.draw.fault == FAULT_TRUNCATE;
  int64_t wait_us =
      play.draw.fault == FAULT_HANG ? mock->faults.hang_us : play.draw.delay_us;
  if (wait_us > 0 || trickles) play_later(mock, &play, wait_us);
  else play_now(&play);
}

static void on_bad_request(void *arg, struct connection *connection,
                           const struct http_request *request,
                           const struct admission *admission, int status,
                           const char *why) {
  struct play play = {connection, {FAULT_STATUS, status, 0}, {0}};
  (void)request, (void)admission, (void)why;
  play.framing = framing_of(arg, connection, HTTP_GET);
  play_now(&play);
}

static struct admission on_head(void *arg, const struct http_request *request) {
  (void)arg, (void)request;
  return (struct admission){.body_bytes = BODY_MAX};
}

static bool open_booth(struct mock *mock, const struct listen_at *listen,
                       char *error, size_t error_cap) {
  const struct booth_setup setup = {
      .listen = *listen,
      .handler = {.arg = mock,
                  .on_head = on_head,
                  .on_request = on_request,
                  .on_bad_request = on_bad_request},
      .limits = {.head_bytes = 32 * 1024,
                 .request = {.target_bytes = 16 * 1024,
                             .fields = HTTP_FIELDS_MAX},
                 .header_timeout_us = 30 * 1000 * 1000,
                 .keepalive_timeout_us = 90 * 1000 * 1000,
                 .write_timeout_us = 30 * 1000 * 1000},
  };
  return booth_open(&mock->booth, mock->loop, &setup, error, error_cap);
}

/* False with one line in error. */
static bool listen_at(struct mock *mock, const struct mock_options *options,
                      char *error, size_t error_cap) {
  if (!open_booth(mock, &options->listen, error, error_cap)) return false;
  if (options->admin.host.len == 0) return true;
  mock->admin = mock_admin_new(mock->loop, &options->admin, &mock->faults,
                               error, error_cap);
  return mock->admin;
}

struct mock *mock_new(struct loop *loop, const struct mock_options *options,
                      char *error, size_t error_cap) {
  struct mock *mock = calloc(1, sizeof *mock);
  snprintf(error, error_cap, "out of memory");
  if (!mock) return NULL;
  mock->loop = loop;
  mock->faults = options->faults;
  mock->seed = options->seed;
  compose(&mock->answer, mock->answer_text,
          &(struct play){.draw = {FAULT_NONE, 200, 0},
                         .framing = {.steady = mock->faults.steady}});
  if (listen_at(mock, options, error, error_cap)) return mock;
  mock_free(mock);
  return NULL;
}

uint16_t mock_port(const struct mock *mock) { return booth_port(&mock->booth); }

uint16_t mock_port_of_admin(const struct mock *mock) {
  return mock_admin_port(mock->admin);
}

void mock_free(struct mock *mock) {
  if (!mock) return;
  mock_admin_free(mock->admin);
  booth_close(&mock->booth);
  free(mock);
}
