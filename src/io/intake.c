/* intake: from bytes to a verdict, as they arrive.
 *
 * The answer is received into one buffer, from which its head and body go to
 * the client. core/http_response finds them there, core/verdict judges them,
 * and the verdict is certain as soon as it can be: a failing status with its
 * head, a page of HTML with its first byte.
 *
 * What is passed on while it comes is judged in the same way, but none of it is
 * kept, and so --max-body does not bound it.
 *
 * How the bytes come here, and what becomes of the connection, is the business
 * of the protocol (io/h1). */
#include "io/intake.h"

#include "core/retry_after.h"
#include "io/clock.h"
#include "io/intake_gzip.h"

static const char head_too_large[] =
    "the answer's head is larger than --max-upstream-head";

enum { USUAL_MAX = 64 * 1024 };

void intake_init(struct intake *intake, const struct target_limits *limits,
                 const struct ask_message *message, struct blocks *blocks) {
  intake->limits = limits;
  intake->keep_us = limits->keep_us;
  intake->bytes = (struct buffer){.blocks = blocks};
  intake->judged = 0;
  intake->gunzip = NULL;
  http_response_init(&intake->response);
  intake->response.to_head = slice_equal(message->method, slice_of("HEAD"));
  verdict_init(&intake->verdict, message->success,
               message->streams ? UINT64_MAX : limits->body_bytes,
               limits->depth);
  intake->verdict.keep_errors = message->keep_errors;
  intake->verdict.rules = message->rules;
  intake->gzip = message->gzip;
}

void intake_clear(struct intake *intake) {
  buffer_clear(&intake->bytes);
  if (intake->gunzip) intake_gzip_clear(intake);
}

bool intake_make_room(struct intake *intake, size_t usual) {
  return (usual > BLOCK_BYTES && buffer_reserve(&intake->bytes, usual)) ||
         buffer_reserve(&intake->bytes, BLOCK_BYTES);
}

size_t intake_usual(const struct intake *intake, size_t usual) {
  if (intake->verdict.end.result != ATTEMPT_SUCCESS) return usual;
  return intake->bytes.len < USUAL_MAX ? intake->bytes.len : USUAL_MAX;
}

/* ---- judging ---- */

static bool intake_too_large(struct intake *intake) {
  verdict_broken(&intake->verdict, ATTEMPT_TOO_LARGE, head_too_large);
  return false;
}

/* A field that cannot be read counts as none. */
static void note_wait(struct attempt_end *end, struct slice retry_after) {
  int64_t us = retry_after_us(retry_after, clock_wall_us());
  int64_t ms = us > 0 ? (us + 999) / 1000 : 0;
  end->retry_after = us >= 0;
  end->retry_after_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* How long it will be where it says so: see io/buffer. */
static size_t whole_bytes(const struct http_response *found) {
  bool known = !found->bodiless && found->length < SIZE_MAX - found->body_at;
  return known ? found->body_at + (size_t)found->length : 0;
}

static bool judge_head(struct intake *intake) {
  struct response_meaning head =
      http_response_meaning(&intake->response, intake->bytes.at);
  /* Interim heads count too, as they do while they come. */
  if (intake->response.head_at + intake->response.head_len >
      intake->limits->head_bytes)
    return intake_too_large(intake);
  if (intake->gzip != GZIP_KEPT && head.coding == CODING_GZIP)
    head.coding = CODING_NONE; /* as the verdict will see it */
  intake->bytes.most = whole_bytes(&intake->response);
  bool open = verdict_head(&intake->verdict, &head);
  if (head.retry_after) note_wait(&intake->verdict.end, head.wait);
  return open && (intake->gzip == GZIP_KEPT || intake_gzip_begin(intake));
}

/* What has come of the body, or the next piece of what is in it. */
static struct slice next_text(struct intake *intake) {
  if (intake->gunzip) return intake_gzip_next(intake);
  const char *body = intake->bytes.at + intake->response.body_at;
  size_t from = intake->judged;
  intake->judged = intake->response.body_len;
  return (struct slice){body + from, intake->judged - from};
}

static bool judge_body(struct intake *intake) {
  do {
    struct slice text = next_text(intake);
    if (!text.at || !verdict_body(&intake->verdict, text.at, text.len))
      return false;
  } while (intake->gunzip && intake->more);
  return true;
}

static void judge_text(struct intake *intake) {
  const struct http_response *found = &intake->response;
  struct slice text = {intake->bytes.at + found->body_at, found->body_len};
  if (intake->gunzip) text = intake_gzip_text(intake);
  verdict_text(&intake->verdict, text);
}

static void judge_end(struct intake *intake) {
  verdict_end(&intake->verdict);
  if (intake->verdict.rules) judge_text(intake);
}

/* The head has not ended yet, or interim heads go on and on. */
static bool judge_rest(struct intake *intake) {
  if (intake->response.head_len == 0 &&
      intake->bytes.len > intake->limits->head_bytes)
    return intake_too_large(intake);
  return true;
}

static enum response_progress intake_read(struct intake *intake) {
  return http_response_read(&intake->response, intake->bytes.at,
                            &intake->bytes.len);
}

bool intake_judge(struct intake *intake) {
  for (bool open = true; open;) {
    switch (intake_read(intake)) {
      case RESPONSE_MORE: return judge_rest(intake);
      case RESPONSE_HEAD: open = judge_head(intake); break;
      case RESPONSE_BODY: open = judge_body(intake); break;
      case RESPONSE_DONE:
        judge_end(intake);
        open = false;
        break;
      case RESPONSE_BAD:
        verdict_broken(&intake->verdict, ATTEMPT_TRANSPORT,
                       intake->response.why);
        open = false;
        break;
    }
  }
  return false;
}

static void conclude(struct intake *intake, enum response_progress progress) {
  if (progress == RESPONSE_DONE) judge_end(intake);
  else
    verdict_broken(&intake->verdict, ATTEMPT_TRANSPORT, intake->response.why);
}

void intake_end(struct intake *intake) {
  conclude(intake, http_response_end(&intake->response));
}

/* A JSON object or array says itself that it is whole. */
void intake_cut(struct intake *intake) {
  if (verdict_reads_json(&intake->verdict)) intake_end(intake);
  else conclude(intake, http_response_cut(&intake->response));
}

/* ---- what is left behind ---- */

void intake_lose(struct intake *intake) {
  intake->verdict.rules = NULL; /* which are borrowed */
  if (intake->gunzip) intake_gzip_clear(intake);
}

enum response_progress intake_skip(struct intake *intake) {
  enum response_progress progress;
  do progress = intake_read(intake);
  while (progress == RESPONSE_HEAD || progress == RESPONSE_BODY);
  return progress;
}

int64_t intake_keep_us(struct intake *intake) {
  const struct http_response *response = &intake->response;
  if (intake->bytes.cap == 0 || intake_skip(intake) != RESPONSE_DONE ||
      response->used != intake->bytes.len)
    return 0;
  return response->keep_us < intake->keep_us ? response->keep_us
                                             : intake->keep_us;
}

/* RFC 9110, section 8.6: a 204 has none. */
static uint64_t intake_length(const struct http_response *found) {
  if (!found->bodiless) return found->body_len;
  return found->status == 204 ? UINT64_MAX : found->length;
}

void intake_hand_over(struct intake *intake, struct response *response) {
  const struct http_response *found = &intake->response;
  if (intake->gunzip && intake->gzip == GZIP_UNDONE) {
    intake_gzip_hand_over(intake, response);
    return;
  }
  response->bytes = buffer_take(&intake->bytes);
  const char *at = response->bytes.at;
  response->status = found->status;
  response->http_1_0 = found->http_1_0;
  response->fields = http_response_fields(found, at);
  response->body = (struct slice){at + found->body_at, found->body_len};
  response->length = intake_length(found);
}

/* ---- an answer that is not held ---- */

void intake_show(const struct intake *intake, struct response *response) {
  const struct http_response *found = &intake->response;
  response->status = found->status;
  response->http_1_0 = found->http_1_0;
  response->fields = http_response_fields(found, intake->bytes.at);
  response->body = intake_body(intake);
  response->length = found->length;
}

struct slice intake_body(const struct intake *intake) {
  const struct http_response *found = &intake->response;
  if (found->body_len == 0) return (struct slice){0};
  return (struct slice){intake->bytes.at + found->body_at, found->body_len};
}

void intake_forget(struct intake *intake) {
  http_response_forget(&intake->response, intake->bytes.at, &intake->bytes.len);
  intake->judged = 0;
  if (intake->bytes.len == 0) buffer_clear(&intake->bytes);
}
