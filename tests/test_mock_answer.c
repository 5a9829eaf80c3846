/* Tests of tools/mock_answer: what a flaky upstream's bytes look like. */
#include "tools/mock_answer.h"

#include <criterion/criterion.h>

#include "support/words.h"

static const struct mock_framing plain = {0};

static void expect(struct faults_draw draw, struct mock_framing framing,
                   const char *want) {
  EMPTY_TEXT(out, MOCK_ANSWER_MAX + 1);
  mock_answer_write(&out, &draw, framing);
  cr_expect_str_eq(text_end(&out), want);
}

Test(mock_answer, a_good_one_tells_its_delay) {
  expect((struct faults_draw){FAULT_NONE, 200, 350000}, plain,
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
         "Content-Length: 12\r\n\r\n{\"time\":350}");
}

Test(mock_answer, a_steady_one_has_two_hundred_bytes) {
  struct faults_draw draw = {FAULT_NONE, 200, 0};
  EMPTY_TEXT(out, MOCK_ANSWER_MAX + 1);
  mock_answer_write(&out, &draw, (struct mock_framing){.steady = true});
  const char *head = text_end(&out), *end = strstr(head, "\r\n\r\n");
  cr_assert(end != NULL, "no end of the head in %s", head);
  words_expect(head, "\r\nContent-Length: 200\r\n");
  cr_expect_eq(strlen(end + 4), 200, "%zu bytes", strlen(end + 4));
}

Test(mock_answer, an_error_status_has_json_of_its_own) {
  expect((struct faults_draw){FAULT_STATUS, 500, 0}, plain,
         "HTTP/1.1 500 Internal Server Error\r\n"
         "Content-Type: application/json\r\nContent-Length: 33\r\n\r\n"
         "{\"error\":\"Internal Server Error\"}");
}

Test(mock_answer, a_204_has_no_length_and_no_body) {
  expect((struct faults_draw){FAULT_STATUS, 204, 0}, plain,
         "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n");
}

Test(mock_answer, broken_json_has_a_correct_length) {
  expect((struct faults_draw){FAULT_BADJSON, 200, 5000}, plain,
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
         "Content-Length: 33\r\n\r\n{\"time\":5,\"items\":[{\"id\":1},{\"id\"");
}

Test(mock_answer, a_truncated_one_promises_more_than_it_brings) {
  expect((struct faults_draw){FAULT_TRUNCATE, 200, 5000},
         (struct mock_framing){.close = true},
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
         "Content-Length: 10\r\nConnection: close\r\n\r\n{\"tim");
}

Test(mock_answer, a_page_comes_with_200) {
  struct faults_draw draw = {FAULT_HTML, 200, 0};
  EMPTY_TEXT(out, MOCK_ANSWER_MAX + 1);
  mock_answer_write(&out, &draw, plain);
  const char *text = text_end(&out);
  cr_expect(strstr(text, "HTTP/1.1 200 OK\r\n") == text, "%s", text);
  words_expect(text, "Content-Type: text/html\r\n");
  words_expect(text, "\r\n\r\n<!DOCTYPE html>");
}

Test(mock_answer, a_head_alone_tells_the_length_of_its_body) {
  expect((struct faults_draw){FAULT_NONE, 200, 7000},
         (struct mock_framing){.head_only = true, .keep_alive_1_0 = true},
         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
         "Content-Length: 10\r\nConnection: keep-alive\r\n\r\n");
}

Test(mock_answer, every_status_fits) {
  for (int status = 200; status < 600; status++) {
    struct faults_draw draw = {FAULT_STATUS, status, INT64_MAX / 2};
    EMPTY_TEXT(out, MOCK_ANSWER_MAX);
    mock_answer_write(&out, &draw, (struct mock_framing){.close = true});
    cr_expect(!out.cut, "%d is cut", status);
  }
}
