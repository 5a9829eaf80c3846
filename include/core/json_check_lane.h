/* json_check_lane: whole tokens at a time, where the automaton takes bytes. */
#ifndef HEDGEROW_CORE_JSON_CHECK_LANE_H
#define HEDGEROW_CORE_JSON_CHECK_LANE_H

#include "core/json_check_states.h"

/* Takes what is common: names, strings, plain numbers, literals, commas and
 * brackets. Returns where it stopped, with *state set to what the automaton
 * would be in there: near the end of the bytes, or in front of anything else,
 * be it rare or wrong. It may not have moved at all. */
const char *json_check_lane(struct json_check *check, enum json_state *state,
                            const char *at, const char *end);

#endif
