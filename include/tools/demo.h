/* demo: shows on one screen what hedgerow does, without any network. */
#ifndef HEDGEROW_TOOLS_DEMO_H
#define HEDGEROW_TOOLS_DEMO_H

/* `hedgerow demo ...`: argv[0] is "demo". Returns the exit code: 0 after the
 * report (with --stay: after SIGINT or SIGTERM), 1 when something could not be
 * started or the run was interrupted, 2 for a bad option. */
int demo_main(int argc, char **argv);

#endif
