/* terminal: what a program that draws on a terminal asks of the kernel.
 *
 * Drawing itself is escape sequences, which is the program's. Here is what
 * outlives it if it is forgotten: the mode in which the terminal hands keys
 * over. A state keeps the mode of before, so that it can be given back however
 * often the program is stopped and goes on. */
#include "io/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct terminal_state {
  int fd;
  struct termios before;
};

struct terminal_size terminal_size_of(int fd) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
    return (struct terminal_size){80, 24};
  return (struct terminal_size){size.ws_col, size.ws_row};
}

bool terminal_has_escapes(int fd) {
  const char *term = getenv("TERM");
  return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

struct terminal_state *terminal_take(int fd) {
  struct terminal_state *state = calloc(1, sizeof *state);
  if (!state) return NULL;
  state->fd = fd;
  if (tcgetattr(fd, &state->before) < 0) {
    free(state);
    return NULL;
  }
  terminal_take_again(state);
  return state;
}

void terminal_take_again(const struct terminal_state *state) {
  struct termios keys = state->before;
  keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  keys.c_cc[VMIN] = 1;
  keys.c_cc[VTIME] = 0;
  tcsetattr(state->fd, TCSADRAIN, &keys);
}

void terminal_give_back(const struct terminal_state *state) {
  tcsetattr(state->fd, TCSADRAIN, &state->before);
}

void terminal_free(struct terminal_state *state) { free(state); }
