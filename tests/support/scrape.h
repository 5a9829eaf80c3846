/* scrape: what a program's --admin listener says of its metrics. */
#ifndef HEDGEROW_TESTS_SUPPORT_SCRAPE_H
#define HEDGEROW_TESTS_SUPPORT_SCRAPE_H

#include "support/program.h"

/* The value of this sample, its labels included. -1: there is none. */
double scrape(const struct program *program, const char *sample);
/* Asserts on it. */
void scrape_expect(const struct program *program, const char *sample,
                   double want);
/* Asks until it is more than that. */
double scrape_await_more(const struct program *program, const char *sample,
                         double than);

#endif
