/* Which route a path belongs to. */
#include "core/route_table.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "core/http_method.h"

enum { ROUTES_MAX = 300 };

static struct route routes[ROUTES_MAX];
static struct route_cell cells[4 * ROUTES_MAX];
static struct route_table table;

static void make(unsigned count) {
  memset(cells, 0, sizeof cells);
  route_table_init(&table, routes, count, cells);
}

/* Paths that end in a '!' take nothing below. */
static void table_of(const char *const *paths) {
  unsigned count = 0;
  for (; paths[count]; count++) {
    struct slice path = slice_of(paths[count]);
    bool exact = path.at[path.len - 1] == '!';
    path.len -= exact;
    routes[count] =
        (struct route){.path = path, .below = !exact, .methods = 1u << count};
  }
  make(count);
}

#define TABLE(...) table_of((const char *const[]){__VA_ARGS__, NULL})

static void expect(const char *path, const char *route, const char *rest) {
  const struct route *got = route_table_find(&table, slice_of(path));
  if (!route) {
    cr_expect(!got, "%s has a route", path);
    return;
  }
  cr_assert(got, "%s has no route", path);
  cr_expect(slice_equal(got->path, slice_of(route)), "%s belongs to %.*s", path,
            SLICE_ARG(got->path));
  struct slice got_rest = route_table_rest(got, slice_of(path));
  cr_expect(slice_equal(got_rest, slice_of(rest)), "%s leaves %.*s", path,
            SLICE_ARG(got_rest));
}

Test(route_table, a_route_takes_its_path_and_what_lies_below_at_a_slash) {
  TABLE("/users", "/all!");
  expect("/users", "/users", "");
  expect("/users/", "/users", "/");
  expect("/users/7/orders", "/users", "/7/orders");
  expect("/users//7", "/users", "//7");
  expect("/usersX", NULL, NULL);
  expect("/user", NULL, NULL);
  expect("/all", "/all", "");
  expect("/all/", NULL, NULL);
  expect("/", NULL, NULL);
  expect("", NULL, NULL);
}

Test(route_table, the_longest_path_wins_in_whatever_order_they_stand) {
  TABLE("/a/b/c", "/a", "/", "/a/b");
  expect("/a/b/c/d", "/a/b/c", "/d");
  expect("/a/b/cd", "/a/b", "/cd");
  expect("/a/bc", "/a", "/bc");
  expect("/ab", "/", "/ab");
  expect("/", "/", "/");
  expect("//a", "/", "//a");
}

Test(route_table, an_exact_route_leaves_what_is_below_to_a_shorter_one) {
  TABLE("/", "/all!");
  expect("/all", "/all", "");
  expect("/all/x", "/", "/all/x");
}

Test(route_table, an_unreserved_character_is_the_same_however_it_is_spelled) {
  TABLE("/admin", "/");
  expect("/%61dmin", "/admin", "");
  expect("/%61%64%6D%69%6e/x", "/admin", "/x");
  expect("/admin%2Fx", "/", "/admin%2Fx");
  expect("/%2561dmin", "/", "/%2561dmin");
  expect("/admi%6", "/", "/admi%6");
  expect("/admin%", "/", "/admin%");
  expect("/adm%69n/%2e%2e/x", "/admin", "/%2e%2e/x");
  expect("%2fadmin", NULL, NULL);
  TABLE("/aAz-b.c_d~09Z", "/");
  expect("/%61%41%7A%2Db%2ec%5Fd%7E%30%39%5A/x", "/aAz-b.c_d~09Z", "/x");
  expect("/%41Az-b.c_d~09Z", "/", "/%41Az-b.c_d~09Z");
}

Test(route_table, letters_count_with_their_case) {
  TABLE("/Users");
  expect("/users", NULL, NULL);
  expect("/%55sers", "/Users", "");
}

Test(route_table, hundreds_of_routes_are_told_apart) {
  static char paths[ROUTES_MAX][24];
  for (unsigned i = 0; i < ROUTES_MAX; i++) {
    snprintf(paths[i], sizeof paths[i], "/api/%u/r", i);
    routes[i] = (struct route){.path = slice_of(paths[i]), .below = true};
  }
  cr_assert_leq(route_table_cells(ROUTES_MAX), 4 * ROUTES_MAX);
  make(ROUTES_MAX);
  for (unsigned i = 0; i < ROUTES_MAX; i++) {
    char path[sizeof paths[0] + 4];
    strcat(strcpy(path, paths[i]), "/x");
    expect(path, paths[i], "/x");
  }
  expect("/api/300/r", NULL, NULL);
  expect("/api/1/rr", NULL, NULL);
}

Test(route_table, routes_of_one_path_are_told_apart_by_method) {
  TABLE("/a", "/b", "/b", "/c");
  const struct route *first = route_table_find(&table, slice_of("/b"));
  cr_expect_eq(first, &routes[1]);
  cr_expect_eq(route_table_methods(&table, first), 1u << 1 | 1u << 2);
  cr_expect_eq(route_table_method(&table, first, 1), &routes[1]);
  cr_expect_eq(route_table_method(&table, first, 2), &routes[2]);
  cr_expect_null(route_table_method(&table, first, 3));
  cr_expect_null(route_table_method(&table, &routes[3], 0));
  cr_expect_eq(table.methods, 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3);
}
