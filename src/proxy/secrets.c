/* secrets: reads tokens and CAs.
 *
 * All of it is done by the main thread, which serves nobody and may wait for a
 * disk. All is read, even if some of it will not do: each costs one line that
 * names the option, the file and the reason, and never what stands in it. At
 * start that is as if the configuration were wrong; at a reload what was read
 * before stays in force.
 *
 * Many targets may name one file of CAs: it is read once, and what it holds is
 * one trust, so that their connections are kept together. */
#include "proxy/secrets.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "config/config_errors.h"
#include "io/token.h"

enum { ERROR_BYTES = CONFIG_ERROR_BYTES };

struct variable {
  struct variable *next;
  const char *value; /* "": it is not set */
  char bytes[];      /* its name, and behind that the value */
};

/* One reading. */
struct reading {
  struct secrets *before, *now;
  const struct config *config;
  const char **ca_files; /* by target number, of those read so far */
  struct config_errors *errors;
};

static bool refuse(struct reading *reading, const char *option,
                   const struct config_name *name, const char *why) {
  config_errors_add_name(reading->errors, option, name, why);
  return false;
}

static bool refuse_unnamed(struct reading *reading, const char *what,
                           const char *why) {
  char storage[ERROR_BYTES];
  struct text line = TEXT_ON(storage);
  text_put(&line, what, ": ", why);
  config_errors_add(reading->errors, (struct yaml_place){0}, &line);
  return false;
}

/* ---- variables ---- */

static struct variable *variable_add(struct secrets *secrets,
                                     const char *name) {
  char *value = getenv(name);
  size_t name_len = strlen(name), len = value ? strlen(value) : 0;
  struct variable *variable = malloc(sizeof *variable + name_len + len + 2);
  if (!variable) return NULL;
  memcpy(variable->bytes, name, name_len + 1);
  memcpy(variable->bytes + name_len + 1, value ? value : "", len + 1);
  variable->value = variable->bytes + name_len + 1;
  if (value) explicit_bzero(value, len);
  variable->next = secrets->variables;
  secrets->variables = variable;
  return variable;
}

/* "" where it is not set; NULL: no memory. */
static const char *variable_of(struct secrets *secrets, const char *name) {
  struct variable *variable = secrets->variables;
  while (variable && strcmp(variable->bytes, name) != 0)
    variable = variable->next;
  if (!variable) variable = variable_add(secrets, name);
  return variable ? variable->value : NULL;
}

static void variables_clear(struct secrets *secrets) {
  struct variable *variable;
  while ((variable = secrets->variables)) {
    secrets->variables = variable->next;
    explicit_bzero((char *)(uintptr_t)variable->value, strlen(variable->value));
    free(variable);
  }
}

/* ---- a token ---- */

/* NULL, or why not. */
static const char *token_from_variable(struct secrets *secrets,
                                       const char *name,
                                       char token[TOKEN_ROOM]) {
  const char *value = variable_of(secrets, name);
  if (!value) return "no memory for the token";
  if (strlen(value) > TOKEN_BYTES_MAX) return "it is larger than 8192 bytes";
  for (const char *c = value; *c != '\0'; c++)
    if (*c <= ' ' || *c > '~')
      return "a token is visible ASCII without spaces or line ends";
  memcpy(token, value, strlen(value) + 1);
  return NULL;
}

/* The variable of flags: it has no place, and need not be set. */
static bool token_of_flags(struct reading *reading, char token[TOKEN_ROOM]) {
  static const char name[] = "HEDGEROW_TOKEN";
  const char *why = token_from_variable(reading->before, name, token);
  return !why || refuse_unnamed(reading, name, why);
}

static bool token_of(struct reading *reading, const struct config_rules *rules,
                     char token[TOKEN_ROOM]) {
  const struct config_name *file = &rules->token_file, *env = &rules->token_env;
  char error[ERROR_BYTES];
  token[0] = '\0';
  if (file->text)
    return token_read(file->text, token, error, sizeof error) ||
           refuse(reading, "token-file", file, error);
  if (!reading->config->file) return token_of_flags(reading, token);
  if (!env->text) return true;
  const char *why = token_from_variable(reading->before, env->text, token);
  if (!why && token[0] == '\0') why = "it is not set, or empty";
  return !why || refuse(reading, "token-env", env, why);
}

/* ---- CAs ---- */

static bool same_name(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

/* One that holds the same, of this reading or the one before; else itself. */
static struct trust *usual(const struct reading *reading, struct trust *trust) {
  const struct secrets *sets[] = {reading->now, reading->before};
  for (unsigned s = 0; s < 2; s++) {
    for (unsigned i = 0; i < sets[s]->count; i++) {
      struct trust *other = sets[s]->of_targets[i].trust;
      if (!trust_same(other, trust)) continue;
      trust_drop(trust);
      return trust_hold(other);
    }
  }
  return trust;
}

/* NULL: it will not do. Without a name they are the system's. */
static struct trust *read_trust(struct reading *reading, const char *option,
                                const struct config_name *file) {
  char error[ERROR_BYTES];
  struct trust *trust = trust_read(file->text, error, sizeof error);
  if (trust) return trust;
  if (file->text) (void)refuse(reading, option, file, error);
  else
    (void)refuse_unnamed(reading, "the CA certificates of the system", error);
  return NULL;
}

static struct trust *trust_of(struct reading *reading,
                              const struct config_name *file) {
  for (unsigned i = 0; i < reading->now->count; i++)
    if (same_name(reading->ca_files[i], file->text))
      return trust_hold(reading->now->of_targets[i].trust);
  struct trust *trust = read_trust(reading, "ca-file", file);
  return trust ? usual(reading, trust) : NULL;
}

/* ---- all targets ---- */

/* False: no memory, or what will not do is in the errors. */
static bool read_target(struct reading *reading,
                        const struct config_rules *rules) {
  char token[TOKEN_ROOM];
  struct secrets *now = reading->now;
  const bool has_token = token_of(reading, rules, token);
  struct trust *trust = trust_of(reading, &rules->ca_file);
  char *copy = has_token && trust ? strdup(token) : NULL;
  explicit_bzero(token, sizeof token);
  if (!copy) {
    trust_drop(trust);
    return false;
  }
  reading->ca_files[now->count] = rules->ca_file.text;
  now->of_targets[now->count++] =
      (struct snapshot_secret){slice_of(copy), trust};
  return true;
}

static bool read_targets(struct reading *reading) {
  const struct config *config = reading->config;
  bool done = true;
  for (unsigned i = 0; i < config->upstream_count; i++)
    for (unsigned k = 0; k < config->upstreams[i].target_count; k++)
      done &= read_target(reading, &config->upstreams[i].targets[k].rules);
  return done;
}

static void wipe(struct slice token) {
  if (token.len > 0) explicit_bzero((char *)(uintptr_t)token.at, token.len);
  free((char *)(uintptr_t)token.at);
}

static void drop_targets(struct secrets *secrets) {
  for (unsigned i = 0; i < secrets->count; i++) {
    wipe(secrets->of_targets[i].token);
    trust_drop(secrets->of_targets[i].trust);
  }
  free(secrets->of_targets);
  secrets->of_targets = NULL;
  secrets->count = 0;
}

/* ---- of the process ---- */

/* False: it will not do. No name is no token. */
static bool read_own_token(struct reading *reading, const char *option,
                           const struct config_name *file,
                           struct slice *token) {
  char bytes[TOKEN_ROOM], error[ERROR_BYTES];
  if (!file->text) return true;
  if (!token_read(file->text, bytes, error, sizeof error))
    return refuse(reading, option, file, error);
  char *copy = strdup(bytes);
  explicit_bzero(bytes, sizeof bytes);
  if (!copy) return refuse(reading, option, file, "no memory for it");
  *token = slice_of(copy);
  return true;
}

/* The same where they are the same. */
static bool read_own_trust(struct reading *reading,
                           const struct config_name *file,
                           struct trust **trust) {
  struct trust *before = reading->before->own.collector.trust;
  *trust = read_trust(reading, "otlp-ca-file", file);
  if (!*trust) return false;
  if (!trust_same(before, *trust)) return true;
  trust_drop(*trust);
  *trust = trust_hold(before);
  return true;
}

static void own_clear(struct secrets_own *own) {
  wipe(own->admin_token);
  wipe(own->collector.token);
  trust_drop(own->collector.trust);
  *own = (struct secrets_own){0};
}

static bool read_own(struct reading *reading, const struct config *config,
                     struct secrets_own *own) {
  bool done = read_own_token(reading, "admin-token-file",
                             &config->admin_token_file, &own->admin_token);
  done &= read_own_token(reading, "otlp-token-file", &config->otlp_token,
                         &own->collector.token);
  return read_own_trust(reading, &config->otlp_ca, &own->collector.trust) &&
         done;
}

/* ---- all ---- */

/* Not under a sanitizer, whose leak check attaches to its own process. */
static void forbid_dumps(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none); /* a core_pattern with a pipe ignores it */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

static bool has_token(const struct secrets *secrets) {
  for (unsigned i = 0; i < secrets->count; i++)
    if (secrets->of_targets[i].token.len > 0) return true;
  return secrets->read.admin_token.len + secrets->read.collector.token.len > 0;
}

bool secrets_read(struct secrets *secrets, const struct config *process,
                  const struct config *config, struct config_errors *errors) {
  unsigned targets = config_targets(config);
  struct secrets now = {.of_targets =
                            calloc(targets + 1, sizeof *now.of_targets)};
  struct reading reading = {.before = secrets,
                            .now = &now,
                            .config = config,
                            .ca_files = calloc(targets + 1, sizeof(char *)),
                            .errors = errors};
  /* Out of the environment in any case, also where nothing uses it. */
  bool done = variable_of(secrets, "HEDGEROW_TOKEN") && now.of_targets &&
              reading.ca_files && read_targets(&reading);
  done &= read_own(&reading, process, &now.read);
  free(reading.ca_files);
  if (!done) {
    drop_targets(&now);
    own_clear(&now.read);
    return false;
  }
  drop_targets(secrets);
  own_clear(&secrets->read);
  secrets->of_targets = now.of_targets;
  secrets->count = now.count;
  secrets->read = now.read;
  if (has_token(secrets)) forbid_dumps();
  return true;
}

bool secrets_change_collector(const struct secrets *secrets) {
  const struct snapshot_secret *now = &secrets->own.collector,
                               *next = &secrets->read.collector;
  return now->trust != next->trust || !slice_equal(now->token, next->token);
}

void secrets_take_own(struct secrets *secrets) {
  secrets->admin_tokens +=
      !slice_equal(secrets->own.admin_token, secrets->read.admin_token);
  own_clear(&secrets->own);
  secrets->own = secrets->read;
  secrets->read = (struct secrets_own){0};
}

void secrets_clear(struct secrets *secrets) {
  drop_targets(secrets);
  own_clear(&secrets->read);
  own_clear(&secrets->own);
  variables_clear(secrets);
}
