/* Tests of core/forwarded. */
#include "core/forwarded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/words.h"

static void parse_head(struct http_request *request, struct slice head) {
  const struct http_request_limits limits = {256, HTTP_FIELDS_MAX};
  const char *why = "";
  int status = http_request_parse(request, head, &limits, &why);
  cr_assert_eq(status, 0, "%.*s: %s", SLICE_ARG(head), why);
}

static struct forwarded_from from(const char *peer, bool trusted) {
  struct forwarded_from from = {.trusted = trusted, .fields = FORWARDED_ALL};
  cr_assert(address_parse(slice_of(peer), from.peer));
  return from;
}

/* What is written, in exactly the room that is said to be enough. */
static struct text written(const struct http_request *request,
                           const struct forwarded_from *from) {
  struct text out;
  size_t room = forwarded_room(request, from);
  char *storage = malloc(room + 1);
  cr_assert(storage);
  text_init(&out, storage, room);
  forwarded_write(&out, request, from);
  cr_expect_not(out.cut, "%zu bytes are too few", room);
  out.cap++;
  return out;
}

static void expect(const struct forwarded_from *from, const char *fields,
                   const char *want) {
  static struct http_request request;
  const char *head = words_of("GET / HTTP/1.1\r\nHost: h:81\r\n%s\r\n", fields);
  parse_head(&request, slice_of(head));
  struct text out = written(&request, from);
  cr_expect_str_eq(text_end(&out), want, "of\n%sis written\n%s", fields,
                   text_end(&out));
  free(out.at);
}

#define PEER "X-Forwarded-For: 192.0.2.1\r\n"
#define PROTO "X-Forwarded-Proto: http\r\n"
#define HOST "X-Forwarded-Host: h:81\r\n"

Test(forwarded, a_client_that_says_nothing_is_told_of) {
  struct forwarded_from stranger = from("192.0.2.1", false);
  struct forwarded_from friend = from("192.0.2.1", true);
  expect(&stranger, "", PEER PROTO HOST);
  expect(&friend, "", PEER PROTO HOST);
}

Test(forwarded, an_ipv6_peer_stands_without_brackets) {
  struct forwarded_from stranger = from("2001:DB8:0::1", false);
  expect(&stranger, "", "X-Forwarded-For: 2001:db8::1\r\n" PROTO HOST);
}

Test(forwarded, tls_is_https) {
  struct forwarded_from stranger = from("192.0.2.1", false);
  stranger.tls = true;
  expect(&stranger, "", PEER "X-Forwarded-Proto: https\r\n" HOST);
}

Test(forwarded, a_stranger_is_not_believed) {
  struct forwarded_from stranger = from("192.0.2.1", false);
  expect(&stranger,
         "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\n"
         "X-Forwarded-Host: evil.example\r\n",
         PEER PROTO HOST);
}

Test(forwarded, a_trusted_clients_list_goes_on) {
  struct forwarded_from friend = from("192.0.2.1", true);
  expect(&friend,
         "x-forwarded-for: 203.0.113.9,10.0.0.1\r\nX-A: 1\r\n"
         "X-Forwarded-For: , ,10.0.0.2 ,\r\n",
         "X-Forwarded-For: 203.0.113.9, 10.0.0.1, 10.0.0.2, 192.0.2.1\r\n" PROTO
             HOST);
  expect(&friend, "X-Forwarded-For: \"a, b\"\r\n",
         "X-Forwarded-For: \"a, b\", 192.0.2.1\r\n" PROTO HOST);
}

Test(forwarded, a_trusted_clients_scheme_and_host_go_on) {
  struct forwarded_from friend = from("192.0.2.1", true);
  expect(&friend,
         "X-Forwarded-Proto:\r\nx-forwarded-proto: https\r\n"
         "X-Forwarded-Proto: http\r\nX-Forwarded-Host: api.example\r\n",
         PEER "X-Forwarded-Proto: https\r\nX-Forwarded-Host: api.example\r\n");
}

Test(forwarded, what_connection_names_was_not_sent) {
  struct forwarded_from friend = from("192.0.2.1", true);
  expect(&friend,
         "Connection: close, x-forwarded-for, X-Forwarded-Proto\r\n"
         "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\n",
         PEER PROTO HOST);
}

Test(forwarded, only_what_is_wanted_is_written) {
  struct forwarded_from stranger = from("192.0.2.1", false);
  stranger.fields = FORWARDED_FOR;
  expect(&stranger, "", PEER);
  stranger.fields = FORWARDED_PROTO | FORWARDED_HOST;
  expect(&stranger, "", PROTO HOST);
  stranger.fields = 0;
  expect(&stranger, "", "");
}

Test(forwarded, a_request_without_a_host_names_none) {
  static struct http_request request;
  struct forwarded_from stranger = from("192.0.2.1", false);
  parse_head(&request, slice_of("GET / HTTP/1.0\r\n\r\n"));
  struct text out = written(&request, &stranger);
  cr_expect_str_eq(text_end(&out), PEER PROTO);
  free(out.at);
}

/* ---- long lists ---- */

/* Writes the list of a trusted client's `fields`; what stands behind the name
 * comes back, without the line end. */
static struct text list_of(const char *fields, size_t len) {
  static struct http_request request;
  static const char start[] = "GET / HTTP/1.0\r\n";
  struct forwarded_from friend = from("192.0.2.1", true);
  struct text head;
  char *storage = malloc(len + 64);
  cr_assert(storage);
  text_init(&head, storage, len + 64);
  text_str(&head, start);
  text_add(&head, fields, len);
  text_str(&head, "\r\n");
  parse_head(&request, text_slice_of(&head));
  friend.fields = FORWARDED_FOR;
  struct text out = written(&request, &friend);
  size_t name_len = strlen("X-Forwarded-For: ");
  out.len -= name_len + 2;
  memmove(out.at, out.at + name_len, out.len);
  free(storage);
  return out;
}

static unsigned count(struct slice text, char c) {
  unsigned n = 0;
  for (size_t i = 0; i < text.len; i++) n += text.at[i] == c;
  return n;
}

Test(forwarded, of_too_many_members_the_last_stay) {
  char fields[2048] = "X-Forwarded-For: ";
  size_t len = strlen(fields);
  for (unsigned i = 1; i <= 100; i++)
    len += (size_t)snprintf(fields + len, sizeof fields - len, "m%u%s", i,
                            i == 50    ? "\r\nX-Forwarded-For: "
                            : i == 100 ? "\r\n"
                                       : ",");
  struct text list = list_of(fields, len);
  struct slice got = text_slice_of(&list);
  cr_expect_eq(count(got, ',') + 1, FORWARDED_MEMBERS_MAX);
  cr_expect(slice_starts_with(got, slice_of("m38, m39, ")), "%.*s",
            SLICE_ARG(got));
  cr_expect_str_eq(text_end(&list) + list.len - 15, "m100, 192.0.2.1");
  free(list.at);
}

Test(forwarded, a_list_of_just_as_many_as_may_be_stays_whole) {
  char fields[1024] = "X-Forwarded-For: ";
  size_t len = strlen(fields);
  for (unsigned i = 1; i < FORWARDED_MEMBERS_MAX; i++)
    len += (size_t)snprintf(fields + len, sizeof fields - len, "m%u,", i);
  len += (size_t)snprintf(fields + len, sizeof fields - len, "\r\n");
  struct text list = list_of(fields, len);
  cr_expect(slice_starts_with(text_slice_of(&list), slice_of("m1, m2, ")));
  free(list.at);
}

Test(forwarded, of_too_many_bytes_the_last_stay) {
  enum { LEN = 20000 };
  static char fields[LEN + 64];
  size_t len = (size_t)snprintf(fields, sizeof fields, "X-Forwarded-For: a,");
  memset(fields + len, 'b', LEN);
  len += LEN;
  len += (size_t)snprintf(fields + len, sizeof fields - len, ", c, d\r\n");
  struct text list = list_of(fields, len);
  cr_expect_str_eq(text_end(&list), "c, d, 192.0.2.1");
  free(list.at);
}

Test(forwarded, the_longest_list_has_the_bytes_it_may_have) {
  enum { MEMBER = 200 };
  static char fields[64 * MEMBER];
  size_t len = (size_t)snprintf(fields, sizeof fields, "X-Forwarded-For: ");
  for (unsigned i = 0; i < 40; i++) {
    memset(fields + len, 'a', MEMBER);
    fields[len + MEMBER] = ',';
    len += MEMBER + 1;
  }
  len += (size_t)snprintf(fields + len, sizeof fields - len, "\r\n");
  struct text list = list_of(fields, len);
  cr_expect_leq(list.len, FORWARDED_BYTES_MAX);
  cr_expect_gt(list.len, FORWARDED_BYTES_MAX - 2 * MEMBER);
  free(list.at);
}

/* ---- what does not cross ---- */

static void expect_drops(const char *const *names, bool trusted, bool want) {
  for (; *names; names++)
    cr_expect_eq(forwarded_drops(slice_of(*names), trusted), want, "%s %s",
                 *names, want ? "crosses" : "stays");
}

Test(forwarded, what_speaks_of_others_stays_if_a_stranger_says_it) {
  static const char *const stay[] = {"X-Forwarded-For",  "x-forwarded-proto",
                                     "X_FORWARDED_HOST", "X-Forwarded-Port",
                                     "X-Forwarded-",     "x-forwarded_prefix",
                                     "Forwarded",        "X-Real-IP",
                                     "x_real_ip",        NULL};
  static const char *const cross[] = {"X-Forwarded",   "X-Forwarder-For",
                                      "Forwarded-For", "X-Real-I",
                                      "X-Real-IPs",    "",
                                      "Accept",        NULL};
  expect_drops(stay, false, true);
  expect_drops(cross, false, false);
}

Test(forwarded, what_is_written_anew_stays_whoever_says_it) {
  static const char *const stay[] = {"X-Forwarded-For", "x-forwarded-proto",
                                     "X-FORWARDED-HOST", "X_Forwarded_For",
                                     NULL};
  static const char *const cross[] = {"X-Forwarded-Port", "Forwarded",
                                      "X-Real-IP", "Accept", NULL};
  expect_drops(stay, true, true);
  expect_drops(cross, true, false);
}
