/* admin_state.c: /api/v1/state, what is known at this moment, for a page that
 * draws it and for a terminal.
 *
 * All of it is published or counted elsewhere; here it is only written down,
 * piece by piece, since the number of routes and targets is the
 * configuration's. A member is always there, and null where nothing is known.
 */
#include "core/http_date.h"
#include "core/receipt.h"
#include "io/clock.h"
#include "proxy/admin_parts.h"
#include "proxy/receipts.h"

enum { PIECE_BYTES = 16 * 1024 };

static int64_t now(const _Atomic int64_t *value) {
  return atomic_load_explicit(value, memory_order_relaxed);
}

static void add_int(struct text *out, const char *label, int64_t number) {
  text_str(out, label);
  text_int(out, number);
}

static void add_bool(struct text *out, const char *label, bool is) {
  text_str(out, label);
  text_str(out, is ? "true" : "false");
}

/* 0 is none. */
static void add_ms(struct text *out, const char *label, int64_t us) {
  text_str(out, label);
  if (us > 0) text_ms(out, us);
  else text_str(out, "null");
}

static void add_string(struct text *out, const char *label,
                       struct slice string) {
  text_str(out, label);
  text_json(out, string);
}

static void add_receipt(struct text *out, const struct receipt *receipt) {
  text_str(out, ",\"receipt\":");
  receipt_json(out, receipt);
}

/* ---- the process ---- */

static void add_mock(struct text *out, struct slice origin) {
  text_str(out, ",\"mock\":");
  if (origin.len > 0) text_json(out, origin);
  else text_str(out, "null");
}

static void add_spans(struct text *out) {
  text_str(out, ",\"spans_ms\":[");
  for (unsigned i = 0; i < TALLY_SPANS; i++) {
    if (i > 0) text_char(out, ',');
    text_ms(out, tally_spans_us[i]);
  }
  text_char(out, ']');
}

static void add_process(struct text *out, const struct admin *admin) {
  const struct process *process = admin->view.process;
  const struct snapshot *snapshot = admin->view.reload->snapshot;
  const struct receipt receipt = receipts_of_all(snapshot);
  text_str(out, "{\"version\":\"" HEDGEROW_VERSION "\",\"now\":\"");
  http_date_write_iso(out, clock_wall_us());
  text_str(out, "\",\"uptime_seconds\":");
  text_ms(out, (clock_now_us() - admin->started_us) / 1000);
  add_int(out, ",\"generation\":", (int64_t)snapshot->number);
  add_bool(out, ",\"draining\":", *admin->view.stopping);
  add_int(out, ",\"workers\":", snapshot->workers);
  add_int(out, ",\"connections\":", now(&process->connections));
  add_int(out, ",\"requests_in_flight\":", now(&process->requests));
  add_int(out, ",\"buffered_bytes\":", now(&process->budget.used));
  add_mock(out, admin->view.reload->config->admin_mock);
  add_spans(out);
  add_receipt(out, &receipt);
}

/* ---- routes ---- */

static void add_waited(struct text *out, const struct snapshot *snapshot,
                       const struct route *route) {
  uint64_t counts[TALLY_SPANS + 1];
  receipts_waited(snapshot, route, counts);
  text_str(out, ",\"waited\":[");
  for (unsigned i = 0; i <= TALLY_SPANS; i++) {
    if (i > 0) text_char(out, ',');
    text_int(out, (int64_t)counts[i]);
  }
  text_char(out, ']');
}

/* Shares, to the millionth. */
static void add_share(struct text *out, float share) {
  int64_t millionths = (int64_t)(share * 1e6f + 0.5f);
  if (millionths < 0) millionths = 0;
  text_int(out, millionths / 1000000);
  text_char(out, '.');
  for (int64_t unit = 100000; unit > 0; unit /= 10)
    text_int(out, millionths / unit % 10);
}

static void add_alone(struct text *out, const struct route *route) {
  float shares[TALLY_SPANS + 1];
  unsigned known = route->group ? receipts_alone(route, shares) : 0;
  text_str(out, ",\"alone\":");
  if (known == 0) text_str(out, "null");
  for (unsigned i = 0; known > 0 && i <= TALLY_SPANS; i++) {
    text_char(out, i > 0 ? ',' : '[');
    if (i < known) add_share(out, shares[i]);
    else text_str(out, "null");
  }
  if (known > 0) text_char(out, ']');
}

static void add_delay(struct text *out, const struct route *route) {
  int64_t learned = 0, delay = 0;
  if (route->pilots && route->policy.hedges > 0) {
    learned = atomic_load_explicit(&route->pilots->delay->delay_us,
                                   memory_order_relaxed);
    delay = learned > 0 ? learned : route->policy.hedge_after_us;
  }
  add_ms(out, ",\"hedge_delay_ms\":", delay);
  add_bool(out, ",\"learned\":", learned > 0);
}

static void put_route(struct reply *reply, struct text *out,
                      const struct snapshot *snapshot,
                      const struct route *route) {
  const struct receipt receipt = receipts_of(snapshot, route);
  add_string(out, "{\"route\":", route->path);
  text_str(out, ",\"upstream\":");
  if (route->group && route->group->count > 0)
    text_json(out, route->group->name);
  else text_str(out, "null");
  add_receipt(out, &receipt);
  add_delay(out, route);
  add_waited(out, snapshot, route);
  add_alone(out, route);
  text_char(out, '}');
  reply_flush(reply, out);
}

/* ---- upstreams ---- */

static int64_t tokens(const struct group *group, enum purse purse) {
  return hedge_budget_tokens(group->purses, purse, &group->budget);
}

static void add_refused(struct text *out, const struct snapshot *snapshot,
                        const struct group *group) {
  const struct upstream_tally *of = group->tallies;
  const char *before = "";
  text_str(out, ",\"refused\":{");
  for (unsigned i = GATE_OPEN + 1; i < GATE_VERDICTS; i++) {
    uint64_t sum = tally_sum(&of->refused[i], sizeof *of, snapshot->workers);
    if (sum == 0) continue;
    text_str(out, before);
    add_string(out, "", slice_of(gate_verdict_name((enum gate_verdict)i)));
    add_int(out, ":", (int64_t)sum);
    before = ",";
  }
  text_char(out, '}');
}

/* Nobody may have come since its time was over. */
static const char *state_of(const struct target_sight *sight) {
  if (sight->failing == OUTLIER_OUT) return "ejected";
  if (sight->slow == OUTLIER_OUT) return "slow";
  return sight->failing == OUTLIER_IN && sight->slow == OUTLIER_IN ? "up"
                                                                   : "due";
}

static void put_target(struct reply *reply, struct text *out,
                       const struct group *group, unsigned i) {
  const struct admin_view *view = &reply->admin->view;
  const struct target *target = &group->targets[i];
  const struct target_sight sight =
      snapshot_see_target(view->reload->snapshot, group, i, clock_now_us());
  add_int(out, i > 0 ? ",{\"target\":" : "{\"target\":", target->number);
  add_string(out, ",\"host\":", target->url.authority);
  add_bool(out, ",\"up\":", sight.failing == OUTLIER_IN);
  add_string(out, ",\"state\":", slice_of(state_of(&sight)));
  add_int(out, ",\"in_flight\":",
          now(&slot_at(view->process->slots, target->slot)->in_flight));
  add_ms(out, ",\"p50_ms\":", sight.p50_us);
  add_ms(out, ",\"p95_ms\":", sight.p95_us);
  text_char(out, '}');
  reply_flush(reply, out);
}

static void put_upstream(struct reply *reply, struct text *out,
                         const struct snapshot *snapshot,
                         const struct group *group) {
  add_string(out, "{\"upstream\":", group->name);
  add_int(out, ",\"budget\":{\"time\":", tokens(group, PURSE_TIME));
  add_int(out, ",\"failure\":", tokens(group, PURSE_FAILURE));
  add_int(out, ",\"cap\":", group->budget.cap);
  text_char(out, '}');
  add_refused(out, snapshot, group);
  text_str(out, ",\"targets\":[");
  for (unsigned i = 0; i < group->count; i++) put_target(reply, out, group, i);
  text_str(out, "]}");
  reply_flush(reply, out);
}

/* ---- the whole ---- */

void admin_state(struct admin *admin, const struct http_request *request,
                 struct slice rest, struct reply *reply) {
  const struct snapshot *snapshot = admin->view.reload->snapshot;
  char storage[PIECE_BYTES];
  struct text out;
  const char *before = "";
  (void)request, (void)rest;
  text_init(&out, storage, sizeof storage);
  out.for_page = true;
  add_process(&out, admin);
  text_str(&out, ",\"routes\":[");
  for (unsigned i = 0; i < snapshot->route_count; i++) {
    if (!snapshot_is_first_of_path(snapshot, i)) continue;
    text_str(&out, before);
    put_route(reply, &out, snapshot, &snapshot->routes[i]);
    before = ",";
  }
  text_str(&out, "],\"upstreams\":[");
  before = "";
  for (unsigned i = 0; i < snapshot->group_count; i++) {
    if (snapshot->groups[i].count == 0) continue;
    text_str(&out, before);
    put_upstream(reply, &out, snapshot, &snapshot->groups[i]);
    before = ",";
  }
  text_str(&out, "]}");
  reply_flush(reply, &out);
}
