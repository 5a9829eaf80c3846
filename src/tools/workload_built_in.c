/* workload_built_in: the workloads that have a name, and how one is written.
 *
 * They are texts like a user's own, so that `simulate --list` is a source of
 * examples. */
#include <stdio.h>
#include <strings.h>

#include "tools/workload.h"

const char workload_help[] =
    "A workload is a text of lines, each a key and its words; # begins a\n"
    "comment. Times have a unit: us, ms or s.\n"
    "\n"
    "  rate 200             requests a second, at random instants; or\n"
    "  load 80%             what the servers can bear, so much of it; of the\n"
    "                       two the last counts\n"
    "  burst 3x 1s 10s      three times as many for 1 s in each 10 s\n"
    "  seconds 300          how long it lasts\n"
    "  settle 20            so many seconds at first are not counted\n"
    "  timeout 1s           a client's patience\n"
    "  targets 2            primaries take turns (1)\n"
    "  servers 16           of each target; a request waits in line for one.\n"
    "                       0: as many as are needed (0)\n"
    "  limit 240            more requests a second get a 429 (0: no limit)\n"
    "  cancel frees         where the asker leaves: frees its server and its\n"
    "                       place in line, line: only its place, blind: "
    "neither\n"
    "  answer 95 5ms..9ms   95 parts of the answers take 5 to 9 ms; also\n"
    "                       `5ms`, and `median 10ms sigma 0.5` (lognormal);\n"
    "                       with `fails`, `sheds` (429) or `hangs` behind it\n"
    "                       they do that\n"
    "  change 100s..130s 5x for that long each answer takes 5 times as long;\n"
    "                       or `fails 50%`, `hangs 50%`. One word or the "
    "other:\n"
    "                       for both write two lines. `target 1` in front of\n"
    "                       it: of that one alone (0 is the first)\n";

static const struct {
  const char *name, *long_name, *text;
} built_in[] = {
    {"W1", "lognormal",
     "rate 200\nseconds 320\ntimeout 3s\n"
     "answer 95 median 4.642ms sigma 0.3853\n"
     "answer 5 median 46.42ms sigma 0.3853\n"},
    {"W2", "gap",
     "rate 200\nseconds 320\ntimeout 3s\n"
     "answer 93 5ms\nanswer 4 50ms..150ms\nanswer 1 1s..2s\n"
     "answer 1.5 1ms fails\nanswer 0.5 1ms hangs\n"},
    {"W3", "assignment",
     "rate 100\nseconds 320\ntimeout 1s\n"
     "answer 8 100ms..600ms\nanswer 2 100ms..600ms fails\n"
     "answer 1 1ms hangs\n"},
    {"W4", "queue",
     "load 80%\nseconds 320\ntimeout 1s\nservers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"},
    {"W5", "brown-out",
     "load 60%\nseconds 300\ntimeout 1s\nservers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..130s 5x\n"},
    {"W6", "outage",
     "load 60%\nseconds 300\ntimeout 1s\nservers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..130s fails 100%\n"},
    {"W7", "slower",
     "rate 200\nseconds 320\ntimeout 3s\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..200s 3x\n"},
    {"W8", "one-slow",
     "rate 200\nseconds 300\ntimeout 3s\ntargets 2\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"
     "change 100s..200s target 1 20x\n"},
    {"W9", "bursts",
     "load 35%\nburst 3x 1s 10s\nseconds 320\ntimeout 1s\n"
     "servers 16\ncancel blind\n"
     "answer 98 median 10ms sigma 0.5\nanswer 2 100ms..300ms\n"},
    {"W10", "quiet",
     "rate 2\nseconds 3000\ntimeout 3s\nanswer 1 median 100ms sigma 0.5\n"},
};

enum { BUILT_IN = sizeof built_in / sizeof *built_in };

const char *workload_built_in(const char *name) {
  for (unsigned i = 0; i < BUILT_IN; i++)
    if (strcasecmp(name, built_in[i].name) == 0 ||
        strcasecmp(name, built_in[i].long_name) == 0)
      return built_in[i].text;
  return NULL;
}

void workload_list(void) {
  for (unsigned i = 0; i < BUILT_IN; i++)
    printf("# %s, or %s\n%s\n", built_in[i].name, built_in[i].long_name,
           built_in[i].text);
}
