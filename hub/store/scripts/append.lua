-- Append events to a session: all of them or none.
-- KEYS  meta events logs keys segments state transcript people | live, and if one of the kinds may change an index:
--       ended feed | numbers … (as facets.lua takes them)
-- ARGV  session id, logs kept, feed kept, retention (ms), the digests of the events with an idempotency key (16
--       bytes each), and in MessagePack: {works when memory is full, idle for (ms or 0), kinds, events, facets,
--       limits (entries, bytes, events a second; 0 for none), the number of the lease of the bot that publishes (0 if
--       it is none), what is done with the lease of the session (hub.core.lease.Step; empty for nothing), how long a
--       session may stay somewhere (hub.core.lease.Defaults; empty if no event may need it)}. A kind is what events have in common: {type, is log, legal stages, status it leads to, phase it leads to,
--       creates segments, goes to the feed, starts the session}. Facets are what events change of the indexes, each
--       as {place of the event from 0, facets (hub.core.facets)}. The events are laid end to end, each as: number of its kind, data,
--       occurred_at, idempotency key, segment id or a list of them
-- Returns {'ok', id of the first new entry or '', then for each duplicate its place from 0 and its id}, where the
--         ids of new entries count up; or {error, place, stage}.
local WIDTH, CHUNK, DIGEST, MOST = 5, 1000, 16, 500
local session_id = ARGV[1]
local works_when_full, idle, kinds, events, facets, limits, lease, step, spans = unpack(cmsgpack.unpack(ARGV[6]))
local meta = redis.call('HMGET', KEYS[1], 'head', 'run', 'status', 'phase', 'positions', 'logged', 'expires',
  'bytes', 'wants', 'lease', 'stop')
local status, phase, wants = meta[3], meta[4], meta[9]
local stop_status, stop_data = string.match(meta[11] or '', '^(%S+) (.*)$')
if not meta[1] or phase == 'deleted' then
  return {'session_not_found', 0, ''}
end

-- The conditions first: what is too late is refused as that, whatever else has changed.
local now = now_ms()
local root = root_of(KEYS[9])
local due, lose, counts, take, offers, stop, at_head, bot
if #step > 0 then
  due, lose, counts, take, offers, stop, at_head, bot = unpack(step, 1, 8)
  if type(take) ~= 'table' then take = nil end
  if type(stop) ~= 'table' then stop = nil end
  local at = due ~= '' and redis.call('ZSCORE', root .. 'deadlines', due .. ' ' .. session_id)
  local leases, offer = unpack(redis.call('HMGET', KEYS[1], 'leases', 'offer'))
  if due ~= '' and not (at and tonumber(at) <= now)
    or lose > 0 and tonumber(meta[10] or 0) ~= lose
    or take and (take[2] ~= offer or take[3] ~= tonumber(leases or 0) + 1)
    or at_head ~= '' and at_head ~= meta[1] then
    return {'not_now', 0, ''}
  end
end

-- Of many fields of a hash those that are there, by field.
local function values(key, fields)
  local found = {}
  for first = 1, #fields, CHUNK do
    local upto = math.min(first + CHUNK - 1, #fields)
    local part = redis.call('HMGET', key, unpack(fields, first, upto))
    for index = first, upto do found[fields[index]] = part[index - first + 1] or nil end
  end
  return found
end

-- First look at everything, write nothing: a known key answers its id, always; then the stages.
local stage = phase == 'sealed' and 'sealed' or status
local last_status, last_phase = status, phase
local keys, digests, segments, legal, starts, ends = {}, {}, {}, {}, nil, nil
for at = 0, #events - 1, WIDTH do
  if events[at + 4] ~= '' then
    digests[at] = string.sub(ARGV[5], #keys * DIGEST + 1, (#keys + 1) * DIGEST)
    keys[#keys + 1] = events[at + 4]
  end
end
local known, seen, earlier = values(KEYS[4], keys), {}, {}
local fresh, lines, bytes = 0, 0, 0
for at = 0, #events - 1, WIDTH do
  local key, digest = events[at + 4], nil
  if key ~= '' then
    if seen[key] then
      earlier[at], digest = seen[key], digests[seen[key]]
    elseif known[key] then
      local cut = string.find(known[key], '|', 1, true)
      earlier[at], digest = string.sub(known[key], 1, cut - 1), string.sub(known[key], cut + 1)
    end
    if digest and digest ~= digests[at] then
      return {'idempotency_conflict', at / WIDTH, stage}
    end
  end
  if not earlier[at] then
    local number = events[at + 1]
    local kind = kinds[number]
    if lease > 0 and tonumber(meta[10] or 0) ~= lease then return {'lease_lost', at / WIDTH, stage} end
    -- Events of a kind mostly come at the stage of the one before.
    if legal[number] ~= stage then
      if not string.find(kind[3], ',' .. stage .. ',', 1, true) then
        return {'illegal', at / WIDTH, stage}
      end
      legal[number] = stage
    end
    if kind[4] ~= '' then
      -- What was stopped ends as it was stopped, whatever comes first.
      status = stop_status and kind[5] == 'ended' and stop_status or kind[4]
    end
    if kind[5] ~= '' then phase = kind[5] end
    if kind[8] then starts = starts or at end
    if kind[5] == 'ended' then ends = at end
    stage = (phase == 'sealed' or phase == 'deleted') and 'sealed' or status
    if key ~= '' then seen[key] = at end
    local touched = events[at + 5]
    if type(touched) == 'table' then
      for _, segment in ipairs(touched) do segments[#segments + 1] = segment end
    elseif touched ~= '' then
      segments[#segments + 1] = touched
    end
    fresh = fresh + 1
    if kind[2] then lines = lines + 1 else bytes = bytes + #events[at + 2] end
  end
end
-- What changes the status is taken always: a session must not live on because it is full.
local rate
if fresh > 0 and status == last_status and phase == last_phase and not works_when_full then
  local _, seq = split_id(meta[1])
  bytes = bytes + tonumber(meta[8] or 0)
  if limits[1] > 0 and fresh > lines and seq - meta[6] + fresh - lines > limits[1] then
    return {'session_full', 0, 'entries'}
  end
  if limits[2] > 0 and fresh > lines and bytes > limits[2] then return {'session_full', 0, 'bytes'} end
  if limits[3] > 0 then
    -- A bucket of tokens that fills at the rate; it holds those of one request at least.
    local key, most = string.gsub(KEYS[9], 'live$', 'rate'), math.max(limits[3], MOST)
    local left, since = unpack(redis.call('HMGET', key, 'left', 'since'))
    left = math.min((left or most) + (now - (since or now)) * limits[3] / 1000, most)
    if left < fresh then return {'rate_limited', math.ceil((fresh - left) * 1000 / limits[3]), ''} end
    rate = {key, 'left', string.format('%.3f', left - fresh), 'since', string.format('%.0f', now)}
  end
else
  bytes = bytes + tonumber(meta[8] or 0)
end
if idle > 0 then
  local alive = redis.call('ZSCORE', KEYS[9], session_id)
  if wants and redis.call('HEXISTS', KEYS[1], 'offer') == 1 then
    -- Nobody is there who could be heard: how long it waits for a bot is a deadline of its own.
    redis.call('ZADD', KEYS[9], now, session_id)
    alive = now
  end
  if not alive or now - alive < idle then
    return {'not_now', 0, stage}
  end
end

-- Then write. Once a first write has gone through, Redis refuses no other for want of memory.
local first, ids = '', {}
if fresh > 0 then
  if works_when_full then redis.call('HDEL', KEYS[1], '') end
  if rate then
    redis.call('HSET', unpack(rate))
    redis.call('PEXPIRE', rate[1], 600000)
  end
  local places = values(KEYS[5], segments)
  local last_ms, seq = split_id(meta[1])
  local run = run_id()
  local at_ms = next_ms(last_ms, meta[2], run, now)
  local ms = string.format('%.0f-', at_ms)
  local positions, logged = tonumber(meta[5]), tonumber(meta[6])
  local created, keyed, told, id = {}, {}, {}, nil
  first = ms .. string.format('%.0f', seq + 1)

  local function position(segment, creates)
    if not places[segment] and creates then
      places[segment] = string.format('%.0f', positions)
      positions = positions + 1
      created[#created + 1] = segment
      created[#created + 1] = places[segment]
    end
    return places[segment]
  end

  for at = 0, #events - 1, WIDTH do
    if not earlier[at] then
      seq = seq + 1
      id = ms .. string.format('%.0f', seq)
      local kind, data, occurred_at, key = kinds[events[at + 1]], events[at + 2], events[at + 3], events[at + 4]
      if stop_status and kind[5] == 'ended' then data = stop_data end
      local fields = {'t', kind[1], 'd', data}
      if occurred_at ~= '' then
        fields[5], fields[6] = 'o', occurred_at
      end
      local touched = events[at + 5]
      local found = nil
      if type(touched) == 'table' then
        local all = {}
        for _, segment in ipairs(touched) do all[#all + 1] = position(segment, kind[6]) end
        if #all > 0 then found = table.concat(all, ' ') end
      elseif touched ~= '' then
        found = position(touched, kind[6])
      end
      if found then
        fields[#fields + 1] = 'p'
        fields[#fields + 1] = found
      end
      if kind[2] then
        logged = logged + 1
        redis.call('XADD', KEYS[3], 'MAXLEN', '=', ARGV[2], id, unpack(fields))
      else
        redis.call('XADD', KEYS[2], id, unpack(fields))
      end
      if key ~= '' then
        ids[at] = id
        keyed[#keyed + 1] = key
        keyed[#keyed + 1] = id .. '|' .. digests[at]
      end
      if kind[7] then told[#told + 1] = {id, kind[1], data} end
    end
  end
  if #created > 0 then redis.call('HSET', KEYS[5], unpack(created)) end
  if #keyed > 0 then redis.call('HSET', KEYS[4], unpack(keyed)) end

  local changes = {'head', id}
  local function changed(field, from, to)
    if from ~= to then
      changes[#changes + 1] = field
      changes[#changes + 1] = to
    end
  end
  changed('status', last_status, status)
  changed('phase', last_phase, phase)
  changed('positions', meta[5], string.format('%.0f', positions))
  changed('logged', meta[6], string.format('%.0f', logged))
  changed('bytes', meta[8], string.format('%.0f', bytes))
  if meta[2] ~= run then
    -- Where each incarnation of the server began: tells cursors of another one, also of trimmed entries.
    local epochs = (redis.call('HGET', KEYS[1], 'epochs') or '') .. first .. ' '
    while #epochs > 1024 do epochs = string.gsub(epochs, '^%S+ ', '', 1) end
    changed('run', meta[2], run)
    changed('epochs', nil, epochs)
  end
  redis.call('HSET', KEYS[1], unpack(changes))
  if phase == 'live' then
    redis.call('ZADD', KEYS[9], now, session_id)
  elseif phase ~= last_phase then
    redis.call('ZREM', KEYS[9], session_id)
  end
  if type(bot) == 'table' then
    want(KEYS[1], bot)
    wants = true
  end
  if wants then
    local changes_status = status ~= last_status or take
    if due and due ~= '' then drop_deadline(root, due, session_id) end
    if lose and lose > 0 then
      redis.call('HDEL', KEYS[1], 'lease', 'bot')
      if counts then redis.call('HINCRBY', KEYS[1], 'losses', 1) end
      drop_deadline(root, 'lease', session_id)
      drop_deadline(root, 'status', session_id)
      wake_bots(root)
    end
    if stop then
      redis.call('HSET', KEYS[1], 'stop', stop[1] .. ' ' .. stop[2])
      set_deadline(root, 'stop', session_id, now + stop[3])
      wake_bots(root)
    end
    if phase ~= 'live' and phase ~= 'waiting' then
      if phase ~= last_phase then end_dispatch(root, KEYS[1], session_id) end
    elseif take then
      drop_offer(root, KEYS[1], session_id)
      redis.call('HSET', KEYS[1], 'lease', take[3], 'leases', take[3], 'bot', take[1])
      set_deadline(root, 'lease', session_id, now + take[4])
    elseif offers then
      add_offer(root, KEYS[1], session_id, now, spans)
    end
    if changes_status and phase == 'live' then
      drop_deadline(root, 'status', session_id)
      local most = span(KEYS[1], spans, status)
      if most > 0 and redis.call('HEXISTS', KEYS[1], 'lease') == 1 then
        set_deadline(root, 'status', session_id, now + most)
      end
      if starts and redis.call('HEXISTS', KEYS[1], 'started') == 0 then
        for _, kind in ipairs({'duration', 'alone'}) do
          most = span(KEYS[1], spans, kind)
          if most > 0 then set_deadline(root, kind, session_id, now + most) end
        end
      end
    end
  end
  local expires = meta[7]
  if KEYS[10] then
    local index = index_of(12)
    local number, started, recorded = unpack(redis.call('HMGET', KEYS[1], 'number', 'started', 'recorded'))

    -- When an event happened, as the fold has it (hub.core.fold): of a recorded session when it says so.
    local function moment(at, after)
      local ms = recorded and events[at + 3] ~= '' and milliseconds(events[at + 3]) or at_ms
      return math.max(math.min(ms, at_ms), after)
    end

    if starts and not started then
      started = moment(starts, 0)
      redis.call('HSET', KEYS[1], 'started', string.format('%.0f', started))
      sort_by(index, 'started', number, started)
      sort_by(index, 'start', number, started)
    end
    if status ~= last_status then
      set_facet(index, 'status:' .. last_status, number, 0)
      set_facet(index, 'status:' .. status, number, 1)
    end
    for _, change in ipairs(facets) do
      if not earlier[change[1] * WIDTH] then
        set_facets(index, KEYS[1], KEYS[8], number, change[2])
        local at = change[2][7]
        if wants and phase == 'waiting' and type(at) == 'number' then
          if at > 0 then
            set_deadline(root, 'offer', session_id, at - spans.lead)
          else
            drop_deadline(root, 'offer', session_id)
          end
        end
      end
    end
    if phase ~= last_phase then
      if phase == 'ended' then
        redis.call('ZADD', KEYS[10], now, session_id)
        if started then
          local length = moment(ends, tonumber(started)) - started
          sort_by(index, 'duration', number, length)
          set_figures(index.figures, number, 0, length)
        end
      elseif phase == 'sealed' then
        redis.call('ZREM', KEYS[10], session_id)
        set_facet(index, 'sealed', number, 1)
        redis.call('ZADD', index.expiring, now + ARGV[4], number .. ' ' .. session_id)
        -- The sweep takes the session away together with what it is found by; if there is none for long, Redis does.
        expires = string.format('%.0f', now + ARGV[4] + NET)
      elseif phase == 'deleted' then
        redis.call('ZREM', KEYS[10], session_id)
        unlist(index, KEYS[1], number)
        -- Long enough for subscribers to read why.
        expires = string.format('%.0f', now + 5000)
        redis.call('ZADD', index.expiring, expires, number .. ' ' .. session_id)
      end
    end
  end
  if expires then
    redis.call('HSET', KEYS[1], 'expires', expires)
    for key = 1, 7 do redis.call('PEXPIREAT', KEYS[key], expires) end
    redis.call('PEXPIREAT', KEYS[8], string.format('%.0f', expires + NET))
  end
  for _, change in ipairs(told) do
    tell_feed(KEYS[11], ARGV[3], run, session_id, change[1], change[2], change[3])
  end
  redis.call('PUBLISH', KEYS[1], '')
end

local result = {'ok', first}
for at = 0, #events - 1, WIDTH do
  if earlier[at] then
    result[#result + 1] = at / WIDTH
    result[#result + 1] = ids[earlier[at]] or earlier[at]
  end
end
return result
