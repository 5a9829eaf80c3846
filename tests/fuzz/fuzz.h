/* fuzz: what the fuzz targets share. docs/contributing.md says how they are
 * run.
 *
 * A target takes bytes apart, calls what it tests, and holds it to promises
 * that its header makes. A broken one ends the process, and libFuzzer keeps the
 * input. What a target allocates it frees: a leak is a finding too. */
#ifndef HEDGEROW_TESTS_FUZZ_FUZZ_H
#define HEDGEROW_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "core/text.h"

/* libFuzzer calls it for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct slice fuzz_input(const uint8_t *data, size_t size) {
  return (struct slice){(const char *)data, size};
}

/* Ends the process when a promise was not kept. */
void demand(bool kept, const char *promise);

/* The same bytes in a block of exactly their length, so that AddressSanitizer
 * sees a read beyond it. Free it. */
char *fuzz_copy(struct slice bytes);
/* A text with exactly that much room. Free its `at`. */
struct text fuzz_text(size_t cap);

/* Takes the next line off *rest, without its line feed; the last may lack it.
 * Empty, for good, when there is none left. */
struct slice fuzz_line(struct slice *rest);

/* Where an input is cut into calls: somewhere, but for the same input always in
 * the same places. */
struct fuzz_cuts {
  uint64_t state;
  bool bytewise; /* after each byte */
};

struct fuzz_cuts fuzz_cuts_of(struct slice bytes, uint64_t variant);
/* The length of the next piece: 1 to left; left >= 1. */
size_t fuzz_cut(struct fuzz_cuts *cuts, size_t left);

/* ---- what several targets hold to be true ---- */

/* The body is that of these chunks, which are whole, found by a naive reader.
 * Returns what comes behind them: trailers, an empty line and the rest. */
struct slice fuzz_body_of_chunks(struct slice bytes, struct slice body);
struct slice fuzz_behind_trailers(struct slice trailers);

bool fuzz_inside(struct slice part, struct slice whole);
bool fuzz_is_visible(struct slice text);  /* 0x21 to 0x7e only */
bool fuzz_has_control(struct slice text); /* but for HTAB */
bool fuzz_is_json(struct slice text);     /* by core/json_check */
/* How deep arrays and objects nest in a JSON text. */
unsigned fuzz_json_depth(struct slice text);
bool fuzz_contains(struct slice text, struct slice part);

#endif
