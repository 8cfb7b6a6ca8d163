-- Append events to a session: all of them or none.
-- KEYS  meta events logs keys segments state transcript | live ended sessions numbers feed meetings
-- ARGV  session id, logs kept, feed kept, retention (ms), works when memory is full ('1'), idle for (ms or 0)
--       then for each event: type, data, occurred_at, is log, idempotency key, digest, legal stages,
--       status it leads to, phase it leads to, segment ids, creates segments, goes to the feed
-- Returns {'ok', id, duplicate ('1' or ''), …} or {error, index, stage}.
local WIDTH, FIRST = 12, 7
local session_id = ARGV[1]
local count = (#ARGV - FIRST + 1) / WIDTH
local meta = redis.call('HMGET', KEYS[1],
  'head', 'run', 'status', 'phase', 'positions', 'logged', 'expires', 'epochs')
local status, phase = meta[3], meta[4]
if not meta[1] or phase == 'deleted' then
  return {'session_not_found', 0, ''}
end
local function argument(event, field)
  return ARGV[FIRST + event * WIDTH + field]
end

-- First look at everything, write nothing: a known key answers its id, always; then the stages.
local stage = phase == 'sealed' and 'sealed' or status
local last_phase = phase
local seen, answers = {}, {}
for event = 0, count - 1 do
  local key, digest = argument(event, 4), argument(event, 5)
  local earlier = false
  if key ~= '' then
    if seen[key] then
      earlier = seen[key]
    else
      local stored = redis.call('HGET', KEYS[4], key)
      if stored then
        local cut = string.find(stored, '|', 1, true)
        earlier = {id = string.sub(stored, 1, cut - 1), digest = string.sub(stored, cut + 1)}
      end
    end
    if earlier and earlier.digest ~= digest then
      return {'idempotency_conflict', event, stage}
    end
  end
  if earlier then
    answers[event] = {earlier = earlier}
  else
    if not string.find(argument(event, 6), ',' .. stage .. ',', 1, true) then
      return {'illegal', event, stage}
    end
    if argument(event, 7) ~= '' then status = argument(event, 7) end
    if argument(event, 8) ~= '' then phase = argument(event, 8) end
    stage = (phase == 'sealed' or phase == 'deleted') and 'sealed' or status
    answers[event] = {digest = digest}
    if key ~= '' then seen[key] = answers[event] end
  end
end
if tonumber(ARGV[6]) > 0 then
  local alive = redis.call('ZSCORE', KEYS[8], session_id)
  if not alive or now_ms() - alive < tonumber(ARGV[6]) then
    return {'not_idle', 0, stage}
  end
end

-- Then write. Once a first write has gone through, Redis refuses no other for want of memory.
if ARGV[5] == '1' then redis.call('HDEL', KEYS[1], '') end
local ms, seq = split_id(meta[1])
local run = run_id()
local ids_from = seq
ms = next_ms(ms, meta[2], run)
local positions, logged = tonumber(meta[5]), tonumber(meta[6])
local told = {}
for event = 0, count - 1 do
  local answer = answers[event]
  if not answer.earlier then
    seq = seq + 1
    answer.id = entry_id(ms, seq)
    local kind, data, occurred_at = argument(event, 0), argument(event, 1), argument(event, 2)
    local fields = {'t', kind, 'd', data}
    if occurred_at ~= '' then
      fields[#fields + 1] = 'o'
      fields[#fields + 1] = occurred_at
    end
    local touched, created = {}, {}
    for segment in string.gmatch(argument(event, 9), '%S+') do
      local position = redis.call('HGET', KEYS[5], segment)
      if not position and argument(event, 10) == '1' then
        position = string.format('%.0f', positions)
        positions = positions + 1
        created[#created + 1] = segment
        created[#created + 1] = position
      end
      if position then touched[#touched + 1] = position end
    end
    if #touched > 0 then
      fields[#fields + 1] = 'p'
      fields[#fields + 1] = table.concat(touched, ' ')
    end
    if argument(event, 3) == '1' then
      logged = logged + 1
      redis.call('XADD', KEYS[3], 'MAXLEN', '=', ARGV[2], answer.id, unpack(fields))
    else
      redis.call('XADD', KEYS[2], answer.id, unpack(fields))
    end
    if #created > 0 then redis.call('HSET', KEYS[5], unpack(created)) end
    if argument(event, 4) ~= '' then
      redis.call('HSET', KEYS[4], argument(event, 4), answer.id .. '|' .. answer.digest)
    end
    if argument(event, 11) == '1' then
      told[#told + 1] = {answer.id, kind, data}
    end
  end
end

if seq > ids_from then
  local changes = {'head', entry_id(ms, seq), 'run', run, 'status', status, 'phase', phase,
    'positions', positions, 'logged', logged}
  if meta[2] ~= run then
    -- Where each incarnation of the server began: tells cursors of another one, also of trimmed entries.
    local epochs = (meta[8] or '') .. entry_id(ms, ids_from + 1) .. ' '
    while #epochs > 1024 do epochs = string.gsub(epochs, '^%S+ ', '', 1) end
    changes[#changes + 1] = 'epochs'
    changes[#changes + 1] = epochs
  end
  redis.call('HSET', KEYS[1], unpack(changes))
  if phase == 'live' then
    redis.call('ZADD', KEYS[8], now_ms(), session_id)
  elseif phase ~= last_phase then
    redis.call('ZREM', KEYS[8], session_id)
  end
  local expires = meta[7]
  if phase ~= last_phase then
    if phase == 'ended' then
      redis.call('ZADD', KEYS[9], now_ms(), session_id)
    elseif phase == 'sealed' then
      redis.call('ZREM', KEYS[9], session_id)
      expires = string.format('%.0f', now_ms() + ARGV[4])
    elseif phase == 'deleted' then
      redis.call('ZREM', KEYS[9], session_id)
      local number = redis.call('ZSCORE', KEYS[10], session_id)
      if number then redis.call('HDEL', KEYS[11], number) end
      redis.call('ZREM', KEYS[10], session_id)
      local meeting = redis.call('HGET', KEYS[13], session_id)
      if meeting then
        redis.call('HDEL', KEYS[13], session_id)
        redis.call('ZREM', string.gsub(KEYS[13], 'meetings$', 'meeting:') .. meeting, session_id)
      end
      -- Long enough for subscribers to read why.
      expires = string.format('%.0f', now_ms() + 5000)
    end
  end
  if expires then
    redis.call('HSET', KEYS[1], 'expires', expires)
    for key = 1, 7 do redis.call('PEXPIREAT', KEYS[key], expires) end
  end
  for _, change in ipairs(told) do
    tell_feed(KEYS[12], ARGV[3], run, session_id, change[1], change[2], change[3])
  end
  redis.call('PUBLISH', KEYS[1], '')
end

local result = {'ok'}
for event = 0, count - 1 do
  local answer = answers[event]
  result[#result + 1] = answer.id or answer.earlier.id
  result[#result + 1] = answer.earlier and '1' or ''
end
return result
