/* demo_child: the real proxy, as a child process of the demo. */
#ifndef HEDGEROW_TOOLS_DEMO_CHILD_H
#define HEDGEROW_TOOLS_DEMO_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct demo_child {
  pid_t pid;          /* 0: none runs */
  int notices;        /* the reading end of its stderr */
  uint16_t port;      /* of 127.0.0.1 */
  uint16_t page_port; /* of its admin; 0: off */
};

/* Of the mock, on 127.0.0.1. */
struct demo_ports {
  uint16_t requests;
  uint16_t admin; /* 0: it has none, and the proxy shows no page */
};

/* Runs this very program as a proxy in front of the mock, and waits until it
 * listens. False after writing to stderr why not, the child's
 * own words included. It never outlives this process. */
bool demo_child_start(struct demo_child *child, const struct demo_ports *mock)
    __attribute__((warn_unused_result));

/* Whether it has ended by itself; if so, it is reaped. */
bool demo_child_has_ended(struct demo_child *child);

/* Ends it if it runs, and reaps it. False after writing to stderr that it ended
 * otherwise than well. */
bool demo_child_stop(struct demo_child *child);

#endif
