/* verdict: what an upstream's answer is worth.
 *
 *   2xx but 206     the body decides: whole, and exactly one JSON text
 *   4xx             a failure, but its body is read to the end, because it may
 *                   become the client's answer when nothing succeeds
 *   everything else a failure as soon as the head is there; with keep_errors
 *                   the body of a 5xx is read to the end, too. A 3xx or a 206
 *                   is no error, but an answer to a question that nobody asked
 *
 * That is SUCCESS_JSON. With SUCCESS_2XX a 2xx needs to be whole and no more,
 * and with SUCCESS_ANY so does whatever is final.
 *
 * A 206 or a 204 is no exception to "2xx with a whole JSON body": no Range was
 * asked for, so a 206 is a part of something, and a 204 has no body, which is
 * no JSON text. SUCCESS_2XX takes the 204. A 101 ends HTTP, and is nobody's
 * answer: nothing that asks for it goes upstream.
 *
 * A body that ends only because the connection closed may have been cut. An
 * object or an array says by itself that it is whole; a bare number, string or
 * literal does not (`12` may have been `123`), so it counts only when a length
 * or chunks framed it (RFC 9112, section 8). Of what is not JSON nobody can
 * tell, so SUCCESS_2XX wants it framed. SUCCESS_ANY does not, since the client
 * would get the same from the upstream itself.
 *
 * Rules look at a body that has all of this, and at the whole of it at once: it
 * is JSON for certain only when it has ended.
 *
 * Where a body ends, and in which HTTP it came, is others' to say
 * (core/http_response). */
#include "core/verdict.h"

#include <stdio.h>
#include <string.h>

#include "core/explain.h"

enum { RULE_SHOWN = 120 }; /* bytes of one in an error */

void verdict_init(struct verdict *verdict, enum success success,
                  uint64_t body_max, unsigned depth_max) {
  verdict->end = (struct attempt_end){.result = ATTEMPT_TRANSPORT};
  verdict->body_bytes = 0;
  verdict->body_max = body_max;
  verdict->success = success;
  verdict->keep_errors = verdict->delimited = false;
  verdict->rules = NULL;
  verdict->unfinished = false;
  verdict->error[0] = '\0';
  json_check_init(&verdict->json, depth_max);
}

void verdict_broken(struct verdict *verdict, enum attempt_result result,
                    const char *why) {
  verdict->end.result = result;
  verdict->end.whole = false;
  snprintf(verdict->error, sizeof verdict->error, "%s", why);
}

bool verdict_takes_status(const struct verdict *verdict, int status) {
  if (verdict->success == SUCCESS_ANY) return status != 101;
  return status >= 200 && status <= 299 && status != 206;
}

static bool is_success_status(const struct verdict *verdict) {
  return verdict_takes_status(verdict, verdict->end.status);
}

/* The body of a failure, which somebody may get to see. */
static bool is_awaited(const struct verdict *verdict) {
  int status = verdict->end.status;
  return (status >= 400 && status <= 499) ||
         (verdict->keep_errors && status >= 500);
}

static bool too_large(struct verdict *verdict) {
  snprintf(verdict->error, sizeof verdict->error,
           "the body is larger than --max-body (%llu bytes)",
           (unsigned long long)verdict->body_max);
  verdict->end.result = ATTEMPT_TOO_LARGE;
  return false;
}

static bool not_json(struct verdict *verdict) {
  char why[128];
  json_check_explain(&verdict->json, why, sizeof why);
  snprintf(verdict->error, sizeof verdict->error, "the body is not JSON: %s",
           why);
  verdict->end.result = ATTEMPT_BAD_JSON;
  return false;
}

bool verdict_head(struct verdict *verdict,
                  const struct response_meaning *head) {
  int status = head->status;
  verdict->end = (struct attempt_end){.result = ATTEMPT_STATUS,
                                      .status = status,
                                      .retry_after = head->retry_after};
  verdict->delimited = head->delimited;
  bool may_succeed = is_success_status(verdict);
  if (!may_succeed)
    explain_status(status, head->location, verdict->error,
                   sizeof verdict->error);
  if (!may_succeed && !is_awaited(verdict)) return false;
  if (head->length != UINT64_MAX && head->length > verdict->body_max)
    return too_large(verdict);
  if (!may_succeed || head->coding == CODING_NONE ||
      verdict->success != SUCCESS_JSON)
    return true;
  verdict_broken(
      verdict, ATTEMPT_BAD_JSON,
      "the body is encoded (Content-Encoding) as hedgerow did not ask "
      "for");
  return false;
}

bool verdict_reads_json(const struct verdict *verdict) {
  return verdict->success == SUCCESS_JSON && is_success_status(verdict);
}

bool verdict_body(struct verdict *verdict, const char *bytes, size_t len) {
  verdict->body_bytes += len;
  if (verdict->body_bytes > verdict->body_max) return too_large(verdict);
  if (!verdict_reads_json(verdict)) return true;
  if (json_check_feed(&verdict->json, bytes, len) == JSON_BAD)
    return not_json(verdict);
  return true;
}

static void end_json(struct verdict *verdict) {
  if (json_check_end(&verdict->json) == JSON_BAD) {
    not_json(verdict);
  } else if (!verdict->delimited && verdict->json.root == JSON_ROOT_SCALAR) {
    verdict_broken(verdict, ATTEMPT_BAD_JSON,
                   "nothing but the close of the connection ended the body, "
                   "and a bare value may be the beginning of a longer one");
  } else {
    verdict->end.result = ATTEMPT_SUCCESS;
  }
}

void verdict_end(struct verdict *verdict) {
  if (verdict->unfinished) {
    verdict_broken(verdict, ATTEMPT_TRANSPORT, "the gzip body ends too early");
    return;
  }
  verdict->end.whole = true;
  if (!is_success_status(verdict)) return;
  if (verdict->success == SUCCESS_JSON) end_json(verdict);
  else if (verdict->success == SUCCESS_2XX && !verdict->delimited)
    verdict_broken(verdict, ATTEMPT_TRANSPORT,
                   "nothing but the close of the connection ended the body, "
                   "which may have been cut");
  else verdict->end.result = ATTEMPT_SUCCESS;
}

/* The body is not repeated: it may hold anything. */
static void explain_rule(struct verdict *verdict,
                         const struct json_rule *rule) {
  const bool needed = rule < verdict->rules->rules + verdict->rules->needed;
  struct slice text = rule->text;
  if (text.len > RULE_SHOWN) text.len = RULE_SHOWN;
  snprintf(verdict->error, sizeof verdict->error,
           "the JSON breaks a rule: %s: %.*s%s",
           needed ? "success_if does not hold" : "fail_if holds",
           SLICE_ARG(text), text.len < rule->text.len ? "..." : "");
}

void verdict_text(struct verdict *verdict, struct slice body) {
  if (verdict->end.result != ATTEMPT_SUCCESS ||
      verdict->success != SUCCESS_JSON)
    return;
  const struct json_rule *broken = json_rules_broken(verdict->rules, body);
  if (!broken) return;
  verdict->end.result = ATTEMPT_RULE;
  explain_rule(verdict, broken);
}
