/* config_values: what the values of options look like: durations, sizes,
 * counts, addresses. Shared by the options of the proxy and of the mock. */
#ifndef HEDGEROW_CONFIG_CONFIG_VALUES_H
#define HEDGEROW_CONFIG_CONFIG_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/address.h"
#include "core/delay.h"
#include "core/hedge_budget.h"
#include "core/race_filter.h"
#include "core/slice.h"
#include "core/target.h"
#include "core/text.h"

/* A number too large for any use counts as this, so that the caller's range
 * check refuses it by name, and adding two of them does not overflow. */
#define CONFIG_NUMBER_MAX (INT64_MAX / 2)

/* "300ms", "10s", "2m" -> microseconds; a bare number, a fraction, a sign or
 * anything else is false. */
bool config_parse_duration(struct slice text, int64_t *us)
    __attribute__((warn_unused_result));
/* The other way, in the largest unit that is exact; us is of whole ms. */
void config_write_duration(struct text *out, int64_t us);
#define as_duration(us) ((struct text_number){config_write_duration, us})

/* "25ms..250ms", in either order; "25ms" alone is both. */
bool config_are_durations(struct slice text, int64_t us[2])
    __attribute__((warn_unused_result));
/* The same with us[0] <= us[1]. NULL, or what is wrong with it, to stand behind
 * it. */
const char *config_parse_durations(struct slice text, int64_t us[2])
    __attribute__((warn_unused_result));
void config_write_durations(struct text *out, const int64_t us[2]);

/* A delay that is learned starts from here. */
#define CONFIG_DELAY_COLD_US INT64_C(300000)
#define CONFIG_DELAY_MAX_US INT64_C(3600000000)

/* "300ms", "p95", "p99.9:20ms..2s". With a percentile fixed_us is
 * CONFIG_DELAY_COLD_US, else learn is all zeros. NULL, or what is wrong, to
 * stand behind it. */
const char *config_parse_delay(struct slice text, int64_t *fixed_us,
                               struct delay_rule *learn)
    __attribute__((warn_unused_result));
void config_write_delay(struct text *out, int64_t fixed_us,
                        const struct delay_rule *learn);

/* "10%", "0.5%:50". */
const char *config_parse_budget(struct slice text,
                                struct hedge_budget_rule *rule)
    __attribute__((warn_unused_result));
void config_write_budget(struct text *out,
                         const struct hedge_budget_rule *rule);

/* "100/s", "90/m:20", "off". Without a burst it is what comes in a second, or
 * 1. */
const char *config_parse_rate(struct slice text, struct rate_rule *rule)
    __attribute__((warn_unused_result));
void config_write_rate(struct text *out, const struct rate_rule *rule);

/* "100:50ms", "off". */
const char *config_parse_queue(struct slice text, struct queue_rule *rule)
    __attribute__((warn_unused_result));
void config_write_queue(struct text *out, const struct queue_rule *rule);

/* "slow:500ms,failed,rescued", "all". */
const char *config_parse_filter(struct slice text, struct race_filter *filter)
    __attribute__((warn_unused_result));
void config_write_filter(struct text *out, const struct race_filter *filter);

/* "0.01", "1" -> millionths; what is finer counts as one more. */
enum { CONFIG_RATIO_ALL = 1000000 };
bool config_parse_ratio(struct slice text, int64_t *millionths)
    __attribute__((warn_unused_result));
void config_write_ratio(struct text *out, int64_t millionths);

/* "http://127.0.0.1:4318", "https://otel.example.com/v1/traces"; "off": an
 * empty url. NULL, or why not, static. */
const char *config_parse_collector(struct slice text, struct slice *url)
    __attribute__((warn_unused_result));

/* "16K", "8M", "512" (bytes; K = 1024). */
bool config_parse_size(struct slice text, int64_t *bytes)
    __attribute__((warn_unused_result));
void config_write_size(struct text *out, int64_t bytes);

/* 1*DIGIT. */
bool config_parse_count(struct slice text, int64_t *count)
    __attribute__((warn_unused_result));

/* on, off, true, false; letters without case. */
bool config_parse_switch(struct slice text, bool *on)
    __attribute__((warn_unused_result));

/* "127.0.0.1:8480", "[::1]:0", "localhost:8480". NULL or why not, static: of
 * what looks like none of these, `form`, which says how to write one. */
const char *config_parse_address(struct slice text, const char *form,
                                 struct listen_at *address)
    __attribute__((warn_unused_result));
/* The same, or "unix:/run/hedgerow.sock". */
const char *config_parse_place(struct slice text, const char *form,
                               struct listen_at *place)
    __attribute__((warn_unused_result));

#endif
