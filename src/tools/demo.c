/* demo: one run from start to end.
 *
 *   mock, on our loop            <-- straight --+
 *     ^                                         | demo_load, on our loop
 *     +-- the proxy, a child     <-- /smart ----+
 *
 * The order of things: the mock listens, the child is started in front of it,
 * the load runs, the report is printed (demo_tell), and with --stay both keep
 * serving, and the load goes on, until a signal: so that the proxy's page has
 * something to show while its reader moves the mock's faults. The loop stops
 * when the load is done, when a signal comes, or when the child ends by itself;
 * then everything is taken down in the opposite order.
 *
 * The upstream's bad day is a mix that a real API could have: mostly quick, a
 * tail, a few outright failures. The mix, the seed and the ids decide what
 * happens to each request, so a run can be repeated; times differ by what the
 * machine adds. Variables of the environment that set options play no part:
 * the demo shows the defaults. */
#include "tools/demo.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_values.h"
#include "io/clock.h"
#include "io/libraries.h"
#include "io/log.h"
#include "io/loop.h"
#include "tools/demo_child.h"
#include "tools/demo_load.h"
#include "tools/demo_tell.h"
#include "tools/flags.h"
#include "tools/mock.h"

static const char bad_day[] = "delay=20ms-80ms:92,300ms-900ms:5,1s-3s:3 "
                              "status=500:2 html=1 truncate=1 hang=1";
static const char bad_day_in_words[] =
    "  An upstream has a bad day. Of 100 requests, 92 take 20-80 ms, 5 take\n"
    "  300-900 ms and 3 take 1-3 s; and of 100, 2 get an error 500, 1 an HTML\n"
    "  page, 1 half an answer, and 1 none at all.\n";

enum { PROGRESS_US = 100 * 1000 };

struct demo_options {
  int64_t rate; /* requests a second, each way */
  int64_t duration_us;
  uint64_t seed;
  bool stay;
};

struct demo {
  struct demo_options options;
  struct mock_options upstream;
  struct loop *loop;
  struct mock *mock;
  struct demo_child child;
  struct demo_load *load;
  struct timer progress;
  int64_t start_us;
  size_t failure; /* the pair that tells what hedging cannot save */
  bool told_of;   /* it has been looked for */
  bool interrupted, child_ended;
};

static struct demo_story story_of(const struct demo *demo) {
  return (struct demo_story){demo->load, &demo->upstream.faults,
                             demo->options.seed};
}

/* ---- options ---- */

/* Rate and duration have ceilings, since the demo is a picture and no load
 * test; for that there are `hedgerow mock` and wrk. */
enum { RATE_MAX = 500, DURATION_MAX_S = 60 };

#define A_SECOND_US INT64_C(1000000)

static const char help[] =
    "usage: hedgerow demo [options]\n"
    "\n"
    "Starts a flaky upstream and hedgerow in front of it, on free ports of\n"
    "127.0.0.1, asks both the same requests, and shows the difference.\n"
    "\n"
    "  --rate N         requests a second, each way, 1 to 500 (20)\n"
    "  --duration TIME  how long to ask, 1s to 60s (10s)\n"
    "  --seed N         the luck of this run (1)\n"
    "  --stay           keep both running and asked afterwards, until Ctrl-C,\n"
    "                   with a page that shows each race and moves the faults\n"
    "  --help           this text\n";

static enum flags_reading read_options(struct demo_options *options,
                                       char **argv) {
  const struct flag flags[] = {
      {.name = "--help", .shown = help},
      {.name = "--stay", .on = &options->stay},
      {.name = "--rate",
       .read = flags_count,
       .into = &options->rate,
       .least = 1,
       .most = RATE_MAX,
       .expected = "expected a whole number from 1 to 500"},
      {.name = "--duration",
       .read = flags_time,
       .into = &options->duration_us,
       .least = A_SECOND_US,
       .most = DURATION_MAX_S * A_SECOND_US,
       .expected = "expected a time from 1s to 60s, with its unit"},
      {.name = "--seed",
       .read = flags_count,
       .into = &options->seed,
       .most = CONFIG_NUMBER_MAX - 1,
       .expected = "expected a whole number, 0 or more"},
  };
  *options = (struct demo_options){
      .rate = 20, .duration_us = 10 * A_SECOND_US, .seed = 1};
  return flags_read("demo", argv, flags, sizeof flags / sizeof *flags);
}

/* ---- while it runs ---- */

static void on_signal(void *arg, int signo) {
  struct demo *demo = arg;
  if (signo != SIGCHLD) demo->interrupted = true;
  else if (!demo_child_has_ended(&demo->child)) return;
  else demo->child_ended = true;
  loop_stop(demo->loop);
}

/* Redrawn in place; written over by blanks at the end. */
static void on_progress(void *arg) {
  struct demo *demo = arg;
  struct demo_tally tally = demo_load_tally(demo->load);
  int64_t now_us = clock_now_us();
  double elapsed_s = (double)(now_us - demo->start_us) / 1e6;
  double duration_s = (double)demo->options.duration_us / 1e6;
  if (elapsed_s > duration_s) elapsed_s = duration_s;
  (void)printf("\r  %4.1f of %g s   failed so far: %u of %u straight, "
               "%u of %u through hedgerow ",
               elapsed_s, duration_s, tally.failed[DEMO_STRAIGHT],
               tally.ended[DEMO_STRAIGHT], tally.failed[DEMO_HEDGED],
               tally.ended[DEMO_HEDGED]);
  (void)fflush(stdout);
  timer_set(&demo->progress, now_us + PROGRESS_US);
}

static void end_progress(struct demo *demo) {
  timer_clear(&demo->progress);
  if (isatty(STDOUT_FILENO)) (void)printf("\r%79s\r", "");
}

/* Asks for a failure if the run brought none. */
static void on_load_done(void *arg) {
  struct demo *demo = arg;
  struct demo_story story = story_of(demo);
  uint64_t number;
  bool asked = false;
  if (!demo->told_of) {
    demo->told_of = true;
    demo->failure = demo_tell_find_failure(demo->load);
    asked = demo->failure == demo_load_count(demo->load) &&
            demo_tell_choose_failure(&story, &number);
  }
  if (asked) demo_load_ask(demo->load, number);
  else loop_stop(demo->loop);
}

/* ---- what is printed around the report ---- */

static void introduce(const struct demo *demo) {
  (void)printf("\nhedgerow demo\n\n%s\n", bad_day_in_words);
  (void)printf("  straight   client ----------------> upstream\n"
               "  hedgerow   client ---> hedgerow --> upstream    two more "
               "after 300 ms, or\n"
               "                                  --> upstream    one at once "
               "after a failure\n\n");
  (void)printf("  %lld requests a second for %g s, each asked both ways at "
               "the same time\n  and with the same luck (seed %llu). A client "
               "waits 2 s at most.\n\n",
               (long long)demo->options.rate,
               (double)demo->options.duration_us / 1e6,
               (unsigned long long)demo->options.seed);
  if (demo->options.stay)
    (void)printf("  Watch it: http://127.0.0.1:%u/\n\n", demo->child.page_port);
  (void)fflush(stdout);
}

/* How the user calls this program: by a path below the working directory, or
 * by its name. */
static const char *program_name(char path[4096]) {
  char here[4096];
  ssize_t len = readlink("/proc/self/exe", path, 4095);
  if (len <= 0 || !getcwd(here, sizeof here)) return "hedgerow";
  path[len] = '\0';
  size_t under = strlen(here);
  if (strncmp(path, here, under) != 0 || path[under] != '/') return "hedgerow";
  return path + under + 1;
}

static void report(const struct demo *demo) {
  char path[4096];
  const struct demo_story story = story_of(demo);
  demo_tell_table(&story);
  demo_tell_rescue(&story);
  demo_tell_failure(&story, demo->failure);
  (void)printf("\nIn front of your own API, where asking twice does no harm\n"
               "(--final 4xx: a 404 is an answer, and no reason to ask again)\n"
               "\n  %s --to https://api.example.com --final 4xx\n"
               "  curl 'http://127.0.0.1:8480/smart/your/path?timeout=1000'\n",
               program_name(path));
}

/* How to see more, where it ends here. */
static void tell_of_page(void) {
  char path[4096];
  (void)printf(
      "\nEach race as it runs, and the upstream's faults in your hand\n"
      "\n  %s demo --stay\n",
      program_name(path));
}

/* Not everybody has a browser here: a terminal shows the races too. */
static void tell_urls(const struct demo *demo) {
  char path[4096];
  const unsigned page = demo->child.page_port;
  (void)printf(
      "\nBoth keep serving until Ctrl-C, and hedgerow is asked %lld "
      "times a second.\nOpen the page, move \"slow answers\" to 30 %%, "
      "and watch the rescues rise.\n\n"
      "  page      http://127.0.0.1:%u/\n"
      "  terminal  %s top --admin 127.0.0.1:%u\n"
      "  faults    curl -X PUT -d '{\"slow\":30}' "
      "http://127.0.0.1:%u/faults\n",
      (long long)demo->options.rate, page, program_name(path), page,
      mock_port_of_admin(demo->mock));
  (void)printf("  straight  curl -i http://127.0.0.1:%u/\n"
               "  hedgerow  curl -i http://127.0.0.1:%u/smart\n",
               mock_port(demo->mock), demo->child.port);
  (void)fflush(stdout);
}

/* ---- the run ---- */

static bool start_load(struct demo *demo) {
  char error[256];
  const struct demo_load_options options = {
      .ports = {mock_port(demo->mock), demo->child.port},
      .seed = demo->options.seed,
      .rate = demo->options.rate,
      .duration_us = demo->options.duration_us};
  demo->load = demo_load_new(demo->loop, &options, on_load_done, demo, error,
                             sizeof error);
  if (!demo->load) log_notice("demo: %s", error);
  return demo->load != NULL;
}

/* The child first: what it inherits is as little as possible. */
static bool start(struct demo *demo) {
  static const int signals[] = {SIGINT, SIGTERM, SIGCHLD};
  char error[256] = "";
  demo->mock = mock_new(demo->loop, &demo->upstream, error, sizeof error);
  if (!demo->mock) {
    log_notice("demo: the upstream: %s", error);
    return false;
  }
  const struct demo_ports ports = {
      mock_port(demo->mock),
      demo->options.stay ? mock_port_of_admin(demo->mock) : 0};
  if (!demo_child_start(&demo->child, &ports)) return false;
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
    if (!loop_on_signal(demo->loop, signals[i], on_signal, demo)) return false;
  return start_load(demo);
}

/* Whether it got to the end. */
static bool run(struct demo *demo) {
  introduce(demo);
  demo->start_us = clock_now_us();
  demo_load_run(demo->load);
  if (isatty(STDOUT_FILENO)) timer_set(&demo->progress, demo->start_us);
  loop_run(demo->loop);
  end_progress(demo);
  if (demo->interrupted || demo->child_ended) return false;
  report(demo);
  if (!demo->options.stay) {
    tell_of_page();
    return true;
  }
  tell_urls(demo);
  demo_load_go_on(demo->load);
  loop_run(demo->loop);
  return !demo->child_ended;
}

static bool finish(struct demo *demo) {
  demo_load_free(demo->load);
  bool ended_well = demo_child_stop(&demo->child);
  mock_free(demo->mock);
  if (demo->child_ended) log_notice("demo: the proxy ended by itself");
  return ended_well;
}

static int demonstrate(struct demo *demo) {
  char error[256];
  demo->upstream.listen.host = slice_of("127.0.0.1");
  if (demo->options.stay) demo->upstream.admin = demo->upstream.listen;
  demo->upstream.seed = demo->options.seed;
  if (!faults_parse(&demo->upstream.faults, slice_of(bad_day), error,
                    sizeof error))
    return 1;
  demo->loop = loop_new();
  if (!demo->loop) {
    log_notice("demo: out of memory or descriptors");
    return 1;
  }
  timer_init(&demo->progress, demo->loop, on_progress, demo);
  bool done = start(demo) && run(demo);
  done &= finish(demo);
  loop_free(demo->loop);
  return done && fflush(stdout) == 0 ? 0 : 1;
}

/* The proxy is to run with its defaults. */
static void forget_variables(void) {
  static const char prefix[] = "HEDGEROW_";
  for (char **at = environ; *at;) {
    char name[128];
    size_t len = strcspn(*at, "=");
    bool ours = strncmp(*at, prefix, sizeof prefix - 1) == 0;
    snprintf(name, sizeof name, "%.*s", (int)len, *at);
    /* unsetenv closes the gap: the next one is where this one was. */
    if (!ours || len >= sizeof name || unsetenv(name) != 0) at++;
  }
}

int demo_main(int argc, char **argv) {
  struct demo demo = {.child.notices = -1};
  (void)argc;
  enum flags_reading reading = read_options(&demo.options, argv);
  if (reading != FLAGS_RUN) return (int)reading;
  forget_variables();
  if (!libraries_init()) {
    log_notice("demo: libcurl could not be initialised");
    return 1;
  }
  int code = demonstrate(&demo);
  libraries_clear();
  return code;
}
