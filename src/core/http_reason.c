/* http_reason: the phrase behind a status code.
 *
 * Nothing may hang on a phrase (RFC 9112, section 4: a client should ignore
 * it), but people read it, and it is the title of every problem. So an answer
 * that is passed on gets its phrase from here too: what an upstream wrote there
 * never has to be checked, and an HTTP/2 upstream would not have one. */
#include "core/http_reason.h"

#include <stddef.h>

/* The IANA registry of 2024, without the 1xx, which no answer of ours has. */
static const char *const reasons_2xx[] = {
    "OK",
    "Created",
    "Accepted",
    "Non-Authoritative Information",
    "No Content",
    "Reset Content",
    "Partial Content",
    "Multi-Status",
    "Already Reported",
    [26] = "IM Used",
};

static const char *const reasons_3xx[] = {
    "Multiple Choices",
    "Moved Permanently",
    "Found",
    "See Other",
    "Not Modified",
    "Use Proxy",
    [7] = "Temporary Redirect",
    [8] = "Permanent Redirect",
};

static const char *const reasons_4xx[] = {
    "Bad Request",
    "Unauthorized",
    "Payment Required",
    "Forbidden",
    "Not Found",
    "Method Not Allowed",
    "Not Acceptable",
    "Proxy Authentication Required",
    "Request Timeout",
    "Conflict",
    "Gone",
    "Length Required",
    "Precondition Failed",
    "Content Too Large",
    "URI Too Long",
    "Unsupported Media Type",
    "Range Not Satisfiable",
    "Expectation Failed",
    [21] = "Misdirected Request",
    [22] = "Unprocessable Content",
    [23] = "Locked",
    [24] = "Failed Dependency",
    [25] = "Too Early",
    [26] = "Upgrade Required",
    [28] = "Precondition Required",
    [29] = "Too Many Requests",
    [31] = "Request Header Fields Too Large",
    [51] = "Unavailable For Legal Reasons",
};

static const char *const reasons_5xx[] = {
    "Internal Server Error",
    "Not Implemented",
    "Bad Gateway",
    "Service Unavailable",
    "Gateway Timeout",
    "HTTP Version Not Supported",
    "Variant Also Negotiates",
    "Insufficient Storage",
    "Loop Detected",
    [10] = "Not Extended",
    [11] = "Network Authentication Required",
};

#define CLASS(reasons)                                                         \
  { reasons, (int)(sizeof reasons / sizeof *reasons) }

const char *http_reason(int status) {
  static const struct {
    const char *const *reasons;
    int count;
  } classes[] = {CLASS(reasons_2xx), CLASS(reasons_3xx), CLASS(reasons_4xx),
                 CLASS(reasons_5xx)};
  if (status < 200 || status > 599) return "Unknown";
  int class = status / 100 - 2, i = status % 100;
  if (i >= classes[class].count || !classes[class].reasons[i]) return "Unknown";
  return classes[class].reasons[i];
}
