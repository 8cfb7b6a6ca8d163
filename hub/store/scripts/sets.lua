-- Sets of session numbers, all of one moment. (MULTI would be refused while memory is full.)
-- KEYS  sessions, facets …, groups …
-- ARGV  first and last time of creation (ms, or -inf and +inf), how many facets, other times …
-- Returns {first and last number of that time, the first number from each of the other times on, bitmap of each
--         facet …, pages of each group …}; nil where there is none.
local facets, starts = tonumber(ARGV[3]), {}
for at = 4, #ARGV do
  starts[#starts + 1] = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[at], '+inf', 'LIMIT', 0, 1)[1] or false
end
local result = {
  redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'LIMIT', 0, 1),
  redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[2], '-inf', 'LIMIT', 0, 1),
  starts,
}
for at = 2, #KEYS do
  result[#result + 1] = redis.call(at <= facets + 1 and 'GET' or 'HGETALL', KEYS[at])
end
return result
