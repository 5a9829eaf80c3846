/* intake_gzip.c: an answer that comes as gzip, judged while it inflates.
 *
 * Of coded and plain bytes only those are kept that the client will get, and
 * which these are is known before the answer comes (enum gzip_use). JUDGED: the
 * coded bytes stay in `bytes`, as those of any answer do, and the plain ones
 * pass by the verdict in pieces. UNDONE: the plain ones gather in `plain`,
 * behind the fields that are told of them, and the coded ones are dropped as
 * soon as they are inflated. So `plain` becomes the response, and nobody above
 * knows that there was a coding.
 *
 * The 304 to a client that has the plain bytes names them by the weak tag that
 * it got with them, too. */
#include "io/intake_gzip.h"

#include "core/coding.h"

enum { PIECE_BYTES = 16 * 1024 };

static const char no_buffer[] =
    "no buffer was free to inflate the answer (--max-buffered)";

static bool starved(struct intake *intake) {
  verdict_broken(&intake->verdict, ATTEMPT_STARVED, no_buffer);
  return false;
}

void intake_gzip_look(struct intake *intake, struct response_meaning *head) {
  bool undone = head->coding == CODING_GZIP ||
                (intake->gzip == GZIP_UNDONE && head->status == 304);
  if (undone) head->coding = CODING_NONE;
  else intake->gzip = GZIP_OFF;
}

bool intake_gzip_begin(struct intake *intake) {
  struct buffer *plain = &intake->plain;
  struct slice fields =
      http_response_fields(&intake->response, intake->bytes.at);
  size_t room = coding_plain_room(fields);
  struct text text;
  if (!buffer_reserve(plain, room)) return starved(intake);
  text_init(&text, plain->at, room);
  coding_plain_fields(&text, fields);
  plain->len = intake->plain_fields = text.len;
  return true;
}

/* ---- the body ---- */

static bool judge_progress(struct intake *intake,
                           enum gunzip_progress progress) {
  if (progress < GUNZIP_BAD) return true;
  verdict_broken(&intake->verdict,
                 progress == GUNZIP_LARGE ? ATTEMPT_TOO_LARGE
                                          : ATTEMPT_TRANSPORT,
                 gunzip_why(intake->gunzip));
  return false;
}

/* The next piece of plain text: what inflated last is judged before more is. */
static bool judge_piece(struct intake *intake, struct slice *coded, char *out,
                        size_t cap, size_t *len, bool *more) {
  enum gunzip_progress progress =
      gunzip_read(intake->gunzip, coded, out, cap, len);
  *more = progress == GUNZIP_FULL;
  return judge_progress(intake, progress) &&
         verdict_body(&intake->verdict, out, *len);
}

static bool judge_only(struct intake *intake, struct slice coded) {
  char piece[PIECE_BYTES];
  bool open, more;
  size_t len;
  do open = judge_piece(intake, &coded, piece, sizeof piece, &len, &more);
  while (open && more);
  return open;
}

static bool judge_and_keep(struct intake *intake, struct slice coded) {
  struct buffer *plain = &intake->plain;
  bool open, more;
  do {
    if (!buffer_reserve(plain, 1)) return starved(intake);
    size_t room = plain->cap - plain->len, len;
    if (room > PIECE_BYTES) room = PIECE_BYTES;
    open =
        judge_piece(intake, &coded, plain->at + plain->len, room, &len, &more);
    plain->len += len;
  } while (open && more);
  return open;
}

bool intake_gzip_judge(struct intake *intake) {
  struct http_response *response = &intake->response;
  struct buffer *bytes = &intake->bytes;
  size_t from = intake->judged;
  struct slice coded = {bytes->at + response->body_at + from,
                        response->body_len - from};
  if (!intake->gunzip)
    intake->gunzip = gunzip_new(bytes->blocks, intake->limits->body_bytes);
  if (!intake->gunzip) return starved(intake);
  if (intake->gzip == GZIP_JUDGED) {
    intake->judged = response->body_len;
    return judge_only(intake, coded);
  }
  bool open = judge_and_keep(intake, coded);
  http_response_drop_body(response, bytes->at, &bytes->len);
  return open;
}

bool intake_gzip_end(struct intake *intake) {
  if (!intake->gunzip || gunzip_is_whole(intake->gunzip)) return true;
  verdict_broken(&intake->verdict, ATTEMPT_TRANSPORT,
                 "the gzip body ends too early");
  return false;
}

/* ---- what becomes of it ---- */

/* What stands in the head of a HEAD or a 304 is that of the coded bytes. */
static uint64_t plain_length(const struct http_response *found, size_t len) {
  bool told = !found->bodiless || (found->length == 0 && found->status != 204);
  return told ? len : UINT64_MAX;
}

void intake_gzip_hand_over(struct intake *intake, struct response *response) {
  size_t fields = intake->plain_fields;
  response->bytes = buffer_take(&intake->plain);
  struct slice all = buffer_slice(&response->bytes);
  response->status = intake->response.status;
  response->fields = (struct slice){all.at, fields};
  response->body = slice_from(all, fields);
  response->length = plain_length(&intake->response, response->body.len);
}

void intake_gzip_clear(struct intake *intake) {
  gunzip_free(intake->gunzip);
  intake->gunzip = NULL;
  buffer_clear(&intake->plain);
}
