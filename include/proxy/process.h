/* process: the proxy as a process, from its command line to its exit code. */
#ifndef HEDGEROW_PROXY_PROCESS_H
#define HEDGEROW_PROXY_PROCESS_H

/* `hedgerow ...`: argv[0] is its name. SIGPIPE and SIGXFSZ are ignored, and no
 * thread runs yet. Returns the exit code: 0 it ran and was stopped (or it was
 * asked for --help or --version), 1 it could not run, 2 it was called wrongly.
 */
int process_main(int argc, char **argv);

#endif
