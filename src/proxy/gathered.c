/* gathered: many bodies, one array or object, no copies.
 *
 * The bodies go out from where they were received. What stands around them
 * (brackets, commas, and the objects of detail=1) is written into one buffer
 * that was sized for the worst before, so that it never moves and the pieces
 * can point into it. */
#include "proxy/gathered.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum {
  PARTS_AN_ITEM = 3,  /* what leads to the body, the body, what closes it */
  WORDS_AN_ITEM = 160 /* without the error's own text */
};

static bool is_success(const struct fetch *fetch) {
  return fetch->race.outcome == OUTCOME_SUCCESS;
}

/* The attempt that speaks for an item: the one that won, or else the first that
 * can tell of the upstream. */
static const struct attempt_record *spokesman(const struct fetch *fetch) {
  if (is_success(fetch)) return &fetch->records[fetch->race.winner];
  for (unsigned k = 0; k < fetch->begun; k++)
    if (fetch->records[k].end.result != ATTEMPT_REFUSED &&
        fetch->records[k].end.result != ATTEMPT_STARVED)
      return &fetch->records[k];
  return &fetch->records[0];
}

static const char *error_of(const struct attempt_record *attempt) {
  return attempt->error ? attempt->error : "";
}

/* Why one without success failed; "": the words are lost. */
static const char *gathered_error(const struct fetch *fetch) {
  return error_of(spokesman(fetch));
}

unsigned gathered_completed(const struct fetch *fetches, unsigned count) {
  unsigned sum = 0;
  for (unsigned i = 0; i < count; i++)
    sum += fetches[i].race.outcome == OUTCOME_SUCCESS;
  return sum;
}

void gathered_tell_missing(struct text *words, const struct fetch *missing,
                           unsigned number, struct slice shown) {
  text_put(words, "the required item ", number, " (", shown,
           ") failed: ", gathered_error(missing));
}

static struct slice label_of(struct gathered_form form, unsigned i) {
  return form.labelled ? form.labelled[i].label : (struct slice){0};
}

static size_t words_room(const struct fetch *fetches, unsigned count,
                         struct gathered_form form) {
  size_t room = WORDS_AN_ITEM;
  for (unsigned i = 0; i < count; i++)
    room += WORDS_AN_ITEM + 6 * strlen(gathered_error(&fetches[i])) +
            label_of(form, i).len;
  return room;
}

static void add_part(struct gathered *g, const char *at, size_t len) {
  g->parts[g->part_count++] =
      (struct iovec){.iov_base = (char *)(uintptr_t)at, .iov_len = len};
  g->bytes += len;
}

/* {"ok":true,"status":200,"ms":12.3,"body": */
static void open_object(struct text *words, const struct fetch *fetch) {
  const struct attempt_record *attempt = spokesman(fetch);
  bool ok = is_success(fetch);
  text_str(words, ok ? "{\"ok\":true" : "{\"ok\":false,\"result\":\"");
  if (!ok) {
    text_put(words, attempt_result_name(attempt->end.result), "\"");
  }
  if (attempt->end.status > 0) {
    text_put(words, ",\"status\":", attempt->end.status);
  }
  text_put(words, ",\"ms\":", as_ms(attempt->end_us - fetch->race.start_us));
  if (!ok) {
    text_put(words, ",\"error\":", as_json(slice_of(error_of(attempt))));
  }
  text_str(words, ",\"body\":");
}

static void add_item(struct gathered *g, struct text *words,
                     const struct fetch *fetch, struct slice label,
                     bool detail) {
  struct slice body = fetch->response.body;
  size_t from = words->len;
  const char opens = label.len > 0 ? '{' : '[';
  text_char(words, g->part_count == 1 ? opens : ',');
  text_slice(words, label);
  if (detail) open_object(words, fetch);
  add_part(g, words->at + from, words->len - from);
  if (is_success(fetch)) add_part(g, body.at, body.len);
  else add_part(g, "null", 4);
  if (detail) add_part(g, "}", 1);
}

bool gathered_write(struct gathered *g, const struct fetch *fetches,
                    unsigned count, struct gathered_form form,
                    struct blocks *blocks) {
  size_t room = words_room(fetches, count, form);
  struct text words;
  g->words.blocks = blocks;
  g->parts = malloc((2 + PARTS_AN_ITEM * (size_t)count) * sizeof *g->parts);
  if (!g->parts || !buffer_reserve(&g->words, room)) return false;
  text_init(&words, g->words.at, room);
  g->part_count = 1;
  for (unsigned i = 0; i < count; i++)
    add_item(g, &words, &fetches[i], label_of(form, i), form.detail);
  if (count == 0) add_part(g, "[]", 2);
  else add_part(g, label_of(form, 0).len > 0 ? "}" : "]", 1);
  return true;
}

void gathered_clear(struct gathered *g) {
  free(g->parts);
  buffer_clear(&g->words);
}
