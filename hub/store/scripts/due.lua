-- The sessions of an organization for which it is time, by the clock of Redis.
-- KEYS  live ended expiring
-- ARGV  idle time-out (ms), late window (ms), at most how many of each, and of those to take away, whether the run id
--       is wanted ('1'): to find it costs more than all the rest
-- Returns {run id of the server or '', idle session ids, session ids to seal, numbers and ids of sessions to take away}.
local now = now_ms()
local function older(key, age, most)
  return redis.call('ZRANGEBYSCORE', key, '-inf', string.format('%.0f', now - age), 'LIMIT', 0, most)
end
return {ARGV[5] == '1' and run_id() or '', older(KEYS[1], ARGV[1], ARGV[3]), older(KEYS[2], ARGV[2], ARGV[3]), older(KEYS[3], 0, ARGV[4])}
