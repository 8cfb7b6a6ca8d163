-- Take a job out of the queue; only for who holds it. Works when memory is full.
-- KEYS  due jobs
-- ARGV  member, who asks
-- Returns 1, or 0 if somebody else holds it or it is done.
local holder = string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^[^|]*|%d+|([^|]*)')
if holder ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
