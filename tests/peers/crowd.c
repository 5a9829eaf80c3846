/* crowd: see crowd.h.
 *
 * /smart and /all, in HTTP/1.0 and 1.1, kept and not; of every 20 clients 3
 * leave: by a reset, a close, a half-close, in the middle of their own head or
 * of the answer. Wrong answers are told on stderr as they come. */
#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOLD_MAX = 20, SHOWN_MAX = 1200, MS_NS = 1000000 };

static struct world world;
static long first;
static bool calm;
static unsigned long long verdicts[VERDICTS];

/* ---- asking ---- */

static void make_up(struct ask *ask, uint64_t *state) {
  uint64_t kind = luck_next(state) % 100;
  ask->kind = kind < 65   ? ASK_SMART
              : kind < 73 ? ASK_HEAD
              : kind < 85 ? ASK_ALL
                          : ASK_ITEMS;
  ask->items = 1 + (unsigned)(luck_next(state) % ITEMS_MAX);
  ask->timeout_ms = luck_next(state) % 10 == 0 && !calm
                        ? 20 + (int64_t)(luck_next(state) % 400)
                        : 6000;
  snprintf(ask->id, sizeof ask->id, "soak-%llu", ask->number);
}

static void write_request(const struct ask *ask, struct text *out, bool old,
                          bool keeps) {
  static const char *const methods[] = {"GET ", "HEAD ", "GET ", "POST "};
  char storage[1024];
  struct text body;
  text_init(&body, storage, sizeof storage);
  ask_body(ask, &body);
  text_str(out, methods[ask->kind]);
  ask_target(ask, out);
  text_str(out, old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\nHost: soak\r\n");
  text_str(out, "X-Request-ID: ");
  text_str(out, ask->id);
  if (old && keeps) text_str(out, "\r\nConnection: keep-alive");
  if (!old && !keeps) text_str(out, "\r\nConnection: close");
  if (body.len > 0) {
    text_str(out, "\r\nContent-Length: ");
    text_int(out, (int64_t)body.len);
  }
  text_str(out, "\r\n\r\n");
  text_slice(out, text_slice_of(&body));
}

static void make_up_leave(struct question *question, uint64_t *state) {
  uint64_t luck = luck_next(state) % 100;
  if (calm || luck < 85) return;
  question->leave = (enum leave)(RESETS + luck % 5);
  question->leave_ns = (int64_t)(luck_next(state) % 300) * MS_NS;
  if (question->leave == BREAKS_OFF)
    question->len = luck_next(state) % question->len;
}

static void ask(struct question *question) {
  static char storage[4096];
  struct text out;
  question->ask.number =
      (unsigned long long)first + (unsigned long long)question->number;
  uint64_t state = (question->ask.number + 1) * 0x9e3779b97f4a7c15;
  make_up(&question->ask, &state);
  bool old = luck_next(&state) % 100 < 20, keeps = luck_next(&state) % 100 < 75;
  text_init(&out, storage, sizeof storage);
  write_request(&question->ask, &out, old, keeps);
  question->bytes = out.at;
  question->len = out.len;
  question->is_head = question->ask.kind == ASK_HEAD;
  question->afterwards = keeps ? IS_KEPT : IS_ENDED_BY_PEER;
  make_up_leave(question, &state);
}

/* ---- answers ---- */

static void tell_wrong(const struct question *question, const char *why,
                       const char *bytes, size_t len) {
  if (++verdicts[WRONG] > TOLD_MAX) return;
  fprintf(stderr, "wrong: request %s kind %d: %s; %zu bytes:\n%.*s\n",
          question->ask.id, question->ask.kind, why, len,
          (int)(len < SHOWN_MAX ? len : SHOWN_MAX), bytes);
}

static void on_answer(const struct question *question,
                      const struct answer *answer, const char *bytes,
                      size_t len, struct fate *fate) {
  const char *why;
  struct slice head = {bytes, answer->head_len - 2};
  struct slice body = {bytes + answer->head_len, answer->body_len};
  struct ask asked = question->ask;
  asked.held_ms = question->held_ns / MS_NS;
  enum verdict_kind verdict =
      judge(&world, &asked, answer->status, head, body, &why);
  if (verdict == WRONG) tell_wrong(question, why, bytes, len);
  else verdicts[verdict]++;
  if (answer->closes && question->afterwards == IS_KEPT && !calm)
    tell_wrong(question, "an end that was not asked for", bytes, len);
  fate->good = verdict == RIGHT_2XX;
}

static void on_end(const struct question *question, enum ending ending,
                   const struct answer *answer, const char *bytes, size_t len,
                   struct fate *fate) {
  static const char *const wrong[ENDINGS] = {
      [REFUSED] = "the connection was refused",
      [LOST] = "the connection ended without the answer",
      [TIMED_OUT] = "stuck",
      [ODD] = "bytes that are no answer, or behind one",
  };
  bool excused = calm && (ending == LOST || ending == REFUSED);
  if (ending == ANSWERED) on_answer(question, answer, bytes, len, fate);
  else if (wrong[ending] && !excused)
    tell_wrong(question, wrong[ending], bytes, len);
}

const struct subject *crowd_subject(const struct world *the_world,
                                    long the_first, bool is_calm) {
  static const struct subject subject = {ask, on_end};
  world = *the_world;
  first = the_first;
  calm = is_calm;
  return &subject;
}

int crowd_tell(const struct client_sums *sums) {
  printf(" success=%llu 4xx=%llu 502=%llu 504=%llu problems=%llu nulls=%llu"
         " closed=%llu left=%llu half_closed_unanswered=%llu megabytes=%llu"
         " wrong=%llu",
         verdicts[RIGHT_2XX], verdicts[RIGHT_4XX], verdicts[RIGHT_502],
         verdicts[RIGHT_504], verdicts[RIGHT_PROBLEM], verdicts[RIGHT_NULLS],
         sums->ends[LOST] + sums->ends[REFUSED], sums->ends[LEFT],
         sums->ends[UNANSWERED], sums->bytes / 1000000, verdicts[WRONG]);
  return verdicts[WRONG] > 0;
}
