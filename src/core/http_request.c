/* http_request: one request head, read in place, strictly (RFC 9112).
 *
 * Two servers that read one byte sequence as two different requests are what
 * smuggling lives on. So there is one reading here or none: nothing is guessed,
 * repaired, joined or ignored, and whatever decides where a request ends
 * (Content-Length, Transfer-Encoding) or whom it is for (Host, the target) is
 * taken once, in its plain form, or refused.
 *
 * The way is straight: the request line, the fields one after the other, and
 * then what only all fields together can tell. Each step returns 0 or the
 * status to answer, and leaves in `why` a text that tells the author of the
 * client what to change. The verdict on a head that breaks several rules is
 * that of the first rule broken on this way.
 *
 * A head was scanned before it comes here (http_head_scan): it ends in an empty
 * line, and CR and LF stand in it only as pairs. Nothing here relies on it for
 * memory safety but that the last two bytes are the empty line.
 *
 * What a method may do, which paths there are, whether `%2e%2e` is safe and
 * whether a body is welcome: the router and core/base_url. */
#include "core/http_request.h"

#include "core/block.h"

struct reading {
  struct http_request *request;
  struct slice rest; /* what of the head is not read yet */
  const char *why;
  bool has_host, has_length, has_coding; /* Transfer-Encoding */
  bool asks_close, asks_keep_alive, asks_continue;
};

static int refuse(struct reading *reading, int status, const char *why) {
  reading->why = why;
  return status;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Splits `text` at the first `c`; false, with nothing changed, without one. */
static bool split_at(struct slice text, char c, struct slice *before,
                     struct slice *behind) {
  const char *at = text.len > 0 ? memchr(text.at, c, text.len) : NULL;
  if (!at) return false;
  *before = (struct slice){text.at, (size_t)(at - text.at)};
  *behind = slice_from(text, before->len + 1);
  return true;
}

/* unreserved and sub-delims of RFC 3986. Left out are the comma, which in a
 * Host is the mark of two that were joined, and percent-encoding, which no name
 * that resolves has. */
static const bool is_name_byte[256] = {
    ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
    ['.'] = true,         ['-'] = true,         ['_'] = true,
    ['~'] = true,         ['!'] = true,         ['$'] = true,
    ['&' ... '+'] = true, [';'] = true,         ['='] = true};

/* How long the host at the head of an authority is; 0 when there is none. */
static size_t host_len(struct slice text) {
  size_t at = 0;
  if (text.len > 0 && text.at[0] == '[') {
    for (at = 1; at < text.len; at++)
      if (!is_hex(text.at[at]) && text.at[at] != ':' && text.at[at] != '.')
        break;
    return at > 2 && at < text.len && text.at[at] == ']' ? at + 1 : 0;
  }
  while (at < text.len && is_name_byte[(unsigned char)text.at[at]]) at++;
  return at;
}

/* host[:port] (RFC 9110, section 7.2). The grammar lets a port be empty. */
static bool is_authority(struct slice text) {
  size_t len = host_len(text);
  if (len == 0 || len == text.len) return len > 0;
  if (text.at[len] != ':') return false;
  struct slice port = slice_from(text, len + 1);
  uint64_t number = 0;
  return port.len == 0 || (http_parse_length(port, &number) && number <= 65535);
}

/* Letters count with their case here (RFC 9112, section 2.3). */
static int read_version(struct reading *reading, struct slice version) {
  const char *at = version.at;
  bool named = version.len == 8 && memcmp(at, "HTTP/", 5) == 0 &&
               is_digit(at[5]) && at[6] == '.' && is_digit(at[7]);
  if (!named && version.len > 0 && memchr(at, ' ', version.len) != NULL)
    return refuse(reading, 400,
                  "the request line has more than two spaces: encode a space "
                  "in the target as %20");
  if (!named)
    return refuse(reading, 400,
                  "the request line does not end in HTTP/1.1 or HTTP/1.0");
  if (at[5] != '1' || at[7] > '1')
    return refuse(reading, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  reading->request->http_1_0 = at[7] == '0';
  return 0;
}

static void set_path(struct http_request *request, struct slice path) {
  if (!split_at(path, '?', &request->path, &request->query))
    request->path = path;
}

/* http://host[:port][/path][?query] (RFC 9112, section 3.2.2): its host is
 * meant, whatever the Host field says. */
static int read_absolute_form(struct reading *reading) {
  struct http_request *request = reading->request;
  struct slice scheme, rest;
  if (!split_at(request->target, ':', &scheme, &rest) ||
      !(slice_is(scheme, "http") || slice_is(scheme, "https")) ||
      !slice_starts_with(rest, slice_of("//")))
    return refuse(reading, 400,
                  "the target is neither a path (/...) nor an http:// or "
                  "https:// URL");
  rest = slice_from(rest, 2);
  size_t len = 0;
  while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?') len++;
  request->host = (struct slice){rest.at, len};
  if (!is_authority(request->host))
    return refuse(reading, 400, "the target's authority is not host[:port]");
  set_path(request, slice_from(rest, len));
  if (request->path.len == 0) /* the '/' in front of the host is at hand */
    request->path = (struct slice){rest.at - 1, 1};
  return 0;
}

/* host:port, with a port (RFC 9110, section 9.3.6). */
static int read_authority_form(struct reading *reading) {
  struct slice target = reading->request->target;
  size_t len = host_len(target);
  if (!is_authority(target) || target.len < len + 2)
    return refuse(reading, 400, "CONNECT needs a target of the form host:port");
  reading->request->host = target;
  return 0;
}

static int read_target_form(struct reading *reading) {
  struct http_request *request = reading->request;
  if (request->method == HTTP_CONNECT) return read_authority_form(reading);
  if (request->target.at[0] == '/') {
    set_path(request, request->target);
    return 0;
  }
  if (!slice_equal(request->target, slice_of("*")))
    return read_absolute_form(reading);
  if (!slice_equal(request->method_name, slice_of("OPTIONS")))
    return refuse(reading, 400, "the target * is for OPTIONS only");
  return 0;
}

/* Visible ASCII but '#'. */
static const bool is_target_byte[256] = {['!' ... '"'] = true,
                                         ['$' ... '~'] = true};

static bool is_target_block(const char *at) {
  ublock here = (ublock)block_load(at);
  return block_mask((here <= ' ') | (here >= 0x7f) | (here == '#')) == 0;
}

static int check_target_bytes(struct reading *reading) {
  struct slice target = reading->request->target;
  size_t i = 0;
  while (target.len - i >= BLOCK_LEN && is_target_block(target.at + i))
    i += BLOCK_LEN;
  while (i < target.len && is_target_byte[(unsigned char)target.at[i]]) i++;
  if (i == target.len) return 0;
  if (target.at[i] == '#')
    return refuse(reading, 400,
                  "the target holds a '#': a fragment stays with the client, "
                  "and elsewhere it is %23");
  return refuse(reading, 400,
                "the target holds a byte outside visible ASCII: "
                "percent-encode it");
}

static int read_target(struct reading *reading, struct slice target,
                       struct slice version, size_t max) {
  reading->request->target = target;
  if (target.len == 0)
    return refuse(reading, 400, "the method is followed by two spaces");
  if (target.len > max)
    return refuse(reading, 414, "the request target is too long");
  int status = read_version(reading, version);
  if (status == 0) status = check_target_bytes(reading);
  return status != 0 ? status : read_target_form(reading);
}

static int read_request_line(struct reading *reading, size_t target_max) {
  struct http_request *request = reading->request;
  struct slice line, method, target, version;
  while (slice_starts_with(reading->rest, slice_of("\r\n")))
    reading->rest = slice_from(reading->rest, 2);
  if (!split_at(reading->rest, '\r', &line, &reading->rest) ||
      !split_at(line, ' ', &method, &version))
    return refuse(reading, 400,
                  "the request line is not METHOD, one space, target, one "
                  "space, version");
  reading->rest = slice_from(reading->rest, 1); /* the LF */
  if (!http_is_token(method))
    return refuse(reading, 400, "the method is not a token");
  request->method_name = method;
  request->method = http_method_of(method);
  if (!split_at(version, ' ', &target, &version))
    return refuse(reading, 400,
                  "the request line has no version (HTTP/0.9 is not spoken "
                  "here)");
  return read_target(reading, target, version, target_max);
}

static int read_host(struct reading *reading, struct slice value) {
  if (reading->has_host)
    return refuse(reading, 400, "there is more than one Host field");
  reading->has_host = true;
  if (value.len == 0) return refuse(reading, 400, "the Host field is empty");
  if (!is_authority(value))
    return refuse(reading, 400, "the Host field is not host[:port]");
  if (reading->request->host.len == 0) /* the target's own goes first */
    reading->request->host = value;
  return 0;
}

static int read_length(struct reading *reading, struct slice value) {
  if (reading->has_length)
    return refuse(reading, 400, "there is more than one Content-Length field");
  reading->has_length = true;
  if (!http_parse_length(value, &reading->request->content_length))
    return refuse(reading, 400,
                  "Content-Length is not one number of digits that fits in 64 "
                  "bits");
  return 0;
}

static int read_coding(struct reading *reading, struct slice value) {
  reading->request->is_chunked =
      !reading->has_coding && slice_is(value, "chunked");
  reading->has_coding = true;
  return 0;
}

/* RFC 9110, section 7.6.1. */
static void read_connection(struct reading *reading, struct slice value) {
  struct slice option;
  while (http_list_next(&value, &option)) {
    if (http_member_is(option, slice_of("close"))) reading->asks_close = true;
    else if (http_member_is(option, slice_of("keep-alive")))
      reading->asks_keep_alive = true;
    else reading->request->names_fields = true;
  }
}

/* Looks at the fields that the connection itself must understand; they are told
 * apart by their lengths. */
static int read_meaning(struct reading *reading, struct http_field field) {
  struct slice name = field.name, value = field.value;
  switch (name.len) {
    case 4:
      if (slice_is(name, "Host")) return read_host(reading, value);
      break;
    case 5:
      if (slice_is(name, "Hedge")) reading->request->has_wishes = true;
      break;
    case 6:
      if (slice_is(name, "Prefer")) reading->request->has_wishes = true;
      else if (slice_is(name, "Expect"))
        reading->asks_continue |=
            http_list_has(value, slice_of("100-continue"));
      break;
    case 10:
      if (slice_is(name, "Connection")) read_connection(reading, value);
      else if (slice_is(name, "tracestate")) reading->request->traced = true;
      break;
    case 11:
      if (slice_is(name, "traceparent")) reading->request->traced = true;
      break;
    case 13:
      if (slice_is(name, "If-None-Match")) reading->request->has_wishes = true;
      break;
    case 14:
      if (slice_is(name, "Content-Length")) return read_length(reading, value);
      break;
    case 17:
      if (slice_is(name, "Transfer-Encoding"))
        return read_coding(reading, value);
      break;
  }
  return 0;
}

/* What is wrong with the line that http_field_next refused. */
static const char *field_fault(struct slice lines) {
  struct slice line = lines, name, rest;
  if (!split_at(lines, '\r', &line, &rest)) return "a field line has no end";
  if (line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
    return "a field line begins with white space: folded lines are not taken";
  if (!split_at(line, ':', &name, &rest)) return "a field line has no colon";
  if (name.len == 0) return "a field has no name";
  char last = name.at[name.len - 1];
  if (last == ' ' || last == '\t')
    return "white space stands between a field's name and its colon";
  if (!http_is_token(name)) return "a field's name is not a token";
  return "a field's value holds a control byte";
}

static int read_fields(struct reading *reading, unsigned max) {
  struct http_request *request = reading->request;
  struct slice lines = {reading->rest.at, reading->rest.len - 2};
  while (lines.len > 0) {
    if (request->field_count == max)
      return refuse(reading, 431, "the request has too many fields");
    struct http_field *field = &request->fields[request->field_count];
    if (!http_field_next(&lines, field))
      return refuse(reading, 400, field_fault(lines));
    request->field_count++;
    int status = read_meaning(reading, *field);
    if (status != 0) return status;
  }
  return 0;
}

/* RFC 9112, sections 6.1 and 6.3. */
static int check_coding(struct reading *reading) {
  if (!reading->has_coding) return 0;
  if (reading->has_length)
    return refuse(reading, 400,
                  "Content-Length and Transfer-Encoding exclude each other");
  if (reading->request->http_1_0)
    return refuse(reading, 400, "HTTP/1.0 has no Transfer-Encoding");
  if (reading->request->is_chunked) return 0;
  return refuse(reading, 501,
                "this Transfer-Encoding is not known here: send a "
                "Content-Length");
}

static int judge(struct reading *reading) {
  struct http_request *request = reading->request;
  bool old = request->http_1_0;
  if (!reading->has_host && !old)
    return refuse(reading, 400, "an HTTP/1.1 request needs a Host field");
  request->keep_alive =
      !reading->asks_close && (!old || reading->asks_keep_alive);
  request->expects_continue = reading->asks_continue && !old;
  return check_coding(reading);
}

int http_request_parse(struct http_request *request, struct slice head,
                       const struct http_request_limits *limits,
                       const char **why) {
  struct reading reading = {.request = request, .rest = head};
  memset(request, 0, offsetof(struct http_request, fields));
  int status = read_request_line(&reading, limits->target_bytes);
  if (status == 0) status = read_fields(&reading, limits->fields);
  if (status == 0) status = judge(&reading);
  *why = reading.why;
  return status;
}

const struct http_field *http_request_find(const struct http_request *request,
                                           struct slice name) {
  for (unsigned i = 0; i < request->field_count; i++)
    if (slice_equal_nocase(request->fields[i].name, name))
      return &request->fields[i];
  return NULL;
}

bool http_request_lists(const struct http_request *request, const char *name,
                        struct slice token) {
  for (unsigned i = 0; i < request->field_count; i++) {
    const struct http_field *field = &request->fields[i];
    if (slice_is(field->name, name) && http_list_has(field->value, token))
      return true;
  }
  return false;
}

bool http_request_connection_names(const struct http_request *request,
                                   struct slice name) {
  return request->names_fields &&
         http_request_lists(request, "Connection", name);
}
