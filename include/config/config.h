/* config: every option, its default, its limits and its help, in one table.
 *
 * A config is filled once, at start, and is immutable from then on: workers
 * borrow it. Strings are borrowed from argv and the environment, which live as
 * long as the process. Pure: files that flags name are read by others. */
#ifndef HEDGEROW_CONFIG_CONFIG_H
#define HEDGEROW_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_values.h"
#include "core/base_url.h"
#include "core/http_head.h"
#include "core/race.h"
#include "core/slice.h"

enum {
  CONFIG_TARGETS_MAX = 64, /* --to and --all together */
  CONFIG_HEADERS_MAX = 64,
  CONFIG_WORKERS_MAX = 256,
  CONFIG_ITEMS_MAX = 4096, /* what --max-items may ask for at most */
};

enum config_log {
  CONFIG_LOG_AUTO,
  CONFIG_LOG_TEXT,
  CONFIG_LOG_JSON,
  CONFIG_LOG_OFF
};

enum config_losers { CONFIG_LOSERS_CANCEL, CONFIG_LOSERS_DRAIN };

struct config {
  struct base_url targets[CONFIG_TARGETS_MAX]; /* --to first, then --all */
  unsigned to_count, all_count;
  struct listen_at listen;
  int64_t workers; /* 0: one per core */
  struct race_policy policy;
  int64_t timeout_us, max_timeout_us, connect_timeout_us, drain_us;
  struct slice user_agent; /* empty: the client's, else hedgerow/VERSION */
  struct http_field headers[CONFIG_HEADERS_MAX];
  unsigned header_count;
  struct slice drop_headers[CONFIG_HEADERS_MAX];
  unsigned drop_header_count;
  const char *token_file; /* NULL: none */
  const char *ca_file;    /* NULL: the system's */
  const char *token_env;  /* HEDGEROW_TOKEN, or NULL; token_file goes before
                           * it. Never printed; main wipes what it holds. */
  int64_t log;            /* enum config_log */
  const char *log_file;   /* NULL: stdout */
  bool trace;             /* --trace on */
  int64_t losers;         /* enum config_losers */

  int64_t max_head_bytes, max_target_bytes, max_fields, max_request_bytes;
  int64_t max_upstream_head_bytes, max_body_bytes, max_buffered_bytes;
  int64_t max_depth, max_connections, max_requests, max_attempts, max_items;
  int64_t header_timeout_us, keepalive_timeout_us, write_timeout_us;
};

enum config_result {
  CONFIG_RUN,     /* the config is complete */
  CONFIG_HELP,    /* --help was asked: print config_help, exit 0 */
  CONFIG_VERSION, /* --version likewise */
  CONFIG_ERROR,   /* one line is in `error`: exit 2 */
};

/* Reads argv[1..argc), then the environment for what no flag said: a flag beats
 * its variable, which is then not even looked at. `--flag value` (a value that
 * begins with "--" only as `--flag=value`). Each option but --help and
 * --version can come from HEDGEROW_ and its name in capitals with '_' for '-'
 * (HEDGEROW_HEDGE_AFTER). A repeatable one takes several values there: URLs and
 * names apart by white space, headers by line ends; flags of that name replace
 * them all. An empty variable counts as absent. HEDGEROW_TOKEN is the token,
 * and no flag. `error` gets one line without a line end, naming the flag (or
 * variable), the value and what was expected; a value that may hold a secret
 * (--header, a URL's query and userinfo, the token) is not repeated in it.
 * error_cap >= 1. env(name) stands for getenv. */
enum config_result config_parse(struct config *config, int argc, char **argv,
                                const char *(*env)(const char *name),
                                char *error, size_t error_cap)
    __attribute__((warn_unused_result));

/* Things that are allowed and probably not meant: hedge-after >= timeout,
 * hedges 0, an http:// target together with a token, ... Writes the n-th
 * remark (n = 0, 1, ...) and returns true, or returns false after the last. */
bool config_remark(const struct config *config, unsigned n, char *buf,
                   size_t cap);

/* A variable that begins with HEDGEROW_ and is none of hedgerow's, and the one
 * that may have been meant; never a value. Counts through them as config_remark
 * does. environment is "NAME=value"..., NULL at its end. */
bool config_remark_variable(char *const *environment, unsigned n, char *buf,
                            size_t cap);

/* The text of --help for width 80, grouped, from the table. Calls put(arg,
 * piece) for each piece. */
void config_help(void (*put)(void *arg, const char *piece), void *arg);

#endif
