/* viewer: how a program on a terminal gets at the admin listener.
 *
 * Where it is, and the token for it, have the names that the proxy has for
 * them, in flags and in the environment: in a container of the proxy's, a view
 * needs no options at all.
 *
 * What the listener says when it refuses is a problem (RFC 9457); its detail is
 * what the operator reads. It is shown as visible ASCII like everything else:
 * what answers there need not be hedgerow. */
#include "tools/viewer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config/config_values.h"
#include "io/libraries.h"
#include "io/log.h"
#include "io/terminal.h"
#include "io/token.h"
#include "tools/json_view.h"

static const char default_admin[] = "127.0.0.1:8481";

/* ---- options ---- */

/* An empty variable counts as absent. */
static const char *variable(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value && *value ? value : otherwise;
}

void viewer_init(struct viewer *viewer, const char *tool) {
  *viewer = (struct viewer){.tool = tool,
                            .admin = variable("HEDGEROW_ADMIN", default_admin),
                            .token_file =
                                variable("HEDGEROW_ADMIN_TOKEN_FILE", NULL)};
}

/* ---- the listener ---- */

/* hedgerow says where it is by a URL, which may be copied. */
static struct slice without_scheme(struct slice place) {
  const struct slice scheme = slice_of("http://");
  if (!slice_starts_with(place, scheme)) return place;
  place = slice_from(place, scheme.len);
  if (place.len > 0 && place.at[place.len - 1] == '/') place.len--;
  return place;
}

/* Fills what a download comes from. NULL, or what is wrong with --admin. */
static const char *place_of(const struct viewer *viewer, char *origin,
                            size_t cap, const char **socket) {
  static const char form[] =
      "write it as HOST:PORT, such as 127.0.0.1:8481, or as unix:/PATH";
  struct text text;
  struct listen_at at;
  const char *why =
      config_parse_place(without_scheme(slice_of(viewer->admin)), form, &at);
  if (why) return why;
  if (at.path.len == 0 && at.port == 0)
    return "expected the port that hedgerow listens at";
  text_init(&text, origin, cap);
  text_str(&text, "http://");
  *socket = at.path.len > 0 ? at.path.at : NULL;
  if (*socket) text_str(&text, "localhost");
  else address_write_place(&text, &at, at.port);
  text_end(&text);
  return NULL;
}

static bool connect_to(struct viewer *viewer, const char *token) {
  char origin[VIEWER_PLACE_BYTES];
  struct download_from from = {.origin = origin, .token = token};
  const char *why = place_of(viewer, origin, sizeof origin, &from.socket);
  if (why) {
    flags_complain(viewer->tool, "--admin", viewer->admin, why);
    return false;
  }
  viewer->download = libraries_init() ? download_new(&from) : NULL;
  if (!viewer->download) log_notice("%s: out of memory", viewer->tool);
  return viewer->download != NULL;
}

/* A secret in memory is not to be found on a disk. */
static void forbid_dumps(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

bool viewer_open(struct viewer *viewer) {
  char token[TOKEN_ROOM], error[256];
  if (!viewer->token_file) return connect_to(viewer, NULL);
  forbid_dumps();
  if (!token_read(viewer->token_file, token, error, sizeof error)) {
    flags_complain(viewer->tool, "--admin-token-file", viewer->token_file,
                   error);
    return false;
  }
  bool open = connect_to(viewer, token);
  explicit_bzero(token, sizeof token);
  return open;
}

void viewer_close(struct viewer *viewer) {
  if (!viewer->download) return;
  download_free(viewer->download);
  libraries_clear();
}

/* ---- asking ---- */

static bool on_bytes(void *arg, struct slice bytes) {
  struct viewer *viewer = arg;
  if (viewer_is_answered(viewer)) return viewer->on_bytes(viewer->arg, bytes);
  size_t room = sizeof viewer->problem - viewer->problem_len;
  if (bytes.len > room) bytes.len = room;
  memcpy(viewer->problem + viewer->problem_len, bytes.at, bytes.len);
  viewer->problem_len += bytes.len;
  return true;
}

bool viewer_ask(struct viewer *viewer, const char *path,
                enum download_patience patience,
                download_on_bytes *on_good_bytes, void *arg) {
  viewer->on_bytes = on_good_bytes;
  viewer->arg = arg;
  viewer->problem_len = 0;
  return download_start(viewer->download, path, patience, on_bytes, viewer);
}

bool viewer_is_answered(const struct viewer *viewer) {
  return download_status(viewer->download) == 200;
}

bool viewer_is_refused(const struct viewer *viewer) {
  int status = download_status(viewer->download);
  return status != 0 && status != 200 && status < 500;
}

const char *viewer_why(struct viewer *viewer) {
  struct text text;
  text_init(&text, viewer->why, sizeof viewer->why);
  struct sheet sheet = sheet_on(&text, (struct sheet_look){0});
  const char *error = download_error(viewer->download);
  int status = download_status(viewer->download);
  struct slice problem = {viewer->problem, viewer->problem_len};
  if (error) sheet_str(&sheet, error);
  else if (status == 200) sheet_str(&sheet, "the connection ended");
  else sheet_format(&sheet, "it answered %d", status);
  if (status != 0 && status != 200 && json_view_is_object(problem)) {
    sheet_str(&sheet, ": ");
    sheet_json_words(&sheet, json_view_string(problem, "/detail"));
  }
  return text_end(&text);
}

void viewer_give_up(const struct viewer *viewer, const char *why) {
  bool silent = download_status(viewer->download) == 0;
  log_notice("%s: %s: %s%s", viewer->tool, viewer->admin, why,
             silent ? "; is hedgerow running with this --admin?" : "");
}

/* ---- stdout ---- */

/* Whoever started us may have made it one that does not block. */
bool viewer_put(struct slice bytes) {
  struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};
  while (bytes.len > 0) {
    ssize_t n = write(STDOUT_FILENO, bytes.at, bytes.len);
    if (n > 0) bytes = slice_from(bytes, (size_t)n);
    else if (n == 0 || errno == EAGAIN) poll(&out, 1, -1);
    else if (errno != EINTR) return false;
  }
  return true;
}

struct sheet_look viewer_look(void) {
  const char *no_color = getenv("NO_COLOR");
  struct sheet_look look = {0};
  if (!isatty(STDOUT_FILENO)) return look;
  look.columns = terminal_size_of(STDOUT_FILENO).columns;
  look.colours =
      terminal_has_escapes(STDOUT_FILENO) && !(no_color && *no_color);
  return look;
}
