-- Note that the bot of a session is alive. Not an entry.
-- KEYS  meta live
-- ARGV  session id, bot state ('' to leave), bot health ('' to leave), number of the bot's lease (0 if it has none), for
--       how long that is renewed (ms)
-- Returns {'ok', now (ms), bot state and bot health before, how it is to end once it was stopped, when it is ended then
--         (ms)} or {error, stage}.
local meta = redis.call('HMGET', KEYS[1], 'status', 'phase', 'bot_state', 'bot_health', 'lease', 'stop')
if not meta[1] or meta[2] == 'deleted' then return {'session_not_found', ''} end
if ARGV[4] ~= '0' and meta[5] ~= ARGV[4] then return {'lease_lost', meta[1]} end
if meta[2] == 'sealed' then return {'illegal', 'sealed'} end
if meta[2] == 'ended' then return {'illegal', meta[1]} end
local now = string.format('%.0f', now_ms())
-- Once a first write has gone through, Redis refuses no other for want of memory: a bot is not lost for that.
redis.call('HDEL', KEYS[1], '')
redis.call('HSET', KEYS[1], 'heartbeat', now)
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'bot_state', ARGV[2]) end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'bot_health', ARGV[3]) end
if meta[2] == 'live' then redis.call('ZADD', KEYS[2], now, ARGV[1]) end
local root, stop_at = root_of(KEYS[2]), ''
if ARGV[4] ~= '0' then set_deadline(root, 'lease', ARGV[1], now + ARGV[5]) end
if meta[6] then stop_at = redis.call('ZSCORE', root .. 'deadlines', 'stop ' .. ARGV[1]) or '' end
return {'ok', now, meta[3] or '', meta[4] or '', meta[6] or '', stop_at}
