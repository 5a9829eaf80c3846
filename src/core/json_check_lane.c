/* json_check_lane: the way that most of a body takes.
 *
 * An automaton that looks at a state and a byte takes several cycles a byte,
 * and guesses wrong at the end of each token. Here a token is taken at once:
 * sixteen bytes are compared at a time, and where a run ends is the lowest bit
 * of a mask. Whatever is rare, broken, or too near to the end of the bytes is
 * left to the automaton, in the state in which it would have come there: so
 * there is one grammar, which cuts anywhere, and the lane only has to be right
 * about what it takes. That the two agree is tested by feeding every text both
 * whole and byte by byte.
 *
 * Two kinds of strings are skipped in two ways, for the same bytes: how long a
 * value is, no branch predictor knows, so its end is computed from the mask.
 * Names come again and again in the same order; there the end is looked for bit
 * by bit, which the predictor learns, and the next token need not wait for the
 * sum. That is worth a fifth of the whole. */
#include "core/json_check_lane.h"

#include "core/block.h"

enum {
  /* A block, then a quote, a colon, "false" and the byte behind it: what is
   * taken between two looks at how much is left. */
  ROOM = BLOCK_LEN + 8,
  NUMBER_ROOM =
      1 + 2 * BLOCK_LEN + 1, /* a minus, digits, and the byte behind */
  NAME_USUAL = 12, /* names up to this length are looked through bit by bit */
};

struct lane {
  struct json_check *check;
  const char *at, *end, *limit; /* up to limit, ROOM is left */
};

static inline bool has_room(const struct lane *lane) {
  return lane->at <= lane->limit;
}

/* What ends a run of plain text: a control byte, a quote, a backslash, or a
 * byte of 80 and above, which is negative here. */
static inline unsigned text_stops(const char *at) {
  block bytes = block_load(at);
  return block_mask((bytes < ' ') | (bytes == '"') | (bytes == '\\'));
}

static inline unsigned digit_stops(const char *at) {
  ublock digits = (ublock)block_load(at) - '0';
  return block_mask((block)(digits > 9));
}

/* ---- strings ---- */

static inline bool in_range(char c, uint8_t low, uint8_t high) {
  return (uint8_t)((uint8_t)c - low) <= high - low;
}

/* How long the escape or the character of RFC 3629 at `at` is, if it is one of
 * the common ones; else 0. */
static inline unsigned special_len(const char *at) {
  bool continues = in_range(at[1], 0x80, 0xBF);
  if (*at == '\\') {
    bool simple = strchr("\"\\/bfnrt", at[1]) != NULL && at[1] != '\0';
    return simple ? 2 : 0;
  }
  if (in_range(*at, 0xC2, 0xDF)) return continues ? 2 : 0;
  if (!in_range(*at, 0xE1, 0xEC)) return 0;
  return continues && in_range(at[2], 0x80, 0xBF) ? 3 : 0;
}

/* On to the closing quote and behind it; false: it goes only so far. */
static inline bool take_text(struct lane *lane) {
  while (has_room(lane)) {
    unsigned stops = text_stops(lane->at);
    if (stops == 0) {
      lane->at += BLOCK_LEN;
      continue;
    }
    lane->at += block_first(stops);
    if (*lane->at == '"') {
      lane->at++;
      return true;
    }
    unsigned len = special_len(lane->at);
    if (len == 0) return false;
    lane->at += len;
  }
  return false;
}

/* The same. The empty asm keeps the compiler from computing what is meant to be
 * guessed. */
static inline bool take_name_text(struct lane *lane) {
  if (!has_room(lane)) return false;
  unsigned stops = text_stops(lane->at);
  for (unsigned i = 0; i < NAME_USUAL; i++, stops >>= 1) {
    if (!(stops & 1)) continue;
    __asm__("" : "+r"(lane->at));
    lane->at += i;
    if (*lane->at != '"') break;
    lane->at++;
    return true;
  }
  return take_text(lane);
}

/* ---- what is between names and values ---- */

/* False: little is left behind it. */
static inline bool take_space(struct lane *lane) {
  if ((uint8_t)*lane->at > ' ') return true;
  if (json_is_space(*lane->at)) lane->at = json_skip_space(lane->at, lane->end);
  return has_room(lane);
}

/* From the quote in front of a name to the value behind its colon. Returns the
 * state it came to: AT_VALUE, or where it had to stop. */
static inline enum json_state take_name(struct lane *lane) {
  lane->at++;
  if (!take_name_text(lane))
    return json_begin_string(lane->check, JSON_AT_COLON);
  if (*lane->at != ':') return JSON_AT_COLON;
  lane->at++;
  return JSON_AT_VALUE;
}

/* Behind a value, inside a container: what it closes, and the comma. */
static inline enum json_state take_ends(struct lane *lane) {
  enum json_state state = lane->check->after;
  while (take_space(lane)) {
    bool object = state == JSON_AFTER_MEMBER;
    if (*lane->at == ',') {
      lane->at++;
      return object ? JSON_AT_NAME : JSON_AT_VALUE;
    }
    if (*lane->at != (object ? '}' : ']')) break;
    lane->at++;
    state = json_close(lane->check);
    if (state == JSON_AFTER_ROOT || !has_room(lane)) break;
  }
  return state;
}

/* ---- values ---- */

/* An integer, or one with a fraction, of up to 15 characters, or with a
 * fraction that goes on for up to 15 more; else nothing is taken. */
static inline bool take_number(struct lane *lane) {
  if (lane->end - lane->at < NUMBER_ROOM) return false;
  const char *at = lane->at + (*lane->at == '-');
  unsigned stops = digit_stops(at), first = stops & -stops;
  bool leading_zero = *at == '0' && !(stops & 2);
  if (stops == 0 || first == 1 || leading_zero) return false;
  if (at[block_first(stops)] != '.') {
    at += block_first(stops);
  } else {
    unsigned second = stops & (stops - 1);
    bool is_last = first == 1u << (BLOCK_LEN - 1);
    if (second & first << 1 || is_last) return false;
    if (second == 0) {
      at += BLOCK_LEN;
      second = digit_stops(at);
      if (second == 0) return false;
    }
    at += block_first(second);
  }
  if (*at == 'e' || *at == 'E') return false;
  lane->at = at;
  return true;
}

static inline bool take_literal(struct lane *lane) {
  const char *at = lane->at;
  unsigned len = *at == 'f' ? 5 : 4;
  const char *word = *at == 'f' ? "alse" : *at == 't' ? "true" : "null";
  if (memcmp(at + len - 4, word, 4) != 0) return false;
  lane->at += len;
  return true;
}

/* A value that is no container. *state: where the lane stops if it is false. */
static inline bool take_scalar(struct lane *lane, enum json_state *state) {
  if (*lane->at == '"') {
    lane->at++;
    if (take_text(lane)) return true;
    *state = json_begin_string(lane->check, lane->check->after);
    return false;
  }
  if (json_is_digit(*lane->at) && lane->at[1] == ',') { /* of one digit */
    lane->at++;
    return true;
  }
  if (json_is_digit(*lane->at) || *lane->at == '-') return take_number(lane);
  return take_literal(lane);
}

static inline bool is_name_next(enum json_state state) {
  return state == JSON_AT_NAME || state == JSON_AT_FIRST_NAME;
}

const char *json_check_lane(struct json_check *check, enum json_state *state,
                            const char *at, const char *end) {
  if (end - at < ROOM) return at;
  struct lane lane = {check, at, end, end - ROOM};
  enum json_state now = *state;
  while (has_room(&lane) && take_space(&lane)) {
    if (is_name_next(now)) {
      if (*lane.at != '"') break;
      now = take_name(&lane);
      if (now != JSON_AT_VALUE || !take_space(&lane)) break;
    }
    if (*lane.at == '{' || *lane.at == '[') {
      enum json_state next = json_open(check, *lane.at == '{');
      if (next == JSON_BAD_DEPTH) break;
      now = next;
      lane.at++;
    } else {
      if (!take_scalar(&lane, &now)) break;
      now = take_ends(&lane);
      if (!is_name_next(now) && now != JSON_AT_VALUE) break;
    }
  }
  *state = now;
  return lane.at;
}
