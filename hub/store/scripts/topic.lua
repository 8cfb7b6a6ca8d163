-- Make a topic, or say it anew.
-- KEYS  topic, topics, numbers
-- ARGV  topic id, new ('1' or ''), then for each field its name and its value ('' takes it away)
-- Returns the topic as a flat list; empty if it was to be there and is not.
local now = string.format('%.0f', now_ms())
if ARGV[2] == '1' then
  local number = redis.call('HINCRBY', KEYS[3], 'topics', 1)
  redis.call('HSET', KEYS[1], 'number', number, 'created', now)
  redis.call('ZADD', KEYS[2], number, ARGV[1])
elseif redis.call('EXISTS', KEYS[1]) == 0 then
  return {}
end
for at = 3, #ARGV, 2 do
  if ARGV[at + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[at])
  else
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  end
end
redis.call('HSET', KEYS[1], 'updated', now)
return redis.call('HGETALL', KEYS[1])
