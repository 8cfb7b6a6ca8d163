-- Queue a job for a session, unless one waits or runs already; one that waits is not due later than this one were.
-- KEYS  due jobs
-- ARGV  member, id of the job if it is a new one, jobs in the queue at most, ms from now when it is due, payload
-- Returns {'new' or 'known', id of the job}, or {'full', ''}.
local due = string.format('%.0f', now_ms() + ARGV[4])
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then
  local id, holder = string.match(known, '^([^|]*)|%d+|([^|]*)')
  if holder == '' then redis.call('ZADD', KEYS[1], 'LT', due, ARGV[1]) end
  return {'known', id}
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return {'full', ''} end
redis.call('ZADD', KEYS[1], due, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|0||' .. ARGV[5])
return {'new', ARGV[2]}
