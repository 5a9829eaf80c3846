/* Clients that mean harm. Whatever they do, three things hold: they get one
 * clear answer or a close, the upstream never sees what they smuggle, and the
 * next client is served as if they were not there.
 *
 * A head that is only malformed is in test_front.c, what each limit does in
 * test_limits.c. How much others lose while thousands attack is measured by
 * scripts/hostile. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/hurry.h"
#include "support/stage.h"
#include "support/wire.h"
#include "support/words.h"

#define HEALTHY "{\"status\":\"ok\"}"
#define HOST "Host: hedgerow.test\r\n"

enum { LARGE_BODY = 8 * 1000 * 1000 };

static void expect_served(struct stage *s) {
  OWNED(client) client = client_new(s->program->port);
  client_expect_healthy(client);
}

/* All that comes until the close. */
static size_t read_to_end(struct client *client, char *into, size_t cap) {
  size_t len = 0, n;
  while ((n = wire_read(client->fd, into + len, cap - 1 - len, "a close")) > 0)
    len += n;
  into[len] = '\0';
  return len;
}

/* ---- request smuggling --------------------------------------------------------- */

#define EVIL "GET /smart/smuggled HTTP/1.1\r\nHost: evil\r\n\r\n"

/* One problem, with this status, and the close; nothing reaches the upstream. */
static void play_smuggler(const char *bytes, size_t len, int status) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  char said[8192], want[32];
  (void)!client_try_send(s.client, bytes, len);
  read_to_end(s.client, said, sizeof said);
  snprintf(want, sizeof want, "HTTP/1.1 %d ", status);
  cr_assert(strncmp(said, want, strlen(want)) == 0 &&
                words_count(said, "Content-Length: ") == 1 &&
                words_count(said, "application/problem+json\r\n") == 1 &&
                words_count(said, "Connection: close\r\n") == 1,
            "expected one %d and a close but got:\n%s", status, said);
  origin_expect_no_arrival(s.origin);
  expect_served(&s);
}

#define SMUGGLER(name, status, bytes)                                          \
  Test(smuggling, name) {                                                      \
    play_smuggler(bytes EVIL, sizeof(bytes EVIL) - 1, status);                 \
  }

#define POST "POST /all HTTP/1.1\r\n" HOST
#define GET "GET /smart HTTP/1.1\r\n" HOST
#define CHUNKS "0\r\n\r\n"

SMUGGLER(a_length_then_chunks, 400,
         POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" CHUNKS)
SMUGGLER(chunks_then_a_length, 400,
         POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" CHUNKS)
SMUGGLER(two_lengths, 400,
         POST "Content-Length: 0\r\nContent-Length: 52\r\n\r\n")
SMUGGLER(two_equal_lengths, 400,
         POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]")
SMUGGLER(a_list_of_lengths, 400, POST "Content-Length: 0, 52\r\n\r\n")
SMUGGLER(a_signed_length, 400, POST "Content-Length: +0\r\n\r\n")
SMUGGLER(a_hexadecimal_length, 400, POST "Content-Length: 0x0\r\n\r\n")
SMUGGLER(a_length_with_a_space_inside, 400, POST "Content-Length: 0 0\r\n\r\n")
SMUGGLER(a_length_in_a_fold, 400, POST "Content-Length: 0\r\n 52\r\n\r\n")
SMUGGLER(a_length_before_a_space, 400, POST "Content-Length : 0\r\n\r\n")
SMUGGLER(a_length_behind_a_bare_lf, 400,
         POST "X: y\nContent-Length: 52\r\n\r\n")
SMUGGLER(a_length_behind_a_bare_cr, 400,
         POST "X: y\rContent-Length: 52\r\n\r\n")
SMUGGLER(a_length_behind_a_nul, 400,
         POST "X: y\0\r\nContent-Length: 52\r\n\r\n")
SMUGGLER(a_length_that_overflows, 400,
         POST "Content-Length: 18446744073709551616\r\n\r\n")
SMUGGLER(chunks_twice, 501,
         POST "Transfer-Encoding: chunked\r\n"
              "Transfer-Encoding: chunked\r\n\r\n" CHUNKS)
SMUGGLER(chunks_before_a_space, 400,
         POST "Transfer-Encoding : chunked\r\n\r\n" CHUNKS)
SMUGGLER(chunks_in_a_fold, 400,
         POST "Transfer-Encoding:\r\n chunked\r\n\r\n" CHUNKS)
SMUGGLER(chunks_behind_a_vertical_tab, 400,
         POST "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n" CHUNKS)
SMUGGLER(chunks_by_another_name, 501,
         POST "Transfer-Encoding: xchunked\r\n\r\n" CHUNKS)
SMUGGLER(chunks_and_identity, 501,
         POST "Transfer-Encoding: chunked, identity\r\n\r\n" CHUNKS)
SMUGGLER(chunks_in_quotes, 501,
         POST "Transfer-Encoding: \"chunked\"\r\n\r\n" CHUNKS)
SMUGGLER(chunks_in_http_1_0, 400,
         "POST /all HTTP/1.0\r\n" HOST
         "Transfer-Encoding: chunked\r\n\r\n" CHUNKS)
SMUGGLER(chunks_on_a_get, 413, GET "Transfer-Encoding: chunked\r\n\r\n" CHUNKS)
SMUGGLER(a_length_on_a_get, 413, GET "Content-Length: 52\r\n\r\n")
SMUGGLER(a_length_and_chunks_on_a_get, 400,
         GET "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" CHUNKS)

#define IN_CHUNKS POST "Transfer-Encoding: chunked\r\n\r\n"

SMUGGLER(a_chunk_size_with_a_prefix, 400, IN_CHUNKS "0x0\r\n\r\n")
SMUGGLER(a_chunk_size_with_a_sign, 400, IN_CHUNKS "-0\r\n\r\n")
SMUGGLER(a_chunk_size_behind_a_space, 400, IN_CHUNKS " 0\r\n\r\n")
SMUGGLER(a_chunk_size_before_a_space, 400, IN_CHUNKS "0 \r\n\r\n")
SMUGGLER(a_chunk_size_that_overflows, 400,
         IN_CHUNKS "10000000000000000\r\n\r\n")
SMUGGLER(a_chunk_size_that_ends_in_lf, 400, IN_CHUNKS "0\n\r\n")
SMUGGLER(a_chunk_size_that_ends_in_cr, 400, IN_CHUNKS "0\r\r\n\r\n")
SMUGGLER(a_chunk_that_ends_in_lf, 400, IN_CHUNKS "2\r\n[]\n" CHUNKS)
SMUGGLER(a_chunk_that_has_no_end, 400, IN_CHUNKS "2\r\n[]" CHUNKS)
SMUGGLER(a_chunk_longer_than_its_size, 400, IN_CHUNKS "1\r\n[]\r\n" CHUNKS)
SMUGGLER(a_chunk_size_behind_an_lf_in_an_extension, 400,
         IN_CHUNKS "2;\n[]\r\n" CHUNKS)
SMUGGLER(a_request_in_the_trailers, 400, IN_CHUNKS "0\r\n")
SMUGGLER(a_fold_in_the_trailers, 400, IN_CHUNKS "0\r\nX: y\r\n z\r\n\r\n")
SMUGGLER(trailers_that_end_in_lf, 400, IN_CHUNKS "0\r\nX: y\n\n")

SMUGGLER(lines_that_end_in_lf, 400,
         "GET /smart HTTP/1.1\nHost: hedgerow.test\n\n")
SMUGGLER(a_head_that_ends_in_lf, 400, "GET /smart HTTP/1.1\r\n" HOST "\n")
SMUGGLER(a_space_before_the_first_field, 400,
         "GET /smart HTTP/1.1\r\n " HOST "\r\n")
SMUGGLER(two_hosts, 400, GET "Host: other.test\r\n\r\n")
SMUGGLER(a_request_line_in_a_target, 400,
         "GET /smart HTTP/1.1\r\n" HOST "X: y\r\n"
         "GET /smart/smuggled HTTP/1.1\r\n\r\n")

/* ---- another origin ------------------------------------------------------------- */

/* hedgerow in front of s.origin, and somebody else on this machine. */
struct heist {
  struct stage stage;
  struct origin *victim;
};

static struct heist heist_begin(void) {
  return (struct heist){stage_open("--hedges", "0"), origin_new()};
}

static void heist_end(struct heist *heist) {
  origin_expect_no_arrival(heist->victim);
  expect_served(&heist->stage);
  stage_close(&heist->stage);
  origin_free(heist->victim);
}

/* The text with the victim's port for each PORT in it. */
static const char *aimed(const struct heist *heist, const char *text) {
  static char aimed[2][1024];
  static unsigned turn;
  char *into = aimed[turn++ % 2];
  size_t len = 0;
  const char *at;
  for (; (at = strstr(text, "PORT")); text = at + 4)
    len += (size_t)sprintf(into + len, "%.*s%u", (int)(at - text), text,
                           heist->victim->port);
  strcpy(into + len, text);
  return into;
}

static void expect_item_refused(const char *item) {
  struct heist heist = heist_begin();
  const char *body = words_of("[\"%s\"]", aimed(&heist, item));
  client_post(heist.stage.client, "/all", body);
  client_expect_problem(heist.stage.client, 400);
  origin_expect_no_arrival(heist.stage.origin);
  heist_end(&heist);
}

#define ITEM(name, text)                                                       \
  Test(another_origin, name) { expect_item_refused(text); }

ITEM(an_item_there_is_refused, "http://127.0.0.1:PORT/")
ITEM(an_item_of_another_scheme_is_refused, "https://127.0.0.1:PORT/")
ITEM(an_item_for_a_file_is_refused, "file:///etc/passwd")
ITEM(an_item_for_gopher_is_refused, "gopher://127.0.0.1:PORT/_x")
ITEM(an_item_with_a_user_is_refused, "http://hedgerow@127.0.0.1:PORT/")
ITEM(an_item_by_a_name_is_refused, "http://localhost:PORT/")
ITEM(an_item_by_a_decimal_address_is_refused, "http://2130706433:PORT/")
ITEM(an_item_by_ipv6_is_refused, "http://[::1]:PORT/")
ITEM(an_item_without_a_scheme_is_refused, "127.0.0.1:PORT/")
ITEM(an_item_that_breaks_the_line_is_refused, "/x\\r\\nHost: 127.0.0.1:PORT")
ITEM(an_item_that_climbs_is_refused, "/../127.0.0.1:PORT")
ITEM(an_item_that_climbs_in_code_is_refused, "/%2e%2E/127.0.0.1:PORT")

/* The origin's authority first, and the victim's behind an @. */
Test(another_origin, an_item_that_hides_behind_ours_is_refused) {
  struct heist heist = heist_begin();
  const char *body = words_of("[\"%s%s\"]", heist.stage.origin->url,
                              aimed(&heist, "@127.0.0.1:PORT/"));
  client_post(heist.stage.client, "/all", body);
  client_expect_problem(heist.stage.client, 400);
  origin_expect_no_arrival(heist.stage.origin);
  heist_end(&heist);
}

/* Whatever the request line, the Host or REST name, it is asked of --to. */
static void expect_asked_of_ours(const char *target, const char *line) {
  struct heist heist = heist_begin();
  const char *request =
      words_of("GET %s HTTP/1.1\r\n%s\r\n", target,
               "Host: 127.0.0.1:PORT\r\nX-Forwarded-Host: 127.0.0.1:PORT\r\n");
  client_send(heist.stage.client, aimed(&heist, request));
  struct arrival *arrival = origin_await(heist.stage.origin);
  arrival_expect_line(arrival, aimed(&heist, line));
  arrival_expect_field(arrival, "Host", heist.stage.origin->host);
  arrival_answer_json(arrival, 200, "1");
  client_expect(heist.stage.client, 200, "1");
  heist_end(&heist);
}

#define ASKS_OURS(name, target, line)                                          \
  Test(another_origin, name) { expect_asked_of_ours(target, line); }

ASKS_OURS(a_host_of_another_origin_is_not_followed, "/smart", "GET / HTTP/1.1")
ASKS_OURS(an_absolute_target_is_not_followed, "http://127.0.0.1:PORT/smart/x",
          "GET /x HTTP/1.1")
ASKS_OURS(a_url_as_rest_is_a_path, "/smart/http://127.0.0.1:PORT/",
          "GET /http://127.0.0.1:PORT/ HTTP/1.1")
ASKS_OURS(two_slashes_as_rest_are_a_path, "/smart//127.0.0.1:PORT/",
          "GET //127.0.0.1:PORT/ HTTP/1.1")
ASKS_OURS(an_at_as_rest_is_a_path, "/smart/@127.0.0.1:PORT/",
          "GET /@127.0.0.1:PORT/ HTTP/1.1")

static void expect_turned_away(const char *request, int status) {
  struct heist heist = heist_begin();
  client_send(heist.stage.client, aimed(&heist, request));
  client_expect_problem(heist.stage.client, status);
  origin_expect_no_arrival(heist.stage.origin);
  heist_end(&heist);
}

Test(another_origin, an_absolute_target_with_another_path_is_404) {
  expect_turned_away("GET http://127.0.0.1:PORT/ HTTP/1.1\r\n"
                     "Host: 127.0.0.1:PORT\r\n\r\n",
                     404);
}
Test(another_origin, a_connect_opens_no_tunnel) {
  expect_turned_away("CONNECT 127.0.0.1:PORT HTTP/1.1\r\n"
                     "Host: 127.0.0.1:PORT\r\n\r\n",
                     405);
}
Test(another_origin, a_rest_that_climbs_is_400) {
  expect_turned_away("GET /smart/%2e%2e/x HTTP/1.1\r\n"
                     "Host: 127.0.0.1:PORT\r\n\r\n",
                     400);
}

/* ---- other protocols -------------------------------------------------------------- */

static void expect_one_400_or_505(const char *bytes, size_t len) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  char said[4096];
  (void)!client_try_send(s.client, bytes, len);
  read_to_end(s.client, said, sizeof said);
  cr_assert((strncmp(said, "HTTP/1.1 400 ", 13) == 0 ||
             strncmp(said, "HTTP/1.1 505 ", 13) == 0) &&
                words_count(said, "Content-Length: ") == 1,
            "%s", said);
  expect_served(&s);
}

#define SPEAKS(name, bytes)                                                    \
  Test(protocols, name) { expect_one_400_or_505(bytes, sizeof(bytes) - 1); }

SPEAKS(a_tls_hello_gets_words_and_a_close,
       "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x20\x21\x22\x23\x24\x25")
SPEAKS(an_http_2_preface_gets_505_and_a_close,
       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0")
SPEAKS(a_proxy_header_gets_400_and_a_close,
       "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET /healthz HTTP/1.1\r\n\r\n")
SPEAKS(a_redis_command_gets_400_and_a_close, "*1\r\n$4\r\nPING\r\n\r\n")

/* An upgrade is a wish: the request is answered as if it had none, and the
 * upstream never hears of it. */
static void expect_no_upgrade(const char *fields) {
  SCOPED(stage) s = stage_open("--hedges", "0");
  client_get_with(s.client, "/smart", fields);
  struct arrival *arrival = origin_await(s.origin);
  arrival_expect_none(arrival, "Upgrade", "HTTP2-Settings");
  arrival_answer_json(arrival, 200, "1");
  reply_expect_field(client_expect(s.client, 200, "1"), "Upgrade", NULL);
}

Test(protocols, a_websocket_is_not_opened) {
  expect_no_upgrade("Connection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}
Test(protocols, h2c_is_not_spoken) {
  expect_no_upgrade("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n");
}

/* ---- floods ------------------------------------------------------------------------- */

/* `first`, then `more` for ever: an answer and a close, soon. */
static void expect_flood_stopped(const char *first, const char *more) {
  enum { FLOOD_BYTES = 64 * 1024 * 1024 };
  SCOPED(stage) s = stage_open("--hedges", "0");
  size_t len = strlen(more), sent = 0;
  char said[4096];
  client_send(s.client, first);
  while (sent < FLOOD_BYTES && !wire_is_readable(s.client->fd) &&
         client_try_send(s.client, more, len))
    sent += len;
  cr_assert(sent < FLOOD_BYTES, "hedgerow took %zu bytes of a head", sent);
  shutdown(s.client->fd, SHUT_WR);
  read_to_end(s.client, said, sizeof said);
  cr_assert(said[0] == '\0' || strncmp(said, "HTTP/1.1 4", 10) == 0, "%s",
            said);
  expect_served(&s);
}

#define STOPS(name, first, more)                                               \
  Test(floods, name) { expect_flood_stopped(first, more); }

STOPS(fields_without_end_are_stopped, "GET /smart HTTP/1.1\r\n" HOST,
      "X-Field: and on and on and on\r\n")
STOPS(a_field_without_end_is_stopped, "GET /smart HTTP/1.1\r\n" HOST "X: ",
      "and on and on and on and on and on")
STOPS(a_target_without_end_is_stopped, "GET /smart/",
      "and/on/and/on/and/on/and/on")
STOPS(a_method_without_end_is_stopped, "GET", "GETGETGETGETGETGETGETGETGETGET")
STOPS(empty_lines_without_end_are_stopped, "\r\n",
      "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n")

Test(floods, a_thousand_pipelined_requests_are_answered_in_order) {
  enum { MANY = 1000 };
  SCOPED(stage) s = stage_open("--hedges", "0");
  struct arrival *arrival = NULL;
  char *requests = malloc(MANY * 64), *at = requests, want[64];
  cr_assert_not_null(requests);
  for (int i = 0; i < MANY; i++)
    at += sprintf(at, "GET /smart/%d HTTP/1.1\r\n" HOST "\r\n", i);
  client_send(s.client, requests);
  for (int i = 0; i < MANY; i++) {
    if (i == 0) arrival = origin_await(s.origin);
    else arrival_await_next(arrival);
    snprintf(want, sizeof want, "GET /%d HTTP/1.1", i);
    arrival_expect_line(arrival, want);
    snprintf(want, sizeof want, "{\"i\":%d}", i);
    stage_serve(&s, arrival, 200, want);
  }
  client_expect_nothing(s.client);
  free(requests);
}

/* The same where nobody reads the answers until all requests are out. */
Test(floods, pipelined_requests_whose_answers_nobody_reads_are_held_back) {
  enum { BOUND = 64 * 1024 * 1024 };
  static const char request[] = "GET /healthz HTTP/1.1\r\n" HOST "\r\n";
  SCOPED(stage) s =
      stage_open("--hedges", "0", "--write-timeout", "10m", "--header-timeout",
                 "10m", "--keepalive-timeout", "10m");
  size_t sent = 0, whole;
  struct pollfd room = {.fd = s.client->fd, .events = POLLOUT};
  while (sent < BOUND && poll(&room, 1, 200) > 0) {
    ssize_t n = send(s.client->fd, request + sent % (sizeof request - 1),
                     sizeof request - 1 - sent % (sizeof request - 1),
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) sent += (size_t)n;
  }
  cr_assert(sent < BOUND, "hedgerow took %zu bytes of requests", sent);
  expect_served(&s);
  whole = sent / (sizeof request - 1);
  for (size_t i = 0; i < whole; i++) client_expect(s.client, 200, HEALTHY);
}

/* ---- slow clients ---------------------------------------------------------------------- */

/* A byte a second from each, until hedgerow has answered or closed. */
static void drip(struct client **clients, size_t count, char byte) {
  size_t open = count;
  while (open > 0) {
    struct pollfd answered = {.fd = clients[0]->fd, .events = POLLIN};
    open = 0;
    for (size_t i = 0; i < count; i++) {
      if (wire_is_readable(clients[i]->fd)) continue;
      if (client_try_send(clients[i], &byte, 1)) open++;
    }
    poll(&answered, 1, 1);
    hurry_by(1);
  }
}

static void play_slow_clients(struct stage *s, const char *first) {
  enum { SLOW = 100 };
  struct client *slow[SLOW];
  char said[4096];
  for (size_t i = 0; i < SLOW; i++) {
    slow[i] = client_new(s->program->port);
    client_send(slow[i], first);
  }
  expect_served(s);
  drip(slow, SLOW, 'x');
  for (size_t i = 0; i < SLOW; i++) {
    read_to_end(slow[i], said, sizeof said);
    cr_assert(strncmp(said, "HTTP/1.1 408 ", 13) == 0, "%s", said);
    client_free(slow[i]);
  }
  origin_expect_no_arrival(s->origin);
  expect_served(s);
  stage_close(s);
}

/* One worker, so that who is served comes after who came before. */
static struct stage open_hurried(const char *header, const char *keepalive) {
  hurry_open();
  return stage_open("--workers", "1", "--header-timeout", header,
                    "--keepalive-timeout", keepalive);
}

Test(slow, heads_that_drip_have_one_deadline) {
  struct stage s = open_hurried("20s", "10m");
  play_slow_clients(&s, "GET /smart HTTP/1.1\r\n" HOST "X: ");
}

Test(slow, bodies_that_drip_have_one_deadline) {
  struct stage s = open_hurried("10m", "20s");
  play_slow_clients(&s, POST "Content-Length: 100000\r\n\r\n[\"");
}

Test(slow, chunks_that_drip_have_one_deadline) {
  struct stage s = open_hurried("10m", "20s");
  play_slow_clients(&s, IN_CHUNKS "fffff\r\n[\"");
}

#define LARGE_HEAD                                                             \
  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n"

static char *large_body(void) {
  char *body = malloc(LARGE_BODY + 1);
  cr_assert_not_null(body);
  memset(body, 'x', LARGE_BODY);
  body[0] = body[LARGE_BODY - 1] = '"';
  body[LARGE_BODY] = '\0';
  return body;
}

/* A client whose kernel takes little, with a large answer on its way to it. */
static struct client *ask_and_not_read(struct stage *s, const char *body) {
  int small = 64 * 1024;
  struct client *client = client_new(s->program->port);
  setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  client_get(client, "/smart");
  arrival_answer_json(origin_await(s->origin), 200, body);
  wire_await(client->fd, POLLIN, "the beginning of an answer");
  return client;
}

/* A sanitizer keeps what is freed, so that its figures say nothing. */
static bool is_sanitized(const struct program *program) {
  char path[64], line[4096];
  bool found = false;
  snprintf(path, sizeof path, "/proc/%d/maps", (int)program->pid);
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file);
  while (!found && fgets(line, sizeof line, file))
    found = strstr(line, "libasan") || strstr(line, "libtsan");
  fclose(file);
  return found;
}

/* What they hold is what --max-buffered allows, whatever they ask for; and when
 * --write-timeout has passed, everything is given back (--drain would otherwise
 * wait an hour for them). */
Test(slow, clients_that_never_read_hold_bounded_memory_and_are_given_up) {
  enum { SILENT = 12, ALLOWED_KB = 32 * 1024, SLACK_KB = 16 * 1024 };
  SCOPED(stage) s = stage_open("--hedges", "0", "--max-buffered", "32M",
                               "--write-timeout", "1s", "--drain", "60m");
  struct client *silent[SILENT];
  char *body = large_body();
  long before_kb = program_kb(s.program, "VmRSS"), after_kb;
  for (size_t i = 0; i < SILENT; i++) {
    silent[i] = client_new(s.program->port);
    int small = 64 * 1024;
    setsockopt(silent[i]->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client_get(silent[i], "/smart");
    struct arrival *arrival = origin_await(s.origin);
    arrival_send(arrival, LARGE_HEAD);
    arrival_send_until_closed(arrival, body, LARGE_BODY);
    wire_await(silent[i]->fd, POLLIN, "the beginning of an answer");
  }
  after_kb = program_kb(s.program, "VmRSS");
  cr_assert(is_sanitized(s.program) ||
                after_kb < before_kb + ALLOWED_KB + SLACK_KB,
            "%ld kB became %ld kB", before_kb, after_kb);
  expect_served(&s);
  program_stop(s.program);
  for (size_t i = 0; i < SILENT; i++) client_free(silent[i]);
  free(body);
}

/* ---- clients that end, or break, at each stage -------------------------------------------- */

enum departure { ENDS, BREAKS };

static void depart(struct client *client, enum departure how) {
  char said[4096];
  if (how == BREAKS) {
    client_reset(client);
    return;
  }
  client_end(client);
  read_to_end(client, said, sizeof said);
  cr_assert(said[0] == '\0' || strncmp(said, "HTTP/1.1 100 ", 13) == 0, "%s",
            said);
}

/* These bytes and it goes: nothing reaches the upstream, and hedgerow holds
 * nothing that its drain would wait an hour for. */
static void play_departure(const char *bytes, enum departure how) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  client_send(s.client, bytes);
  depart(s.client, how);
  expect_served(&s);
  origin_expect_no_arrival(s.origin);
}

#define DEPARTURE(name, bytes)                                                 \
  Test(half_closes, name) { play_departure(bytes, ENDS); }                     \
  Test(resets, name) { play_departure(bytes, BREAKS); }

DEPARTURE(before_a_byte, "")
DEPARTURE(inside_the_method, "GE")
DEPARTURE(inside_the_target, "GET /sma")
DEPARTURE(inside_the_version, "GET /smart HTTP/1")
DEPARTURE(inside_a_field, "GET /smart HTTP/1.1\r\nHo")
DEPARTURE(before_the_last_line, "GET /smart HTTP/1.1\r\n" HOST "\r")
DEPARTURE(before_a_body, POST "Content-Length: 100\r\n\r\n")
DEPARTURE(inside_a_body, POST "Content-Length: 100\r\n\r\n[\"/a\"")
DEPARTURE(before_a_chunk, IN_CHUNKS)
DEPARTURE(inside_a_chunk_size, IN_CHUNKS "1")
DEPARTURE(inside_a_chunk, IN_CHUNKS "64\r\n[\"/a\"")
DEPARTURE(inside_the_trailers, IN_CHUNKS "6\r\n[\"/a\"]\r\n0\r\nX: y")
DEPARTURE(before_a_body_that_was_waited_for,
          POST "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")

static void play_departure_while_pending(enum departure how) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  struct arrival *arrival = stage_ask(&s, "/smart");
  depart(s.client, how);
  arrival_await_closed(arrival);
  expect_served(&s);
}

Test(half_closes, while_an_answer_is_pending) {
  play_departure_while_pending(ENDS);
}
Test(resets, while_an_answer_is_pending) {
  play_departure_while_pending(BREAKS);
}

/* With the next requests behind the one that is pending. */
static void play_departure_of_a_pipeline(enum departure how) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  for (int i = 0; i < 50; i++) client_get(s.client, "/smart");
  struct arrival *arrival = origin_await(s.origin);
  depart(s.client, how);
  arrival_await_closed(arrival);
  expect_served(&s);
  origin_expect_no_arrival(s.origin);
}

Test(half_closes, of_a_pipeline) { play_departure_of_a_pipeline(ENDS); }
Test(resets, of_a_pipeline) { play_departure_of_a_pipeline(BREAKS); }

/* Once an answer is on its way, a client that has no more to ask gets it. */
Test(half_closes, inside_a_large_answer) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  char *body = large_body();
  struct client *client = ask_and_not_read(&s, body);
  client_end(client);
  client_expect(client, 200, body);
  client_await_close(client);
  client_free(client);
  free(body);
}

Test(resets, inside_a_large_answer) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  char *body = large_body();
  struct client *client = ask_and_not_read(&s, body);
  client_reset(client);
  expect_served(&s);
  client_free(client);
  free(body);
}

Test(half_closes, after_an_answer) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  client_expect_healthy(s.client);
  client_end(s.client);
  client_await_close(s.client);
}

Test(resets, after_an_answer) {
  SCOPED(stage) s = stage_open("--hedges", "0", "--drain", "60m");
  client_expect_healthy(s.client);
  client_reset(s.client);
  expect_served(&s);
}
