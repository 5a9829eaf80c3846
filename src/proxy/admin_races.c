/* admin_races.c: the history of races, as it is asked for.
 *
 * What stands on the tapes is taken first, so an answer tells of every race
 * that had settled when it was asked for, but those that were left out. */
#include <stdio.h>
#include <stdlib.h>

#include "core/percent.h"
#include "core/query.h"
#include "core/race_json.h"
#include "io/clock.h"
#include "proxy/admin_parts.h"

enum { LIMIT = 50, PARAM_BYTES = 1024 };

void admin_collect(struct admin *admin) {
  history_collect(admin->view.history, clock_now_us(), admin_events_on_race,
                  admin);
}

bool admin_put_race(struct reply *reply, const struct kept *race) {
  static char storage[RACE_JSON_BYTES]; /* the main thread's */
  struct race_copy copy;
  struct text text;
  if (!race_copy_read(&copy, race->copy)) return false;
  text_init(&text, storage, sizeof storage);
  race_json(&text, &copy, race->seq);
  reply_flush(reply, &text);
  return !reply->failed;
}

/* ---- parameters ---- */

/* What does not fit, or is no encoding, is cut: then it matches nothing. */
static struct slice decode(struct slice raw, struct text *text) {
  while (raw.len > 0) {
    char byte;
    (void)percent_next(&raw, &byte);
    text_char(text, byte);
  }
  return text_slice_of(text);
}

struct slice admin_param(struct slice query, const char *name,
                         struct text *text) {
  struct query_param param = {.name = name};
  query_take(query, &param, 1, NULL);
  return decode(param.value, text);
}

static bool read_kind(struct slice word, enum history_kind *kind) {
  for (unsigned i = 0; i < HISTORY_KINDS; i++) {
    *kind = i;
    if (slice_equal(word, slice_of(history_kind_names[i]))) return true;
  }
  *kind = HISTORY_LATEST;
  return word.len == 0;
}

/* 1 to HISTORY_LIST_MAX. */
static bool read_limit(struct slice word, unsigned *limit) {
  *limit = word.len > 0 ? 0 : LIMIT;
  for (size_t i = 0; i < word.len; i++) {
    if (word.at[i] < '0' || word.at[i] > '9') return false;
    *limit = *limit * 10 + (unsigned)(word.at[i] - '0');
    if (*limit > HISTORY_LIST_MAX) return false;
  }
  return *limit > 0;
}

static void refuse(struct reply *reply, const char *name, struct slice value,
                   const char *expected) {
  char detail[PARAM_BYTES + 128];
  snprintf(detail, sizeof detail, "%s=%.*s: expected %s", name,
           SLICE_ARG(value), expected);
  reply_problem(reply, 400, detail);
}

/* ---- answers ---- */

static void put_list(struct reply *reply, const struct kept *const found[],
                     unsigned count) {
  reply_str(reply, "{\"races\":[");
  for (unsigned i = 0; i < count; i++) {
    if (i > 0) reply_str(reply, ",");
    if (!admin_put_race(reply, found[i])) return;
  }
  reply_str(reply, "]}");
}

void admin_races(struct admin *admin, const struct http_request *request,
                 struct slice rest, struct reply *reply) {
  const struct kept *found[HISTORY_LIST_MAX];
  char bytes[3][PARAM_BYTES];
  struct text texts[3];
  enum history_kind kind;
  unsigned limit;
  (void)rest;
  for (unsigned i = 0; i < 3; i++)
    text_init(&texts[i], bytes[i], sizeof bytes[i]);
  const struct slice words[] = {
      admin_param(request->query, "kind", &texts[0]),
      admin_param(request->query, "limit", &texts[1]),
      admin_param(request->query, "route", &texts[2]),
  };
  if (!read_kind(words[0], &kind)) {
    refuse(reply, "kind", words[0], "latest, slowest, rescued or failed");
    return;
  }
  if (!read_limit(words[1], &limit)) {
    refuse(reply, "limit", words[1], "1 to 200");
    return;
  }
  admin_collect(admin);
  put_list(reply, found,
           history_list(admin->view.history, kind, words[2], limit, found));
}

void admin_race(struct admin *admin, const struct http_request *request,
                struct slice rest, struct reply *reply) {
  char bytes[PARAM_BYTES];
  struct text text;
  (void)request;
  text_init(&text, bytes, sizeof bytes);
  const struct slice id = decode(rest, &text);
  admin_collect(admin);
  const struct kept *race = history_find(admin->view.history, id);
  if (race) reply->failed |= !admin_put_race(reply, race);
  else
    reply_problem(reply, 404,
                  "no race with this request ID is kept: it is older than "
                  "those, or was left out of a busy moment");
}
