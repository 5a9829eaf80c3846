/* mock_answer: the bytes that a draw puts on the wire.
 *
 * The faults look as they do in the wild: an error status comes with a JSON
 * body of its own, so that whoever only parses is fooled; the page comes with
 * 200, so that whoever only reads the status is; broken JSON has a correct
 * Content-Length, and a truncated answer a body that was valid up to its cut.
 *
 * When a byte goes out, and how the connection ends, is mock's. */
#include "tools/mock_answer.h"

#include "core/http_reason.h"

static const char steady_body[] =
    "{\"id\":1,\"name\":\"steady\",\"ok\":true,\"values\":[1,2,3,4,5"
    ",6,7,8,9,10,11,12,13,14,15,16,17,18],\"text\":\"always the sa"
    "me two hundred bytes, so that a load test measures the proxy and"
    " no body\",\"n\":1234567890}";
_Static_assert(sizeof steady_body - 1 == 200, "the steady body is 200 bytes");

static const char page[] =
    "<!DOCTYPE html>\n<html><head><title>Please wait</title></head>"
    "<body><h1>We will be right back</h1></body></html>\n";

static void write_time(struct text *out, int64_t delay_us) {
  text_put(out, "{\"time\":", delay_us / 1000);
}

static void write_error(struct text *out, int status) {
  text_put(out, "{\"error\":", as_json(http_reason(status)), "}");
}

static void write_body(struct text *out, const struct faults_draw *draw,
                       bool steady) {
  if (draw->fault == FAULT_STATUS) {
    write_error(out, draw->status);
  } else if (draw->fault == FAULT_HTML) {
    text_str(out, page);
  } else if (draw->fault == FAULT_BADJSON) {
    write_time(out, draw->delay_us);
    text_str(out, ",\"items\":[{\"id\":1},{\"id\"");
  } else if (steady) {
    text_str(out, steady_body);
  } else {
    write_time(out, draw->delay_us);
    text_char(out, '}');
  }
}

static void write_head(struct text *out, const struct faults_draw *draw,
                       size_t length, struct mock_framing framing) {
  bool html = draw->fault == FAULT_HTML;
  http_status_line(out, draw->status);
  text_str(out,
           html ? "Content-Type: text/html" : "Content-Type: application/json");
  if (draw->status != 204) { /* RFC 9110, section 8.6 */
    text_put(out, "\r\nContent-Length: ", (int64_t)length);
  }
  if (framing.close) text_str(out, "\r\nConnection: close");
  else if (framing.keep_alive_1_0) text_str(out, "\r\nConnection: keep-alive");
  text_str(out, "\r\n\r\n");
}

void mock_answer_write(struct text *out, const struct faults_draw *draw,
                       struct mock_framing framing) {
  char storage[256];
  struct text body = TEXT_ON(storage);
  write_body(&body, draw, framing.steady);
  write_head(out, draw, body.len, framing);
  if (framing.head_only || draw->status == 204 || draw->status == 304) return;
  if (draw->fault == FAULT_TRUNCATE) body.len /= 2;
  text_slice(out, text_slice_of(&body));
}
