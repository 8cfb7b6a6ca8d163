-- Create a session with its first entry, once for each idempotency key.
-- KEYS  meta events people creation-key live meeting feed | numbers … (as facets.lua takes them)
-- ARGV  session id, has key ('1'), digest, retention (ms), data without number, status, phase, meeting id,
--       feed kept, facets in MessagePack (hub.core.facets), sessions at most (0 for any); if it wants a bot, in
--       MessagePack what that is to be (hub.core.lease.Wants); is recorded ('1')
-- Returns {'ok', session id, duplicate ('1' or '')}, {'idempotency_conflict'} or {'too_many_sessions'}.
local session_id = ARGV[1]
if ARGV[2] == '1' then
  local stored = redis.call('GET', KEYS[4])
  if stored then
    local cut = string.find(stored, '|', 1, true)
    if string.sub(stored, cut + 1) ~= ARGV[3] then return {'idempotency_conflict'} end
    return {'ok', string.sub(stored, 1, cut - 1), '1'}
  end
end
local run, index = run_id(), index_of(8)
local most = tonumber(ARGV[11])
if most > 0 and redis.call('ZCARD', index.sessions) >= most then return {'too_many_sessions'} end
local last, last_ms = unpack(redis.call('HMGET', index.numbers, 'last', 'at'))
local number = string.format('%.0f', tonumber(last or '0') + 1)
-- Numbers and times rise together, so that a stretch of time is one of numbers.
local now = now_ms()
local ms = string.format('%.0f', math.max(now, tonumber(last_ms or '0')))
local id = entry_id(ms, 1)
local data = '{"number":' .. number .. ',' .. string.sub(ARGV[5], 2)
redis.call('XADD', KEYS[2], id, 't', 'session.created', 'd', data)
redis.call('HSET', KEYS[1], 'head', id, 'run', run, 'status', ARGV[6], 'phase', ARGV[7],
  'positions', 0, 'logged', 0, 'number', number)
redis.call('HSET', index.numbers, 'last', number, 'at', ms, number, session_id .. '|' .. ARGV[8] .. '|')
redis.call('ZADD', index.sessions, ms, member(number))
redis.call('ZADD', index.minutes, 0, member(number))
sort_by(index, 'start', number, ms)
set_facet(index, 'all', number, 1)
set_facet(index, 'status:' .. ARGV[6], number, 1)
set_facets(index, KEYS[1], KEYS[3], number, cmsgpack.unpack(ARGV[10]))
if ARGV[13] == '1' then redis.call('HSET', KEYS[1], 'recorded', 1) end
if ARGV[7] == 'live' then redis.call('ZADD', KEYS[5], now, session_id) end
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[1], 'meeting', ARGV[8])
  introduce(index, KEYS[6], ARGV[8], ms)
  set_group(index, 'meeting:' .. ARGV[8], number, true)
end
if ARGV[12] ~= '' then
  local at, spans = want(KEYS[1], cmsgpack.unpack(ARGV[12]))
  if at > 0 then
    set_deadline(root_of(KEYS[5]), 'offer', session_id, at - spans.lead)
  elseif ARGV[7] == 'live' then
    add_offer(root_of(KEYS[5]), KEYS[1], session_id, now, spans)
  end
end
if ARGV[2] == '1' then
  redis.call('SET', KEYS[4], session_id .. '|' .. ARGV[3], 'PX', ARGV[4])
end
tell_feed(KEYS[7], ARGV[9], run, session_id, id, 'session.created', data)
return {'ok', session_id, ''}
