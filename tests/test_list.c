/* The list that is threaded through what it holds, as a row of letters. */
#include "core/list.h"

#include <criterion/criterion.h>
#include <string.h>

struct letter {
  char name;
  struct list_link link;
};

static struct letter a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};

static struct list list_of_abc(void) {
  struct list list = {0};
  list_append(&list, &a.link);
  list_append(&list, &b.link);
  list_append(&list, &c.link);
  return list;
}

static char name_of(const struct list_link *link) {
  return list_item(link, struct letter, link)->name;
}

/* Both ways, since each neighbour has to know of the other. */
static void expect(const struct list *list, const char *names) {
  size_t n = 0, len = strlen(names);
  list_each (link, list) {
    cr_assert(n < len && name_of(link) == names[n], "at %zu of \"%s\" is %c", n,
              names, name_of(link));
    n++;
  }
  cr_assert(n == len, "%zu of \"%s\" are there", n, names);
  for (struct list_link *link = list->last; link; link = link->prev)
    cr_assert(n > 0 && name_of(link) == names[--n], "backwards, at %zu", n);
  cr_assert(n == 0, "backwards %zu of \"%s\" are missing", n, names);
  cr_assert(list_is_empty(list) == (len == 0));
}

Test(list, all_zeros_is_an_empty_list) { expect(&(struct list){0}, ""); }

Test(list, what_is_appended_comes_last) {
  struct list list = list_of_abc();
  expect(&list, "abc");
}

Test(list, what_is_prepended_comes_first) {
  struct list list = {0};
  list_prepend(&list, &b.link);
  list_prepend(&list, &a.link);
  list_append(&list, &c.link);
  expect(&list, "abc");
}

Test(list, each_place_can_be_left) {
  struct list list = list_of_abc();
  list_remove(&list, &b.link);
  expect(&list, "ac");
  list_remove(&list, &c.link);
  expect(&list, "a");
  list_remove(&list, &a.link);
  expect(&list, "");
}

Test(list, the_first_can_be_left) {
  struct list list = list_of_abc();
  list_remove(&list, &a.link);
  expect(&list, "bc");
}

Test(list, who_left_can_come_again) {
  struct list list = list_of_abc();
  list_remove(&list, &a.link);
  list_append(&list, &a.link);
  expect(&list, "bca");
}

Test(list, a_walk_may_take_off_what_it_stands_on) {
  struct list list = list_of_abc();
  list_each (link, &list) {
    if (name_of(link) == 'b') continue;
    list_remove(&list, link);
    memset(link, 0xa5, sizeof *link); /* as if it had been freed */
  }
  expect(&list, "b");
}

Test(list, a_walk_may_take_all_off) {
  struct list list = list_of_abc();
  list_each (link, &list) list_remove(&list, link);
  expect(&list, "");
}
