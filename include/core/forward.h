/* forward: the fields that an upstream request carries.
 *
 * The client's end-to-end fields cross, but for those that would change what
 * the answer is judged by, and hedgerow's own come to them; docs/api.md lists
 * both. Some of these are the route's, and alike for all that it asks, some a
 * target's (core/target), and no other target sees them. */
#ifndef HEDGEROW_CORE_FORWARD_H
#define HEDGEROW_CORE_FORWARD_H

#include "core/forwarded.h"
#include "core/http_request.h"
#include "core/slice.h"
#include "core/target.h"
#include "core/text.h"
#include "core/verdict.h"

/* What is the same for every request of a route; slices are borrowed. */
struct forward_rules {
  const struct http_field *headers; /* --header: in place of the client's,
                                     * unless the target has its own */
  unsigned header_count;
  const struct slice *drop; /* --drop-header */
  unsigned drop_count;
  struct slice user_agent;     /* in place of the client's; empty: none */
  struct slice timeout_header; /* the name of a field that is written anew for
                                * each attempt; empty: none */
  struct slice version_line;   /* "User-Agent: hedgerow/0.1.0\r\n", where nobody
                                * names himself */
  struct slice via_lines[2];   /* "Via: 1.1 hedgerow-ID\r\n", and that of a
                                * request in HTTP/1.0, as long */
  enum success success;        /* what the answer is judged by */
  bool gzip;                   /* gzip is asked for, whatever the client takes;
                                * but see forward_asks_gzip */
  bool with_body;              /* a client's body goes upstream, and so do the
                                * fields that tell of it */
  bool writes;                 /* its method goes upstream, and is not safe */
  bool traces;      /* traceparent is written anew for each attempt, in place of
                     * the client's; else both its fields cross as they came */
  bool keeps_state; /* with traces: the client's tracestate crosses */
};

/* Writes "Name: value\r\n" lines, the fields of every upstream request to these
 * targets but Host and Hedge-Attempt, which differ between attempts. The
 * client's own Authorization and Cookie are not among them: returns whether
 * there are any that may cross. from NULL: nothing is told of the client. */
bool forward_fields(struct text *out, const struct http_request *request,
                    const struct forward_rules *rules,
                    const struct target_fields *target,
                    const struct forwarded_from *from, struct slice request_id);
/* Writes the client's own Authorization and Cookie, but for what the target has
 * its own of. */
void forward_credentials(struct text *out, const struct http_request *request,
                         const struct forward_rules *rules,
                         const struct target_fields *target);

/* Whether this field of the client is what these targets get under its name. */
bool forward_carries(const struct http_request *request,
                     const struct forward_rules *rules,
                     const struct target_fields *target,
                     const struct http_field *field);

/* Whether gzip is asked for, by these rules, for this request: not where the
 * client wants bytes that nobody has changed; and a part of coded bytes cannot
 * be inflated, so whoever asks for one (a Range goes upstream with SUCCESS_ANY
 * only) agrees on the coding with the upstream. */
bool forward_asks_gzip(const struct http_request *request,
                       const struct forward_rules *rules);

/* Whether these targets are sent a traceparent of ours: one that is configured
 * to be dropped, or set, is not. */
bool forward_tells_trace(const struct forward_rules *rules,
                         const struct target_fields *target);

/* At most so many bytes come to the client's own fields. */
size_t forward_room(const struct forward_rules *rules,
                    const struct target_fields *target);

/* Whether it is an OPTIONS that may go no further: its Max-Forwards is 0 (RFC
 * 9110, section 7.6.2). */
bool forward_is_last_hop(const struct http_request *request);

/* Whether a Via field of the request holds our pseudonym, "hedgerow-ID" (RFC
 * 9110, section 7.6.3): then the request has come round in a loop. */
bool forward_is_loop(const struct http_request *request,
                     struct slice pseudonym);

#endif
