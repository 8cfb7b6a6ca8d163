-- Put before the scripts that keep the indexes of sessions.

-- Milliseconds for which what is to leave stays in Redis at most, if nobody takes it away.
local NET = 3600000

-- The indexes, by the names of their keys: from `first` on among KEYS, in the order of `layout.index_keys`.
local function index_of(first)
  local numbers, sessions, expiring, started, start, duration, minutes, figures, facets, groups, meetings =
    unpack(KEYS, first)
  return {numbers = numbers, sessions = sessions, expiring = expiring, started = started, start = start,
    duration = duration, minutes = minutes, figures = figures, facets = facets, groups = groups, meetings = meetings}
end

local function member(number)
  return string.format('%012.0f', number)
end

local function set_facet(index, facet, number, on)
  redis.call('SETBIT', index.facets .. facet, number, on)
end

-- Note a value that sessions are sorted by, and that this one has it.
local function sort_by(index, name, number, value)
  redis.call('ZADD', index[name], string.format('%.0f', value), member(number))
  set_facet(index, name, number, 1)
end

-- Put a number into a group or take it out. Groups are many and mostly small: pages of 512 bits, where there are any.
local function set_group(index, group, number, on)
  local key, page = index.groups .. group, string.format('%.0f', math.floor(number / 512))
  local bitmap = redis.call('HGET', key, page) or string.rep('\0', 64)
  local at, weight = math.floor(number % 512 / 8) + 1, 2 ^ (7 - number % 8)
  local byte = string.byte(bitmap, at)
  if (math.floor(byte / weight) % 2 == 1) == on then return end
  byte = on and byte + weight or byte - weight
  bitmap = string.sub(bitmap, 1, at - 1) .. string.char(byte) .. string.sub(bitmap, at + 1)
  if string.find(bitmap, '[^%z]') then
    redis.call('HSET', key, page, bitmap)
  else
    redis.call('HDEL', key, page)
  end
end

-- Note when a session is to begin: milliseconds, 0 for no time, no number if that stays. It is sorted by that until it
-- has started.
local function plan(index, meta, number, scheduled, starts)
  if type(scheduled) ~= 'number' and type(starts) ~= 'number' then return end
  for field, at in pairs({scheduled = scheduled, starts = starts}) do
    if type(at) == 'number' and at > 0 then
      redis.call('HSET', meta, field, string.format('%.0f', at))
    elseif type(at) == 'number' then
      redis.call('HDEL', meta, field)
    end
  end
  local started, planned, coming = unpack(redis.call('HMGET', meta, 'started', 'starts', 'scheduled'))
  if started then return end
  local at = planned or coming or redis.call('ZSCORE', index.sessions, member(number))
  if at then sort_by(index, 'start', number, at) end
end

-- What an event or a creation changes (hub.core.facets).
local function set_facets(index, meta, people, number, facets)
  local on, off, topic, title, known, ids, scheduled, starts = unpack(facets, 1, 8)
  for _, facet in ipairs(off) do set_facet(index, facet, number, 0) end
  for _, facet in ipairs(on) do set_facet(index, facet, number, 1) end
  if type(topic) == 'string' then
    local old = redis.call('HGET', meta, 'topic')
    if old and old ~= '' and old ~= topic then set_group(index, 'topic:' .. old, number, false) end
    if topic ~= '' then set_group(index, 'topic:' .. topic, number, true) end
    if topic ~= (old or '') then redis.call('HSET', meta, 'topic', topic) end
  end
  if type(title) == 'string' then
    local row = redis.call('HGET', index.numbers, number)
    if row then
      redis.call('HSET', index.numbers, number, string.match(row, '^[^|]*|[^|]*|') .. title)
    end
  end
  plan(index, meta, number, scheduled, starts)
  if #ids > 0 and (known == '' or redis.call('SISMEMBER', people, known) == 1) then
    for _, id in ipairs(ids) do
      if redis.call('SADD', people, id) == 1 then set_group(index, 'person:' .. id, number, true) end
    end
  end
end

-- Take a session out of all that it is found by. Who was in it is left to the sweep, as they may be many; from now on
-- nothing counts of what still says that it was there.
local function unlist(index, meta, number)
  local at = member(number)
  local meeting, topic = unpack(redis.call('HMGET', meta, 'meeting', 'topic'))
  set_facet(index, 'all', number, 0)
  redis.call('HDEL', index.numbers, number)
  redis.call('ZREM', index.sessions, at)
  redis.call('ZREM', index.started, at)
  redis.call('ZREM', index.start, at)
  redis.call('ZREM', index.duration, at)
  redis.call('ZREM', index.minutes, at)
  local block = math.floor(number / BLOCK)
  if redis.call('BITCOUNT', index.facets .. 'all', block * BLOCK / 8, (block + 1) * BLOCK / 8 - 1) == 0 then
    redis.call('UNLINK', index.figures .. string.format('%.0f', block))
  end
  if topic and topic ~= '' then set_group(index, 'topic:' .. topic, number, false) end
  if meeting and meeting ~= '' then
    local group = 'meeting:' .. meeting
    set_group(index, group, number, false)
    -- A meeting of which nobody said more than that a session is of it goes with its last one.
    local described = string.gsub(index.meetings, 'meetings$', group)
    if redis.call('EXISTS', index.groups .. group) == 0 and redis.call('HGET', described, 'version') == '0' then
      redis.call('UNLINK', described)
      redis.call('ZREM', index.meetings, meeting)
    end
  end
end

-- Give a meeting its number, if nobody has spoken of it yet; whether that was so.
local function introduce(index, described, meeting, now)
  if redis.call('EXISTS', described) == 1 then return false end
  local number = redis.call('HINCRBY', index.numbers, 'meetings', 1)
  redis.call('HSET', described, 'number', number, 'created', now, 'updated', now, 'version', 0)
  redis.call('ZADD', index.meetings, number, meeting)
  return true
end
