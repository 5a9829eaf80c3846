/* top: shows the state of a running hedgerow, again and again. */
#ifndef HEDGEROW_TOOLS_TOP_H
#define HEDGEROW_TOOLS_TOP_H

/* `hedgerow top ...`: argv[0] is "top". Returns the exit code: 0 after q, a
 * signal or the one table that was asked for, 1 when the admin listener could
 * not be read, 2 for a bad option. */
int top_main(int argc, char **argv);

#endif
