-- What wrk counted, on one line: requests, p50 and p99 in ms, and how many
-- answers were not 2xx or 3xx or never came.
done = function(summary, latency)
  local errors = summary.errors
  print(string.format("counted %d %.2f %.2f %d", summary.requests,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write +
    errors.timeout))
end
