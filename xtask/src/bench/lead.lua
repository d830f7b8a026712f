-- What wrk sends: one lead a request, each with an email and an idempotency key that no other has.
local number = 0

function init()
  local body = os.getenv("BENCH_BODY")
  local at = body:find("000000000000", 1, true)
  before, after = body:sub(1, at - 1), body:sub(at + 12)
  mark = os.getenv("BENCH_MARK")
  wrk.method = "POST"
  wrk.path = os.getenv("BENCH_PATH")
  wrk.headers["content-type"] = "application/json"
end

function request()
  number = number + 1
  local one = string.format("%012d", number)
  wrk.headers["idempotency-key"] = mark .. one
  return wrk.format(nil, nil, nil, before .. one .. after)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("\nSUMMARY %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
