/* admin_races.c: the history of races, as it is asked for.
 *
 * What stands on the tapes is taken first, so an answer tells of every race
 * that had settled when it was asked for, but those that were left out. */
#include "core/race_json.h"
#include "io/clock.h"
#include "proxy/admin_parts.h"

enum { LIMIT = 50 };

void admin_collect(struct admin *admin) {
  history_collect(admin->view.history, clock_now_us(), admin_events_on_race,
                  admin);
}

/* As JSON. False: no memory. */
static bool put_race(struct reply *reply, const struct kept *race) {
  static char storage[RACE_JSON_BYTES]; /* the main thread's */
  struct race_copy copy;
  struct text text = TEXT_ON(storage);
  if (!race_copy_read(&copy, race->copy)) return false;
  race_json(&text, &copy, race->seq);
  reply_flush(reply, &text);
  return !reply->failed;
}

/* ---- parameters ---- */

static bool read_kind(const struct query_param *param,
                      enum history_kind *kind) {
  *kind = HISTORY_LATEST;
  if (param->count == 0) return true;
  for (unsigned i = 0; i < HISTORY_KINDS; i++) {
    *kind = i;
    if (slice_equal(param->value, slice_of(history_kind_names[i]))) return true;
  }
  return false;
}

/* 1 to HISTORY_LIST_MAX. */
static bool read_limit(const struct query_param *param, unsigned *limit) {
  const struct slice digits = param->value;
  *limit = param->count > 0 ? 0 : LIMIT;
  for (size_t i = 0; i < digits.len; i++) {
    if (digits.at[i] < '0' || digits.at[i] > '9') return false;
    *limit = *limit * 10 + (unsigned)(digits.at[i] - '0');
    if (*limit > HISTORY_LIST_MAX) return false;
  }
  return *limit > 0;
}

/* ---- answers ---- */

static void put_list(struct reply *reply, const struct kept *const found[],
                     unsigned count) {
  reply_str(reply, "{\"races\":[");
  for (unsigned i = 0; i < count; i++) {
    if (i > 0) reply_str(reply, ",");
    if (!put_race(reply, found[i])) return;
  }
  reply_str(reply, "]}");
}

void admin_races(struct reply *reply) {
  struct admin *admin = reply->admin;
  struct query_param params[] = {
      {.name = "kind"}, {.name = "limit"}, {.name = "route"}};
  const struct query_param *route = &params[2];
  const struct kept *found[HISTORY_LIST_MAX];
  char storage[ADMIN_QUERY_BYTES];
  struct text values = TEXT_ON(storage);
  enum history_kind kind;
  unsigned limit;
  if (!admin_read_query(reply->request->query, params, 3, &values, reply))
    return;
  if (!read_kind(&params[0], &kind)) {
    admin_refuse_param(reply, &params[0], "latest, slowest, rescued or failed");
  } else if (!read_limit(&params[1], &limit)) {
    admin_refuse_param(reply, &params[1], "1 to 200");
  } else if (route->count > 0 && route->value.len == 0) {
    admin_refuse_param(reply, route, "the path of a route");
  } else {
    admin_collect(admin);
    put_list(
        reply, found,
        history_list(admin->view.history, kind, route->value, limit, found));
  }
}

void admin_race(struct reply *reply) {
  struct admin *admin = reply->admin;
  struct query_param id = {.name = "ID", .value = reply->rest, .count = 1};
  char storage[ADMIN_TARGET_BYTES];
  struct text text = TEXT_ON(storage);
  if (!admin_read_value(&id, &text, reply)) return;
  admin_collect(admin);
  const struct kept *race = history_find(admin->view.history, id.value);
  if (race) reply->failed |= !put_race(reply, race);
  else
    reply_problem(reply, 404,
                  "no race with this request ID is kept: it is older than "
                  "those, or was left out of a busy moment");
}
