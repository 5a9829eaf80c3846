/* admin_pages.c: the answers that need no history: whether hedgerow is alive
 * and ready, what it counts, what it goes by, and the page. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "config/config_file.h"
#include "core/accept.h"
#include "io/clock.h"
#include "proxy/admin_parts.h"
#include "proxy/metrics.h"
#include "proxy/page.h"

void admin_health(struct reply *reply) {
  reply_str(reply, "{\"status\":\"ok\"}");
}

/* ---- metrics ---- */

/* Several Accept fields are one list. */
static int wish_for(const struct http_request *request, struct slice type) {
  int most = 0;
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (!slice_equal_nocase(field->name, slice_of("Accept"))) continue;
    const int weight = accept_weight(field->value, type);
    if (weight > most) most = weight;
  }
  return most;
}

static bool wants_open(const struct http_request *request) {
  const int open = wish_for(request, slice_of("application/openmetrics-text"));
  return open > 0 && open >= wish_for(request, slice_of("text/plain"));
}

void admin_metrics(struct reply *reply) {
  const struct admin *admin = reply->admin;
  const struct reload *reload = admin->view.reload;
  struct exposition to = {
      .open = wants_open(reply->request), .put = reply_put, .arg = reply};
  const struct metrics_source source = {
      .process = admin->view.process,
      .snapshot = reload->snapshot,
      .log = reload->log,
      .reloads_taken = reload->taken,
      .reloads_refused = reload->refused,
      .started_wall_us = admin->started_wall_us,
  };
  reply->type = to.open ? EXPOSITION_OPEN : EXPOSITION_TEXT;
  metrics_write(&to, &source, clock_now_us());
}

/* ---- readiness ---- */

/* One that is due to be tried counts: only a request can bring it back, and who
 * is not ready gets none. */
static bool has_target(const struct snapshot *snapshot,
                       const struct group *group, int64_t now_us) {
  for (unsigned i = 0; i < group->count; i++)
    if (snapshot_target_place(snapshot, group, i, now_us) != OUTLIER_OUT)
      return true;
  return group->count == 0;
}

/* An upstream of which every target sits out; NULL: there is none. */
static const struct group *lost_upstream(const struct snapshot *snapshot) {
  const int64_t now_us = clock_now_us();
  for (unsigned i = 0; i < snapshot->group_count; i++)
    if (!has_target(snapshot, &snapshot->groups[i], now_us))
      return &snapshot->groups[i];
  return NULL;
}

/* While hedgerow starts the loop does not run yet, and who asks waits. */
void admin_readiness(struct reply *reply) {
  const struct admin *admin = reply->admin;
  const struct group *lost = lost_upstream(admin->view.reload->snapshot);
  char detail[160];
  if (*admin->view.stopping) {
    reply_problem(reply, 503, "hedgerow is draining");
  } else if (lost) {
    snprintf(detail, sizeof detail,
             "every target of upstream %.*s is ejected: they have failed",
             SLICE_ARG(lost->name));
    reply_problem(reply, 503, detail);
  } else {
    reply_str(reply, "{\"status\":\"ready\"}");
  }
}

/* ---- the configuration ---- */

static void put_piece(void *arg, const char *piece) { reply_str(arg, piece); }

/* As --dump-config prints it: what is secret is masked there. */
void admin_config(struct reply *reply) {
  const struct reload *reload = reply->admin->view.reload;
  char here[PATH_MAX], folder[PATH_MAX + 1] = "";
  if (getcwd(here, sizeof here)) snprintf(folder, sizeof folder, "%s/", here);
  reply->type = "application/yaml";
  config_dump(reload->renewed ? reload->renewed : reload->config, folder,
              put_piece, reply);
}

/* ---- the page ---- */

/* Its own script and style run, by their hashes; its icon stands in it; it asks
 * whom it came from, and the mock; and nothing else runs, loads or frames it
 * (Content Security Policy, level 3). */
static const char *page_fields(struct slice mock) {
  static char fields[768];
  snprintf(fields, sizeof fields,
           "Content-Security-Policy: default-src 'none'; script-src '%s'; "
           "style-src '%s'; img-src data:; connect-src 'self' %.*s; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
           "Referrer-Policy: no-referrer\r\n",
           page_script, page_style, SLICE_ARG(mock));
  return fields;
}

void admin_front_page(struct reply *reply) {
  reply->type = "text/html; charset=utf-8";
  reply->fields = page_fields(reply->admin->view.reload->config->admin_mock);
  reply_put(reply, (struct slice){(const char *)page_bytes, page_length});
}
