/* config: every option, its default, its limits and its help, in one table.
 *
 * A config is filled once, and is immutable from then on: workers borrow it.
 * Strings are borrowed from argv and the environment, which live as long as the
 * process, and from the file. Pure: files that it names are read by others. */
#ifndef HEDGEROW_CONFIG_CONFIG_H
#define HEDGEROW_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_values.h"
#include "config/yaml.h"
#include "core/base_url.h"
#include "core/cidr.h"
#include "core/hedge_budget.h"
#include "core/http_head.h"
#include "core/race.h"
#include "core/route.h"
#include "core/slice.h"

enum {
  CONFIG_TARGETS_MAX = 64, /* of an upstream; --to and --all together */
  CONFIG_LISTEN_MAX = 16,
  CONFIG_ORIGINS_MAX = 16,
  CONFIG_RULES_MAX = 16, /* of each kind */
  CONFIG_BLOCKS_MAX = 16,
  CONFIG_HEADERS_MAX = 64,
  CONFIG_WORKERS_MAX = 256,
  CONFIG_ADMIN_CONNECTIONS = 32, /* of --admin, beside */
  CONFIG_ADMIN_READERS = 1000,   /* those who may listen to its events */
  CONFIG_ITEMS_MAX = 4096,       /* what --max-items may ask for at most */
};

enum config_log {
  CONFIG_LOG_AUTO,
  CONFIG_LOG_TEXT,
  CONFIG_LOG_JSON,
  CONFIG_LOG_OFF
};

enum config_learn { CONFIG_LEARN_UPSTREAM, CONFIG_LEARN_ROUTE };

enum config_losers { CONFIG_LOSERS_CANCEL, CONFIG_LOSERS_DRAIN };

/* The name of something that is not in the configuration itself: of a file, or
 * of a variable. */
struct config_name {
  const char *text;        /* NULL: none */
  struct yaml_place place; /* of its key; zeros: no file says it */
};

/* What an upstream, one of its targets or a route may say for itself. Each of
 * them has all of it; what it does not say, it has from the defaults. */
struct config_rules {
  /* of a route */
  struct race_policy policy;
  int64_t learn; /* enum config_learn */
  int64_t timeout_us, max_timeout_us, stream_idle_us;
  struct slice user_agent; /* empty: the client's, else hedgerow/VERSION */
  int64_t max_request_bytes, max_items;
  int64_t success, errors; /* enum success; 1: the upstream's own */
  struct slice success_if[CONFIG_RULES_MAX]; /* as json_rule_parse takes them */
  unsigned success_if_count;
  struct slice fail_if[CONFIG_RULES_MAX];
  unsigned fail_if_count;
  int64_t compression;   /* 1: gzip */
  int64_t trace_context; /* 1: pass */
  bool idempotent, strip_prefix, get_body;
  bool observe;     /* race_policy.observed is the snapshot's to set */
  unsigned methods; /* 1 << enum http_method for each */
  struct slice timeout_param, timeout_header; /* empty: none */
  int64_t forwarded;                          /* 1: append */
  struct cidr trusted[CONFIG_BLOCKS_MAX];
  unsigned trusted_count;
  struct slice cors[CONFIG_ORIGINS_MAX];
  unsigned cors_count;
  bool rewrite_links;
  /* of a route, and of a target for itself */
  struct http_field headers[CONFIG_HEADERS_MAX];
  unsigned header_count;
  struct slice drop_headers[CONFIG_HEADERS_MAX];
  unsigned drop_header_count;
  /* of an upstream */
  int64_t connect_timeout_us, upstream_keepalive_us;
  int64_t max_upstream_head_bytes, max_body_bytes;
  int64_t max_depth, max_attempts;
  int64_t losers, balance; /* enum config_losers; enum balance */
  struct hedge_budget_rule budget;
  bool gate;
  struct rate_rule rate;
  struct queue_rule queue;
  /* of an upstream, or of one target */
  struct config_name token_file, token_env; /* one of them at most */
  struct config_name ca_file;               /* none: the system's */
};

struct config {
  struct base_url targets[CONFIG_TARGETS_MAX]; /* --to first, then --all */
  unsigned to_count, all_count;
  struct listen_at listen[CONFIG_LISTEN_MAX];
  unsigned listen_count;               /* 1 or more */
  struct listen_at admin;              /* not set: off */
  struct config_name admin_token_file; /* none: whoever reaches it may ask */
  struct slice admin_mock;             /* http://127.0.0.1:PORT; empty: off */
  int64_t workers;                     /* 0: one per core */
  int64_t drain_us;
  const char *token_env; /* HEDGEROW_TOKEN, or NULL; token_file goes before
                          * it. Never printed; main wipes what it holds. */
  int64_t log;           /* enum config_log */
  struct race_filter log_only;   /* which requests have a line */
  struct config_name log_file;   /* none: stdout */
  int64_t receipt_us;            /* --receipt; 0: off */
  struct slice otlp;             /* the collector's URL; empty: none */
  struct config_name otlp_token; /* none: none is sent */
  struct config_name otlp_ca;    /* none: the system's */
  int64_t trace_ratio;           /* of new traces, in millionths */
  bool trace;                    /* --trace on */

  int64_t max_head_bytes, max_target_bytes, max_fields;
  int64_t max_buffered_bytes, max_connections, max_requests;
  int64_t header_timeout_us, keepalive_timeout_us, write_timeout_us;

  const char *file; /* --config; NULL: none */
  bool check, dump; /* --check, --dump-config */

  struct config_rules defaults;

  /* What flags or a file make of it; see config_build. */
  struct config_upstream *upstreams;
  unsigned upstream_count;
  struct config_route *routes;
  unsigned route_count;
  struct yaml_tree *yaml; /* what strings are borrowed from; NULL: no file */
  struct config_string *strings; /* of config_join */
};

/* One URL that may be asked. */
struct config_target {
  struct base_url url;
  struct config_rules rules; /* its own: a token, CAs, fields */
};

/* Targets that stand for each other. */
struct config_upstream {
  struct slice name;
  struct config_rules rules;
  struct config_target *targets;
  unsigned target_count;
};

/* One item of a route's gather: the path of another route, or a URL. */
struct config_item {
  struct slice shown; /* what it says, without the query */
  struct slice path;  /* without the query; empty: a URL */
  struct slice query;
  const struct config_upstream *upstream; /* of a URL: whose target it is */
  unsigned target;                        /* and which */
  struct slice name;                      /* `as`; empty: none */
  bool required;
};

struct config_route {
  struct slice path;
  enum route_kind kind;
  const struct config_upstream *upstream; /* NULL: none */
  const struct config_upstream *listed;   /* of ROUTE_ALL; NULL: none */
  struct config_item *items;              /* of ROUTE_GATHER; else NULL */
  unsigned item_count;
  struct config_rules rules;
};

/* A command line and its environment. */
struct config_words {
  int argc;
  char **argv;
  const char *(*env)(const char *name); /* stands for getenv */
};

enum config_result {
  CONFIG_RUN,     /* the config is complete */
  CONFIG_HELP,    /* --help was asked: print config_help, exit 0 */
  CONFIG_VERSION, /* --version likewise */
  CONFIG_SCHEMA,  /* --schema: print config_schema, exit 0 */
  CONFIG_ERROR,   /* one line is in `error`: exit 2 */
};

/* Reads argv[1..argc), then the environment for what no flag said: a flag beats
 * its variable, which is then not even looked at. `--flag value` (a value that
 * begins with "--" only as `--flag=value`). Each option that takes a
 * value can come from HEDGEROW_ and its name in capitals with '_' for '-'
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

/* In parts, for config/config_file. Every default, and nothing else. */
void config_init(struct config *config);
/* Then what words say; `error` as above. */
enum config_result config_read_words(struct config *config,
                                     const struct config_words *words,
                                     struct text *error)
    __attribute__((warn_unused_result));
/* --admin: that whoever can reach it has to show a token. False with one line
 * in error. */
bool config_check_admin(const struct config *config, struct text *error);
/* The rules between options of one set. False with one line in error, which
 * calls the options by their keys, or by their flags. */
bool config_check_rules(const struct config_rules *rules, bool by_keys,
                        struct text *error) __attribute__((warn_unused_result));

/* Makes the upstreams and routes that flags mean: `to` of --to, `all` of
 * --all; /smart over the one, /all over both. False: no memory. */
bool config_build(struct config *config) __attribute__((warn_unused_result));
/* How many targets all upstreams have together. */
unsigned config_targets(const struct config *config);
/* What a route is before its own options: its kind, by its path unless it is a
 * ROUTE_GATHER already; the methods of a gather; and for /smart and /all the
 * methods and the cut that they have always had. */
void config_route_begin(struct config_route *route);
/* --listen's default, where nobody said another. */
void config_listen_somewhere(struct config *config);
/* Both, one behind the other, as a string that lives as long as the config.
 * NULL: no memory. */
const char *config_join(struct config *config, struct slice a, struct slice b)
    __attribute__((warn_unused_result));
/* Frees upstreams, routes, and what was read of a file. */
void config_clear(struct config *config);

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
