/* Tests of core/links. */
#include "core/links.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/rows.h"
#include "support/words.h"

struct side {
  const char *base, *route;
  bool stripped;
};

static const struct side stripped = {"https://h/v1", "/users", true};
static const struct side whole = {"https://h/v1", "/users", false};
static const struct side root = {"https://h", "/", true};
static const struct side below = {"https://h", "/users", true};
static const struct side keyed = {"https://h/v1?key=K&v=2", "/users", true};

typedef void (*writer)(struct text *, struct slice, const struct links_rule *);

/* In exactly the room that is said to be enough. */
static void expect_by(writer write, const struct side *side, const char *value,
                      const char *want) {
  struct base_url base;
  struct text out;
  const char *why = base_url_parse(&base, slice_of(side->base));
  cr_assert_null(why, "%s", why);
  const struct links_rule rule = {.base = &base,
                                  .route = slice_of(side->route),
                                  .stripped = side->stripped};
  size_t room = links_room(slice_of(value), &rule);
  char *storage = malloc(room);
  cr_assert(storage);
  text_init(&out, storage, room);
  write(&out, slice_of(value), &rule);
  struct slice got = text_slice_of(&out);
  cr_expect_not(out.cut, "%s: %zu bytes are too few", value, room);
  cr_expect(slice_equal(got, slice_of(want)),
            "of %s at %s, behind %s: %.*s, not %s", value, side->base,
            side->route, SLICE_ARG(got), want);
  free(storage);
}

static void expect(const struct side *side, const char *value,
                   const char *want) {
  expect_by(links_write_location, side, value, want);
}

static void expect_left(const struct side *side, const char *value) {
  expect(side, value, value);
}

static void expect_link(const char *value, const char *want) {
  expect_by(links_write_link, &stripped, value, want);
}

Test(links, a_url_below_the_base_leads_to_the_route) {
  expect(&stripped, "https://h/v1/7", "/users/7");
  expect(&stripped, "https://h/v1", "/users");
  expect(&stripped, "https://h/v1/", "/users/");
  expect(&stripped, "https://h/v1//7", "/users//7");
  expect(&stripped, "HTTPS://H:443/v1/7", "/users/7");
}

Test(links, a_path_below_the_base_leads_to_the_route) {
  expect(&stripped, "/v1/7", "/users/7");
  expect(&stripped, "/v1", "/users");
  expect(&below, "/7", "/users/7");
  expect(&below, "/", "/users");
}

Test(links, query_and_fragment_come_along) {
  expect(&stripped, "https://h/v1/7?page=2&q=/v1#top",
         "/users/7?page=2&q=/v1#top");
  expect(&stripped, "/v1?page=2", "/users?page=2");
  expect(&stripped, "/v1?", "/users?");
  expect(&stripped, "/v1#a?b#c", "/users#a?b#c");
  expect(&below, "https://h?page=2", "/users?page=2");
}

Test(links, where_the_whole_path_was_joined_what_is_behind_the_base_is_ours) {
  expect(&whole, "https://h/v1/users/7?a=1", "/users/7?a=1");
  expect(&whole, "/v1/users", "/users");
  expect(&whole, "/v1/users?a", "/users?a");
  expect(&whole, "//h/v1/users/", "/users/");
  const struct side all = {"https://h/v1", "/", false};
  expect(&all, "/v1/orders", "/orders");
  expect(&all, "/v1", "/");
  expect(&all, "https://h/v1/?a", "/?a");
}

Test(links, what_would_lead_out_of_the_route_is_left) {
  expect_left(&whole, "/v1/orders");
  expect_left(&whole, "/v1/usersx");
  expect_left(&whole, "/v1/");
  expect_left(&whole, "https://h/v1");
  const struct side keyed_whole = {"https://h/v1?key=K", "/users", false};
  expect_left(&keyed_whole, "/v1/orders?key=K");
}

Test(links, a_url_without_its_scheme_has_the_bases) {
  const struct side plain = {"http://h/v1", "/users", true};
  expect(&stripped, "//h/v1/7?a#b", "/users/7?a#b");
  expect(&stripped, "//H:443/v1", "/users");
  expect(&plain, "//h:80/v1/7", "/users/7");
  expect_left(&plain, "//h:443/v1/7");
  expect_left(&stripped, "//i/v1/7");
  expect_left(&stripped, "//u@h/v1/7");
  expect_left(&stripped, "//h/v2/7");
  expect_left(&stripped, "///v1/7");
  expect_left(&stripped, "//");
  expect_link("<//h/v1/7>; rel=next", "</users/7>; rel=next");
}

/* As two regions of one API do. */
Test(links, a_url_of_another_target_leads_to_the_route_as_well) {
  static const char *const urls[] = {"https://h/eu", "https://i/us?k=1",
                                     "https://h/us"};
  struct base_url bases[3];
  const struct base_url *others[3];
  for (unsigned i = 0; i < 3; i++) {
    cr_assert_null(base_url_parse(&bases[i], slice_of(urls[i])));
    others[i] = &bases[i];
  }
  static const char *const links[][2] = {
      {"https://h/eu/7", "/r/7"},
      {"https://i/us/7?k=1&p=2", "/r/7?p=2"},
      {"https://h/us/7", "/r/7"},
      {"//i/us/7", "/r/7"},
      {"/eu/7", "/r/7"},
      {"/us/7", "/r/7"},
      {"https://i/eu/7", "https://i/eu/7"},
  };
  const struct links_rule rule = {&bases[0], slice_of("/r"), true, others, 3};
  EACH_ROW (row, links) {
    EMPTY_TEXT(out, 128);
    links_write_location(&out, slice_of((*row)[0]), &rule);
    cr_expect_str_eq(text_end(&out), (*row)[1]);
  }
}

Test(links, a_route_of_everything_has_no_path_of_its_own) {
  expect(&root, "https://h/7?a", "/7?a");
  expect(&root, "https://h", "/");
  expect(&root, "/", "/");
  expect(&root, "/7", "/7");
}

Test(links, a_slash_at_the_end_of_the_base_is_the_seam) {
  const struct side slash = {"https://h/v1/", "/users/", true};
  const struct side bare = {"https://h/", "/users", true};
  expect(&slash, "/v1/", "/users");
  expect(&slash, "/v1/7", "/users/7");
  expect_left(&slash, "/v1");
  expect(&bare, "https://h/7", "/users/7");
  expect(&bare, "https://h", "/users");
}

Test(links, what_is_not_below_the_base_is_left) {
  EACH_WORD (text,
             "https://h/v2/7|https://h/v10|https://h/V1/7|https://i/v1/7|"
             "http://h/v1/7|https://h:8443/v1/7|https://u@h/v1/7|/v2/7|/v10|"
             "/|?page=2|next|./v1/7|#top||//i/v1/7|/\\h/v1/7|mailto:a@h|"
             "urn:v1|https:|https:///v1|https://h/v1/../7|/v1/%2e%2e/admin|"
             "/v1/a b|/v1/%zz|https://h/v1/\xc3\xa4")
    expect_left(&stripped, text);
}

Test(links, nothing_that_is_written_names_a_host) {
  expect_left(&whole, "https://h/v1//evil.example/");
  expect_left(&whole, "/v1//evil.example/");
  expect_left(&whole, "/v1/\\evil.example/");
  expect_left(&root, "https://h//evil.example/");
  expect_left(&root, "https://h/\\evil.example/");
  expect_left(&root, "//evil.example/");
}

Test(links, the_targets_own_query_is_left_out) {
  expect(&keyed, "https://h/v1/7?key=K&v=2&page=2", "/users/7?page=2");
  expect(&keyed, "/v1/7?key=K&v=2#a", "/users/7#a");
  expect(&keyed, "/v1/7?key=K&v=2&", "/users/7?");
  expect(&keyed, "/v1/7?key=K&v=22", "/users/7?key=K&v=22");
  expect(&keyed, "/v1/7?key=K", "/users/7?key=K");
  expect(&keyed, "/v1/7?page=2", "/users/7?page=2");
  expect(&keyed, "/v1/7", "/users/7");
  expect_left(&keyed, "/v2/7?key=K&v=2");
}

Test(links, each_link_of_a_field_is_rewritten) {
  expect_link("<https://h/v1?page=2>; rel=\"next\", </v1?page=9>; rel=last",
              "</users?page=2>; rel=\"next\", </users?page=9>; rel=last");
  expect_link("</v1/1>,</v1/2> ,,\t</v1/3>",
              "</users/1>,</users/2> ,,\t</users/3>");
  expect_link("</v1>", "</users>");
  expect_link("", "");
}

Test(links, parameters_stay_as_they_are) {
  expect_link("</v1/1>; title=\"a, </v1/2>; \\\", >\"; rel=up, </v1/3>",
              "</users/1>; title=\"a, </v1/2>; \\\", >\"; rel=up, </users/3>");
  expect_link("</v1/1>; anchor=\"/v1/2\"", "</users/1>; anchor=\"/v1/2\"");
}

Test(links, commas_and_quotes_in_a_url_are_its_own) {
  expect_link("</v1/1,2?q=\"a>; rel=x, </v1/3>",
              "</users/1,2?q=\"a>; rel=x, </users/3>");
}

Test(links, links_that_lead_elsewhere_stay_among_those_that_do_not) {
  expect_link("<https://i/v1>; rel=a, </v1/1>, <?page=2>, <>",
              "<https://i/v1>; rel=a, </users/1>, <?page=2>, <>");
}

Test(links, broken_syntax_is_left) {
  expect_link("/v1/1; rel=next", "/v1/1; rel=next");
  expect_link("</v1/1; rel=next, x", "</v1/1; rel=next, x");
  expect_link("x </v1/1>, </v1/2>", "x </v1/1>, </users/2>");
  expect_link("</v1/1>; title=\"open, </v1/2>",
              "</users/1>; title=\"open, </v1/2>");
  expect_link("< /v1/1 >", "< /v1/1 >");
  expect_link(" ", " ");
  expect_link("<", "<");
}

Test(links, there_is_room_for_links_that_all_grow) {
  const struct side longer = {"http://h", "/a-long-path-of-a-route", true};
  expect_by(links_write_link, &longer, "</>,</a>,</b>",
            "</a-long-path-of-a-route>,</a-long-path-of-a-route/a>,"
            "</a-long-path-of-a-route/b>");
  expect(&longer, "/", "/a-long-path-of-a-route");
}

Test(links, too_little_room_is_said) {
  struct base_url base;
  cr_assert_null(base_url_parse(&base, slice_of("http://h")));
  const struct links_rule rule = {
      .base = &base, .route = slice_of("/users"), .stripped = true};
  EMPTY_TEXT(out, 8);
  links_write_location(&out, slice_of("/1234"), &rule);
  cr_expect(out.cut);
}
