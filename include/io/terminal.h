/* terminal: its size, and its keys without line ends. */
#ifndef HEDGEROW_IO_TERMINAL_H
#define HEDGEROW_IO_TERMINAL_H

#include <stdbool.h>

struct terminal_size {
  unsigned columns, rows;
};

/* 80 x 24 where it does not tell. */
struct terminal_size terminal_size_of(int fd);
/* Whether it is one, and takes escape sequences: TERM says what it is, and it
 * is no `dumb` one. */
bool terminal_has_escapes(int fd);

struct terminal_state;

/* Keys come at once and are not echoed; those that send signals still do. NULL:
 * fd is no terminal, or no memory. */
struct terminal_state *terminal_take(int fd);
/* The same once more, after somebody else may have changed it. */
void terminal_take_again(const struct terminal_state *state);
/* As it was before terminal_take; the state can be taken again. */
void terminal_give_back(const struct terminal_state *state);
/* NULL is fine. */
void terminal_free(struct terminal_state *state);

#endif
