-- Queue a job for a session, unless one waits or runs already.
-- KEYS  due jobs
-- ARGV  member, id of the job if it is a new one, jobs in the queue at most
-- Returns {'new' or 'known', id of the job}, or {'full', ''}.
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return {'known', string.match(known, '^[^|]*')} end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return {'full', ''} end
redis.call('ZADD', KEYS[1], now_ms(), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|0|')
return {'new', ARGV[2]}
