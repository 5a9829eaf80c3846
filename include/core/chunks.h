/* chunks: a body in chunked transfer coding, undone in place as its bytes
 * arrive, strictly (RFC 9112, section 7.1). Bodies of requests and of responses
 * are read by it alike.
 *
 * The caller keeps the bytes, which may move between calls, from where the
 * coded body begins:
 *
 *   0          body_len         read                    len
 *   | the body | means nothing  | not looked at so far  |
 *
 * Chunk data moves to the left, to the end of the body, each byte once. The
 * body and the verdict are the same however the bytes were cut. */
#ifndef HEDGEROW_CORE_CHUNKS_H
#define HEDGEROW_CORE_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

enum {
  CHUNKS_EXTENSION_MAX =
      256, /* bytes of one chunk's extensions, with all behind its size */
  CHUNKS_DIGITS_MAX = 16, /* leading zeros included: 64 bits always fit */
  CHUNKS_SIZE_LINE = CHUNKS_DIGITS_MAX + 2 /* bytes of one, at most */
};

enum chunks_progress {
  CHUNKS_MORE,  /* more must come. All has been read, but for the beginning of
                 * a trailer line */
  CHUNKS_WHOLE, /* the body has ended; what came behind it begins at `read` */
  CHUNKS_LARGE, /* a chunk has begun that does not fit in the largest body */
  CHUNKS_BAD,   /* malformed: where the body ends is not known */
};

/* Open so that tests can copy it, and callers embed it. */
struct chunks {
  uint8_t state;         /* private */
  size_t scanned;        /* private */
  uint64_t left;         /* private: of the chunk's size, or of the trailers */
  uint64_t body_max;     /* bytes of the largest body */
  uint64_t trailers_max; /* bytes, the empty line included */
  size_t body_len;       /* bytes of the body so far */
  size_t read;           /* what stands before it need not be kept */
  const char *why;       /* with CHUNKS_LARGE and CHUNKS_BAD, static */
};

void chunks_init(struct chunks *chunks, uint64_t body_max,
                 uint64_t trailers_max);

/* Goes on in bytes[read..len). All verdicts but CHUNKS_MORE are for good.
 * Malformed is a size that is not 1*HEXDIG or has more than 16 of them, white
 * space behind it that no extension follows, an extension that holds a control
 * byte or is longer than 256 bytes, a chunk that is not followed by CRLF, a
 * bare LF anywhere, and trailers that are no field lines or larger than
 * trailers_max. Extensions and trailers are dropped. */
enum chunks_progress chunks_read(struct chunks *chunks, char *bytes, size_t len)
    __attribute__((warn_unused_result));

/* Moves what has not been read to the end of the body, so that nothing stands
 * between them, and returns the new len. What a caller keeps is then the body,
 * and after CHUNKS_MORE at most trailers_max bytes more. */
size_t chunks_close_gap(struct chunks *chunks, char *bytes, size_t len)
    __attribute__((warn_unused_result));

/* The caller needs the body so far no more, and has taken it out of the bytes,
 * between which there is no gap: what comes next begins at their start again.
 * body_max is from now on that of what follows. */
void chunks_forget_body(struct chunks *chunks);

/* The other direction: writes the line that goes in front of a chunk of so many
 * bytes, > 0; CRLF follows the chunk. Returns how long it is. */
size_t chunks_write_size(char line[CHUNKS_SIZE_LINE], uint64_t bytes);
/* What follows the last one: no trailers. */
#define CHUNKS_LAST "0\r\n\r\n"

#endif
