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

enum { PIECE_BYTES = GUNZIP_ROOM_BYTES };

static const char no_buffer[] =
    "no buffer was free to inflate the answer (--max-buffered)";

static bool starved(struct intake *intake) {
  verdict_broken(&intake->verdict, ATTEMPT_STARVED, no_buffer);
  return false;
}

static bool write_fields(struct intake *intake) {
  struct buffer *plain = &intake->plain.bytes;
  struct slice fields =
      http_response_fields(&intake->response, intake->bytes.at);
  size_t room = coding_plain_room(fields);
  struct text text;
  if (!buffer_reserve(plain, room)) return starved(intake);
  text_init(&text, plain->at, room);
  coding_plain_fields(&text, fields);
  plain->len = intake->plain.fields_len = text.len;
  return true;
}

static bool is_undone(const struct intake *intake) {
  const struct http_response *response = &intake->response;
  return response->coding == CODING_GZIP ||
         (intake->gzip == GZIP_UNDONE && response->status == 304);
}

bool intake_gzip_begin(struct intake *intake) {
  struct blocks *blocks = intake->bytes.blocks;
  if (!is_undone(intake)) return true;
  intake->gunzip = gunzip_new(blocks, intake->limits->body_bytes);
  intake->plain.bytes = (struct buffer){.blocks = blocks};
  if (!intake->gunzip) return starved(intake);
  return intake->gzip == GZIP_JUDGED || write_fields(intake);
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

/* The next piece of text: what inflated last is judged before more does. */
static bool judge_piece(struct intake *intake, struct slice *coded, char *room,
                        size_t cap, size_t *len, bool *more) {
  struct gunzip *gunzip = intake->gunzip;
  enum gunzip_progress progress = gunzip_read(gunzip, coded, room, cap, len);
  *more = progress == GUNZIP_FULL;
  intake->verdict.unfinished = !gunzip_is_whole(gunzip);
  return judge_progress(intake, progress) &&
         verdict_body(&intake->verdict, room, *len);
}

static bool judge_only(struct intake *intake, struct slice coded) {
  char *room = gunzip_room(intake->gunzip);
  bool open, more;
  size_t len;
  do open = judge_piece(intake, &coded, room, PIECE_BYTES, &len, &more);
  while (open && more);
  return open;
}

static bool judge_and_keep(struct intake *intake, struct slice coded) {
  struct buffer *plain = &intake->plain.bytes;
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
  if (intake->gzip == GZIP_JUDGED) {
    intake->judged = response->body_len;
    return judge_only(intake, coded);
  }
  bool open = judge_and_keep(intake, coded);
  http_response_drop_body(response, bytes->at, &bytes->len);
  return open;
}

/* ---- what becomes of it ---- */

/* What stands in the head of a HEAD or a 304 is that of the coded bytes. */
static uint64_t plain_length(const struct http_response *found, size_t len) {
  bool told = !found->bodiless || (found->length == 0 && found->status != 204);
  return told ? len : UINT64_MAX;
}

void intake_gzip_hand_over(struct intake *intake, struct response *response) {
  size_t fields = intake->plain.fields_len;
  response->bytes = buffer_take(&intake->plain.bytes);
  struct slice all = buffer_slice(&response->bytes);
  response->status = intake->response.status;
  response->fields = (struct slice){all.at, fields};
  response->body = slice_from(all, fields);
  response->length = plain_length(&intake->response, response->body.len);
}

void intake_gzip_clear(struct intake *intake) {
  gunzip_free(intake->gunzip);
  intake->gunzip = NULL;
  buffer_clear(&intake->plain.bytes);
}
