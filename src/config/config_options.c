/* config_options.c: the table of options.
 *
 * Parsing, the environment, the errors, --help and the tests all walk this
 * table; none of them knows an option by name. The order within a group is the
 * order of --help.
 *
 * Nothing that a peer can make us hold is without a limit, so each such limit
 * is an option with a range, and there is no word for "unlimited". Three others
 * may be `off`, since another limit stands behind each: the deadline behind
 * --attempt-timeout, --max-attempts behind --rate and --queue. */
#include "config/config_options.h"

#include "config/config.h"

#define MEMBER(type, member)                                                   \
  .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

/* Where an option is usually written, and what it is a member of. */
enum {
  OF_PROCESS = SCOPE_FLAG | SCOPE_FILE,
  OF_ROUTE = SCOPE_FLAG | SCOPE_DEFAULTS | SCOPE_ROUTE,
  OF_GROUP = SCOPE_FLAG | SCOPE_DEFAULTS | SCOPE_UPSTREAM,
};
#define TYPE_PROCESS struct config
#define TYPE_ROUTE struct config_rules
#define TYPE_GROUP struct config_rules

/* What else there is of it stands behind. */
#define ROW(group_, scope_, name_, value_, kind_, help_, ...)                  \
  {                                                                            \
    .group = GROUP_##group_, .scope = scope_, .name = name_, .value = value_,  \
    .kind = OPTION_##kind_, .help = help_, __VA_ARGS__                         \
  }

#define NUMBER(group, scope, name, value, kind, member, fallback_, min_, max_, \
               help)                                                           \
  ROW(group, OF_##scope, name, value, kind, help,                              \
      MEMBER(TYPE_##scope, member), .fallback = fallback_, .min = min_,        \
      .max = max_)

#define OPTION(group, scope, name, value, kind, member, fallback, help)        \
  NUMBER(group, scope, name, value, kind, member, fallback, NULL, NULL, help)

#define TIME(group, scope, name, member, fallback, min, help)                  \
  NUMBER(group, scope, name, "TIME", DURATION, member, fallback, min, "60m",   \
         help)

/* The same, or a word that stands for a number. */
#define TIME_OR(group, scope, name, word_, number, member, fallback_, min_,    \
                help)                                                          \
  ROW(group, OF_##scope, name, "TIME|" word_, DURATION, help,                  \
      MEMBER(TYPE_##scope, member), .fallback = fallback_, .min = min_,        \
      .max = "60m", .word = word_, .word_number = number)

#define BYTES(scope, name, member, fallback, min, max, help)                   \
  NUMBER(LIMITS, scope, name, "SIZE", SIZE, member, fallback, min, max, help)

#define COUNTED(group, scope, name, member, fallback, min, max, help)          \
  NUMBER(group, scope, name, "N", COUNT, member, fallback, min, max, help)

/* A flag that takes no value, and is no member of anything. */
#define ACTION(name, letter_, kind, help)                                      \
  ROW(RUNNING, SCOPE_FLAG, name, NULL, kind, help, .letter = letter_)

/* Of the file alone, and no member of anything: --help does not tell of it. */
#define STRUCTURE(scope, name, kind, help)                                     \
  ROW(TARGETS, scope, name, NULL, kind, help, .key = NULL)

const struct config_option config_options[] = {
    ROW(TARGETS, SCOPE_FLAG, "to", "URL", URLS,
        "a base URL that /smart asks; repeatable: attempt k goes to URL k "
        "mod n",
        MEMBER(struct config, to_count)),
    ROW(TARGETS, SCOPE_FLAG, "all", "URL", URLS,
        "a URL that GET /all asks; repeatable (without one GET /all asks "
        "what a race could ask)",
        MEMBER(struct config, all_count)),

    OPTION(RACING, ROUTE, "hedge-after", "TIME|pN[:TIME..TIME]", DELAY,
           policy.hedge_after_us, "300ms",
           "when hedges start if no attempt has succeeded: after a fixed time, "
           "or after the learned time in which N % of a target's answers come, "
           "within bounds"),
    COUNTED(RACING, ROUTE, "hedges", policy.hedges, "2", "0", "15",
            "the most hedges that a race starts"),
    TIME_OR(RACING, ROUTE, "stagger", "auto", RACE_STAGGER_AUTO,
            policy.stagger_us, "auto", "0ms",
            "the time from each hedge to the next; auto: none, or with a "
            "learned --hedge-after as long again"),
    OPTION(RACING, ROUTE, "on-failure", "next|all|wait", CHOICE,
           policy.on_failure, "next",
           "when an attempt fails and no other is in flight, start the next "
           "hedge at once, start all of them, or wait for their time"),
    COUNTED(
        RACING, ROUTE, "retries", policy.retries, "0", "0", "15",
        "the most retries of a race: an attempt that starts some time after "
        "one has failed, when no other is in flight"),
    NUMBER(RACING, ROUTE, "backoff", "TIME[..TIME]", DURATIONS, policy.backoff,
           "25ms..250ms", "0ms", "60m",
           "the longest wait before the first retry, which doubles with each "
           "up to the second time; the wait is random"),
    OPTION(RACING, ROUTE, "final", "none|4xx", CHOICE, policy.final_4xx, "none",
           "4xx: a whole 4xx other than 408, 425, 429 is an answer, and ends "
           "the race"),
    OPTION(RACING, ROUTE, "success", "json|2xx|any", CHOICE, success, "json",
           "what is an answer: a 2xx with one whole JSON text, any whole 2xx, "
           "or whatever the upstream answers"),
    OPTION(RACING, ROUTE, "success-if", "RULE", RULES, success_if_count, NULL,
           "what the JSON of a success must say, such as '/status == \"ok\"'; "
           "repeatable"),
    OPTION(RACING, ROUTE, "fail-if", "RULE", RULES, fail_if_count, NULL,
           "what it must not say, such as '/error != null'; repeatable"),
    OPTION(RACING, ROUTE, "errors", "problem|upstream", CHOICE, errors,
           "problem",
           "what a client gets when every attempt failed: a problem of "
           "hedgerow's, or the upstream's own last whole error"),
    OPTION(RACING, ROUTE, "idempotent", "off|on", SWITCH, idempotent, "off",
           "on: a request may be sent more than once whatever its method is"),
    OPTION(RACING, GROUP, "budget", "PERCENT[:N]", BUDGET, budget, "200%:400",
           "what hedges and retries may cost: each success, and each 4xx "
           "that is final, earns this share of an attempt, of which N are kept "
           "at most (20)"),
    OPTION(RACING, GROUP, "gate", "off|on", SWITCH, gate, "on",
           "on: no hedge by time to a target that is slower or more crowded "
           "than usual, or sheds load"),
    OPTION(RACING, ROUTE, "learn", "upstream|route", CHOICE, learn, "upstream",
           "what a target's usual time is learned from: all that is asked of "
           "it, or this route's requests alone"),
    OPTION(RACING, ROUTE, "observe", "off|on", SWITCH, observe, "off",
           "on: start no hedge and no retry, but tell in the log, on SIGUSR1 "
           "and at the end what they would have brought"),
    OPTION(RACING, GROUP, "balance", "first|rotate|least", CHOICE, balance,
           "first",
           "whom the first attempt asks: the first target, each in turn, or "
           "of two the one with fewer attempts in flight"),
    OPTION(RACING, GROUP, "losers", "cancel|drain", CHOICE, losers, "cancel",
           "close a loser's connection, or read out its response and keep the "
           "connection"),

    TIME(TIME, ROUTE, "timeout", timeout_us, "10s", "1ms",
         "the deadline of a request without ?timeout=MS"),
    TIME(TIME, ROUTE, "max-timeout", max_timeout_us, "60s", "1ms",
         "the longest deadline that a client may ask for"),
    TIME_OR(TIME, ROUTE, "attempt-timeout", "off", 0, policy.attempt_timeout_us,
            "off", "1ms",
            "the longest time for one attempt; it has no effect unless it is "
            "below the deadline"),
    TIME(TIME, ROUTE, "stream-idle-timeout", stream_idle_us, "5m", "1ms",
         "the longest silence of an upstream within a streamed answer"),
    TIME(TIME, GROUP, "connect-timeout", connect_timeout_us, "3s", "1ms",
         "the longest time for connecting to a target"),
    TIME(
        TIME, GROUP, "upstream-keepalive-timeout", upstream_keepalive_us, "60s",
        "0ms",
        "the longest time that a connection to a target may be idle; 0ms: none "
        "is kept"),
    TIME(TIME, PROCESS, "header-timeout", header_timeout_us, "10s", "1ms",
         "the longest time for the head of a client request"),
    TIME(TIME, PROCESS, "keepalive-timeout", keepalive_timeout_us, "60s", "1ms",
         "the longest time that a client connection may be idle"),
    TIME(TIME, PROCESS, "write-timeout", write_timeout_us, "30s", "1ms",
         "the longest time that a client may take no byte of an answer"),

    OPTION(REQUESTS, ROUTE, "user-agent", "TEXT", FIELD, user_agent, NULL,
           "the User-Agent to send upstream (without it the client's, else "
           "hedgerow/VERSION)"),
    ROW(REQUESTS, OF_ROUTE | SCOPE_TARGET, "header", "'NAME: VALUE'", HEADERS,
        "a field to send upstream; repeatable", .key = "headers",
        MEMBER(struct config_rules, header_count)),
    ROW(REQUESTS, OF_ROUTE | SCOPE_TARGET, "drop-header", "NAME", NAMES,
        "a field of the client not to send upstream; repeatable",
        .key = "drop_headers", MEMBER(struct config_rules, drop_header_count)),
    OPTION(REQUESTS, ROUTE, "forwarded", "off|append", CHOICE, forwarded, "off",
           "append: tell the upstream the client's address, protocol and host "
           "by X-Forwarded-For, -Proto and -Host"),
    OPTION(REQUESTS, ROUTE, "trusted", "ADDRESS[/BITS]", BLOCKS, trusted_count,
           NULL,
           "clients whose own X-Forwarded fields are believed; repeatable"),
    OPTION(REQUESTS, ROUTE, "cors", "ORIGIN", ORIGINS, cors_count, NULL,
           "an origin whose pages may read answers, such as "
           "https://app.example.com, or *; repeatable"),
    OPTION(REQUESTS, ROUTE, "timeout-header", "NAME|off", FIELD_NAME,
           timeout_header, NULL,
           "the field that tells the upstream how many milliseconds are left"),
    OPTION(REQUESTS, ROUTE, "rewrite-links", "off|on", SWITCH, rewrite_links,
           "off",
           "on: links of the upstream to itself (Link, Location, "
           "Content-Location) become links to hedgerow"),
    OPTION(REQUESTS, ROUTE, "compression", "off|gzip", CHOICE, compression,
           "off",
           "gzip: ask the upstream for gzip, and inflate it to judge it, and "
           "for clients that do not take it"),
    OPTION(
        REQUESTS, ROUTE, "trace-context", "own|pass", CHOICE, trace_context,
        "own",
        "own: each attempt is a span of its own in the client's trace; pass: "
        "traceparent and tracestate go upstream as they came"),
    OPTION(REQUESTS, ROUTE, "get-body", "off|on", SWITCH, get_body, "off",
           "on: take the body of a GET or HEAD, and send it upstream"),
    OPTION(REQUESTS, ROUTE, "timeout-param", "NAME|off", WORD, timeout_param,
           "timeout",
           "the query parameter that tells the deadline, and does not go "
           "upstream"),
    ROW(REQUESTS, SCOPE_FLAG | SCOPE_UPSTREAM | SCOPE_TARGET, "token-file",
        "FILE", PATH, "the token to send upstream as Authorization: Bearer",
        MEMBER(struct config_rules, token_file)),
    ROW(REQUESTS, OF_GROUP | SCOPE_TARGET, "ca-file", "FILE", PATH,
        "the CA certificates to trust (without it the system's)",
        MEMBER(struct config_rules, ca_file)),

    OPTION(RUNNING, PROCESS, "listen", "HOST:PORT", ADDRESS, listen_count,
           "127.0.0.1:8480",
           "where clients connect; port 0 takes a free one; repeatable"),
    OPTION(RUNNING, PROCESS, "admin", "HOST:PORT|unix:/PATH|off", PLACE, admin,
           "off",
           "where operators see races, metrics and readiness; a browser, too"),
    OPTION(RUNNING, PROCESS, "admin-token-file", "FILE", PATH, admin_token_file,
           NULL, "the token that --admin asks for, as Authorization: Bearer"),
    OPTION(RUNNING, PROCESS, "admin-mock", "URL|off", LOCAL_ORIGIN, admin_mock,
           "off",
           "the admin of a hedgerow mock on this machine, whose faults the "
           "page shows as sliders"),
    COUNTED(RUNNING, PROCESS, "workers", workers, "0", "0", "256",
            "how many threads serve; 0 is one per core"),
    OPTION(RUNNING, PROCESS, "log", "auto|text|json|off", CHOICE, log, "auto",
           "how to log each request; auto is text on a terminal, else json"),
    OPTION(RUNNING, PROCESS, "log-only", "all|KIND,...", FILTER, log_only,
           "all",
           "log only requests of these kinds: failed, rescued, slow:TIME"),
    OPTION(RUNNING, PROCESS, "log-file", "FILE", PATH, log_file, NULL,
           "the file to append the log to (without it stdout)"),
    TIME_OR(RUNNING, PROCESS, "receipt", "off", 0, receipt_us, "off", "1s",
            "how often the log tells what hedging has brought and cost"),
    OPTION(
        RUNNING, PROCESS, "otlp", "URL|off", COLLECTOR, otlp, "off",
        "the OpenTelemetry collector that spans go to, by OTLP/HTTP, such as "
        "http://127.0.0.1:4318"),
    OPTION(RUNNING, PROCESS, "otlp-token-file", "FILE", PATH, otlp_token, NULL,
           "the token to send it as Authorization: Bearer"),
    OPTION(RUNNING, PROCESS, "otlp-ca-file", "FILE", PATH, otlp_ca, NULL,
           "the CA certificates to trust of it (without it the system's)"),
    NUMBER(RUNNING, PROCESS, "trace-ratio", "N", RATIO, trace_ratio, "1", "0",
           "1",
           "with --otlp, the share that is sampled of traces that begin here; "
           "others go by their own flag"),
    OPTION(RUNNING, PROCESS, "trace", "off|on", SWITCH, trace, "off",
           "on: say on stderr what every connection does, to find faults"),
    TIME(RUNNING, PROCESS, "drain", drain_us, "10s", "0ms",
         "how long requests in flight may take after SIGTERM"),
    ROW(RUNNING, SCOPE_FLAG, "config", "FILE", FILE,
        "read upstreams, routes and options from a YAML file; see "
        "docs/config.md",
        .letter = 'c', MEMBER(struct config, file)),
    ACTION("check", 0, CHECK,
           "print what is wrong with the configuration, and exit"),
    ACTION("dump-config", 0, DUMP,
           "print the configuration in force as such a file, and exit"),
    ACTION("schema", 0, SCHEMA, "print the JSON Schema of the file, and exit"),
    ACTION("help", 'h', HELP, "print this and exit"),
    ACTION("version", 'V', VERSION,
           "print the versions of hedgerow and its libraries, and exit"),

    BYTES(PROCESS, "max-head", max_head_bytes, "16K", "256", "1M",
          "bytes of the head of a client request"),
    BYTES(PROCESS, "max-target", max_target_bytes, "8K", "64", "1M",
          "bytes of the request target in it"),
    COUNTED(LIMITS, PROCESS, "max-fields", max_fields, "100", "1", "256",
            "fields in that head"),
    BYTES(ROUTE, "max-request-body", max_request_bytes, "1M", "1", "1024M",
          "bytes of the body of a client request"),
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
    OPTION(LIMITS, GROUP, "rate", "N/s[:N]|off", RATE, rate, "off",
           "how many attempts may start at a target each second (/m, /h), and "
           "how many at once"),
    OPTION(LIMITS, GROUP, "queue", "N:TIME|off", QUEUE, queue, "off",
           "how many first attempts may wait for room at their target, and for "
           "how long"),
    COUNTED(LIMITS, GROUP, "max-attempts", max_attempts, "4000", "1", "1000000",
            "attempts in flight to one origin (scheme, host, port); hedges are "
            "refused first"),
    COUNTED(LIMITS, ROUTE, "max-items", max_items, "256", "1", "4096",
            "items of one POST /all"),

    /* ---- of the file alone ---- */
    STRUCTURE(SCOPE_FILE, "defaults", DEFAULTS,
              "what routes and upstreams have where they say nothing"),
    STRUCTURE(SCOPE_FILE, "upstreams", UPSTREAMS,
              "who is asked: targets that stand for each other, by a name"),
    STRUCTURE(SCOPE_FILE, "routes", ROUTES, "which requests are taken"),
    STRUCTURE(SCOPE_UPSTREAM, "targets", TARGETS,
              "the URLs that are asked, or the one: attempt k goes to target k "
              "mod n"),
    STRUCTURE(SCOPE_TARGET, "url", URL, "the base URL"),
    ROW(TARGETS, SCOPE_UPSTREAM | SCOPE_TARGET, "token-env", NULL, VARIABLE,
        "the variable that holds the token",
        MEMBER(struct config_rules, token_env)),
    STRUCTURE(SCOPE_ROUTE, "path", PREFIX,
              "the path of the requests; what lies below it belongs to it"),
    STRUCTURE(SCOPE_ROUTE, "upstream", UPSTREAM, "who is asked"),
    STRUCTURE(SCOPE_ROUTE, "list", LISTED,
              "of /all: the upstream whose targets GET /all asks"),
    STRUCTURE(SCOPE_ROUTE, "gather", GATHER,
              "in place of an upstream: paths of other routes, or URLs below "
              "an upstream's, that are all asked"),
    ROW(TARGETS, SCOPE_ITEM, "item-path", NULL, ITEM,
        "what to ask of the route of this path, by its rules", .key = "path"),
    ROW(TARGETS, SCOPE_ITEM, "item-url", NULL, URL,
        "what to ask of the target that it lies below", .key = "url"),
    STRUCTURE(SCOPE_ITEM, "as", NAME,
              "its name in the answer, which is an object then"),
    STRUCTURE(SCOPE_ITEM, "required", MARK,
              "on: when it fails, the answer is a 502 that says so"),
    ROW(TARGETS, SCOPE_ROUTE, "methods", NULL, METHODS,
        "the methods that are taken; any, or a list. GET implies HEAD",
        MEMBER(struct config_rules, methods)),
    ROW(TARGETS, SCOPE_ROUTE | SCOPE_DEFAULTS, "strip-prefix", "off|on", SWITCH,
        "cut the route's path off before the rest joins the target's",
        .fallback = "off", MEMBER(struct config_rules, strip_prefix)),
};

const size_t config_option_count =
    sizeof config_options / sizeof *config_options;

_Static_assert(sizeof config_options / sizeof *config_options <=
                   CONFIG_OPTIONS_MAX,
               "the parser keeps a mark for each option");

void config_option_key(struct text *out, const struct config_option *option) {
  const char *c = option->key ? option->key : option->name;
  for (; *c != '\0'; c++) text_char(out, *c == '-' ? '_' : *c);
}

bool config_option_is_list(const struct config_option *option) {
  return option->kind == OPTION_URLS || option->kind == OPTION_HEADERS ||
         option->kind == OPTION_NAMES || option->kind == OPTION_ADDRESS ||
         option->kind == OPTION_ORIGINS || option->kind == OPTION_BLOCKS ||
         option->kind == OPTION_RULES;
}

bool config_option_has_variable(const struct config_option *option) {
  return option->scope & SCOPE_FLAG && option->value;
}
