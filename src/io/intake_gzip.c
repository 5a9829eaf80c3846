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
  const struct buffer *bytes = &intake->bytes;
  if (!is_undone(intake)) return true;
  intake->gunzip = gunzip_new(bytes->blocks, intake->limits->body_bytes);
  intake->plain.bytes =
      (struct buffer){.yields = bytes->yields, .blocks = bytes->blocks};
  if (!intake->gunzip) return starved(intake);
  return intake->gzip == GZIP_JUDGED || write_fields(intake);
}

/* ---- the body ---- */

static struct slice broken(struct intake *intake, enum attempt_result result,
                           const char *why) {
  verdict_broken(&intake->verdict, result, why);
  return (struct slice){0};
}

/* As much as there is room for. */
static struct slice inflate_into(struct intake *intake, char *room,
                                 size_t cap) {
  struct gunzip *gunzip = intake->gunzip;
  const char *body = intake->bytes.at + intake->response.body_at;
  struct slice coded = {body + intake->judged,
                        intake->response.body_len - intake->judged};
  size_t len;
  enum gunzip_progress progress = gunzip_read(gunzip, &coded, room, cap, &len);
  intake->judged = intake->response.body_len - coded.len;
  intake->more = progress == GUNZIP_FULL;
  intake->verdict.unfinished = !gunzip_is_whole(gunzip);
  if (progress == GUNZIP_BAD)
    return broken(intake, ATTEMPT_TRANSPORT, gunzip_why(gunzip));
  if (progress == GUNZIP_LARGE)
    return broken(intake, ATTEMPT_TOO_LARGE, gunzip_why(gunzip));
  return (struct slice){room, len};
}

static void drop_coded(struct intake *intake) {
  http_response_drop_body(&intake->response, intake->bytes.at,
                          &intake->bytes.len);
  intake->judged = 0;
}

static struct slice inflate_and_keep(struct intake *intake) {
  struct buffer *plain = &intake->plain.bytes;
  if (!buffer_reserve(plain, 1))
    return broken(intake, ATTEMPT_STARVED, no_buffer);
  size_t room = plain->cap - plain->len;
  if (room > GUNZIP_ROOM_BYTES) room = GUNZIP_ROOM_BYTES;
  struct slice text = inflate_into(intake, plain->at + plain->len, room);
  plain->len += text.len;
  if (!intake->more) drop_coded(intake);
  return text;
}

struct slice intake_gzip_next(struct intake *intake) {
  if (intake->gzip == GZIP_UNDONE) return inflate_and_keep(intake);
  return inflate_into(intake, gunzip_room(intake->gunzip), GUNZIP_ROOM_BYTES);
}

/* ---- what becomes of it ---- */

/* What stands in the head of a HEAD or a 304 is that of the coded bytes. */
static uint64_t plain_length(const struct http_response *found, size_t len) {
  bool told = !found->bodiless || (found->length == 0 && found->status != 204);
  return told ? len : UINT64_MAX;
}

struct slice intake_gzip_text(const struct intake *intake) {
  return slice_from(buffer_slice(&intake->plain.bytes),
                    intake->plain.fields_len);
}

void intake_gzip_hand_over(struct intake *intake, struct response *response) {
  size_t fields = intake->plain.fields_len;
  response->bytes = buffer_take(&intake->plain.bytes);
  struct slice all = buffer_slice(&response->bytes);
  response->status = intake->response.status;
  response->http_1_0 = intake->response.http_1_0;
  response->fields = (struct slice){all.at, fields};
  response->body = slice_from(all, fields);
  response->length = plain_length(&intake->response, response->body.len);
}

void intake_gzip_clear(struct intake *intake) {
  gunzip_free(intake->gunzip);
  intake->gunzip = NULL;
  buffer_clear(&intake->plain.bytes);
}
