/* client PORT SEED FAULTS RATE SECONDS FIRST: asks hedgerow RATE times a
 * second, as many kinds of clients would, and judges every answer.
 *
 *   idle --> asking --> judged --> idle, or closing until the end comes
 *              |
 *              +--> left: by a reset, by a close, in the middle of its own
 *                   head or of the answer; or half-closed, and then it
 *                   waits for the answer or the end
 *
 * What a request is like follows from its number, which counts from FIRST. The
 * last line on stdout is a sum; wrong answers are told on stderr as they come,
 * and make it end with 1. An answer that has not come after STUCK_MS is wrong
 * as well. */
#include "judge.h"
#include "net.h"

enum { SLOTS = 400, TICK_MS = 4, STUCK_MS = 20000 };
enum { TOLD_MAX = 20, SHOWN_MAX = 1200 };

enum state { IDLE, ASKING, CLOSING };
enum leave { STAYS, RESETS, CLOSES, HALF_CLOSES, BREAKS_OFF, HANGS_UP };

struct slot {
  int fd; /* -1: none */
  enum state state;
  enum leave leave;
  bool keeps; /* the connection */
  bool has_half_closed;
  struct ask ask;
  int64_t asked_us, leave_us;
  char *in;
  size_t got, cap;
};

static struct slot slots[SLOTS];
static struct world world;
static int epoll, port;
static unsigned next_slot;
static unsigned long long asked, number;
static unsigned long long verdicts[WRONG + 1], left, unanswered, dials, bytes;

static void tell_wrong(const struct slot *slot, const char *why, int status) {
  if (++verdicts[WRONG] > TOLD_MAX) return;
  fprintf(stderr, "wrong: request %s kind %d status %d: %s; %zu bytes:\n%.*s\n",
          slot->ask.id, slot->ask.kind, status, why, slot->got,
          (int)(slot->got < SHOWN_MAX ? slot->got : SHOWN_MAX), slot->in);
}

static void drop(struct slot *slot, bool by_reset) {
  if (by_reset) close_by_reset(slot->fd);
  else close(slot->fd);
  slot->fd = -1;
  slot->state = IDLE;
}

/* ---- asking ---- */

static void make_up(struct ask *ask, uint64_t *state) {
  uint64_t kind = luck_next(state) % 100;
  ask->number = number++;
  ask->kind = kind < 65   ? ASK_SMART
              : kind < 73 ? ASK_HEAD
              : kind < 85 ? ASK_ALL
                          : ASK_ITEMS;
  ask->items = 1 + (unsigned)(luck_next(state) % ITEMS_MAX);
  ask->timeout_ms = luck_next(state) % 10 == 0
                        ? 20 + (int64_t)(luck_next(state) % 400)
                        : 6000;
  snprintf(ask->id, sizeof ask->id, "soak-%llu", ask->number);
}

static void write_request(struct slot *slot, struct text *out,
                          uint64_t *state) {
  static const char *const methods[] = {"GET ", "HEAD ", "GET ", "POST "};
  char storage[1024];
  struct text body;
  bool old = luck_next(state) % 100 < 20;
  slot->keeps = luck_next(state) % 100 < 75;
  text_init(&body, storage, sizeof storage);
  ask_body(&slot->ask, &body);
  text_str(out, methods[slot->ask.kind]);
  ask_target(&slot->ask, out);
  text_str(out, old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\nHost: soak\r\n");
  text_str(out, "X-Request-ID: ");
  text_str(out, slot->ask.id);
  if (old && slot->keeps) text_str(out, "\r\nConnection: keep-alive");
  if (!old && !slot->keeps) text_str(out, "\r\nConnection: close");
  if (body.len > 0) {
    text_str(out, "\r\nContent-Length: ");
    text_int(out, (int64_t)body.len);
  }
  text_str(out, "\r\n\r\n");
  text_slice(out, text_slice_of(&body));
}

static enum leave make_up_leave(uint64_t *state) {
  uint64_t luck = luck_next(state) % 100;
  return luck < 85 ? STAYS : (enum leave)(RESETS + luck % 5);
}

static void ask_now(struct slot *slot) {
  char storage[4096];
  struct text out;
  uint64_t state = (number + 1) * 0x9e3779b97f4a7c15;
  make_up(&slot->ask, &state);
  text_init(&out, storage, sizeof storage);
  write_request(slot, &out, &state);
  slot->leave = make_up_leave(&state);
  if (slot->leave == BREAKS_OFF) out.len = luck_next(&state) % out.len;
  if (send(slot->fd, out.at, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
    tell_wrong(slot, "the request was not taken", 0);
  slot->state = ASKING;
  slot->has_half_closed = false;
  slot->got = 0;
  slot->asked_us = now_us();
  slot->leave_us = slot->asked_us + (int64_t)(luck_next(&state) % 300) * 1000;
  asked++;
}

static void launch(void) {
  for (unsigned i = 0; i < SLOTS; i++) {
    struct slot *slot = &slots[next_slot++ % SLOTS];
    if (slot->state != IDLE) continue;
    if (slot->fd < 0) {
      slot->fd = dial(port);
      if (slot->fd < 0) give_up("connect");
      dials++;
      watch(epoll, slot->fd, EPOLLIN, slot);
    }
    ask_now(slot);
    return;
  }
}

/* ---- the answer ---- */

/* False: more has to come. */
static bool find_answer(const struct slot *slot, struct slice *head,
                        struct slice *body) {
  const char *end = memmem(slot->in, slot->got, "\r\n\r\n", 4);
  if (!end) return false;
  *head = (struct slice){slot->in, (size_t)(end - slot->in) + 2};
  struct slice length = judge_field(*head, "\r\nContent-Length: ");
  *body = (struct slice){end + 4, strtoull(length.at, NULL, 10)};
  if (slot->ask.kind == ASK_HEAD) body->len = 0;
  return slot->got >= (size_t)(body->at - slot->in) + body->len;
}

static void on_answer(struct slot *slot, struct slice head, struct slice body) {
  const char *why;
  int status = atoi(slot->in + sizeof "HTTP/1.1");
  enum verdict_kind verdict =
      judge(&world, &slot->ask, status, head, body, &why);
  if (verdict == WRONG) tell_wrong(slot, why, status);
  else verdicts[verdict]++;
  bytes += body.len;
  if (slot->got > (size_t)(body.at - slot->in) + body.len)
    tell_wrong(slot, "bytes behind the answer", status);
  bool closes =
      slice_equal(judge_field(head, "\r\nConnection: "), slice_of("close"));
  if (slot->keeps && closes && !slot->has_half_closed)
    tell_wrong(slot, "an end that was not asked for", status);
  slot->state = slot->keeps && !closes ? IDLE : CLOSING;
  slot->got = 0;
}

static void on_end(struct slot *slot) {
  if (slot->state == ASKING) {
    if (slot->has_half_closed && slot->got == 0) unanswered++;
    else tell_wrong(slot, "the connection ended without the answer", 0);
  }
  drop(slot, false);
}

static void on_readable(struct slot *slot) {
  struct slice head, body;
  if (slot->cap - slot->got < 64 * 1024) {
    slot->cap += 256 * 1024;
    slot->in = must_have(realloc(slot->in, slot->cap));
  }
  ssize_t n =
      recv(slot->fd, slot->in + slot->got, slot->cap - slot->got, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    on_end(slot);
    return;
  }
  slot->got += (size_t)n;
  if (slot->state != ASKING) tell_wrong(slot, "bytes that were not asked", 0);
  else if (find_answer(slot, &head, &body)) on_answer(slot, head, body);
  else if (slot->leave == HANGS_UP) {
    left++;
    drop(slot, true);
  }
}

/* ---- leaving ---- */

static void leave_now(struct slot *slot) {
  if (slot->leave == HALF_CLOSES) {
    shutdown(slot->fd, SHUT_WR);
    slot->has_half_closed = true;
    slot->keeps = false;
    slot->leave = STAYS;
    return;
  }
  left++;
  drop(slot, slot->leave == RESETS);
}

static void look_through(int64_t now) {
  for (unsigned i = 0; i < SLOTS; i++) {
    struct slot *slot = &slots[i];
    if (slot->state == IDLE) continue;
    bool leaves = slot->state == ASKING && slot->leave != STAYS &&
                  slot->leave != HANGS_UP;
    if (leaves && slot->leave_us <= now) {
      leave_now(slot);
    } else if (now - slot->asked_us > STUCK_MS * 1000) {
      tell_wrong(slot, "stuck", 0);
      drop(slot, true);
    }
  }
}

static unsigned busy(void) {
  unsigned count = 0;
  for (unsigned i = 0; i < SLOTS; i++) count += slots[i].state != IDLE;
  return count;
}

static void turn(void) {
  struct epoll_event events[TURN_EVENTS];
  int n = epoll_wait(epoll, events, TURN_EVENTS, TICK_MS);
  for (int i = 0; i < n; i++) {
    struct slot *slot = events[i].data.ptr;
    if (slot->fd >= 0) on_readable(slot);
  }
  look_through(now_us());
}

int main(int argc, char **argv) {
  char error[200];
  if (argc != 7) give_up("usage: client PORT SEED FAULTS RATE SECONDS FIRST");
  port = atoi(argv[1]);
  world.seed = strtoull(argv[2], NULL, 10);
  if (!faults_parse(&world.faults, slice_of(argv[3]), error, sizeof error))
    give_up(error);
  int64_t rate = atoi(argv[4]), span_us = atoi(argv[5]) * (int64_t)1000000;
  number = strtoull(argv[6], NULL, 10);
  epoll = must(epoll_create1(0), "epoll_create1");
  for (unsigned i = 0; i < SLOTS; i++) slots[i].fd = -1;
  int64_t start = now_us(), now;
  while ((now = now_us()) - start < span_us) {
    while ((int64_t)asked < (now - start) * rate / 1000000 && busy() < SLOTS)
      launch();
    turn();
  }
  while (busy() > 0) turn();
  for (unsigned i = 0; i < SLOTS; i++)
    if (slots[i].fd >= 0) drop(&slots[i], false);
  printf("asked=%llu success=%llu 4xx=%llu 502=%llu 504=%llu left=%llu "
         "half_closed_unanswered=%llu connections=%llu megabytes=%llu "
         "wrong=%llu\n",
         asked, verdicts[RIGHT_2XX], verdicts[RIGHT_4XX], verdicts[RIGHT_502],
         verdicts[RIGHT_504], left, unanswered, dials, bytes / 1000000,
         verdicts[WRONG]);
  return verdicts[WRONG] > 0;
}
