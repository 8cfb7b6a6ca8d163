-- Remove from the indexes what has expired; a part of them at a call.
-- KEYS  sessions numbers meetings live ended
-- ARGV  cursor of the scan, prefix of meta keys, prefix of meeting keys
-- Returns {next cursor ('0' when through), how many were removed}.
local scan = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', 200)
local removed = 0
for index = 1, #scan[2], 2 do
  local session_id, number = scan[2][index], scan[2][index + 1]
  if redis.call('EXISTS', ARGV[2] .. session_id) == 0 then
    removed = removed + 1
    redis.call('ZREM', KEYS[1], session_id)
    redis.call('HDEL', KEYS[2], number)
    local meeting = redis.call('HGET', KEYS[3], session_id)
    if meeting then
      redis.call('HDEL', KEYS[3], session_id)
      redis.call('ZREM', ARGV[3] .. meeting, session_id)
    end
    redis.call('ZREM', KEYS[4], session_id)
    redis.call('ZREM', KEYS[5], session_id)
  end
end
return {scan[1], removed}
