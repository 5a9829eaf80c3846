/* exchange_parts: what the files of an exchange share.
 *
 * For exchange.c and exchange_answer.c alone; others see proxy/exchange.h. */
#ifndef HEDGEROW_PROXY_EXCHANGE_PARTS_H
#define HEDGEROW_PROXY_EXCHANGE_PARTS_H

#include "core/list.h"
#include "proxy/exchange.h"
#include "proxy/fetch.h"
#include "proxy/gathered.h"
#include "proxy/lease.h"
#include "proxy/passing.h"

struct exchange {
  _Alignas(16) struct service *service; /* so that an arena may follow it */
  struct list_link link; /* in service->exchanges, until settled, and while its
                          * answer is passed on */
  struct connection *connection;
  struct arena arena;
  struct lease *lease; /* on the snapshot that it began under */
  struct fetch_scene scene;
  struct race_record record;
  struct trace_context trace; /* the record's, where it has one */
  struct fetch *fetches;
  unsigned count, open; /* open: not settled yet */
  const struct route *route;
  struct slice answer_fields, if_none_match;
  const struct gather *gather; /* NULL: /all, or no gather at all */
  const struct fetch *missing; /* required, and failed; NULL: none */
  bool head_only, gathers, detail;
  bool starting;           /* fetches that settle at once do not end it yet */
  struct passing *passing; /* NULL: the answer is held until it is whole */
  struct gathered gathered;
  struct buffer body; /* of the client, while it is sent on */
};

/* ---- exchange.c ---- */

/* The last: its answer has been sent, or nobody is there to have it. */
void exchange_free(void *arg);

/* ---- exchange_answer.c ---- */

/* All its fetches are settled, and the record is complete. May free it. */
void exchange_answer(struct exchange *x);

#endif
