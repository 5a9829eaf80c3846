/* process_parts: what the parts of process share, and nobody else. */
#ifndef HEDGEROW_PROXY_PROCESS_PARTS_H
#define HEDGEROW_PROXY_PROCESS_PARTS_H

#include <stdbool.h>

#include "config/config.h"
#include "io/loop.h"
#include "io/notify.h"
#include "io/resolver.h"
#include "proxy/admin.h"
#include "proxy/common.h"
#include "proxy/crew.h"
#include "proxy/reload.h"
#include "proxy/reporter.h"

/* One of the process, and its main thread's. */
struct program {
  struct config_words words;
  struct config config; /* of the start */
  struct process process;
  struct reload reload;
  struct loop *loop;
  struct resolver *resolver;
  struct log *log;
  struct notify *notify; /* NULL: there is no service manager */
  struct timer watchdog, learning;
  struct slots *slots;
  struct wake *news; /* from the workers */
  struct crew crew;
  struct history *history; /* of races; NULL: --admin off, */
  struct admin *admin;     /* and this */
  uint64_t descriptors;    /* that it may have */
  struct reporter reporter;
  const char *reloading; /* how the reload under way will end; NULL: none is */
  bool stopping, signalled; /* signalled: the next signal ends it at once */
  bool pinging, asked;
};

/* ---- process_start: all that runs is made ---- */

/* Makes the loop, what workers share, the admin listener and the workers, which
 * run from then on. False with a notice; what is there by then is to be
 * stopped and cleared all the same. */
bool process_start(struct program *program) __attribute__((warn_unused_result));
/* Says where it listens, to people and to a service manager. */
void process_say_ready(const struct program *program);
/* A notice for what fails at start; false. */
bool process_no_memory(void);

/* ---- process_events: what happens while it runs ---- */

/* Hears signals and the workers, on the loop that is there. False: no memory.
 */
bool process_watch(struct program *program) __attribute__((warn_unused_result));
/* What SIGHUP and the first SIGTERM do, to the program. The latter may be asked
 * for again, and changes nothing then. */
void process_reload(void *arg);
void process_stop(void *arg);
/* Runs the loop until every worker has ended. */
void process_run(struct program *program);

/* ---- process_show: what is only printed ---- */

/* --help, --version and --schema. */
void process_print_help(void);
void process_print_version(void);
void process_print_schema(void);
/* A notice for each thing that is allowed and probably not meant. */
void process_say_remarks(const struct config *config);
/* --check and --dump-config: all is read, and nothing runs. The exit code. */
int process_show(struct program *program);

enum { PROCESS_EXIT_USAGE = 2 };

#endif
