-- A page of session ids, newest first; looks at a bounded number of sessions.
-- KEYS  an index by number (sessions, or those of a meeting)
-- ARGV  below this number ('+inf' to begin), page size, prefix of meta keys, status ('' for any),
--       live ('1', '0', or '' for any), at most how many to look at
-- Returns {number to go on below ('' at the end), session id, …}.
local below = ARGV[1] == '+inf' and ARGV[1] or '(' .. ARGV[1]
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], below, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[6])
local result, last = {''}, ''
for index = 1, #found, 2 do
  local meta = redis.call('HMGET', ARGV[3] .. found[index], 'status', 'phase')
  local live = meta[2] == 'live' and '1' or '0'
  if meta[1] and meta[2] ~= 'deleted' and (ARGV[4] == '' or ARGV[4] == meta[1])
    and (ARGV[5] == '' or ARGV[5] == live) then
    if #result > tonumber(ARGV[2]) then
      result[1] = last
      return result
    end
    result[#result + 1] = found[index]
  end
  last = found[index + 1]
end
if #found / 2 == tonumber(ARGV[6]) then result[1] = last end
return result
