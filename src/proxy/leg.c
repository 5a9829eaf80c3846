/* leg: one attempt's story, kept until the answer is out.
 *
 * Most legs end without a word to say, so an error text is copied to the heap
 * when there is one, instead of room for it in every exchange. Should there be
 * no memory for it, the result's name still tells what happened. */
#include "proxy/leg.h"

#include <stdlib.h>
#include <string.h>

void leg_take(struct leg *leg, struct attempt_reply *reply) {
  leg->attempt = NULL;
  leg->end = reply->end;
  leg->ended_us = reply->end_us;
  leg->resends = reply->resends;
  leg->bytes = buffer_take(&reply->bytes);
  leg->head = reply->head;
  leg->body = reply->body;
  if (reply->error[0]) leg->kept_error = strdup(reply->error);
  leg->error = leg->kept_error ? leg->kept_error : "";
}

void leg_end(struct leg *leg, enum attempt_result result, const char *error,
             int64_t now_us) {
  leg->attempt = NULL;
  leg->end = (struct attempt_end){.result = result};
  leg->ended_us = now_us;
  leg->error = error;
}

void leg_clear(struct leg *leg) {
  buffer_clear(&leg->bytes);
  free(leg->kept_error);
  leg->kept_error = NULL;
}
