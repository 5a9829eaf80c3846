/* process_show: what is printed in place of running. */
#include "proxy/process_parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config_file.h"
#include "io/libraries.h"
#include "io/log.h"
#include "proxy/secrets.h"

static void put(void *arg, const char *piece) { fputs(piece, arg); }

void process_print_version(void) {
  char versions[128];
  libraries_versions(versions, sizeof versions);
  printf("hedgerow %s (%s)\n", HEDGEROW_VERSION, versions);
}

void process_print_help(void) { config_help(put, stdout); }

void process_print_schema(void) { config_schema(put, stdout); }

void process_say_remarks(const struct config *config) {
  char remark[256];
  for (unsigned n = 0; config_remark(config, n, remark, sizeof remark); n++)
    log_notice("note: %s", remark);
  for (unsigned n = 0;
       config_remark_variable(environ, n, remark, sizeof remark); n++)
    log_notice("note: %s", remark);
}

static void dump(const struct config *config) {
  char here[PATH_MAX], folder[PATH_MAX + 1] = "";
  if (getcwd(here, sizeof here)) snprintf(folder, sizeof folder, "%s/", here);
  config_dump(config, folder, put, stdout);
}

static const char *plural(unsigned count) { return count == 1 ? "" : "s"; }

/* Flags make two of them, and /all's is empty without --all. */
static unsigned named_upstreams(const struct config *config) {
  unsigned named = 0;
  for (unsigned i = 0; i < config->upstream_count; i++)
    named += config->upstreams[i].target_count > 0;
  return named;
}

static void say_good(const struct config *config) {
  unsigned upstreams = named_upstreams(config);
  unsigned targets = config_targets(config), routes = config->route_count;
  printf("%s: good: %u upstream%s with %u target%s, %u route%s\n",
         config->file ? config->file : "the command line", upstreams,
         plural(upstreams), targets, plural(targets), routes, plural(routes));
}

int process_show(struct program *program) {
  const struct config *config = &program->config;
  struct config_errors errors = {.file = config->file,
                                 .complain = log_notice_line};
  bool good = secrets_read(&program->reload.secrets, config, config, &errors);
  config_errors_tell(&errors);
  if (!good) return PROCESS_EXIT_USAGE;
  if (config->dump) dump(config);
  else {
    process_say_remarks(config);
    say_good(config);
  }
  return EXIT_SUCCESS;
}
