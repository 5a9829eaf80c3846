/* http_reason: the phrase behind a status code.
 *
 * Nothing may hang on a phrase (RFC 9112, section 4: a client should ignore
 * it), but people read it, and it is the title of every problem. So an answer
 * that is passed on gets its phrase from here too: what an upstream wrote there
 * never has to be checked, and an HTTP/2 upstream would not have one. */
#include "core/http_reason.h"

enum { STATUS_MIN = 200, LINES = 312 };

#define LINE(status, reason)                                                   \
  [status - STATUS_MIN] = SLICE("HTTP/1.1 " #status " " reason "\r\n")

/* The IANA registry of 2024, without the 1xx, which no answer of ours has. */
static const struct slice lines[LINES] = {
    LINE(200, "OK"),
    LINE(201, "Created"),
    LINE(202, "Accepted"),
    LINE(203, "Non-Authoritative Information"),
    LINE(204, "No Content"),
    LINE(205, "Reset Content"),
    LINE(206, "Partial Content"),
    LINE(207, "Multi-Status"),
    LINE(208, "Already Reported"),
    LINE(226, "IM Used"),
    LINE(300, "Multiple Choices"),
    LINE(301, "Moved Permanently"),
    LINE(302, "Found"),
    LINE(303, "See Other"),
    LINE(304, "Not Modified"),
    LINE(305, "Use Proxy"),
    LINE(307, "Temporary Redirect"),
    LINE(308, "Permanent Redirect"),
    LINE(400, "Bad Request"),
    LINE(401, "Unauthorized"),
    LINE(402, "Payment Required"),
    LINE(403, "Forbidden"),
    LINE(404, "Not Found"),
    LINE(405, "Method Not Allowed"),
    LINE(406, "Not Acceptable"),
    LINE(407, "Proxy Authentication Required"),
    LINE(408, "Request Timeout"),
    LINE(409, "Conflict"),
    LINE(410, "Gone"),
    LINE(411, "Length Required"),
    LINE(412, "Precondition Failed"),
    LINE(413, "Content Too Large"),
    LINE(414, "URI Too Long"),
    LINE(415, "Unsupported Media Type"),
    LINE(416, "Range Not Satisfiable"),
    LINE(417, "Expectation Failed"),
    LINE(421, "Misdirected Request"),
    LINE(422, "Unprocessable Content"),
    LINE(423, "Locked"),
    LINE(424, "Failed Dependency"),
    LINE(425, "Too Early"),
    LINE(426, "Upgrade Required"),
    LINE(428, "Precondition Required"),
    LINE(429, "Too Many Requests"),
    LINE(431, "Request Header Fields Too Large"),
    LINE(451, "Unavailable For Legal Reasons"),
    LINE(500, "Internal Server Error"),
    LINE(501, "Not Implemented"),
    LINE(502, "Bad Gateway"),
    LINE(503, "Service Unavailable"),
    LINE(504, "Gateway Timeout"),
    LINE(505, "HTTP Version Not Supported"),
    LINE(506, "Variant Also Negotiates"),
    LINE(507, "Insufficient Storage"),
    LINE(508, "Loop Detected"),
    LINE(510, "Not Extended"),
    LINE(511, "Network Authentication Required"),
};

static struct slice line_of(int status) {
  if (status < STATUS_MIN || status >= STATUS_MIN + LINES)
    return (struct slice){0};
  return lines[status - STATUS_MIN];
}

struct slice http_reason(int status) {
  enum { BEFORE = sizeof "HTTP/1.1 200 " - 1, BEHIND = sizeof "\r\n" - 1 };
  struct slice line = line_of(status);
  if (line.len == 0) return slice_of("Unknown");
  return (struct slice){line.at + BEFORE, line.len - BEFORE - BEHIND};
}

void http_status_line(struct text *out, int status) {
  struct slice line = line_of(status);
  text_slice(out, line);
  if (line.len > 0) return;
  text_put(out, "HTTP/1.1 ", status, " Unknown\r\n");
}
