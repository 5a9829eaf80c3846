/* simulate: `hedgerow simulate`: what a policy would do, before it is used. */
#ifndef HEDGEROW_TOOLS_SIMULATE_H
#define HEDGEROW_TOOLS_SIMULATE_H

/* The exit status. */
int simulate_main(int argc, char **argv);

#endif
