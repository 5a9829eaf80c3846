/* mock_main: `hedgerow mock`, the process around a mock.
 *
 * Its few options are read by hand: the table of config/ is the proxy's.
 * What it prints is for scripts: one line on stdout once it listens, one line
 * on stderr when it cannot. It has nothing to finish, so a signal ends it at
 * once. */
#include "tools/mock.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "config/config_values.h"
#include "io/log.h"
#include "io/loop.h"

static const char help[] =
    "usage: hedgerow mock [options]\n"
    "\n"
    "A flaky upstream to try things on. Good answers are {\"time\":N}, where "
    "N\n"
    "is the delay in milliseconds.\n"
    "\n"
    "  --listen ADDRESS  where to listen, port 0 for any (127.0.0.1:9000)\n"
    "  --admin ADDRESS   where the faults are read and moved while it runs, "
    "on\n"
    "                    this machine: GET and PUT /faults (off)\n"
    "  --seed N          the luck of this run (1). A request that carries "
    "both\n"
    "                    X-Request-ID and Hedge-Attempt is drawn by (seed,\n"
    "                    these), any other by (seed, arrival number).\n"
    "  --faults SPEC     what goes wrong, and how often; words apart by "
    "spaces:\n"
    "                      delay=5ms:95,50ms-150ms:4,1s-2s:1   with weights\n"
    "                      status=500:1 html=1 truncate=0.5 badjson=1 reset=1\n"
    "                      hang=0.5 trickle=1                  in per cent\n"
    "  --preset NAME     instead of --faults:\n"
    "                      assignment  100-600 ms; of 11 answers 8 are good,\n"
    "                                  1 is broken JSON, 1 a 500, 1 hangs 10 "
    "s\n"
    "                      steady      200 bytes of JSON at once, always\n"
    "  --help            this text\n";

enum reading { READ_OK, READ_HELP, READ_ERROR };

static enum reading complain(const char *flag, const char *value,
                             const char *expected) {
  log_notice("mock: %s '%s': %s", flag, value, expected);
  return READ_ERROR;
}

static enum reading read_listen(struct mock_options *options,
                                const char *value) {
  static const char form[] = "write it as HOST:PORT, such as 127.0.0.1:9000";
  const char *why =
      config_parse_address(slice_of(value), form, &options->listen);
  return why ? complain("--listen", value, why) : READ_OK;
}

static enum reading read_admin(struct mock_options *options,
                               const char *value) {
  static const char form[] = "write it as HOST:PORT, such as 127.0.0.1:9001";
  const char *why =
      config_parse_address(slice_of(value), form, &options->admin);
  if (!why && !address_is_loopback(options->admin.host))
    why = "anybody may move the faults there, so it is for this machine alone: "
          "write 127.0.0.1:PORT";
  return why ? complain("--admin", value, why) : READ_OK;
}

static enum reading read_seed(struct mock_options *options, const char *value) {
  int64_t seed;
  if (!config_parse_count(slice_of(value), &seed) || seed >= CONFIG_NUMBER_MAX)
    return complain("--seed", value, "expected a whole number, 0 or more");
  options->seed = (uint64_t)seed;
  return READ_OK;
}

static enum reading read_faults(struct mock_options *options,
                                const char *value) {
  char why[256];
  if (faults_parse(&options->faults, slice_of(value), why, sizeof why))
    return READ_OK;
  log_notice("mock: --faults: %s", why);
  return READ_ERROR;
}

static enum reading read_preset(struct mock_options *options,
                                const char *value) {
  if (faults_preset(&options->faults, slice_of(value))) return READ_OK;
  return complain("--preset", value, "expected assignment or steady");
}

static const struct {
  const char *flag;
  enum reading (*read)(struct mock_options *options, const char *value);
} flags[] = {{"--faults", read_faults},
             {"--preset", read_preset},
             {"--listen", read_listen},
             {"--admin", read_admin},
             {"--seed", read_seed}};

enum { FLAG_COUNT = sizeof flags / sizeof flags[0], FAULTS = 0, PRESET = 1 };

/* The value of argv[*i], "--flag value" or "--flag=value"; NULL: none. */
static const char *value_of(char **argv, int *i, size_t flag_len) {
  return argv[*i][flag_len] == '=' ? argv[*i] + flag_len + 1 : argv[++*i];
}

static enum reading read_options(struct mock_options *options, char **argv) {
  bool given[FLAG_COUNT] = {false};
  enum reading reading = READ_OK;
  for (int i = 1; argv[i] && reading == READ_OK; i++) {
    const char *word = argv[i];
    size_t len = strcspn(word, "=");
    unsigned f = 0;
    if (strcmp(word, "--help") == 0) return READ_HELP;
    while (f < FLAG_COUNT && (strlen(flags[f].flag) != len ||
                              memcmp(flags[f].flag, word, len) != 0))
      f++;
    if (f == FLAG_COUNT)
      return complain("option", word, "not known; see --help");
    const char *value = value_of(argv, &i, len);
    if (!value) return complain("option", word, "expected a value behind it");
    given[f] = true;
    reading = flags[f].read(options, value);
  }
  if (reading == READ_OK && given[FAULTS] && given[PRESET]) {
    log_notice("mock: expected --faults or --preset, not both");
    return READ_ERROR;
  }
  return reading;
}

/* Load tests bring more connections than the usual soft limit allows. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static void on_signal(void *arg, int signo) {
  (void)signo;
  loop_stop(arg);
}

static void say_place(const char *what, const struct listen_at *at,
                      uint16_t port, const char *path) {
  char storage[64];
  struct text place;
  text_init(&place, storage, sizeof storage);
  address_write_place(&place, at, port);
  (void)printf("mock: %s http://%s%s\n", what, text_end(&place), path);
}

/* The admin first: who has read the second line knows both. */
static void announce(const struct mock_options *options,
                     const struct mock *mock) {
  if (options->admin.host.len > 0)
    say_place("faults at", &options->admin, mock_port_of_admin(mock),
              "/faults");
  say_place("listening on", &options->listen, mock_port(mock), "");
  (void)fflush(stdout);
}

static int run(struct loop *loop, const struct mock_options *options) {
  char error[256] = "";
  struct mock *mock = mock_new(loop, options, error, sizeof error);
  if (!mock) {
    log_notice("mock: cannot listen: %s", error);
    return 1;
  }
  bool watched = loop_on_signal(loop, SIGTERM, on_signal, loop) &&
                 loop_on_signal(loop, SIGINT, on_signal, loop);
  if (watched) {
    announce(options, mock);
    loop_run(loop);
  }
  mock_free(mock);
  return watched ? 0 : 1;
}

int mock_main(int argc, char **argv) {
  struct mock_options options = {
      .listen = {.host = slice_of("127.0.0.1"), .port = 9000}, .seed = 1};
  enum reading reading = argc > 0 ? read_options(&options, argv) : READ_OK;
  if (reading == READ_HELP)
    return fputs(help, stdout) == EOF || fflush(stdout) == EOF;
  if (reading == READ_ERROR) return 2;
  raise_descriptor_limit();
  struct loop *loop = loop_new();
  if (!loop) {
    log_notice("mock: out of memory or descriptors");
    return 1;
  }
  int code = run(loop, &options);
  loop_free(loop);
  return code;
}
