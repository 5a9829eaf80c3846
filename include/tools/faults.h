/* faults: how a flaky upstream behaves, as a value: what `hedgerow mock` plays.
 *
 * A plan says how often each thing goes wrong; a draw says what happens to one
 * request. The draw depends on nothing but the plan, the seed and the key, so
 * two policies can be compared on the same luck. */
#ifndef HEDGEROW_TOOLS_FAULTS_H
#define HEDGEROW_TOOLS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

enum fault {
  FAULT_NONE,     /* 200 with whole JSON */
  FAULT_STATUS,   /* the draw's status, with a JSON error body */
  FAULT_HTML,     /* 200, text/html, a page */
  FAULT_TRUNCATE, /* Content-Length larger than what comes, then FIN */
  FAULT_BADJSON,  /* 200 with a JSON text that breaks off inside */
  FAULT_RESET,    /* RST instead of an answer */
  FAULT_HANG,     /* no answer for hang_us, then a close */
  FAULT_TRICKLE,  /* the answer, a byte at a time */
};

enum {
  FAULTS_DELAYS_MAX = 8, /* of a spec, */
  FAULTS_KINDS_MAX = 16,
  FAULTS_DELAYS_ROOM = FAULTS_DELAYS_MAX + 2, /* and with what tools/shares */
  FAULTS_KINDS_ROOM = FAULTS_KINDS_MAX + 4,   /* may add */
};

struct faults_delay { /* uniform in [from_us, to_us], with this share */
  int64_t from_us, to_us;
  double weight;
};

struct faults_kind {
  enum fault fault;
  int status; /* FAULT_STATUS */
  double percent;
};

struct faults {
  struct faults_delay delays[FAULTS_DELAYS_ROOM];
  unsigned delay_count; /* 0: at once */
  struct faults_kind kinds[FAULTS_KINDS_ROOM];
  unsigned kind_count; /* percents add up to at most 100 */
  int64_t hang_us;
  bool steady; /* the body is 200 constant bytes instead of {"time":N} */
};

struct faults_draw {
  enum fault fault;
  int status;       /* 200 unless FAULT_STATUS */
  int64_t delay_us; /* before the first byte; whole milliseconds */
};

/* Parses a spec like
 *   delay=5ms:95,50ms-150ms:4,1s-2s:1 status=500:1 html=1 truncate=0.5 hang=0.5
 * (also reset= trickle= badjson=; several status=). Numbers behind a delay's
 * colon are weights (1 if left out), the others per cent of the requests.
 * False with one line in error (naming the word and what was expected). */
bool faults_parse(struct faults *faults, struct slice spec, char *error,
                  size_t error_cap) __attribute__((warn_unused_result));

/* "steady": 200 bytes of JSON at once, always. "assignment": 100-600 ms
 * uniform, and of 11 answers 8 are {"time":N}, one is broken JSON, one is a
 * 500, one hangs 10 s. False for any other name. */
bool faults_preset(struct faults *faults, struct slice name)
    __attribute__((warn_unused_result));

/* A key for a request that carries both X-Request-ID and Hedge-Attempt. */
uint64_t faults_key(struct slice request_id, struct slice hedge_attempt);

struct faults_draw faults_draw(const struct faults *faults, uint64_t seed,
                               uint64_t key);

const char *fault_name(enum fault fault);

#endif
