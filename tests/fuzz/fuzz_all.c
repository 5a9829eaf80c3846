/* fuzz_all: a query, and behind the first line end a body, as a GET or POST
 * /all, into proxy/all with core/json_read, core/query and core/base_url below.
 *
 * proxy/visit is replaced: what an endpoint would hand over for the answer or
 * the start is looked at here instead. Each item that is started asks one of
 * the configured targets, for exactly what the client named and the target's
 * own query, at or below its base path. What is written for it lies in the room
 * that the endpoint asked for, to the byte.
 *
 * A query that begins with '!' comes to a hedgerow without --all: then a GET
 * asks what a race could. */
#include <stdlib.h>

#include "core/base_url.h"
#include "core/json_read.h"
#include "core/query.h"
#include "fuzz/fuzz.h"
#include "proxy/all.h"

enum {
  ITEMS_MAX = 200,
  TARGETS = 4,
  TO_TARGETS = 2,
  DEPTH_MAX = 16,
  HEDGES = 4
};

static struct target targets[TARGETS];
static struct group to = {.targets = targets, .count = TO_TARGETS};
static struct group listed = {.targets = targets + TO_TARGETS};
static struct route route = {.kind = ROUTE_ALL,
                             .group = &to,
                             .listed = &listed,
                             .policy = {.hedges = HEDGES},
                             .max_items = ITEMS_MAX,
                             .max_depth = DEPTH_MAX};

/* The client's list, read once more, and how the visit ended. */
static struct {
  struct slice texts[ITEMS_MAX];
  size_t count;
  enum json_list_error error;
  unsigned opened, started, rejected;
} seen;

static void configure(void) {
  static const char *const urls[TARGETS] = {
      "http://a.example/v1", "https://b.example:8443?key=K",
      "http://a.example/v1/all/", "http://[::1]:81/x?k"};
  for (unsigned i = 0; i < TARGETS; i++)
    demand(!base_url_parse(&targets[i].url, slice_of(urls[i])), "a URL");
}

/* ---- what an item asks ---- */

/* Whom its first attempt asks. */
static const struct target *first_of(const struct exchange_item *item) {
  return item->only ? item->only : &item->group->targets[0];
}

static bool is_configured(const struct exchange_item *item) {
  const struct group *group = item->group;
  if (group != &to && group != &listed) return false;
  if (!item->only) return group == &to;
  return item->only >= group->targets &&
         item->only < group->targets + group->count;
}

/* What the text asks of the target, put together by hand. */
static void write_expected(struct text *out, const struct base_url *base,
                           struct slice text) {
  struct base_url url = {.path = text};
  const char *mark;
  if (text.at[0] != '/') {
    demand(!base_url_parse(&url, text), "an item is a path or a URL");
    demand(base_url_same_origin(&url, base), "a URL's origin is configured");
  } else {
    text_slice(out, base->path);
    mark = memchr(text.at, '?', text.len);
    if (mark) url.query = slice_from(text, (size_t)(mark + 1 - text.at));
    if (mark) url.path.len = (size_t)(mark - text.at);
  }
  text_slice(out, url.path);
  if (out->len == 0) text_char(out, '/');
  text_str(out, base->query.at || url.query.at ? "?" : "");
  text_slice(out, base->query);
  text_str(out, base->query.len > 0 && url.query.len > 0 ? "&" : "");
  text_slice(out, url.query);
}

/* Equal, or continued at a slash: /v10 is no part of /v1. */
static bool lies_below(struct slice base, struct slice path) {
  if (base.len == 0) base = slice_of("/");
  return slice_starts_with(path, base) &&
         (path.len == base.len || base.at[base.len - 1] == '/' ||
          path.at[base.len] == '/');
}

static void check_asked(const struct exchange_item *item, struct slice asked) {
  const struct base_url *base = &first_of(item)->url;
  const char *mark = memchr(asked.at, '?', asked.len);
  struct slice path = {asked.at, mark ? (size_t)(mark - asked.at) : asked.len};
  demand(fuzz_is_visible(asked) && !fuzz_contains(asked, slice_of("#")),
         "what is asked is a request target");
  demand(lies_below(base->path, path) && base_url_rest_is_safe(path),
         "what is asked lies below the base");
}

static void check_item(const struct exchange_item *item, struct slice text) {
  struct text asked = fuzz_text(text.len + 64);
  struct text expected = fuzz_text(text.len + 64);
  const struct base_url *base = &first_of(item)->url;
  base_url_write(&asked, base, item->rest, item->query);
  write_expected(&expected, base, text);
  check_asked(item, text_slice_of(&asked));
  demand(slice_equal(text_slice_of(&asked), text_slice_of(&expected)),
         "an item asks for what the client named");
  demand((text.at[0] == '/') == !item->only,
         "a path goes to --to, a URL to its own target");
  free(asked.at);
  free(expected.at);
}

/* ---- in place of proxy/visit ---- */

void visit_reject(struct visit *visit, int status, const char *detail) {
  (void)visit;
  seen.rejected++;
  demand(status == 400, "a bad list is a bad request");
  demand(detail[0] && strlen(detail) < 512, "a rejection has words");
}

bool visit_open(struct visit *visit, size_t bytes) {
  demand(seen.opened++ == 0, "a visit is opened once");
  visit->text = fuzz_text(bytes);
  return true;
}

bool visit_timeout(struct visit *visit, struct slice value, unsigned count,
                   int64_t *timeout_us) {
  int64_t ms = 1;
  bool taken = count == 0 || (count == 1 && query_parse_timeout(value, 9, &ms));
  if (!taken) visit_reject(visit, 400, "timeout");
  *timeout_us = ms * 1000;
  return taken;
}

bool visit_switch(struct visit *visit, const struct query_param *param,
                  bool *on) {
  *on = slice_equal(param->value, slice_of("1"));
  bool taken =
      param->count == 0 ||
      (param->count == 1 && (*on || slice_equal(param->value, slice_of("0"))));
  if (!taken) visit_reject(visit, 400, "a switch");
  return taken;
}

/* What a GET asks: the --all list as it stands, or what a race could. */
static void check_listed(const struct exchange_item *item, unsigned i,
                         struct slice text) {
  bool races = listed.count == 0;
  unsigned target = races ? i % TO_TARGETS : TO_TARGETS + i;
  demand(item->only == &targets[target], "each target in its turn");
  demand(item->rest.len == 0, "as it stands");
  demand(slice_equal(item->query, races ? text : (struct slice){NULL, 0}),
         "the client's query goes where a race's would");
  demand(item->number == (races ? i : 0), "numbered as in a race");
}

bool visit_is_plain(const struct visit *visit) {
  (void)visit;
  return false;
}

void visit_start(struct visit *visit, struct exchange_setup *setup) {
  struct slice text = text_slice_of(&visit->text);
  bool post = visit->request->method == HTTP_POST;
  seen.started++;
  demand(setup->gathers, "/all gathers");
  demand(!visit->text.cut, "what is written has its room");
  demand(setup->races->policy->hedges == 0 ||
             setup->races->policy->hedges == HEDGES,
         "all hedges, or none");
  demand(!post ||
             (seen.error == JSON_LIST_OK && seen.count == setup->item_count),
         "each item has its place");
  demand(post || setup->item_count ==
                     (listed.count > 0 ? listed.count : 1 + HEDGES),
         "the --all list, or a race");
  for (unsigned i = 0; i < setup->item_count; i++) {
    const struct exchange_item *item = &setup->items[i];
    demand(is_configured(item), "a configured target is asked");
    demand(fuzz_inside(item->rest, text) && fuzz_inside(item->query, text),
           "the slices are the setup's");
    if (!post) check_listed(item, i, text);
    else check_item(item, seen.texts[i]);
    demand(!post || item->number == 0, "each item has its own primary");
  }
}

/* ---- the list ---- */

/* Written down anew, it is the same list. */
static void check_again(void) {
  size_t room = 3, count, bad;
  struct slice texts[ITEMS_MAX];
  for (size_t i = 0; i < seen.count; i++) room += 6 * seen.texts[i].len + 3;
  struct text list = fuzz_text(room), storage = fuzz_text(room);
  text_char(&list, '[');
  for (size_t i = 0; i < seen.count; i++) {
    text_str(&list, i > 0 ? "," : "");
    text_json(&list, seen.texts[i]);
  }
  text_char(&list, ']');
  demand(json_read_strings(text_slice_of(&list), DEPTH_MAX, storage.at, room,
                           texts, ITEMS_MAX, &count, &bad) == JSON_LIST_OK &&
             count == seen.count,
         "written down, a list is a list");
  for (size_t i = 0; i < count; i++)
    demand(slice_equal(texts[i], seen.texts[i]), "the same strings");
  free(list.at);
  free(storage.at);
}

static void read_list(struct slice body, char *storage) {
  size_t bad = 0;
  memset(&seen, 0, sizeof seen);
  seen.error = json_read_strings(body, DEPTH_MAX, storage, body.len, seen.texts,
                                 ITEMS_MAX, &seen.count, &bad);
  demand(seen.error != JSON_LIST_OK || fuzz_is_json(body), "a list is JSON");
  demand((seen.error == JSON_LIST_NOT_JSON) <= !fuzz_is_json(body) ||
             fuzz_json_depth(body) > DEPTH_MAX,
         "JSON is not refused as none");
  demand(seen.count <= ITEMS_MAX, "no more items than there may be");
  for (size_t i = 0; i < seen.count; i++)
    demand(fuzz_inside(seen.texts[i], (struct slice){storage, body.len}),
           "the strings lie in their room");
  check_again();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice input = fuzz_input(data, size);
  struct http_request request = {.query = fuzz_line(&input)};
  struct visit visit = {.route = &route, .request = &request, .body = input};
  char *storage = malloc(input.len);
  if (targets[0].url.host.len == 0) configure();
  bool alone = slice_starts_with(request.query, slice_of("!"));
  listed.count = alone ? 0 : TARGETS - TO_TARGETS;
  request.method = input.len > 0 ? HTTP_POST : HTTP_GET;
  read_list(input, storage);
  all_visit(&visit);
  demand(seen.started + seen.rejected == 1, "one answer or one start");
  free(visit.text.at);
  free(storage);
  return 0;
}
