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

static const char *truth(bool is) { return is ? "true" : "false"; }

static void write_ms(struct text *out, int64_t us) {
  if (us > 0) text_ms(out, us);
  else text_str(out, "null");
}
/* 0 is none. */
#define as_known_ms(us) ((struct text_number){write_ms, us})

static void write_name(struct text *out, struct slice name) {
  if (name.len > 0) text_json(out, name);
  else text_str(out, "null");
}
/* An empty one is none. */
#define as_name(slice) ((struct text_string){write_name, slice})

static void add_receipt(struct text *out, const struct receipt *receipt) {
  text_str(out, ",\"receipt\":");
  receipt_json(out, receipt);
}

/* ---- the process ---- */

static void add_spans(struct text *out) {
  text_str(out, ",\"spans_ms\":[");
  for (unsigned i = 0; i < TALLY_SPANS; i++)
    text_put(out, i > 0 ? "," : "", as_ms(tally_spans_us[i]));
  text_char(out, ']');
}

static void add_process(struct text *out, const struct admin *admin) {
  const struct process *process = admin->view.process;
  const struct snapshot *snapshot = admin->view.reload->snapshot;
  const struct receipt receipt = receipts_of_all(snapshot);
  text_str(out, "{\"version\":\"" HEDGEROW_VERSION "\",\"now\":\"");
  http_date_write_iso(out, clock_wall_us());
  text_put(out, "\",\"uptime_seconds\":",
           as_ms((clock_now_us() - admin->started_us) / 1000),
           ",\"generation\":", (int64_t)snapshot->number,
           ",\"draining\":", truth(*admin->view.stopping),
           ",\"workers\":", snapshot->workers);
  text_put(out, ",\"connections\":", relaxed_load(&process->connections),
           ",\"requests_in_flight\":", relaxed_load(&process->requests),
           ",\"buffered_bytes\":", relaxed_load(&process->budget.used),
           ",\"mock\":", as_name(admin->view.reload->config->admin_mock));
  add_spans(out);
  add_receipt(out, &receipt);
}

/* ---- routes ---- */

static void add_waited(struct text *out, const struct snapshot *snapshot,
                       const struct route *route) {
  uint64_t counts[TALLY_SPANS + 1];
  receipts_waited(snapshot, route, counts);
  text_str(out, ",\"waited\":[");
  for (unsigned i = 0; i <= TALLY_SPANS; i++)
    text_put(out, i > 0 ? "," : "", (int64_t)counts[i]);
  text_char(out, ']');
}

/* Shares, to the millionth. */
static void add_share(struct text *out, float share) {
  int64_t millionths = (int64_t)(share * 1e6f + 0.5f);
  if (millionths < 0) millionths = 0;
  text_put(out, millionths / 1000000, ".");
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
    learned = relaxed_load(&route->pilots->delay->delay_us);
    delay = learned > 0 ? learned : route->policy.hedge_after_us;
  }
  text_put(out, ",\"hedge_delay_ms\":", as_known_ms(delay),
           ",\"learned\":", truth(learned > 0));
}

static void put_route(struct reply *reply, struct text *out,
                      const struct snapshot *snapshot,
                      const struct route *route) {
  const struct receipt receipt = receipts_of(snapshot, route);
  const struct group *group = route->group;
  text_put(
      out, "{\"route\":", as_json(route->path), ",\"upstream\":",
      as_name(group && group->count > 0 ? group->name : (struct slice){0}));
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
    text_put(out, before, "\"", gate_verdict_name((enum gate_verdict)i),
             "\":", (int64_t)sum);
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
  const struct slot *slot = slot_at(view->process->slots, target->slot);
  text_put(out, i > 0 ? "," : "", "{\"target\":", target->number,
           ",\"host\":", as_json(target->url.authority),
           ",\"up\":", truth(sight.failing == OUTLIER_IN));
  text_put(out, ",\"state\":\"", state_of(&sight),
           "\",\"in_flight\":", relaxed_load(&slot->in_flight),
           ",\"p50_ms\":", as_known_ms(sight.p50_us),
           ",\"p95_ms\":", as_known_ms(sight.p95_us));
  text_char(out, '}');
  reply_flush(reply, out);
}

static void put_upstream(struct reply *reply, struct text *out,
                         const struct snapshot *snapshot,
                         const struct group *group) {
  text_put(out, "{\"upstream\":", as_json(group->name),
           ",\"budget\":{\"time\":", tokens(group, PURSE_TIME),
           ",\"failure\":", tokens(group, PURSE_FAILURE),
           ",\"cap\":", group->budget.cap);
  text_char(out, '}');
  add_refused(out, snapshot, group);
  text_str(out, ",\"targets\":[");
  for (unsigned i = 0; i < group->count; i++) put_target(reply, out, group, i);
  text_str(out, "]}");
  reply_flush(reply, out);
}

/* ---- the whole ---- */

void admin_state(struct reply *reply) {
  const struct admin *admin = reply->admin;
  const struct snapshot *snapshot = admin->view.reload->snapshot;
  char storage[PIECE_BYTES];
  struct text out = TEXT_ON(storage);
  const char *before = "";
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
