/* download: GETs, one at a time, for programs that only watch hedgerow.
 *
 * Nothing here is on the path of a request. */
#ifndef HEDGEROW_IO_DOWNLOAD_H
#define HEDGEROW_IO_DOWNLOAD_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

struct download;

struct download_from {
  const char *origin; /* "http://127.0.0.1:8481"; copied */
  const char *socket; /* the path of a unix socket, or NULL; copied */
  const char *token;  /* shown as `Authorization: Bearer`, or NULL; copied, and
                       * wiped in the end */
};

/* NULL: no memory. */
struct download *download_new(const struct download_from *from);
/* NULL is fine. */
void download_free(struct download *download);

/* A piece of a body, whatever the status is. False ends the download. */
typedef bool download_on_bytes(void *arg, struct slice bytes);

enum download_patience {
  DOWNLOAD_SHORT,   /* a whole response, within 5 s */
  DOWNLOAD_ENDLESS, /* one that goes on, and breaks when 15 s bring nothing */
};

/* GET path, "/api/v1/state". What ran before is given up. False: no memory. */
bool download_start(struct download *download, const char *path,
                    enum download_patience patience,
                    download_on_bytes *on_bytes, void *arg)
    __attribute__((warn_unused_result));

/* Whether one has been started and has not ended. */
bool download_is_running(const struct download *download);
/* Goes on with it, if there is one, until something comes of it, until one of
 * these descriptors is ready, a signal comes, or timeout_ms have passed; sets
 * their revents. May return early. */
void download_wait(struct download *download, struct pollfd *also,
                   unsigned count, int timeout_ms);

/* The status of the response that is running or was the last; 0: there is
 * none. */
int download_status(const struct download *download);
/* Why the last one broke off, in words; NULL: it has ended well, or runs. */
const char *download_error(const struct download *download);

#endif
