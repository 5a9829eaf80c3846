/* dial: who opens which connection.
 *
 * A TLS connection is libcurl's work: the handshake, the verification, resumed
 * sessions (io/dial_tls). A plain one is a connect(2), and is opened by hand
 * (io/dial_tcp): a handle of libcurl's costs 8 KiB while it dials, which a
 * burst of requests leaves behind as a heap with holes, and 20 us, which a race
 * pays for each loser. docs/decisions.md has the figures. */
#include "io/dial.h"

#include <stdlib.h>

#include "io/dial_tcp.h"
#include "io/dial_tls.h"

struct dialer {
  struct loop *loop;
  struct multi *multi;
};

struct dialer *dialer_new(struct loop *loop) {
  struct dialer *dialer = calloc(1, sizeof *dialer);
  if (!dialer) return NULL;
  dialer->loop = loop;
  dialer->multi = multi_new(loop, tls_dial_on_connected, NULL);
  if (dialer->multi) return dialer;
  free(dialer);
  return NULL;
}

void dialer_free(struct dialer *dialer) {
  if (!dialer) return;
  multi_free(dialer->multi);
  free(dialer);
}

void dialer_sweep(struct dialer *dialer) { multi_sweep(dialer->multi); }

struct dial *dial_start(struct dialer *dialer, const struct dial_to *to,
                        const struct resolver_answer *answer,
                        dial_on_done *on_done, void *arg) {
  return to->url->tls ? tls_dial_start(dialer->multi, to, answer, on_done, arg)
                      : tcp_dial_start(dialer->loop, to, answer, on_done, arg);
}

void dial_cancel(struct dial *dial) {
  if (dial->tls) tls_dial_cancel(dial);
  else tcp_dial_cancel(dial);
}
