/* What each target is told, where targets have tokens and fields of their own:
 * its own, and nothing of another's. */
#include "proxy/visit.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/inside.h"
#include "support/origin.h"
#include "support/words.h"

#define FIELD(name, value)                                                     \
  {                                                                            \
    {name, sizeof name - 1}, { value, sizeof value - 1 }                       \
  }
#define PATIENT "--hedge-after 20s --connect-timeout 20s "

/* What nobody but one target may see begins with its letter. */
static const struct http_field a_headers[] = {FIELD("X-Api-Key", "a-key")};
static const struct http_field b_headers[] = {FIELD("X-Api-Key", "b-key"),
                                              FIELD("X-Tenant", "b-tenant")};
static const struct slice b_drop[] = {SLICE("X-Internal")};
static const struct target_fields variants[] = {
    {.headers = a_headers, .header_count = 1, .token = SLICE("a-token")},
    {.headers = b_headers,
     .header_count = 2,
     .drop = b_drop,
     .drop_count = 1,
     .token = SLICE("b-token")},
};

struct stage {
  struct origin *a, *b;
  struct inside *inside;
  struct client *client;
};

/* --to A and `other` B. */
static struct stage open_stage(const char *other) {
  struct stage s = {.a = origin_new(), .b = origin_new()};
  const char *flags =
      words_of(PATIENT "--hedges 1 --to %s %s %s", s.a->url, other, s.b->url);
  s.inside = inside_new(flags);
  return s;
}

static void start(struct stage *s, struct snapshot *snapshot) {
  inside_run(s->inside, snapshot);
  s->client = inside_client(s->inside);
}

static void close_stage(struct stage *s) {
  client_free(s->client);
  inside_free(s->inside);
  origin_free(s->a);
  origin_free(s->b);
}

static void expect_none_of(const struct arrival *arrival, const char *secret) {
  words_expect_none(arrival->request, secret);
}

static void expect_only_a(const struct arrival *arrival) {
  arrival_expect_field(arrival, "Authorization", "Bearer a-token");
  arrival_expect_field(arrival, "X-Api-Key", "a-key");
  arrival_expect_field(arrival, "X-Tenant", NULL);
  arrival_expect_field(arrival, "X-Internal", "1");
  expect_none_of(arrival, "b-");
}

static void expect_only_b(const struct arrival *arrival) {
  arrival_expect_field(arrival, "Authorization", "Bearer b-token");
  arrival_expect_field(arrival, "X-Api-Key", "b-key");
  arrival_expect_field(arrival, "X-Tenant", "b-tenant");
  arrival_expect_field(arrival, "X-Internal", NULL);
  expect_none_of(arrival, "a-");
}

Test(visit, each_target_of_a_race_is_shown_its_own_and_no_other_s) {
  struct stage s = open_stage("--to");
  struct snapshot *snapshot = inside_snapshot(s.inside);
  struct group *group = inside_group(snapshot, 0);
  group->variants = variants;
  group->variant_count = 2;
  inside_target(snapshot, 1)->variant = 1;
  start(&s, snapshot);
  client_get_with(s.client, "/smart?timeout=60000",
                  "X-Internal: 1\r\nAuthorization: theirs\r\nX-Api-Key: x\r\n");
  struct arrival *primary = origin_await(s.a);
  expect_only_a(primary);
  arrival_answer_json(primary, 500, "0");
  struct arrival *hedge = origin_await(s.b);
  expect_only_b(hedge);
  arrival_answer_json(hedge, 200, "1");
  reply_expect(client_await_reply(s.client), 200, "1");
  close_stage(&s);
}

/* Items of both groups take turns, and each group has its own. */
Test(visit, each_item_of_a_list_is_shown_its_own_and_no_other_s) {
  struct stage s = open_stage("--all");
  struct snapshot *snapshot = inside_snapshot(s.inside);
  for (unsigned i = 0; i < 2; i++) {
    inside_group(snapshot, i)->variants = &variants[i];
    inside_group(snapshot, i)->variant_count = 1;
  }
  start(&s, snapshot);
  char body[512], request[1024];
  snprintf(body, sizeof body, "[\"/x\",\"%s/1\",\"/y\",\"%s/2\"]", s.b->url,
           s.b->url);
  snprintf(request, sizeof request,
           "POST /all HTTP/1.1\r\nHost: h\r\nX-Internal: 1\r\n"
           "Content-Length: %zu\r\n\r\n%s",
           strlen(body), body);
  client_send(s.client, request);
  for (int i = 0; i < 2; i++) {
    struct arrival *to_a = origin_await(s.a), *to_b = origin_await(s.b);
    expect_only_a(to_a);
    expect_only_b(to_b);
    arrival_answer_json(to_a, 200, "1");
    arrival_answer_json(to_b, 200, "2");
  }
  reply_expect(client_await_reply(s.client), 200, "[1,2,1,2]");
  close_stage(&s);
}

/* ---- room ---- */

enum { MANY = 8, LONG = 1500 };

/* Each variant holds all that the client sent. */
Test(visit, many_variants_of_a_long_request_have_their_room) {
  static struct target_fields many[MANY];
  static char tokens[MANY][16], value[LONG + 1], fields[4 * LONG];
  struct origin *origin = origin_new();
  char flags[1024] = "--hedges 7 " PATIENT, text[128];
  for (unsigned i = 0; i < MANY; i++) {
    snprintf(text, sizeof text, "--to %s/%u ", origin->url, i);
    strcat(flags, text);
    snprintf(tokens[i], sizeof tokens[i], "token-%u", i);
    many[i].token = slice_of(tokens[i]);
  }
  struct inside *inside = inside_new(flags);
  struct snapshot *snapshot = inside_snapshot(inside);
  inside_group(snapshot, 0)->variants = many;
  inside_group(snapshot, 0)->variant_count = MANY;
  for (unsigned i = 0; i < MANY; i++) inside_target(snapshot, i)->variant = i;
  inside_run(inside, snapshot);
  struct client *client = inside_client(inside);
  memset(value, 'v', LONG);
  snprintf(fields, sizeof fields, "X-A:%s\r\nCookie:%s\r\n", value, value);
  client_get_with(client, "/all", fields);
  for (unsigned i = 0; i < MANY; i++) {
    struct arrival *arrival = origin_await_attempt(origin, i);
    snprintf(text, sizeof text, "Bearer token-%u", i);
    arrival_expect_field(arrival, "Authorization", text);
    arrival_expect_field(arrival, "X-A", value);
    arrival_expect_field(arrival, "Cookie", value);
    arrival_answer_json(arrival, 200, "1");
  }
  reply_expect(client_await_reply(client), 200, "[1,1,1,1,1,1,1,1]");
  client_free(client);
  inside_free(inside);
  origin_free(origin);
}
