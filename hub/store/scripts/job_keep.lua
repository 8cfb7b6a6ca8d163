-- Renew the lease of a job, or put it back; only for who holds it.
-- KEYS  due jobs
-- ARGV  member, who asks, ms from now when it is due again, '' to renew or the attempts it is put back with
-- Returns 1, or 0 if somebody else holds it or it is done.
local id, attempts, holder, payload =
  string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^([^|]*)|(%d+)|([^|]*)|?(.*)$')
if holder ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms() + ARGV[3]), ARGV[1])
if ARGV[4] ~= '' then redis.call('HSET', KEYS[2], ARGV[1], id .. '|' .. ARGV[4] .. '||' .. payload) end
return 1
