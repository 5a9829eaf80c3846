/* visit: what the endpoints that ask an upstream have in common.
 *
 * An endpoint writes what it will ask into the worker's request text and
 * describes it in an exchange_order; visit_start adds the rest and hands both
 * to an exchange, which copies the text as one block. Until then nothing has
 * been allocated, so a request that is refused costs nothing. */
#include "proxy/visit.h"

#include "core/query.h"

enum { LOGGED_TARGET_BYTES = 1024 };

void visit_reject(struct visit *visit, int status, const char *detail) {
  struct problem problem = {
      .status = status, .outcome = "rejected", .detail = slice_of(detail)};
  reply_problem(visit->service, visit->connection, &visit->asked, &problem);
}

bool visit_timeout(struct visit *visit, struct slice value, unsigned count,
                   int64_t *timeout_us) {
  const struct config *config = visit->service->config;
  int64_t ms;
  *timeout_us = config->timeout_us;
  if (count == 0) return true;
  if (count == 1 &&
      query_parse_timeout(value, config->max_timeout_us / 1000, &ms)) {
    *timeout_us = ms * 1000;
    return true;
  }
  visit_reject(visit, 400,
               count > 1 ? "timeout is given more than once"
                         : "timeout must be a whole number of milliseconds, 1 "
                           "or more, such as timeout=1500");
  return false;
}

unsigned visit_race_items(const struct visit *visit,
                          struct exchange_item *items, struct slice rest,
                          struct slice query) {
  const struct config *config = visit->service->config;
  unsigned count = 1 + config->policy.hedges;
  for (unsigned k = 0; k < count; k++)
    items[k] = (struct exchange_item){.target = k % config->to_count,
                                      .rest = rest,
                                      .query = query,
                                      .credentials = true,
                                      .hedge_attempt = k};
  return count;
}

struct text *visit_text(struct visit *visit) {
  struct text *text = &visit->service->request_text;
  text->len = 0;
  text->cut = false;
  return text;
}

static struct slice keep(struct text *text, struct slice bytes) {
  size_t from = text->len;
  text_slice(text, bytes);
  return (struct slice){text->at + from, text->len - from};
}

/* The path without its query, which may hold secrets and is not logged. */
static struct slice loggable(struct slice target) {
  const char *query = memchr(target.at, '?', target.len);
  if (query) target.len = (size_t)(query - target.at);
  if (target.len > LOGGED_TARGET_BYTES) target.len = LOGGED_TARGET_BYTES;
  return target;
}

static void add_fields(struct visit *visit, struct exchange_order *order,
                       struct text *text) {
  struct text *credentials = &visit->service->credentials_text;
  size_t from = text->len;
  credentials->len = 0;
  credentials->cut = false;
  forward_fields(text, credentials, visit->request, &visit->service->forward,
                 visit->asked.request_id);
  order->common = (struct slice){text->at + from, text->len - from};
  order->credentials = keep(text, text_slice_of(credentials));
  text->cut |= credentials->cut;
}

static void order_rest(struct visit *visit, struct exchange_order *order,
                       struct text *text) {
  order->asked = visit->asked;
  order->asked.method = keep(text, visit->asked.method);
  order->asked.target = keep(text, loggable(visit->asked.target));
  order->asked.request_id = keep(text, visit->asked.request_id);
  add_fields(visit, order, text);
  order->bytes = text_slice_of(text);
}

static bool too_many(const struct service *service) {
  return atomic_load_explicit(&service->process->requests,
                              memory_order_relaxed) >=
         service->config->max_requests;
}

void visit_start(struct visit *visit, struct exchange_order *order) {
  struct text *text = &visit->service->request_text;
  if (visit->service->drained) {
    visit_reject(visit, 503, "hedgerow is stopping (--drain)");
    return;
  }
  if (too_many(visit->service)) {
    visit_reject(visit, 503,
                 "too many requests are in flight "
                 "(--max-requests)");
    return;
  }
  order_rest(visit, order, text);
  if (text->cut) visit_reject(visit, 431, "the request's fields are too large");
  else if (!exchange_start(visit->service, visit->connection, order))
    visit_reject(visit, 503, "no memory was free");
}
