/* child: stands for the program under test, with a fault on request. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  char *volatile bytes = malloc(7);
  volatile size_t at = 7;

  if (argc > 1 && strcmp(argv[1], "overflow") == 0) bytes[at] = 1;
  bytes = NULL;
  return 0;
}
