/* chunks: coded bodies, each with what it must be read as.
 *
 * A case is what a peer sends and one line of text: "`body`" is a whole body,
 * "`body` then `rest`" one with something behind it, "more `body`" one that has
 * not ended, and "bad `body`: why" or "large `body`: why" one that is refused.
 * Each is fed whole, in every split into two pieces, and byte by byte, with the
 * gap closed after each piece and left open; every way must give the same text.
 * Every call gets the bytes in fresh memory of exactly their size, so that a
 * sanitizer sees every look beyond them. */
#include "core/chunks.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/text.h"

enum { HELD_MAX = 4096, BODY_MAX = 40, TRAILERS_MAX = 30 };

struct chunks_case {
  struct slice bytes, wanted;
};
#define IS(bytes, wanted)                                                      \
  { SLICE(bytes), SLICE(wanted) }

/* ---- how a case is fed ---- */

struct feed {
  struct slice input;
  size_t fed;
  bool closes_gaps;
  struct chunks chunks;
  size_t len;
  char held[HELD_MAX];
};

/* The body so far stands still, and what is kept is bounded. */
static void expect_kept(const struct feed *feed, const char *bytes,
                        size_t body_before) {
  const struct chunks *now = &feed->chunks;
  cr_assert(body_before <= now->body_len && now->body_len <= now->read &&
                now->read <= feed->len && now->body_len <= BODY_MAX,
            "%.*s\nbody %zu, read %zu of %zu", SLICE_ARG(feed->input),
            now->body_len, now->read, feed->len);
  cr_assert(memcmp(bytes, feed->held, body_before) == 0,
            "%.*s\nthe body has changed", SLICE_ARG(feed->input));
}

static enum chunks_progress read_once(struct feed *feed) {
  size_t body_before = feed->chunks.body_len;
  char *copy = malloc(feed->len + (feed->len == 0));
  cr_assert_not_null(copy);
  memcpy(copy, feed->held, feed->len);
  enum chunks_progress progress = chunks_read(&feed->chunks, copy, feed->len);
  expect_kept(feed, copy, body_before);
  if (feed->closes_gaps) {
    feed->len = chunks_close_gap(&feed->chunks, copy, feed->len);
    cr_assert_eq(feed->chunks.read, feed->chunks.body_len);
  }
  memcpy(feed->held, copy, feed->len);
  free(copy);
  cr_assert(progress != CHUNKS_MORE ||
                feed->len - feed->chunks.read <= TRAILERS_MAX,
            "%.*s\n%zu bytes wait", SLICE_ARG(feed->input),
            feed->len - feed->chunks.read);
  return progress;
}

static enum chunks_progress read_piece(struct feed *feed, size_t len) {
  cr_assert(feed->len + len <= HELD_MAX);
  memcpy(feed->held + feed->len, feed->input.at + feed->fed, len);
  feed->len += len;
  feed->fed += len;
  enum chunks_progress progress = read_once(feed);
  cr_assert_eq(read_once(feed), progress, "%.*s\nnot the same when read again",
               SLICE_ARG(feed->input));
  return progress;
}

/* ---- how it is told ---- */

static void tell(struct text *out, const struct feed *feed,
                 enum chunks_progress progress) {
  static const char *const words[] = {
      [CHUNKS_MORE] = "more `",
      [CHUNKS_WHOLE] = "`",
      [CHUNKS_LARGE] = "large `",
      [CHUNKS_BAD] = "bad `",
  };
  const struct chunks *chunks = &feed->chunks;
  bool refused = progress == CHUNKS_LARGE || progress == CHUNKS_BAD;
  text_str(out, words[progress]);
  text_add(out, feed->held, chunks->body_len);
  text_str(out, refused ? "`: " : "`");
  if (refused) text_str(out, chunks->why);
  if (progress != CHUNKS_WHOLE) return;
  if (chunks->read == feed->len && feed->fed == feed->input.len) return;
  text_str(out, " then `");
  text_add(out, feed->held + chunks->read, feed->len - chunks->read);
  text_slice(out, slice_from(feed->input, feed->fed));
  text_str(out, "`");
}

/* The first piece is `cut` bytes long, the others are `step`. */
static struct slice told(struct slice input, size_t cut, size_t step,
                         bool closes_gaps) {
  static char storage[HELD_MAX];
  static struct feed feed;
  struct text out;
  text_init(&out, storage, sizeof storage);
  feed.input = input;
  feed.closes_gaps = closes_gaps;
  feed.fed = feed.len = 0;
  chunks_init(&feed.chunks, BODY_MAX, TRAILERS_MAX);
  enum chunks_progress progress = read_piece(&feed, cut);
  while (progress == CHUNKS_MORE && feed.fed < input.len) {
    size_t left = input.len - feed.fed;
    progress = read_piece(&feed, step < left ? step : left);
  }
  tell(&out, &feed, progress);
  cr_assert_not(out.cut);
  return text_slice_of(&out);
}

static void expect_told(const struct chunks_case *one, size_t cut, size_t step,
                        bool closes_gaps) {
  struct slice seen = told(one->bytes, cut, step, closes_gaps);
  cr_assert(slice_equal(seen, one->wanted),
            "%.*s\nsaw:    %.*s (cut at %zu, then by %zu)\nwanted: %.*s",
            SLICE_ARG(one->bytes), SLICE_ARG(seen), cut, step,
            SLICE_ARG(one->wanted));
}

static void expect_chunks(const struct chunks_case *one) {
  for (int closes_gaps = 0; closes_gaps < 2; closes_gaps++) {
    for (size_t cut = 0; cut <= one->bytes.len; cut++)
      expect_told(one, cut, SIZE_MAX, closes_gaps);
    expect_told(one, 0, 1, closes_gaps);
  }
}

#define EXPECT_CHUNKS(cases)                                                   \
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)                  \
  expect_chunks(&cases[i])

/* ---- the tables ---- */

#define END "0\r\n\r\n"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

Test(chunks, they_are_joined) {
  static const struct chunks_case cases[] = {
      IS(END, "``"),
      IS("5\r\nhello\r\n" END, "`hello`"),
      IS("1\r\nh\r\n4\r\nello\r\n" END, "`hello`"),
      IS("1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n" END, "`hello`"),
      IS("1A\r\n" LETTERS "\r\n" END, "`" LETTERS "`"),
      IS("1a\r\n" LETTERS "\r\n3\r\n...\r\n" END, "`" LETTERS "...`"),
      IS("0000000000000005\r\nhello\r\n" END, "`hello`"),
      IS("6\r\n0\r\n\r\n\0\r\n" END, "`0\r\n\r\n\0`"),
      IS("5\r\nhello\r\n0000000000000000\r\n\r\n", "`hello`"),
  };
  EXPECT_CHUNKS(cases);
}

Test(chunks, what_comes_behind_them_is_left_alone) {
  static const struct chunks_case cases[] = {
      IS(END "more", "`` then `more`"),
      IS("5\r\nhello\r\n" END END, "`hello` then `" END "`"),
      IS("5\r\nhello\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\n",
         "`hello` then `GET / HTTP/1.1\r\n`"),
  };
  EXPECT_CHUNKS(cases);
}

Test(chunks, they_have_ended_when_their_last_byte_is_there_and_not_before) {
  static const struct chunks_case cases[] = {
      IS("", "more ``"),
      IS("5", "more ``"),
      IS("5;a", "more ``"),
      IS("5\r", "more ``"),
      IS("5\r\n", "more ``"),
      IS("5\r\nhel", "more `hel`"),
      IS("5\r\nhello", "more `hello`"),
      IS("5\r\nhello\r", "more `hello`"),
      IS("5\r\nhello\r\n", "more `hello`"),
      IS("5\r\nhello\r\n0\r\n", "more `hello`"),
      IS("5\r\nhello\r\n0\r\n\r", "more `hello`"),
      IS("5\r\nhello\r\n0\r\nA", "more `hello`"),
      IS("5\r\nhello\r\n0\r\nA: b\r\n", "more `hello`"),
  };
  EXPECT_CHUNKS(cases);
}

#define DIGITS ": a chunk size is not hexadecimal digits only"
#define MANY_DIGITS ": a chunk size has too many digits"
#define SIZE_CR ": a chunk size is followed by a bare CR"

Test(chunks, a_size_is_up_to_16_hexadecimal_digits) {
  static const struct chunks_case cases[] = {
      IS("0x5\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("+5\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("-5\r\nhello\r\n" END, "bad ``" DIGITS),
      IS(" 5\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("5 \r\nhello\r\n" END, "bad ``" DIGITS),
      IS("5\0\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("5g\r\nhello\r\n" END, "bad ``" DIGITS),
      IS(";a\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("\r\n" END, "bad ``" DIGITS),
      IS("5\nhello\r\n" END, "bad ``" DIGITS),
      IS("5\r\nhello\r\n\r\n", "bad `hello`" DIGITS),
      IS("10000000000000005\r\nhello\r\n" END, "bad ``" MANY_DIGITS),
      IS("00000000000000000\r\n\r\n", "bad ``" MANY_DIGITS),
      IS("5\rhello\r\n" END, "bad ``" SIZE_CR),
      IS("5\r\r\nhello\r\n" END, "bad ``" SIZE_CR),
  };
  EXPECT_CHUNKS(cases);
}

#define NO_CRLF ": a chunk is not followed by CRLF"

Test(chunks, one_is_as_long_as_its_size_says) {
  static const struct chunks_case cases[] = {
      IS("5\r\nhello" END, "bad `hello`" NO_CRLF),
      IS("4\r\nhello\r\n" END, "bad `hell`" NO_CRLF),
      IS("6\r\nhello\r\n" END, "bad `hello\r`" NO_CRLF),
      IS("5\r\nhello\n" END, "bad `hello`" NO_CRLF),
      IS("5\r\nhello\r\r\n" END, "bad `hello`" NO_CRLF),
  };
  EXPECT_CHUNKS(cases);
}

#define BAD_EXTENSION ": a chunk extension holds a control byte or a bare LF"

Test(chunks, extensions_are_dropped_or_refused) {
  static const struct chunks_case cases[] = {
      IS("5;a=\"b;\t\xff\"\r\nhello\r\n0;c\r\n\r\n", "`hello`"),
      IS("5;\r\nhello\r\n0; \r\n\r\n", "`hello`"),
      IS("5 ;a=b\r\nhello\r\n0\t;c\r\n\r\n", "`hello`"),
      IS("5 \t ;\r\nhello\r\n0 ; c\r\n\r\n", "`hello`"),
      IS("5 ", "more ``"),
      IS("5 a\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("5 5;a\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("5\t\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("5 \n;a\r\nhello\r\n" END, "bad ``" DIGITS),
      IS(" ;a\r\nhello\r\n" END, "bad ``" DIGITS),
      IS("5\r\nhello\r\n0 \r\n\r\n", "bad `hello`" DIGITS),
      IS("5;a\nhello\r\n" END, "bad ``" BAD_EXTENSION),
      IS("5;a\0b\r\nhello\r\n" END, "bad ``" BAD_EXTENSION),
      IS("5;a\x7f\r\nhello\r\n" END, "bad ``" BAD_EXTENSION),
      IS("5;a\rb\r\nhello\r\n" END, "bad ``" SIZE_CR),
  };
  EXPECT_CHUNKS(cases);
}

#define LAST "2\r\n[]\r\n0\r\n"
#define BAD_TRAILER "bad `[]`: a trailer line is malformed"
#define LARGE_TRAILERS "bad `[]`: the trailers are too large"

Test(chunks, trailers_are_dropped_or_refused) {
  static const struct chunks_case cases[] = {
      IS(LAST "A: b\r\nC:\r\nD: \t\xff\r\n\r\n", "`[]`"),
      IS(LAST "Content-Length: 9\r\n\r\nmore", "`[]` then `more`"),
      IS(LAST "A\r\n\r\n", BAD_TRAILER),
      IS(LAST "A : b\r\n\r\n", BAD_TRAILER),
      IS(LAST "A: b\r\n c\r\n\r\n", BAD_TRAILER),
      IS(LAST "A: b\n\r\n", BAD_TRAILER),
      IS(LAST "\n", BAD_TRAILER),
      IS(LAST "A: b\rc\r\n\r\n", BAD_TRAILER),
      IS(LAST "A: b\0c\r\n\r\n", BAD_TRAILER),
  };
  EXPECT_CHUNKS(cases);
}

Test(chunks, trailers_up_to_their_limit_are_taken) {
  static const struct chunks_case cases[] = {
      IS(LAST "A: 34567890123456789012345\r\n\r\n", "`[]`"),
      IS(LAST "A: 3456789012\r\nB: 89012345\r\n\r\n", "`[]`"),
      IS(LAST "A: 345678901234567890123456\r\n\r\n", LARGE_TRAILERS),
      IS(LAST "A: 3456789012\r\nB: 890123456\r\n\r\n", LARGE_TRAILERS),
      IS(LAST "A: 34567890123456789012345678901234567890", LARGE_TRAILERS),
  };
  EXPECT_CHUNKS(cases);
}

#define TEN "a\r\n0123456789\r\n"
#define THIRTY TEN TEN TEN
#define THIRTY_BYTES "012345678901234567890123456789"
#define TOO_LARGE ": the body is larger than it may be"

Test(chunks, a_body_may_be_as_large_as_its_limit) {
  static const struct chunks_case cases[] = {
      IS(THIRTY TEN END, "`" THIRTY_BYTES "0123456789`"),
      IS(THIRTY TEN "1\r\n0\r\n" END,
         "large `" THIRTY_BYTES "0123456789`" TOO_LARGE),
  };
  EXPECT_CHUNKS(cases);
}

Test(chunks, a_chunk_that_does_not_fit_is_refused_before_its_bytes_come) {
  static const struct chunks_case cases[] = {
      IS("29\r\n", "large ``" TOO_LARGE),
      IS("29;a\r\nb", "large ``" TOO_LARGE),
      IS("ffffffffffffffff\r\nhello", "large ``" TOO_LARGE),
      IS(THIRTY "b\r\n", "large `" THIRTY_BYTES "`" TOO_LARGE),
      IS(THIRTY "fffffffffffffffe\r\n", "large `" THIRTY_BYTES "`" TOO_LARGE),
  };
  EXPECT_CHUNKS(cases);
}

/* A chunk with `len` bytes of extension, `gap` of them in front of its ';'. */
static struct slice with_extension(char *bytes, int gap, int len) {
  struct text out;
  text_init(&out, bytes, HELD_MAX);
  text_char(&out, '5');
  for (int i = 0; i < gap; i++) text_char(&out, ' ');
  text_char(&out, ';');
  for (int i = gap + 1; i < len; i++) text_char(&out, 'x');
  text_str(&out, "\r\nhello\r\n" END);
  return text_slice_of(&out);
}

Test(chunks, an_extension_up_to_256_bytes_is_taken) {
  static const int gaps[] = {0, 100, 255};
  char bytes[HELD_MAX];
  for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
    struct chunks_case fits = {with_extension(bytes, gaps[i], 256),
                               SLICE("`hello`")};
    expect_chunks(&fits);
    struct chunks_case more = {with_extension(bytes, gaps[i], 257),
                               SLICE("bad ``: a chunk extension is too long")};
    expect_chunks(&more);
  }
}

Test(chunks, white_space_in_front_of_an_extension_is_bounded_as_it_is) {
  char bytes[HELD_MAX];
  struct chunks_case gap = {with_extension(bytes, 257, 258),
                            SLICE("bad ``: a chunk extension is too long")};
  expect_chunks(&gap);
}

Test(chunks, a_body_without_a_limit_may_announce_any_size) {
  static char bytes[] = "ffffffffffffffff\r\nhello";
  struct chunks chunks;
  chunks_init(&chunks, UINT64_MAX, TRAILERS_MAX);
  cr_assert_eq(chunks_read(&chunks, bytes, sizeof bytes - 1), CHUNKS_MORE);
  cr_assert_eq(chunks.body_len, 5);
}

/* ---- what is written ---- */

static void expect_size_line(uint64_t bytes, const char *wanted) {
  char line[CHUNKS_SIZE_LINE];
  struct slice seen = {line, chunks_write_size(line, bytes)};
  cr_expect(slice_equal(seen, slice_of(wanted)), "%llu: %.*s",
            (unsigned long long)bytes, SLICE_ARG(seen));
}

Test(chunks, a_size_is_written_without_leading_zeros) {
  expect_size_line(1, "1\r\n");
  expect_size_line(10, "a\r\n");
  expect_size_line(15, "f\r\n");
  expect_size_line(16, "10\r\n");
  expect_size_line(65535, "ffff\r\n");
  expect_size_line(0x123456789abcdef0, "123456789abcdef0\r\n");
  expect_size_line(UINT64_MAX, "ffffffffffffffff\r\n");
}

Test(chunks, what_is_written_is_read_as_the_same) {
  char coded[] = "5\r\nhello\r\n" CHUNKS_LAST;
  struct chunks chunks;
  chunks_init(&chunks, 5, TRAILERS_MAX);
  cr_assert_eq(chunks_read(&chunks, coded, sizeof coded - 1), CHUNKS_WHOLE);
  cr_assert_eq(chunks.read, sizeof coded - 1);
  cr_assert(memcmp(coded, "hello", 5) == 0 && chunks.body_len == 5);
}

Test(chunks, a_body_that_was_taken_out_counts_no_more) {
  char first[] = "5\r\nhel", second[] = "lo\r\n3\r\nyou\r\n" CHUNKS_LAST;
  struct chunks chunks;
  chunks_init(&chunks, 5, TRAILERS_MAX);
  cr_assert_eq(chunks_read(&chunks, first, sizeof first - 1), CHUNKS_MORE);
  cr_assert_eq(chunks_close_gap(&chunks, first, sizeof first - 1), 3);
  chunks_forget_body(&chunks);
  cr_assert_eq(chunks_read(&chunks, second, sizeof second - 1), CHUNKS_WHOLE);
  cr_assert(memcmp(second, "loyou", 5) == 0 && chunks.body_len == 5);
}
