-- Say what a meeting is; the first who does so stays its user.
-- KEYS  meeting | numbers … (as facets.lua takes them)
-- ARGV  meeting id, what is said of it, user
-- Returns {'1' if nobody had spoken of it before or '', the meeting as a flat list}.
local now = string.format('%.0f', now_ms())
local new = introduce(index_of(2), KEYS[1], ARGV[1], now)
redis.call('HSETNX', KEYS[1], 'user', ARGV[3])
redis.call('HSET', KEYS[1], 'content', ARGV[2], 'updated', now)
redis.call('HINCRBY', KEYS[1], 'version', 1)
return {new and '1' or '', redis.call('HGETALL', KEYS[1])}
