-- Put before every script.

-- Which incarnation of the server this is: new after every restart and on every other server.
local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function entry_id(ms, seq)
  return string.format('%.0f-%.0f', ms, seq)
end

local function split_id(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

-- Milliseconds since 1970 of a timestamp as the hub writes it.
local function milliseconds(timestamp)
  local parts = {string.match(timestamp, '^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)%.(%d+)Z$')}
  for place = 1, 7 do parts[place] = tonumber(parts[place]) end
  local year, month, day, hour, minute, second, ms = unpack(parts)
  -- Years from March on, so that the day that leap years add is their last.
  if month < 3 then year, month = year - 1, month + 12 end
  local days = 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    + math.floor((153 * month - 457) / 5) + day - 719469
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms
end

-- The ms of entries written `now` that follow one of `last` ms written under `last_run`. A server that came back
-- without its newest entries would give their ids again; the jump, different for each incarnation, prevents that.
local function next_ms(last, last_run, run, now)
  local ms = math.max(last, now)
  if last_run and last_run ~= run then
    ms = ms + 1 + tonumber(string.sub(run, 1, 4), 16) % 4096
  end
  return ms
end

-- Tell the organization's feed of a change of one session.
local function tell_feed(feed, cap, run, session_id, id, kind, data)
  local ms, seq, last_run = 0, 0, nil
  local last = redis.call('XREVRANGE', feed, '+', '-', 'COUNT', 1)[1]
  if last then
    ms, seq = split_id(last[1])
    last_run = last[2][2]
  end
  redis.call('XADD', feed, 'MAXLEN', '=', cap, entry_id(next_ms(ms, last_run, run, now_ms()), seq + 1),
    'r', run, 's', session_id, 'e', id, 't', kind, 'd', data)
  redis.call('PUBLISH', feed, '')
end

-- Numbers of sessions whose figures are kept together (hub.core.numbers), and how many figures each has.
local BLOCK, FIGURES = 4096, 3

-- Note figures of a session, from the one at the place `at` on, of which the first is 0.
local function set_figures(figures, number, at, ...)
  local key, place = figures .. string.format('%.0f', math.floor(number / BLOCK)), number % BLOCK * FIGURES + at
  redis.call('SETRANGE', key, place * 8, struct.pack('<' .. string.rep('d', select('#', ...)), ...))
end
