-- Put before the scripts that change who works on a session: offers, leases, deadlines.

-- A session that wants a bot has in its meta: `wants`, the last part of the name of the stream in which it is offered;
-- `offer`, its id there while it is; `lease`, the number of the lease under which a bot has it, and `bot`, whose that
-- is; `leases`, how many there were; `losses`, how many bots were lost; `stop`, how it is to end once it was stopped.
local GROUP = 'bots'
local KINDS = {'offer', 'unclaimed', 'lease', 'status', 'duration', 'alone', 'stop'}

-- The part of the names of an organization's keys that they share, from that of its set of live sessions.
local function root_of(live)
  return string.sub(live, 1, -5)
end

local function set_deadline(root, kind, session_id, at)
  redis.call('ZADD', root .. 'deadlines', string.format('%.0f', at), kind .. ' ' .. session_id)
end

local function drop_deadline(root, kind, session_id)
  redis.call('ZREM', root .. 'deadlines', kind .. ' ' .. session_id)
end

-- How long something may last: as the session says, else by default; 0 for any time.
local function span(meta, defaults, kind)
  local own = redis.call('HGET', meta, 'spans')
  local said = own and string.match(' ' .. own, ' ' .. kind .. '=(%d+)')
  return tonumber(said or defaults[kind] or 0)
end

local function wake_bots(root)
  redis.call('PUBLISH', root .. 'offers', '')
end

-- Note the bot that a session asks for (hub.core.lease.Wants); when it is to be offered, and how long it may wait.
local function want(meta, wants)
  local what, labels, attempts, own, spans, at, file = unpack(wants, 1, 7)
  redis.call('HSET', meta, 'wants', what, 'labels', labels, 'attempts', attempts, 'spans', own)
  if file ~= '' then redis.call('HSET', meta, 'file', file) end
  return at, spans
end

-- Offer a session to bots from now on.
local function add_offer(root, meta, session_id, now, defaults)
  local wants, labels, leases, file = unpack(redis.call('HMGET', meta, 'wants', 'labels', 'leases', 'file'))
  local stream = root .. 'offers:' .. wants
  if redis.call('EXISTS', stream) == 0 then redis.call('XGROUP', 'CREATE', stream, GROUP, '0', 'MKSTREAM') end
  local id = redis.call('XADD', stream, '*', 's', session_id, 'l', labels or '', 'n', leases or '0',
    'a', string.format('%.0f', now), 'f', file or '')
  redis.call('HSET', meta, 'offer', id)
  local wait = span(meta, defaults, 'unclaimed')
  if wait > 0 then set_deadline(root, 'unclaimed', session_id, now + wait) end
  wake_bots(root)
end

-- Take an entry out of a stream of offers, and the stream with its last one.
local function drop_entry(stream, id)
  redis.call('XACK', stream, GROUP, id)
  redis.call('XDEL', stream, id)
  if redis.call('XLEN', stream) == 0 then redis.call('UNLINK', stream) end
end

-- A session is offered no more.
local function drop_offer(root, meta, session_id)
  local wants, id = unpack(redis.call('HMGET', meta, 'wants', 'offer'))
  if id then
    drop_entry(root .. 'offers:' .. wants, id)
    redis.call('HDEL', meta, 'offer')
  end
  drop_deadline(root, 'unclaimed', session_id)
end

-- A session wants no bot any more.
local function end_dispatch(root, meta, session_id)
  drop_offer(root, meta, session_id)
  for _, kind in ipairs(KINDS) do drop_deadline(root, kind, session_id) end
  wake_bots(root)
end
