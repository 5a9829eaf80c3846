/* http_reason: the phrase behind a status code. */
#ifndef HEDGEROW_CORE_HTTP_REASON_H
#define HEDGEROW_CORE_HTTP_REASON_H

/* "Not Found"; "Unknown" for a status without a registered phrase. */
const char *http_reason(int status);

#endif
