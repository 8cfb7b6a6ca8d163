-- Keep an access token, and of one API key no more than so many: the oldest one goes.
-- KEYS  token, tokens of the API key
-- ARGV  id of the token, what is kept of it, for how long (ms), how many of one key
local now, life = now_ms(), tonumber(ARGV[3])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
local over, prefix = redis.call('ZCARD', KEYS[2]) + 1 - ARGV[4], string.sub(KEYS[1], 1, #KEYS[1] - #ARGV[1])
if over > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[2], over)
  for at = 1, #oldest, 2 do redis.call('UNLINK', prefix .. oldest[at]) end
end
redis.call('ZADD', KEYS[2], string.format('%.0f', now + life), ARGV[1])
redis.call('PEXPIRE', KEYS[2], string.format('%.0f', math.max(life, redis.call('PTTL', KEYS[2]))))
return 1
