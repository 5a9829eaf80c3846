/* reload: reads the configuration anew while the workers serve.
 *
 * A reload takes all or nothing: when the file of options, a token or CAs will
 * not do, what was in force stays so, so that what is in force has always been
 * together in what somebody wrote. Options of the process itself (where it
 * listens, its limits) are taken at the start only; those that a reload would
 * change are named.
 *
 * Without a file the flags stay what they are, and what they name is read
 * again. */
#include "proxy/reload.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config_file.h"
#include "config/config_options.h"
#include "proxy/machine.h"
#include "proxy/settings.h"

/* The main thread serves nobody, and may wait for a disk. */
bool reload_open_log(const struct reload *reload, const struct config *config,
                     struct config_errors *errors) {
  const char *path = config->log_file.text, *why;
  if (!path || !reload->log) return true;
  int fd = log_file_open(path, &why);
  if (fd < 0)
    config_errors_add_name(errors, "log-file", &config->log_file, why);
  else log_move(reload->log, fd);
  return fd >= 0;
}

/* The next one, of what was read last. NULL: no memory. */
static struct snapshot *make_snapshot(const struct reload *reload,
                                      const struct config *config) {
  const struct snapshot *before = reload->snapshot;
  const struct snapshot_source source = {
      .config = config,
      .slots = reload->slots,
      .secrets = reload->secrets.of_targets,
      .via_lines = {reload->via_lines[0], reload->via_lines[1]},
      .number = before ? before->number + 1 : 1,
      .before = before,
      .workers = reload->workers,
  };
  return snapshot_new(&source);
}

bool reload_first(struct reload *reload) {
  reload->snapshot = make_snapshot(reload, reload->config);
  secrets_take_own(&reload->secrets);
  return reload->snapshot != NULL;
}

/* Every error is a notice, and the first is kept. */
static void on_error(void *arg, const char *line) {
  struct reload *reload = arg;
  if (reload->why[0] == '\0')
    snprintf(reload->why, sizeof reload->why, "%s", line);
  if (reload->errors.len > 0) text_char(&reload->errors, '\n');
  text_str(&reload->errors, line);
  log_notice("%s", line);
}

/* False: no memory, and the old one stays in force. */
static bool renew(struct reload *reload, const struct config *config) {
  struct snapshot *snapshot = make_snapshot(reload, config);
  if (!snapshot || !crew_renew(reload->crew, reload->snapshot, snapshot)) {
    on_error(reload, "no memory for what was read, or too many origins");
    snapshot_drop(snapshot);
    return false;
  }
  snapshot_drop(reload->snapshot);
  reload->snapshot = snapshot;
  return true;
}

static void free_config(struct config *config) {
  if (!config) return;
  config_clear(config);
  free(config);
}

/* What the file says now; NULL: it will not do, and notices have said why. */
static struct config *read_config(struct reload *reload) {
  const char *file = reload->config->file;
  if (!settings_can_reread(file, on_error, reload)) return NULL;
  struct config *config = calloc(1, sizeof *config);
  if (config && settings_read(config, file, reload->words, on_error, reload))
    return config;
  free_config(config);
  return NULL;
}

/* Names what of the file this process has not taken over, by what was written
 * and not by what was fitted. */
static void say_differences(const struct reload *reload,
                            const struct config *written) {
  struct config running = *reload->config;
  char option[OPTION_NAME_MAX + 1];
  running.max_connections = reload->max_connections;
  for (unsigned n = 0;
       config_differ(&running, written, n, option, sizeof option); n++)
    log_notice("%s: it counts from the next start on", option);
}

/* It is moved away before, to make room or to be deleted. So it is opened anew
 * also where nothing else is: a file that is broken for days loses no line. */
static void reopen_log(const struct reload *reload) {
  const struct config *config =
      reload->renewed ? reload->renewed : reload->config;
  struct config_errors errors = {.file = config->file,
                                 .complain = log_notice_line};
  if (reload_open_log(reload, config, &errors)) return;
  config_errors_tell(&errors);
  log_notice("the log stays where it was");
}

static bool read_secrets(struct reload *reload, const struct config *config) {
  struct config_errors errors = {
      .file = config->file, .complain = on_error, .arg = reload};
  bool done = secrets_read(&reload->secrets, reload->config, config, &errors);
  config_errors_tell(&errors);
  return done;
}

/* What speaks to the collector goes on where nothing is new. False: no memory.
 */
static bool make_post(struct reload *reload, struct post **post) {
  const struct snapshot_secret *secret = &reload->secrets.read.collector;
  const struct spans_collector collector = {reload->config->otlp, secret->token,
                                            secret->trust};
  *post = NULL;
  if (!reload->spans || !secrets_change_collector(&reload->secrets))
    return true;
  *post = spans_post(&collector);
  if (!*post) on_error(reload, "no memory for what speaks to the collector");
  return *post != NULL;
}

/* All of it, or nothing. What an option of the process names is that of the
 * start. */
static bool take_all(struct reload *reload, const struct config *config) {
  struct post *post;
  if (!read_secrets(reload, config) || !make_post(reload, &post)) return false;
  if (!renew(reload, config)) {
    post_free(post);
    return false;
  }
  if (post) spans_renew(reload->spans, post);
  secrets_take_own(&reload->secrets);
  return true;
}

static bool take_config(struct reload *reload, struct config *config) {
  const struct config written = *config;
  uint64_t descriptors;
  machine_fit(config, &descriptors);
  if (!take_all(reload, config)) return false;
  free_config(reload->renewed);
  reload->renewed = config;
  say_differences(reload, &written);
  return true;
}

static bool reload_file(struct reload *reload) {
  struct config *config = read_config(reload);
  if (config && take_config(reload, config)) return true;
  free_config(config);
  return false;
}

const char *reload_run(struct reload *reload) {
  const bool has_file = reload->config->file != NULL;
  reload->why[0] = '\0';
  text_init(&reload->errors, reload->errors_bytes, sizeof reload->errors_bytes);
  const bool done =
      has_file ? reload_file(reload) : take_all(reload, reload->config);
  reopen_log(reload);
  if (done) {
    reload->taken++;
    return "reloaded";
  }
  reload->refused++;
  return has_file ? "not reloaded: the configuration from before stays in force"
                  : "not reloaded: the token and CAs from before stay in force";
}

void reload_clear(struct reload *reload) {
  snapshot_drop(reload->snapshot);
  free_config(reload->renewed);
  secrets_clear(&reload->secrets);
}
