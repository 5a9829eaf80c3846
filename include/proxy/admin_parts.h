/* admin_parts: what the files of proxy/admin know of each other.
 *
 * For admin*.c alone; others see proxy/admin.h. */
#ifndef HEDGEROW_PROXY_ADMIN_PARTS_H
#define HEDGEROW_PROXY_ADMIN_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/http_request.h"
#include "core/list.h"
#include "core/query.h"
#include "core/text.h"
#include "io/booth.h"
#include "io/buffer.h"
#include "io/connection.h"
#include "io/loop.h"
#include "proxy/admin.h"

struct admin {
  struct admin_view view;
  struct loop *loop;
  struct booth booth;
  int64_t started_us, started_wall_us;
  bool is_socket;          /* it listens on a path, which it made */
  struct timer collecting; /* what is on the tapes */
  struct list readers;     /* of events, */
  unsigned reader_count;   /* and how many they are */
  uint64_t left_out[2];    /* of the history when they last were told; by
                            * whether remarkable ones alone are counted */
  unsigned tokens;         /* secrets.admin_tokens when they were let in */
  struct list waiting;     /* replies that a reload is to end */
};

/* One answer, until it is sent. */
struct reply {
  struct admin *admin;
  struct connection *connection;
  const struct http_request *request; /* until it is sent or waits, */
  struct slice rest;     /* and what stands behind the page's own path */
  struct list_link link; /* while it waits */
  struct buffer body;
  int status;
  const char *type, *allow;
  const char *fields;     /* lines of its own, static; or NULL */
  bool head_only, failed; /* no memory for the body */
};

/* ---- admin_reply: the bytes ---- */

/* NULL: no memory; the connection is gone. */
struct reply *reply_new(struct admin *admin, struct connection *connection);
void reply_free(void *arg);
/* Adds to the body; arg is the reply. */
void reply_put(void *arg, struct slice bytes);
void reply_str(struct reply *reply, const char *text);
/* Adds what stands in the text, which is empty then. */
void reply_flush(struct reply *reply, struct text *text);
/* A problem (RFC 9457) in place of whatever the body was. */
void reply_problem(struct reply *reply, int status, const char *detail);
/* The head, of a body of that length; UINT64_MAX: until the connection ends. */
void reply_head(struct text *head, const struct reply *reply, uint64_t length);
/* Sends it; the reply is gone then. */
void reply_send(struct reply *reply);

enum { REPLY_HEAD_BYTES = 4096 };

/* ---- what there is to ask for ---- */

/* Fills the reply, or takes it over: then it sends or frees it, perhaps before
 * it returns. */
typedef void admin_page(struct reply *reply);

/* admin_pages */
admin_page admin_health, admin_readiness, admin_metrics, admin_config,
    admin_front_page;
/* admin_state */
admin_page admin_state;
/* admin_races */
admin_page admin_races, admin_race;
/* admin_events */
admin_page admin_events;
/* admin_acts */
admin_page admin_reload, admin_drain;

/* ---- admin_races ---- */

/* Takes what is on the tapes, and tells the readers of events. */
void admin_collect(struct admin *admin);

/* ---- admin_query ---- */

enum {
  ADMIN_TARGET_BYTES = 4096, /* of a request target: the longest route, with
                              * each byte encoded, and some */
  ADMIN_QUERY_BYTES = ADMIN_TARGET_BYTES,
};

/* Fills the params, whose names are set; their values are decoded, and held by
 * the text, which has room for ADMIN_QUERY_BYTES. False: one is unknown, comes
 * twice, or is not well encoded, and the reply says which. */
bool admin_read_query(struct slice query, struct query_param *params,
                      unsigned count, struct text *values, struct reply *reply)
    __attribute__((warn_unused_result));
/* A 400 that names the value. */
void admin_refuse_param(struct reply *reply, const struct query_param *param,
                        const char *expected);
/* The same of one of them, or of what a path ends in, whose value is set. */
bool admin_read_value(struct query_param *param, struct text *values,
                      struct reply *reply) __attribute__((warn_unused_result));

/* ---- admin_events ---- */

/* Once the races of a collection are with their readers: sends. */
void admin_events_on_race(void *arg, const struct kept *race);
void admin_events_send(struct admin *admin, int64_t now_us);
/* Ends the stream of each reader. */
void admin_events_end(struct admin *admin);
/* The same, when all that there is to tell was told. */
void admin_events_finish(struct admin *admin);

#endif
