/* script: a race as two lines of text, what happens and what is to
 * come of it. The test fails unless the timeline (support/shell.h) is the one
 * that is wanted and no promise was broken.
 *
 * A script is a list of turns between bars, each a time in milliseconds and
 * what happens then:
 *   0 start | 100 status 0 503 retry-after | 300 timer refusing 1 | 420 gone
 *
 *   start, timer, gone, drain
 *   success K           attempt K succeeds
 *   fail K [unsent]     it ends without an answer
 *   starve K [unsent]   it ends because this machine lacked memory
 *   status K CODE [cut] [retry-after [for MS]]
 *   ... refusing K ...  these attempts may not start, should they be to
 *
 * A timer comes at the very moment that the policy's wakeup names, and nothing
 * else comes after it, or the script is wrong. `early timer` and `late WHAT`
 * say that this is meant. */
#ifndef HEDGEROW_TESTS_SUPPORT_SCRIPT_H
#define HEDGEROW_TESTS_SUPPORT_SCRIPT_H

/* options: pairs of a flag without its dashes and a value; durations are
 * milliseconds. What is not named: timeout 1000 hedge-after 300 hedges 2
 * stagger 0 on-failure next final none attempt-timeout 0 once no retries 0
 * backoff 25 most 250 chance 0: --backoff 25ms..250ms, and the first wait is
 * chance per cent shorter. */
void script_race(const char *options, const char *script, const char *want);

#endif
