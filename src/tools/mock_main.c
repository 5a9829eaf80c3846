/* mock_main: `hedgerow mock`, the process around a mock.
 *
 * What it prints is for scripts: one line on stdout once it listens, one line
 * on stderr when it cannot. It has nothing to finish, so a signal ends it at
 * once. */
#include "tools/mock.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "config/config_values.h"
#include "io/log.h"
#include "io/loop.h"
#include "tools/flags.h"

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

static const char *read_place(const struct flag *flag, const char *value) {
  return config_parse_address(slice_of(value), flag->expected, flag->into);
}

static const char *read_admin(const struct flag *flag, const char *value) {
  const struct listen_at *admin = flag->into;
  const char *why = read_place(flag, value);
  if (why || address_is_loopback(admin->host)) return why;
  return "anybody may move the faults there, so it is for this machine alone: "
         "write 127.0.0.1:PORT";
}

/* What goes wrong is told in one of two ways. */
static enum flags_reading read_faults(struct mock_options *options,
                                      const char *faults, const char *preset) {
  char why[256];
  if (faults && preset) {
    log_notice("mock: expected --faults or --preset, not both");
    return FLAGS_ERROR;
  }
  if (preset && !faults_preset(&options->faults, slice_of(preset)))
    return flags_complain("mock", "--preset", preset,
                          "expected assignment or steady");
  if (faults &&
      !faults_parse(&options->faults, slice_of(faults), why, sizeof why)) {
    log_notice("mock: --faults: %s", why); /* it names the word */
    return FLAGS_ERROR;
  }
  return FLAGS_RUN;
}

static enum flags_reading read_options(struct mock_options *options,
                                       char **argv) {
  const char *faults = NULL, *preset = NULL;
  const struct flag flags[] = {
      {.name = "--help", .shown = help},
      {.name = "--faults", .read = flags_words, .into = &faults},
      {.name = "--preset", .read = flags_words, .into = &preset},
      {.name = "--listen",
       .read = read_place,
       .into = &options->listen,
       .expected = "write it as HOST:PORT, such as 127.0.0.1:9000"},
      {.name = "--admin",
       .read = read_admin,
       .into = &options->admin,
       .expected = "write it as HOST:PORT, such as 127.0.0.1:9001"},
      {.name = "--seed",
       .read = flags_count,
       .into = &options->seed,
       .most = CONFIG_NUMBER_MAX - 1,
       .expected = "expected a whole number, 0 or more"},
  };
  enum flags_reading reading =
      flags_read("mock", argv, flags, sizeof flags / sizeof *flags);
  return reading == FLAGS_RUN ? read_faults(options, faults, preset) : reading;
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
  struct text place = TEXT_ON(storage);
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
  (void)argc;
  enum flags_reading reading = read_options(&options, argv);
  if (reading != FLAGS_RUN) return (int)reading;
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
