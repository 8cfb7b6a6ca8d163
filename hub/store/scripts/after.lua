-- A part of a sorted set, from behind a place in it; members of the same score are ordered by their bytes.
-- KEYS  sorted set
-- ARGV  '1' from the highest to the lowest, at most how many, score and member to begin behind ('' from its end), how
--       many to leave out before
-- Returns {member, score, …}.
local key, falling, count, score, place = KEYS[1], ARGV[1] == '1', tonumber(ARGV[2]), ARGV[3], ARGV[4]
local range = falling and 'ZREVRANGE' or 'ZRANGE'
local low, high = 0, 0
if score ~= '' then
  -- Ranks between which those of this score are; among these the first behind the place.
  low = redis.call('ZCOUNT', key, falling and '(' .. score or '-inf', falling and '+inf' or '(' .. score)
  high = low + redis.call('ZCOUNT', key, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = redis.call(range, key, middle, middle)[1]
    local before
    if falling then before = found >= place else before = found <= place end
    if before then low = middle + 1 else high = middle end
  end
end
low = low + ARGV[5]
return redis.call(range, key, low, low + count - 1, 'WITHSCORES')
