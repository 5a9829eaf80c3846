/* hurry: time that passes for the program when the script says so.
 *
 * A limit of 100 ms is over when this machine has had something else to do for
 * as long, be it just before the script does what has to come first. So a test
 * gives limits of many seconds, and hurries on to their ends. */
#ifndef HEDGEROW_TESTS_SUPPORT_HURRY_H
#define HEDGEROW_TESTS_SUPPORT_HURRY_H

/* Before the program is started, one in a test. */
void hurry_open(void);
/* So many seconds pass for it, at once: its timers are due when this returns,
 * and will run in the order of their instants. */
void hurry_by(unsigned seconds);
/* Second after second passes, until this descriptor can be read. */
void hurry_until_readable(int fd, const char *what);

#endif
