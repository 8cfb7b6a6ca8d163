-- Create a session with its first entry, once for each idempotency key.
-- KEYS  meta events creation-key numbers sessions live meetings meeting feed
-- ARGV  session id, has key ('1'), digest, retention (ms), data without number, status, phase, meeting id,
--       feed kept
-- Returns {'ok', session id, duplicate ('1' or '')} or {'idempotency_conflict'}.
local session_id = ARGV[1]
if ARGV[2] == '1' then
  local stored = redis.call('GET', KEYS[3])
  if stored then
    local cut = string.find(stored, '|', 1, true)
    if string.sub(stored, cut + 1) ~= ARGV[3] then return {'idempotency_conflict'} end
    return {'ok', string.sub(stored, 1, cut - 1), '1'}
  end
end
local run = run_id()
local number = string.format('%.0f', tonumber(redis.call('HGET', KEYS[4], 'last') or '0') + 1)
local id = entry_id(now_ms(), 1)
local data = '{"number":' .. number .. ',' .. string.sub(ARGV[5], 2)
redis.call('XADD', KEYS[2], id, 't', 'session.created', 'd', data)
redis.call('HSET', KEYS[1], 'head', id, 'run', run, 'status', ARGV[6], 'phase', ARGV[7],
  'positions', 0, 'logged', 0)
redis.call('HSET', KEYS[4], 'last', number, number, session_id)
redis.call('ZADD', KEYS[5], number, session_id)
if ARGV[7] == 'live' then redis.call('ZADD', KEYS[6], now_ms(), session_id) end
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[7], session_id, ARGV[8])
  redis.call('ZADD', KEYS[8], number, session_id)
end
if ARGV[2] == '1' then
  redis.call('SET', KEYS[3], session_id .. '|' .. ARGV[3], 'PX', ARGV[4])
end
tell_feed(KEYS[9], ARGV[9], run, session_id, id, 'session.created', data)
return {'ok', session_id, ''}
