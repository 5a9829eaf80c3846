/* config_options.c: the table of options, and the search in it.
 *
 * Parsing, the environment, the errors, --help and the tests all walk this
 * table; none of them knows an option by name. The order within a group is the
 * order of --help.
 *
 * Nothing that a peer can make us hold is without a limit, so each limit is an
 * option with a range, and there is no word for "unlimited". The only `off` is
 * that of --attempt-timeout, since the deadline of the race stands behind it.
 */
#include "config/config_options.h"

#include <string.h>

#include "config/config.h"

#define MEMBER(member)                                                         \
  .offset = offsetof(struct config, member),                                   \
  .size = sizeof(((struct config *)0)->member)

#define NUMBER(group_, scope_, name_, value_, kind_, member, fallback_, min_,  \
               max_, help_)                                                    \
  {                                                                            \
    .group = GROUP_##group_, .scope = SCOPE_##scope_, .name = name_,           \
    .value = value_, .kind = OPTION_##kind_, MEMBER(member),                   \
    .fallback = fallback_, .min = min_, .max = max_, .help = help_             \
  }

#define OPTION(group, scope, name, value, kind, member, fallback, help)        \
  NUMBER(group, scope, name, value, kind, member, fallback, NULL, NULL, help)

#define TIME(group, scope, name, member, fallback, min, help)                  \
  NUMBER(group, scope, name, "TIME", DURATION, member, fallback, min, "60m",   \
         help)

#define BYTES(scope, name, member, fallback, min, max, help)                   \
  NUMBER(LIMITS, scope, name, "SIZE", SIZE, member, fallback, min, max, help)

#define COUNTED(group, scope, name, member, fallback, min, max, help)          \
  NUMBER(group, scope, name, "N", COUNT, member, fallback, min, max, help)

const struct config_option config_options[] = {
    OPTION(TARGETS, GROUP, "to", "URL", URLS, to_count, NULL,
           "a base URL that /smart asks; repeatable: attempt k goes to URL k "
           "mod n"),
    OPTION(TARGETS, GROUP, "all", "URL", URLS, all_count, NULL,
           "a URL that GET /all asks; repeatable (without one GET /all asks "
           "what a race could ask)"),

    TIME(RACING, ROUTE, "hedge-after", policy.hedge_after_us, "300ms", "0ms",
         "when hedges start if no attempt has succeeded"),
    COUNTED(RACING, ROUTE, "hedges", policy.hedges, "2", "0", "15",
            "the most hedges that a race starts"),
    TIME(RACING, ROUTE, "stagger", policy.stagger_us, "0ms", "0ms",
         "the time from each hedge to the next"),
    OPTION(RACING, ROUTE, "on-failure", "next|all|wait", CHOICE,
           policy.on_failure, "next",
           "when an attempt fails and no other is in flight, start the next "
           "hedge at once, start all of them, or wait for their time"),
    OPTION(RACING, ROUTE, "final", "none|4xx", CHOICE, policy.final_4xx, "none",
           "4xx: a whole 4xx other than 408, 425, 429 is an answer, and ends "
           "the race"),
    OPTION(RACING, GROUP, "losers", "cancel|drain", CHOICE, losers, "cancel",
           "close a loser's connection, or read out its response and keep the "
           "connection"),

    TIME(TIME, ROUTE, "timeout", timeout_us, "10s", "1ms",
         "the deadline of a request without ?timeout=MS"),
    TIME(TIME, ROUTE, "max-timeout", max_timeout_us, "60s", "1ms",
         "the longest deadline that a client may ask for"),
    {.group = GROUP_TIME,
     .scope = SCOPE_ROUTE,
     .name = "attempt-timeout",
     .value = "TIME",
     .kind = OPTION_DURATION,
     MEMBER(policy.attempt_timeout_us),
     .fallback = "off",
     .min = "1ms",
     .max = "60m",
     .may_be_off = true,
     .help = "the longest time for one attempt; it has no effect unless "
             "it is below the deadline"},
    TIME(TIME, GROUP, "connect-timeout", connect_timeout_us, "3s", "1ms",
         "the longest time for connecting to a target"),
    TIME(TIME, PROCESS, "header-timeout", header_timeout_us, "10s", "1ms",
         "the longest time for the head of a client request"),
    TIME(TIME, PROCESS, "keepalive-timeout", keepalive_timeout_us, "60s", "1ms",
         "the longest time that a client connection may be idle"),
    TIME(TIME, PROCESS, "write-timeout", write_timeout_us, "30s", "1ms",
         "the longest time that a client may take no byte of an answer"),

    OPTION(REQUESTS, ROUTE, "user-agent", "TEXT", FIELD, user_agent, NULL,
           "the User-Agent to send upstream (without it the client's, else "
           "hedgerow/VERSION)"),
    OPTION(REQUESTS, ROUTE, "header", "'NAME: VALUE'", HEADERS, header_count,
           NULL, "a field to send upstream; repeatable"),
    OPTION(REQUESTS, ROUTE, "drop-header", "NAME", NAMES, drop_header_count,
           NULL, "a field of the client not to send upstream; repeatable"),
    OPTION(REQUESTS, GROUP, "token-file", "FILE", PATH, token_file, NULL,
           "the token to send upstream as Authorization: Bearer"),
    OPTION(REQUESTS, GROUP, "ca-file", "FILE", PATH, ca_file, NULL,
           "the CA certificates to trust (without it the system's)"),

    OPTION(RUNNING, PROCESS, "listen", "HOST:PORT", ADDRESS, listen,
           "127.0.0.1:8480", "where clients connect; port 0 takes a free one"),
    COUNTED(RUNNING, PROCESS, "workers", workers, "0", "0", "256",
            "how many threads serve; 0 is one per core"),
    OPTION(RUNNING, PROCESS, "log", "auto|text|json|off", CHOICE, log, "auto",
           "how to log each request; auto is text on a terminal, else json"),
    OPTION(RUNNING, PROCESS, "log-file", "FILE", PATH, log_file, NULL,
           "the file to append the log to (without it stdout)"),
    OPTION(RUNNING, PROCESS, "trace", "off|on", CHOICE, trace, "off",
           "on: say on stderr what every connection does, to find faults"),
    TIME(RUNNING, PROCESS, "drain", drain_us, "10s", "0ms",
         "how long requests in flight may take after SIGTERM"),
    {.group = GROUP_RUNNING,
     .scope = SCOPE_PROCESS,
     .name = "help",
     .letter = 'h',
     .kind = OPTION_HELP,
     .help = "print this and exit"},
    {.group = GROUP_RUNNING,
     .scope = SCOPE_PROCESS,
     .name = "version",
     .letter = 'V',
     .kind = OPTION_VERSION,
     .help = "print the versions of hedgerow and its libraries, and exit"},

    BYTES(PROCESS, "max-head", max_head_bytes, "16K", "256", "1M",
          "bytes of the head of a client request"),
    BYTES(PROCESS, "max-target", max_target_bytes, "8K", "64", "1M",
          "bytes of the request target in it"),
    COUNTED(LIMITS, PROCESS, "max-fields", max_fields, "100", "1", "256",
            "fields in that head"),
    BYTES(ROUTE, "max-request-body", max_request_bytes, "1M", "1", "1024M",
          "bytes of the body of a POST /all"),
    BYTES(GROUP, "max-upstream-head", max_upstream_head_bytes, "64K", "256",
          "16M", "bytes of the head of a response, interim heads included"),
    BYTES(GROUP, "max-body", max_body_bytes, "8M", "1", "1024M",
          "bytes of the body of a response"),
    BYTES(PROCESS, "max-buffered", max_buffered_bytes, "512M", "64K",
          "1048576M", "bytes of all buffered bodies together"),
    COUNTED(LIMITS, GROUP, "max-depth", max_depth, "512", "1", "512",
            "nesting of arrays and objects in JSON"),
    COUNTED(LIMITS, PROCESS, "max-connections", max_connections, "10000", "1",
            "1000000", "client connections; beyond it accepting pauses"),
    COUNTED(LIMITS, PROCESS, "max-requests", max_requests, "4000", "1",
            "1000000", "client requests in flight; beyond it a 503"),
    COUNTED(LIMITS, GROUP, "max-attempts", max_attempts, "4000", "1", "1000000",
            "attempts in flight to one origin (scheme, host, port); hedges are "
            "refused first"),
    COUNTED(LIMITS, ROUTE, "max-items", max_items, "256", "1", "4096",
            "items of one POST /all"),
};

const size_t config_option_count =
    sizeof config_options / sizeof *config_options;

_Static_assert(sizeof config_options / sizeof *config_options <=
                   CONFIG_OPTIONS_MAX,
               "the parser keeps a mark for each option");

bool config_option_is_list(const struct config_option *option) {
  return option->kind == OPTION_URLS || option->kind == OPTION_HEADERS ||
         option->kind == OPTION_NAMES;
}

const struct config_option *config_option_find(struct slice flag) {
  const bool is_long = slice_starts_with(flag, slice_of("--"));
  for (size_t i = 0; i < config_option_count; i++) {
    const struct config_option *option = &config_options[i];
    if (is_long && slice_equal(slice_from(flag, 2), slice_of(option->name)))
      return option;
    if (flag.len == 2 && flag.at[0] == '-' && option->letter != 0 &&
        flag.at[1] == option->letter)
      return option;
  }
  return NULL;
}

static unsigned least(unsigned a, unsigned b, unsigned c) {
  const unsigned ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/* Levenshtein's distance, one row at a time; both are short. */
static unsigned distance(struct slice a, struct slice b) {
  unsigned row[OPTION_NAME_MAX + 1];
  for (unsigned j = 0; j <= b.len; j++) row[j] = j;
  for (unsigned i = 0; i < a.len; i++) {
    unsigned diagonal = row[0];
    row[0] = i + 1;
    for (unsigned j = 0; j < b.len; j++) {
      const unsigned changed = diagonal + (a.at[i] != b.at[j]);
      diagonal = row[j + 1];
      row[j + 1] = least(row[j] + 1, diagonal + 1, changed);
    }
  }
  return row[b.len];
}

enum { SLIPS = 2 };

bool config_option_is_slip(struct slice flag, struct slice name) {
  return flag.len <= OPTION_NAME_MAX && distance(flag, name) <= SLIPS;
}

/* Two slips of the finger, or a name that was not written to its end. */
const struct config_option *config_option_nearest(struct slice flag) {
  const struct config_option *nearest = NULL;
  unsigned best = SLIPS + 1;
  while (flag.len > 0 && flag.at[0] == '-') flag = slice_from(flag, 1);
  if (flag.len <= SLIPS || flag.len > OPTION_NAME_MAX) return NULL;
  for (size_t i = 0; i < config_option_count; i++) {
    const struct slice name = slice_of(config_options[i].name);
    const bool begun = slice_starts_with(name, flag);
    const unsigned apart = distance(flag, name);
    const unsigned d = begun && apart > SLIPS ? SLIPS : apart;
    if (d < best && d < name.len) {
      best = d;
      nearest = &config_options[i];
    }
  }
  return nearest;
}
