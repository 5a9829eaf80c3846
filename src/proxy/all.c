/* all: from a GET or POST /all to one fetch for each item.
 *
 *   GET, with --all     the listed URLs, each as it stands
 *   GET, without        what a race could ask: primary and hedges over --to
 *   POST ["...", ...]   what the client names, below the configured URLs only
 *
 * Clients never choose where hedgerow connects: an item of a POST is a path,
 * appended to the first --to, or an absolute URL that lies below a configured
 * one. Both pass the same check against `..` as /smart's REST does.
 *
 * Nothing is hedged unless the request says hedge=1: then each item is a race
 * like /smart's. The client's Authorization and Cookie go to the origins of
 * --to only: that is the API the client was told to talk to, the others are the
 * operator's. */
#include "proxy/all.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/gate.h"
#include "core/json_read.h"
#include "core/query.h"

enum { SHOWN_ITEM_BYTES = 100 };

/* Of items that --to is asked for as a whole, and of those that are asked of
 * one target. */
enum { RACE_OF_ALL, RACE_OF_ONE, RACES };

/* ---- GET ---- */

/* NULL: nobody may be asked. */
static const struct pilot *pilot_of(const struct visit *visit,
                                    const struct group *group) {
  const struct route *route = visit->route;
  const struct pilot *pilots =
      group == route->group ? route->pilots : route->listed_pilots;
  return pilots ? &pilots[visit->service->number] : NULL;
}

/* One target of a group, and no other. */
static struct exchange_item item_for(const struct visit *visit,
                                     const struct group *group, unsigned i) {
  return (struct exchange_item){.group = group,
                                .only = &group->targets[i],
                                .pilot = pilot_of(visit, group),
                                .race = RACE_OF_ONE};
}

static unsigned listed_items(const struct visit *visit,
                             struct exchange_item *items) {
  const struct group *listed = visit->route->listed;
  for (unsigned i = 0; i < listed->count; i++)
    items[i] = item_for(visit, listed, i);
  return listed->count;
}

/* What a race could ask: primary and hedges, over the targets in turn. */
static unsigned raced_items(const struct visit *visit, struct slice query,
                            struct exchange_item *items) {
  const struct route *route = visit->route;
  unsigned count = 1 + route->policy.hedges;
  for (unsigned k = 0; k < count; k++) {
    items[k] = item_for(visit, route->group, k % route->group->count);
    items[k].query = query;
    items[k].number = k;
  }
  return count;
}

static void start_get(struct visit *visit, struct exchange_setup *setup,
                      struct slice query) {
  const struct route *route = visit->route;
  struct exchange_item items[CONFIG_TARGETS_MAX + RACE_MAX_ATTEMPTS];
  setup->items = items;
  setup->item_count = route->listed->count > 0
                          ? listed_items(visit, items)
                          : raced_items(visit, query, items);
  visit_start(visit, setup);
}

/* ---- POST ---- */

static const char *path_item(const struct visit *visit,
                             struct exchange_item *item, struct slice text) {
  const struct route *route = visit->route;
  if (route->group->count == 0)
    return "a path needs a target to be appended to";
  base_url_split(text, &item->rest, &item->query);
  if (!base_url_takes(item->rest, item->query))
    return "a path must stay below the target's: no . or .. segments, no "
           "malformed percent-encoding, no bytes but visible ASCII";
  item->group = route->group;
  item->pilot = pilot_of(visit, route->group);
  return NULL;
}

/* The first target of the group whose base URL lies above this one. */
static bool find_above(const struct visit *visit, const struct group *group,
                       const struct base_url *url, struct exchange_item *item) {
  for (unsigned i = 0; i < group->count; i++) {
    const struct base_url *base = &group->targets[i].url;
    if (!base_url_same_origin(base, url) || !base_url_covers(base, url->path))
      continue;
    *item = item_for(visit, group, i);
    item->rest = base_url_below(base, url->path);
    item->query = url->query;
    return true;
  }
  return false;
}

static const char *url_item(const struct visit *visit,
                            struct exchange_item *item, struct slice text) {
  const struct route *route = visit->route;
  struct base_url url;
  if (base_url_parse(&url, text)) return "it is no http:// or https:// URL";
  if (find_above(visit, route->group, &url, item) ||
      find_above(visit, route->listed, &url, item))
    return NULL;
  return "it does not lie below a configured URL; a target with its base would "
         "allow it";
}

static const char *parse_item(const struct visit *visit,
                              struct exchange_item *item, struct slice text) {
  *item = (struct exchange_item){0};
  if (text.len > 0 && text.at[0] == '/') return path_item(visit, item, text);
  return url_item(visit, item, text);
}

static void reject_item(struct visit *visit, size_t index, struct slice text,
                        const char *why) {
  char detail[512];
  struct slice path, query;
  base_url_split(text, &path, &query); /* a query may hold a secret */
  if (path.len > SHOWN_ITEM_BYTES) path.len = SHOWN_ITEM_BYTES;
  snprintf(detail, sizeof detail, "item %zu (\"%.*s\"): %s", index,
           SLICE_ARG(path), why);
  visit_reject(visit, 400, detail);
}

static void reject_list(struct visit *visit, enum json_list_error error,
                        size_t bad_item) {
  char detail[160];
  switch (error) {
    case JSON_LIST_NOT_JSON:
      visit_reject(visit, 400,
                   "the body is not JSON; send an array of paths "
                   "or URLs, such as [\"/a\",\"/b?x=1\"]");
      return;
    case JSON_LIST_TOO_LONG:
      snprintf(detail, sizeof detail,
               "the list has more than --max-items (%lld) items",
               (long long)visit->route->max_items);
      break;
    case JSON_LIST_NOT_STRINGS:
    case JSON_LIST_BAD_STRING:
      snprintf(detail, sizeof detail,
               "item %zu is no string that a path or URL can be made of",
               bad_item);
      break;
    default:
      snprintf(detail, sizeof detail,
               "the body is no array; send paths or URLs, such as [\"/a\"]");
  }
  visit_reject(visit, 400, detail);
}

/* Reads the list into the visit's text. False: it has been answered. */
static bool all_read_list(struct visit *visit, struct slice *texts,
                          size_t *count) {
  const struct route *route = visit->route;
  struct text *text = &visit->text;
  size_t bad_item = 0;
  enum json_list_error error =
      json_read_strings(visit->body, route->max_depth, text->at, text->cap,
                        texts, route->max_items, count, &bad_item);
  if (error != JSON_LIST_OK) {
    reject_list(visit, error, bad_item);
    return false;
  }
  if (*count > 0)
    text->len =
        (size_t)(texts[*count - 1].at + texts[*count - 1].len - text->at);
  return true;
}

static void start_post(struct visit *visit, struct exchange_setup *setup,
                       struct exchange_item *items, struct slice *texts) {
  size_t count;
  if (!all_read_list(visit, texts, &count)) return;
  for (size_t i = 0; i < count; i++) {
    const char *why = parse_item(visit, &items[i], texts[i]);
    if (!why) continue;
    reject_item(visit, i, texts[i], why);
    return;
  }
  setup->items = items;
  setup->item_count = (unsigned)count;
  visit_start(visit, setup);
}

static void visit_post(struct visit *visit, struct exchange_setup *setup) {
  size_t max = visit->route->max_items;
  struct exchange_item *items = calloc(max, sizeof *items);
  struct slice *texts = calloc(max, sizeof *texts);
  if (items && texts) start_post(visit, setup, items, texts);
  else visit_reject(visit, 503, gate_request_error(GATE_MEMORY));
  free(items);
  free(texts);
}

/* ---- both ---- */

static void set_races(const struct visit *visit, struct exchange_race *races,
                      const struct race_policy *policy, int64_t timeout_us) {
  const struct route *route = visit->route;
  const bool has_group = route->group->count > 0;
  races[RACE_OF_ALL] = races[RACE_OF_ONE] = (struct exchange_race){
      .policy = policy,
      .pilot = pilot_of(visit, has_group ? route->group : route->listed),
      .targets = 1,
      .timeout_us = timeout_us,
      .fields = &route->fields,
      .json = route->rules};
  if (has_group) races[RACE_OF_ALL].targets = route->group->count;
}

void all_visit(struct visit *visit) {
  const struct route *route = visit->route;
  struct query_param params[] = {
      {.name = "detail"}, {.name = "hedge"}, {.name = route->timeout_param}};
  struct race_policy policy = route->policy;
  struct exchange_race races[RACES];
  struct exchange_setup setup = {
      .races = races,
      .race_count = RACES,
      .message = {.method = slice_of("GET"), .gzip = GZIP_UNDONE},
      .gathers = true};
  bool hedge, is_post = visit->request->method == HTTP_POST;
  struct slice query = visit->request->query;
  int64_t timeout_us;
  if (!visit_open(visit, is_post ? visit->body.len : query.len)) return;
  query = query_take(query, params, route->timeout_param ? 3 : 2,
                     is_post ? NULL : &visit->text);
  if (!visit_switch(visit, &params[0], &setup.detail) ||
      !visit_switch(visit, &params[1], &hedge) ||
      !visit_timeout(visit, params[2].value, params[2].count, &timeout_us))
    return;
  const bool is_plain = visit_is_plain(visit);
  if (!hedge || is_plain) policy.hedges = 0;
  if (is_plain) policy.retries = 0;
  set_races(visit, races, &policy, timeout_us);
  if (is_post) visit_post(visit, &setup);
  else start_get(visit, &setup, query);
}
