/* config_remark.c: what is allowed and probably not meant.
 *
 * None of these is an error: a test may want a race without hedges, and a
 * private network may be trusted with a token in clear text. But whoever did
 * not mean it would learn it late, so it is said once, at start.
 *
 * Each rule is one function: it looks at the config and either writes its
 * remark and returns true, or returns false. A new remark is a new row. */
#include "config/config.h"

#include "core/address.h"
#include "core/text.h"

static bool say(struct text *out, bool is_so, const char *words) {
  if (is_so) text_str(out, words);
  return is_so;
}

static bool no_hedges(const struct config *config, struct text *out) {
  const struct race_policy *policy = &config->defaults.policy;
  return say(out, policy->hedges + policy->retries == 0,
             "--hedges 0: /smart asks once and never hedges");
}

static bool only_observes(const struct config *config, struct text *out) {
  return say(out, config->defaults.observe,
             "--observe on: no hedge and no retry is started");
}

static bool hedges_too_late(const struct config *config, struct text *out) {
  const struct race_policy *policy = &config->defaults.policy;
  if (policy->hedges == 0 || policy->learn.per_mille > 0 ||
      policy->hedge_after_us < config->defaults.timeout_us)
    return false;
  text_put(out, "--hedge-after ", as_duration(policy->hedge_after_us),
           " is not below --timeout ", as_duration(config->defaults.timeout_us),
           policy->on_failure == RACE_WAIT
               ? ": no hedge can start before the deadline"
               : ": a slow primary is never hedged, only a failed one");
  return true;
}

static bool stagger_too_long(const struct config *config, struct text *out) {
  const struct race_policy *policy = &config->defaults.policy;
  const int64_t room_us = config->defaults.timeout_us - policy->hedge_after_us;
  if (policy->hedges < 2 || policy->stagger_us <= 0 || room_us <= 0)
    return false;
  /* Hedge k (1, 2, ...) is due at hedge-after + (k - 1) * stagger. */
  const int64_t in_time = 1 + (room_us - 1) / policy->stagger_us;
  if (in_time >= (int64_t)policy->hedges) return false;
  text_put(out, "--stagger ", as_duration(policy->stagger_us), ": only ",
           in_time, " of --hedges ", policy->hedges,
           " can come due before --timeout ",
           as_duration(config->defaults.timeout_us));
  return true;
}

static bool attempt_timeout_idle(const struct config *config,
                                 struct text *out) {
  if (config->defaults.policy.attempt_timeout_us < config->defaults.timeout_us)
    return false;
  text_put(out, "--attempt-timeout ",
           as_duration(config->defaults.policy.attempt_timeout_us),
           " has no effect: --timeout ",
           as_duration(config->defaults.timeout_us), " ends the race first");
  return true;
}

static bool token_in_clear(const struct config *config, struct text *out) {
  if (!config->defaults.token_file.text && !config->token_env) return false;
  for (unsigned i = 0; i < config->to_count + config->all_count; i++) {
    const struct base_url *target = &config->targets[i];
    if (target->tls || address_is_loopback(target->host)) continue;
    text_str(out, "the token travels in clear text to ");
    base_url_write_redacted(out, target);
    text_str(out, ": use https://");
    return true;
  }
  return false;
}

static bool two_tokens(const struct config *config, struct text *out) {
  return say(out, config->defaults.token_file.text && config->token_env,
             "HEDGEROW_TOKEN is not used: --token-file goes before it");
}

static bool otlp_idle(const struct config *config, struct text *out) {
  const bool ratio = config->trace_ratio != CONFIG_RATIO_ALL;
  const char *what = config->otlp_token.text ? "--otlp-token-file"
                     : config->otlp_ca.text  ? "--otlp-ca-file"
                     : ratio                 ? "--trace-ratio"
                                             : NULL;
  if (config->otlp.len > 0 || !what) return false;
  text_put(out, what, " is not used: --otlp off sends no spans");
  return true;
}

static bool otlp_token_in_clear(const struct config *config, struct text *out) {
  struct base_url url;
  if (!config->otlp_token.text || config->otlp.len == 0 ||
      base_url_parse(&url, config->otlp) || url.tls ||
      address_is_loopback(url.host))
    return false;
  text_str(out, "the token of --otlp-token-file travels in clear text to ");
  base_url_write_redacted(out, &url);
  text_str(out, ": use https://");
  return true;
}

static bool log_only_idle(const struct config *config, struct text *out) {
  const bool idle = !race_filter_is_all(&config->log_only);
  return say(out, idle && config->log == CONFIG_LOG_OFF,
             "--log-only is not used: --log off writes nothing");
}

static bool log_file_idle(const struct config *config, struct text *out) {
  return say(out, config->log_file.text && config->log == CONFIG_LOG_OFF,
             "--log-file is not used: --log off writes nothing");
}

static bool admin_idle(const struct config *config, struct text *out) {
  const bool token = config->admin_token_file.text != NULL;
  if (listen_at_is_set(&config->admin) ||
      (!token && config->admin_mock.len == 0))
    return false;
  text_put(out, token ? "--admin-token-file" : "--admin-mock",
           " is not used: --admin off listens nowhere");
  return true;
}

static bool body_never_fits(const struct config *config, struct text *out) {
  return say(out, config->defaults.max_body_bytes > config->max_buffered_bytes,
             "--max-body is larger than --max-buffered: a body of that size "
             "can never be held");
}

static bool (*const remarks[])(const struct config *, struct text *) = {
    no_hedges,        only_observes,        hedges_too_late,
    stagger_too_long, attempt_timeout_idle, token_in_clear,
    two_tokens,       log_file_idle,        log_only_idle,
    otlp_idle,        otlp_token_in_clear,  admin_idle,
    body_never_fits,
};

bool config_remark(const struct config *config, unsigned n, char *buf,
                   size_t cap) {
  for (size_t i = 0; i < sizeof remarks / sizeof *remarks; i++) {
    struct text out;
    text_init(&out, buf, cap);
    if (!remarks[i](config, &out) || n-- > 0) continue;
    (void)text_end(&out);
    return true;
  }
  return false;
}
