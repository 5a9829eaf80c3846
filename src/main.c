/* main: which program this is, the proxy or one of its tools.
 *
 * What all of them need of the process is settled here, before any of them
 * opens a descriptor or starts a thread. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "proxy/process.h"
#include "tools/demo.h"
#include "tools/mock.h"
#include "tools/simulate.h"
#include "tools/tap.h"
#include "tools/top.h"

static const struct {
  const char *name;
  int (*main)(int argc, char **argv);
} tools[] = {
    {"demo", demo_main}, {"mock", mock_main}, {"simulate", simulate_main},
    {"tap", tap_main},   {"top", top_main},
};

/* Else the first sockets would take the numbers of the standard descriptors,
 * and a client would get what is meant for stdout or stderr. */
static void fill_standard_descriptors(void) {
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", O_RDWR); /* takes fd */
}

int main(int argc, char **argv) {
  fill_standard_descriptors();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a log at the limit of its size is a full disk */
  for (unsigned i = 0; argc > 1 && i < sizeof tools / sizeof *tools; i++)
    if (strcmp(argv[1], tools[i].name) == 0)
      return tools[i].main(argc - 1, argv + 1);
  return process_main(argc, argv);
}
