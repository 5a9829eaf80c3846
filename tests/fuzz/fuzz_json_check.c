/* fuzz_json_check: any bytes, into core/json_check.
 *
 * The verdict, its offset and its words are the same however the bytes were
 * cut. An offset is exact: what stands in front of it is the beginning of a
 * JSON text, and the byte there is what ends that. JSON_MORE is no mere "not
 * yet": something exists that completes the text, and is looked for. What is
 * whole stays whole inside an array and with white space around it, and its
 * depth is counted a second time. Whether it is JSON at all is judged against
 * another parser by fuzz_json_differ. */
#include <stdlib.h>

#include "core/json_check.h"
#include "fuzz/fuzz.h"

enum { SMALL_DEPTH = 3, COMPLETION_MAX = 2 * JSON_DEPTH_MAX + 64 };

struct judgement {
  enum json_verdict fed, ended;
  struct json_check check;
};

static enum json_verdict feed(struct json_check *check, struct slice bytes,
                              struct fuzz_cuts cuts) {
  enum json_verdict verdict = JSON_MORE;
  while (bytes.len > 0) {
    struct slice piece = {bytes.at, fuzz_cut(&cuts, bytes.len)};
    char *copy = fuzz_copy(piece);
    enum json_verdict before = verdict;
    verdict = json_check_feed(check, copy, piece.len);
    demand(before != JSON_BAD || verdict == JSON_BAD, "BAD is final");
    free(copy);
    bytes = slice_from(bytes, piece.len);
  }
  return verdict;
}

static struct judgement judge(struct slice bytes, struct fuzz_cuts cuts,
                              unsigned depth) {
  struct judgement judgement;
  json_check_init(&judgement.check, depth);
  judgement.fed = feed(&judgement.check, bytes, cuts);
  judgement.ended =
      judgement.fed == JSON_BAD ? JSON_BAD : json_check_end(&judgement.check);
  return judgement;
}

static struct judgement judge_whole(struct slice bytes, unsigned depth) {
  struct judgement judgement;
  json_check_init(&judgement.check, depth);
  judgement.fed = json_check_feed(&judgement.check, bytes.at, bytes.len);
  judgement.ended =
      judgement.fed == JSON_BAD ? JSON_BAD : json_check_end(&judgement.check);
  return judgement;
}

static void check_words(const struct judgement *judgement, char *words,
                        size_t cap) {
  if (judgement->ended != JSON_BAD) return;
  const char *said = json_check_explain(&judgement->check, words, cap);
  demand(said == words && words[0] != '\0', "BAD has words");
  demand(strlen(words) < cap - 1, "the words fit");
  demand(!fuzz_has_control(slice_of(words)), "the words are one clean line");
}

static void check_cut(struct slice bytes, uint64_t variant, unsigned depth) {
  char words[2][128] = {"", ""};
  struct judgement whole = judge_whole(bytes, depth);
  struct judgement cut = judge(bytes, fuzz_cuts_of(bytes, variant), depth);
  check_words(&whole, words[0], sizeof words[0]);
  check_words(&cut, words[1], sizeof words[1]);
  demand(whole.fed == cut.fed && whole.ended == cut.ended,
         "a cut changes no verdict");
  demand(whole.check.at == cut.check.at, "a cut changes no offset");
  demand(strcmp(words[0], words[1]) == 0, "a cut changes no word");
  demand(json_check_root(&whole.check) == json_check_root(&cut.check),
         "a cut changes no root");
}

static void check_offset(struct slice bytes) {
  struct judgement all = judge_whole(bytes, JSON_DEPTH_MAX);
  size_t at = (size_t)all.check.at;
  if (all.fed != JSON_BAD) {
    demand(at == bytes.len, "every byte was accepted");
    return;
  }
  demand(at < bytes.len, "the bad byte is one that came");
  struct slice good = {bytes.at, at}, bad = {bytes.at, at + 1};
  demand(judge_whole(good, JSON_DEPTH_MAX).fed != JSON_BAD,
         "nothing is wrong in front of the bad byte");
  demand(judge_whole(bad, JSON_DEPTH_MAX).fed == JSON_BAD,
         "the bad byte is wrong whatever follows");
}

/* The first byte that may stand next, those that close something first. A
 * quote leads out of strings, and into ones that the next quote closes. */
static bool step_to_the_end(struct json_check *check,
                            enum json_verdict *verdict) {
  static const char steps[] = "\"]}:0\x80\x90\xa0rueals";
  for (size_t i = 0; i < sizeof steps - 1; i++) {
    struct json_check next = *check;
    *verdict = json_check_feed(&next, &steps[i], 1);
    if (*verdict == JSON_BAD) continue;
    *check = next;
    return true;
  }
  return false;
}

static void check_completion(struct slice bytes) {
  struct json_check check;
  json_check_init(&check, JSON_DEPTH_MAX);
  enum json_verdict verdict = json_check_feed(&check, bytes.at, bytes.len);
  for (unsigned i = 0; verdict == JSON_MORE; i++) {
    struct json_check copy = check; /* a number is whole only at the end */
    if (json_check_end(&copy) == JSON_WHOLE) return;
    demand(i < COMPLETION_MAX && step_to_the_end(&check, &verdict),
           "MORE: something completes it");
  }
}

static void check_whole(struct slice json) {
  unsigned depth = fuzz_json_depth(json);
  struct text wrapped = fuzz_text(json.len + 16);
  text_str(&wrapped, " [");
  text_slice(&wrapped, json);
  text_str(&wrapped, ",0]\r\n");
  demand(depth <= JSON_DEPTH_MAX, "the depth has a limit");
  if (depth < JSON_DEPTH_MAX)
    demand(fuzz_is_json(text_slice_of(&wrapped)), "a text is an item too");
  for (unsigned max = 1; max <= 4; max++)
    demand((judge_whole(json, max).ended == JSON_WHOLE) == (depth <= max),
           "the limit is exact");
  wrapped.len = 0;
  text_slice(&wrapped, json);
  text_str(&wrapped, " \t,");
  demand(!fuzz_is_json(text_slice_of(&wrapped)), "one text, and nothing more");
  free(wrapped.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice bytes = fuzz_input(data, size);
  for (uint64_t variant = 0; variant < 3; variant++) {
    check_cut(bytes, variant, JSON_DEPTH_MAX);
    check_cut(bytes, variant, SMALL_DEPTH);
  }
  check_offset(bytes);
  check_completion(bytes);
  if (fuzz_is_json(bytes)) check_whole(bytes);
  return 0;
}
