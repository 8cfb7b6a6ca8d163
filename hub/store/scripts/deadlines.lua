-- What is due, by the clock of Redis.
-- KEYS  deadlines
-- ARGV  how many at most
-- Returns {now (ms), kind and session id, ...}.
local now = now_ms()
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[1])
return {string.format('%.0f', now), unpack(due)}
