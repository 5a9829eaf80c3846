/* load: asks, as many and as fast as it is told, and says how it went.
 *
 *   load --port N [OPTION...] [PATH]
 *
 *   --rate N         N requests a second, whether or not those before were
 *                    answered, each timed from when it was due
 *   --connections N  at most so many (8000). Without --rate each of them (1)
 *                    asks again as soon as it was answered
 *   --count N | --seconds N
 *                    how long it asks; else until a SIGTERM, and then it prints
 *                    `warm` when 1000 answers were good
 *   --warm N         that many requests more, first, which do not count
 *   --limit MS       a request that takes longer has failed
 *   --expect REGEX   a good body is like this (a good answer is a 2xx)
 *   --named          with an X-Request-ID, the same in every run; an answer
 *                    says Hedge-Attempts. --straight adds Hedge-Attempt: 0, as
 *                    a proxy would, and expects nothing
 *   --fresh          every second connection is new for each request
 *   --each FILE      a line for each request
 *   --crowd FAULTS [--seed N] [--first N] [--with-mock] [--calm]
 *                    asks what crowd.h says, of a hedgerow before `origin
 *                    --faults FAULTS`; ends with 1 if an answer was wrong.
 *                    --calm: nobody leaves, and failures are excused
 *   --generations    asks what generations.h says, of a hedgerow that reloads
 *
 *   load --port N --hold N [PATH]
 *                    opens N connections and prints `open`; at a line on stdin
 *                    sends a request on each and prints `sent`; leaves at its
 *   end load --self-test
 *
 * Prints one line of NAME=VALUE, times in ms: see figures.h, and
 *   answered  whole answers; of these good, 503, 504, and other, which is all
 *             that is none of them
 *   lost      the connection was made, and ended without a whole answer
 *   refused   no connection was made
 *   overdue   went over --limit
 *   odd       no HTTP client can read it */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client.h"
#include "crowd.h"
#include "generations.h"
#include "net.h"

enum { MS_NS = 1000000, SECOND_NS = 1000000000 };
enum { MOST_CONNECTIONS = 8000, WARM_ANSWERS = 1000 };

static struct client_plan plan = {.count = LONG_MAX};
static struct {
  const char *path, *each, *crowd;
  long warm, hold, first;
  uint64_t seed;
  bool named, straight, expects, with_mock, calm, generations;
  regex_t expected;
} options = {.path = "/smart"};

static char request[4096];
static unsigned long long good, busy, late, other, odd;

/* ---- the plain subject: one path, again and again ---- */

static int write_request(const char *fields) {
  return snprintf(request, sizeof request,
                  "GET %s HTTP/1.1\r\nHost: load\r\n%s\r\n", options.path,
                  fields);
}

static void ask_named(long number) {
  char id[FATE_ID_BYTES], fields[128];
  bool warm = number < options.warm;
  fate_name(id, warm ? number : number - options.warm, warm);
  snprintf(fields, sizeof fields, "X-Request-ID: %s\r\n%s", id,
           options.straight ? "Hedge-Attempt: 0\r\n" : "");
  write_request(fields);
}

static void ask(struct question *question) {
  if (options.named) ask_named(question->number);
  question->bytes = request;
  question->len = strlen(request);
}

static bool is_good(const struct answer *answer, const char *bytes,
                    size_t len) {
  const char *body = bytes + answer->head_len;
  if (answer->status < 200 || answer->status > 299) return false;
  if (!options.expects) return true;
  return strlen(bytes) == len &&
         regexec(&options.expected, body, 0, NULL, 0) == 0;
}

static void on_answer(const struct answer *answer, const char *bytes,
                      size_t len, struct fate *fate) {
  fate->good = is_good(answer, bytes, len);
  if (fate->good) good++;
  else if (answer->status == 503) busy++;
  else if (answer->status == 504) late++;
  else other++;
  if (options.named && !options.straight) {
    long asked = head_number(bytes, answer->head_len, "\r\nHedge-Attempts:", 0);
    if (asked == 0) odd++;
    else fate->asked = (int)asked;
  }
  if (good != WARM_ANSWERS || plan.span_ns > 0 || plan.count != LONG_MAX)
    return;
  puts("warm");
  fflush(stdout);
}

static void on_end(const struct question *question, enum ending ending,
                   const struct answer *answer, const char *bytes, size_t len,
                   struct fate *fate) {
  (void)question;
  if (ending == ANSWERED) on_answer(answer, bytes, len, fate);
}

/* ---- hold ---- */

static int hold(void) {
  int *fds = must_have(calloc((size_t)options.hold, sizeof *fds));
  for (long i = 0; i < options.hold; i++) fds[i] = dial(plan.port);
  puts("open");
  fflush(stdout);
  if (getchar() != EOF) {
    for (long i = 0; i < options.hold; i++)
      must((int)send(fds[i], request, strlen(request), MSG_NOSIGNAL), "send");
    puts("sent");
    fflush(stdout);
  }
  while (getchar() != EOF) continue;
  free(fds);
  return 0;
}

/* ---- the program ---- */

static const struct option names[] = {
    {"port", required_argument, NULL, 'p'},
    {"rate", required_argument, NULL, 'r'},
    {"connections", required_argument, NULL, 'c'},
    {"count", required_argument, NULL, 'n'},
    {"seconds", required_argument, NULL, 's'},
    {"warm", required_argument, NULL, 'w'},
    {"limit", required_argument, NULL, 'l'},
    {"expect", required_argument, NULL, 'e'},
    {"named", no_argument, NULL, 'N'},
    {"straight", no_argument, NULL, 'S'},
    {"fresh", no_argument, NULL, 'F'},
    {"each", required_argument, NULL, 'E'},
    {"crowd", required_argument, NULL, 'C'},
    {"seed", required_argument, NULL, 'x'},
    {"first", required_argument, NULL, 'f'},
    {"with-mock", no_argument, NULL, 'm'},
    {"calm", no_argument, NULL, 'k'},
    {"generations", no_argument, NULL, 'g'},
    {"hold", required_argument, NULL, 'h'},
    {"self-test", no_argument, NULL, 't'},
    {0},
};

static int self_test(void) {
  http_self_test();
  judge_self_test();
  generations_self_test();
  puts("load: every planted lie was noticed");
  return 0;
}

static void expect(const char *regex) {
  options.expects = true;
  if (regcomp(&options.expected, regex, REG_EXTENDED | REG_NOSUB) != 0)
    give_up("--expect");
}

/* The options that say how it asks; false: it is another. */
static bool read_how(int c, const char *value) {
  switch (c) {
    case 'p': plan.port = number(value); return true;
    case 'r': plan.rate = number(value); return true;
    case 'c': plan.connections = number(value); return true;
    case 'n': plan.count = number(value); return true;
    case 's': plan.span_ns = number(value) * (int64_t)SECOND_NS; return true;
    case 'l': plan.limit_ns = number(value) * (int64_t)MS_NS; return true;
    case 'w': options.warm = number(value); return true;
    case 'F': plan.second_fresh = true; return true;
    case 'h': options.hold = number(value); return true;
    default: return false;
  }
}

static void read_what(int c, const char *value) {
  switch (c) {
    case 'e': expect(value); break;
    case 'N': options.named = true; break;
    case 'S': options.named = options.straight = true; break;
    case 'E': options.each = value; break;
    case 'C': options.crowd = value; break;
    case 'x': options.seed = (uint64_t)number(value); break;
    case 'f': options.first = number(value); break;
    case 'm': options.with_mock = true; break;
    case 'k': options.calm = true; break;
    case 'g': options.generations = true; break;
    case 't': exit(self_test());
    default: give_up("usage: see the head of load.c");
  }
}

static void read_options(int argc, char **argv) {
  for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
    if (!read_how(c, optarg)) read_what(c, optarg);
  if (optind < argc) options.path = argv[optind++];
  if (optind < argc || plan.port == 0) give_up("usage: see the head of load.c");
  if (plan.connections == 0)
    plan.connections = plan.rate > 0 ? MOST_CONNECTIONS : 1;
  if (plan.rate > 0 && plan.span_ns > 0) {
    plan.count = plan.rate * (plan.span_ns / SECOND_NS); /* however late */
    plan.span_ns = 0;
  }
  if (plan.count != LONG_MAX) plan.count += options.warm;
}

static const struct subject *subject_of_crowd(void) {
  struct world world = {.seed = options.seed,
                        .has_mock = options.with_mock,
                        .may_fail = options.calm};
  char error[200];
  if (!faults_parse(&world.faults, slice_of(options.crowd), error,
                    sizeof error))
    give_up(error);
  return crowd_subject(&world, options.first, options.calm);
}

static int tell(const struct client_sums *sums) {
  const unsigned long long *ends = sums->ends;
  const struct fate *fates = sums->fates + options.warm;
  long count = (long)sums->asked - options.warm;
  int status = 0;
  printf("asked=%llu connections=%llu answered=%llu lost=%llu refused=%llu"
         " overdue=%llu odd=%llu",
         sums->asked, sums->connections, ends[ANSWERED], ends[LOST],
         ends[REFUSED], ends[TIMED_OUT], ends[ODD] + odd);
  if (options.crowd) status = crowd_tell(sums);
  else if (options.generations) generations_tell();
  else
    printf(" good=%llu 503=%llu 504=%llu other=%llu", good, busy, late, other);
  if (options.each) write_each(options.each, fates, count);
  print_figures(fates, count);
  return status;
}

static const struct subject *choose_subject(void) {
  static const struct subject plain = {ask, on_end};
  if (options.crowd) return subject_of_crowd();
  return options.generations ? generations_subject() : &plain;
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  write_request("");
  if (options.hold > 0) return hold();
  struct client_sums sums = client_run(&plan, choose_subject());
  int status = tell(&sums);
  free(sums.fates);
  return status;
}
