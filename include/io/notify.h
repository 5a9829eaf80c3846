/* notify: tells a service manager how the process is, as sd_notify(3) does. */
#ifndef HEDGEROW_IO_NOTIFY_H
#define HEDGEROW_IO_NOTIFY_H

#include <stdint.h>

struct notify;

/* Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment,
 * so before other threads read it. NULL: nobody wants to hear, or no memory. */
struct notify *notify_new(void);
void notify_free(struct notify *notify); /* NULL is fine */

/* Sends assignments apart by line ends ("READY=1\nSTATUS=..."). printf-like, of
 * 512 bytes at most; waits a second at most. To NULL: does nothing. */
void notify_send(const struct notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Within which time a WATCHDOG=1 is expected, again and again; 0: it is not. */
int64_t notify_watchdog_us(const struct notify *notify);

#endif
