-- Take away a session whose time is over, and of those who were in it a part at a call.
-- KEYS  meta events logs keys segments state transcript people | live ended | numbers … (as facets.lua takes them)
-- ARGV  session id, number, at most how many people
-- Returns 1 if more people are left, else 0.
local session_id, number = ARGV[1], ARGV[2]
local index, entry = index_of(11), number .. ' ' .. session_id
local due = redis.call('ZSCORE', index.expiring, entry)
if not due or tonumber(due) > now_ms() then return 0 end
-- Once a first write has gone through, Redis refuses no other for want of memory.
redis.call('HDEL', KEYS[1], '')
unlist(index, KEYS[1], number)
redis.call('UNLINK', unpack(KEYS, 1, 7))
redis.call('ZREM', KEYS[9], session_id)
redis.call('ZREM', KEYS[10], session_id)
for _, person in ipairs(redis.call('SPOP', KEYS[8], ARGV[3])) do
  set_group(index, 'person:' .. person, number, false)
end
if redis.call('EXISTS', KEYS[8]) == 1 then return 1 end
redis.call('ZREM', index.expiring, entry)
return 0
