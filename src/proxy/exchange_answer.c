/* exchange_answer.c: what a client gets of what its fetches brought.
 *
 * The upstream's answer as it came, or the client's own copy confirmed (304);
 * an array or an object of many; a problem; or the head now and the body as it
 * comes (proxy/passing), which is the second exit. */
#include "core/conditional.h"
#include "io/clock.h"
#include "proxy/answering.h"
#include "proxy/exchange_parts.h"

static const struct {
  int status;
  const char *detail;
} problems[OUTCOMES] = {
    [OUTCOME_FAILED] = {502, "no attempt succeeded; see attempts"},
    [OUTCOME_REFUSED] = {503,
                         "no attempt could be started, or its answer held; "
                         "see attempts"},
    [OUTCOME_DEADLINE] = {504, "no attempt succeeded before the deadline "
                               "(timeout=MS, --timeout)"},
    [OUTCOME_DRAINED] = {503, "hedgerow is stopping (--drain)"},
    [OUTCOME_GATHERED] = {503, "no memory was free to gather the answers"},
};

static void exchange_answer_problem(struct exchange *x,
                                    const struct answering *to,
                                    enum outcome outcome) {
  x->record.outcome = outcome == OUTCOME_GATHERED ? OUTCOME_REFUSED : outcome;
  x->record.winner = -1;
  answering_problem(to, problems[outcome].status,
                    slice_of(problems[outcome].detail), NULL);
}

/* The upstream's own, which the client is to have rather than a problem. */
static bool exchange_has_error(const struct exchange *x) {
  const struct fetch *fetch = x->fetches;
  return x->record.outcome == OUTCOME_FAILED &&
         fetch->ask.message->keep_errors && fetch->response.bytes.cap > 0;
}

/* The client has it already. */
static bool exchange_is_known(const struct exchange *x) {
  const struct response *response = &x->fetches[0].response;
  return x->if_none_match.len > 0 && response->status == 200 &&
         conditional_matches(x->if_none_match,
                             http_field_of(response->fields, "ETag"));
}

/* The other exit. What the record says of how it ended replaces what was told
 * with the head. */
static void exchange_on_passed(void *arg, enum outcome outcome,
                               int64_t now_us) {
  struct exchange *x = arg;
  struct answering to = {.service = x->service,
                         .connection =
                             outcome == OUTCOME_GONE ? NULL : x->connection,
                         .race = &x->record,
                         .on_sent = exchange_free,
                         .arg = x};
  list_remove(&x->service->exchanges, &x->link);
  x->record.outcome = outcome;
  x->record.end_us = now_us;
  answering_passed(&to, x->fetches[0].response.status, x->passing->bytes);
}

/* Head first, and the rest as it comes. */
static void exchange_begin_passing(struct exchange *x, struct answering *to) {
  struct fetch *fetch = &x->fetches[0];
  const struct response *response = &fetch->response;
  const struct passing setup = {.connection = x->connection,
                                .fetch = fetch,
                                .length = response->length,
                                .held.blocks = &x->service->blocks,
                                .idle_us = x->route->stream_idle_us,
                                .on_over = exchange_on_passed,
                                .arg = x};
  x->passing = passing_open(&setup, &x->arena);
  if (!x->passing) {
    fetch_stop(fetch, ATTEMPT_STARVED, "no memory was free", clock_now_us());
    exchange_answer_problem(x, to, OUTCOME_REFUSED);
    return;
  }
  list_append(&x->service->exchanges, &x->link); /* a drain may end it */
  passing_begin(x->passing, answering_head(to, response, x->passing->length),
                response->body);
}

/* The upstream's answer, or its error, with its links turned to us. */
static void exchange_pass(struct exchange *x, struct answering *to) {
  const struct fetch *fetch = &x->fetches[0];
  unsigned target = fetch->records[fetch->response_of].target;
  struct links_rule links = {
      .base = &x->lease->snapshot->targets[target].url,
      .route = x->route->path,
      .stripped = x->route->strip,
      .others = fetch->group->bases,
      .other_count = fetch->group->count,
  };
  if (x->route->rewrite_links) to->more.links = &links;
  to->more.cors = x->route->cors.count > 0;
  to->more.varies = x->route->fields.gzip;
  to->more.unchanged = exchange_is_known(x);
  if (fetch->coming) exchange_begin_passing(x, to);
  else if (to->more.unchanged) answering_unchanged(to, &fetch->response);
  else answering_pass(to, &fetch->response);
}

static struct gathered_form exchange_form(const struct exchange *x) {
  return (struct gathered_form){
      .detail = x->detail, .labelled = x->gather ? x->gather->items : NULL};
}

/* A required item failed: which, and why. */
static void exchange_answer_missing(struct exchange *x,
                                    const struct answering *to) {
  const unsigned i = (unsigned)(x->missing - x->fetches);
  char detail[1024];
  struct text text = TEXT_ON(detail);
  gathered_tell_missing(&text, x->missing, i, x->gather->items[i].shown);
  answering_problem(to, 502, text_slice_of(&text), NULL);
}

void exchange_answer(struct exchange *x) {
  enum outcome outcome = x->record.outcome;
  struct answering to = {.service = x->service,
                         .connection = x->connection,
                         .race = &x->record,
                         .head_only = x->head_only,
                         .more.fields = x->answer_fields,
                         .raced = true,
                         .on_sent = exchange_free,
                         .arg = x};
  if (outcome == OUTCOME_GONE) answering_nobody(&to);
  else if (outcome == OUTCOME_SUCCESS || outcome == OUTCOME_CLIENT_ERROR ||
           exchange_has_error(x))
    exchange_pass(x, &to);
  else if (outcome == OUTCOME_GATHERED &&
           gathered_write(&x->gathered, x->fetches, x->count, exchange_form(x),
                          &x->service->blocks))
    answering_gather(&to, &x->gathered,
                     gathered_completed(x->fetches, x->count), x->count);
  else if (outcome == OUTCOME_FAILED && x->missing)
    exchange_answer_missing(x, &to);
  else exchange_answer_problem(x, &to, outcome);
}
