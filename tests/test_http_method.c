/* Methods by their names, and sets of them. */
#include "core/http_method.h"

#include <criterion/criterion.h>

#include "support/rows.h"
#include "support/words.h"

Test(http_method, a_name_and_its_number_are_one) {
  for (unsigned i = 0; i < HTTP_METHODS; i++) {
    struct slice name = http_method_name((enum http_method)i);
    cr_expect_eq(http_method_of(name), i, "%.*s", SLICE_ARG(name));
  }
}

Test(http_method, letters_count_with_their_case) {
  static const char *const others[] = {"get", "Get", "GETS", "GE", "", "FETCH"};
  EACH_ROW (row, others)
    cr_expect_eq(http_method_of(slice_of(*row)), HTTP_OTHER, "%s", *row);
}

Test(http_method, what_asks_for_no_change_is_safe) {
  unsigned safe = 0;
  for (unsigned i = 0; i < HTTP_METHODS; i++)
    if (http_method_is_safe((enum http_method)i)) safe |= 1u << i;
  cr_expect_eq(safe, 1u << HTTP_GET | 1u << HTTP_HEAD | 1u << HTTP_OPTIONS |
                         1u << HTTP_QUERY);
}

Test(http_method, what_is_safe_and_put_delete_and_trace_may_be_repeated) {
  unsigned idempotent = 0;
  for (unsigned i = 0; i < HTTP_METHODS; i++)
    if (http_method_is_idempotent((enum http_method)i)) idempotent |= 1u << i;
  cr_expect_eq(idempotent, 1u << HTTP_GET | 1u << HTTP_HEAD |
                               1u << HTTP_OPTIONS | 1u << HTTP_QUERY |
                               1u << HTTP_PUT | 1u << HTTP_DELETE |
                               1u << HTTP_TRACE);
}

Test(http_method, a_set_is_written_as_allow_wants_it) {
  EMPTY_TEXT(text, 64);
  http_methods_write(&text, 1u << HTTP_POST | 1u << HTTP_GET | 1u << HTTP_HEAD);
  cr_expect_str_eq(text_end(&text), "GET, HEAD, POST");
}
