/* rows: tables that a test goes through. */
#ifndef HEDGEROW_TESTS_SUPPORT_ROWS_H
#define HEDGEROW_TESTS_SUPPORT_ROWS_H

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* EACH_ROW(row, rows) does what follows for each of them: row points at it. */
#define EACH_ROW(row, rows)                                                    \
  for (__typeof__(&*(rows)) row = (rows); row < (rows) + COUNT(rows); row++)

#endif
