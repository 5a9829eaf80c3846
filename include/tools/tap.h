/* tap: shows the races of a running hedgerow, a line each. */
#ifndef HEDGEROW_TOOLS_TAP_H
#define HEDGEROW_TOOLS_TAP_H

/* `hedgerow tap ...`: argv[0] is "tap". Returns the exit code: 0 when whoever
 * reads stdout has gone, 1 when the admin listener could not be read, 2 for a
 * bad option. A signal ends it with 0. */
int tap_main(int argc, char **argv);

#endif
