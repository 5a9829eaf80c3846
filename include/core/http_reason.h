/* http_reason: the phrase behind a status code, and the line that they make. */
#ifndef HEDGEROW_CORE_HTTP_REASON_H
#define HEDGEROW_CORE_HTTP_REASON_H

#include "core/slice.h"
#include "core/text.h"

/* "Not Found"; "Unknown" for a status without a registered phrase. */
struct slice http_reason(int status);
/* Writes "HTTP/1.1 404 Not Found\r\n". */
void http_status_line(struct text *out, int status);

#endif
