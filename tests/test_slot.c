/* Slots: one for each origin, with one number for the life of the process. */
#include "io/slot.h"

#include <criterion/criterion.h>

#include "support/words.h"

static struct resolver *resolver;
static struct slots *slots;

static void open_all(void) {
  resolver = resolver_new();
  slots = slots_new(resolver);
  cr_assert(resolver && slots);
}

static void close_all(void) {
  slots_free(slots);
  resolver_free(resolver);
}

TestSuite(slot, .init = open_all, .fini = close_all);

static struct base_url url_of(const char *text) {
  struct base_url url;
  const char *why = base_url_parse(&url, slice_of(text));
  cr_assert(!why, "%s: %s", text, why);
  return url;
}

static unsigned add(const char *text) {
  struct base_url url = url_of(text);
  unsigned number;
  cr_assert(slot_add(slots, &url, &number), "%s", text);
  return number;
}

Test(slot, an_origin_is_its_scheme_host_and_port) {
  unsigned first = add("http://192.0.2.1/a?key=1");
  cr_expect_eq(add("http://192.0.2.1:80/b"), first);
  unsigned others[] = {add("https://192.0.2.1/a"), add("http://192.0.2.1:81/a"),
                       add("http://192.0.2.2/a")};
  for (unsigned i = 0; i < 3; i++)
    cr_expect(others[i] == first + 1 + i, "%u is %u", i, others[i]);
  for (unsigned i = 0; i < 3; i++) slot_drop(slots, others[i]);
  slot_drop(slots, first);
  slot_drop(slots, first);
}

Test(slot, the_case_of_a_host_does_not_matter) {
  unsigned first = add("http://host.invalid");
  cr_expect_eq(add("http://HOST.invalid"), first);
  slot_drop(slots, first);
  slot_drop(slots, first);
}

Test(slot, origins_of_one_host_share_its_name) {
  unsigned plain = add("http://192.0.2.1"), tls = add("https://192.0.2.1"),
           other = add("http://192.0.2.2");
  cr_expect_eq(slot_at(slots, plain)->name, slot_at(slots, tls)->name);
  cr_expect_neq(slot_at(slots, plain)->name, slot_at(slots, other)->name);
  slot_drop(slots, plain);
  slot_drop(slots, tls);
  slot_drop(slots, other);
}

Test(slot, one_that_nobody_names_any_more_keeps_its_number_and_its_origin) {
  unsigned first = add("http://192.0.2.1");
  slot_drop(slots, first);
  unsigned second = add("http://192.0.2.2");
  cr_expect_neq(second, first);
  cr_expect_eq(add("http://192.0.2.1"), first);
  slot_drop(slots, first);
  slot_drop(slots, second);
}

static unsigned add_port(unsigned port) {
  return add(words_of("http://192.0.2.1:%u", port));
}

Test(slot, a_slot_stays_where_it_is_while_others_come) {
  struct slot *first = slot_at(slots, add_port(1));
  first->in_flight = 7;
  for (unsigned i = 1; i < 1000; i++) cr_assert_eq(add_port(i + 1), i);
  cr_expect_eq(slot_at(slots, 0), first);
  cr_expect_eq(first->in_flight, 7);
  cr_expect_eq(slot_at(slots, 999)->in_flight, 0);
  first->in_flight = 0;
  for (unsigned i = 0; i < 1000; i++) slot_drop(slots, i);
}

Test(slot, counters_of_two_slots_share_no_cache_line) {
  unsigned a = add_port(1), b = add_port(2);
  ptrdiff_t apart =
      (char *)&slot_at(slots, b)->in_flight - (char *)&slot_at(slots, a)->name;
  cr_expect(apart >= SLOT_LINE, "%td bytes apart", apart);
  slot_drop(slots, a);
  slot_drop(slots, b);
}

Test(slot, there_is_a_limit) {
  for (unsigned i = 0; i < SLOTS_MAX; i++) cr_assert_eq(add_port(i + 1), i);
  struct base_url url = url_of("http://192.0.2.1:60000"), known;
  unsigned number;
  cr_expect(!slot_add(slots, &url, &number), "one too many");
  known = url_of("http://192.0.2.1:1");
  cr_expect(slot_add(slots, &known, &number) && number == 0);
  slot_drop(slots, 0);
  for (unsigned i = 0; i < SLOTS_MAX; i++) slot_drop(slots, i);
}
