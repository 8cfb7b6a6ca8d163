-- Put an offer that was read to the end of its stream, so that others may take it.
-- KEYS  meta live
-- ARGV  session id, id of the offer, last part of the name of its stream
local root, id = root_of(KEYS[2]), ARGV[2]
local stream = root .. 'offers:' .. ARGV[3]
if redis.call('HGET', KEYS[1], 'offer') ~= id then
  -- It holds no more: nothing is to be done with it.
  if redis.call('EXISTS', stream) == 1 then drop_entry(stream, id) end
  return 0
end
local found = redis.call('XRANGE', stream, id, id)[1]
redis.call('HSET', KEYS[1], 'offer', redis.call('XADD', stream, '*', unpack(found[2])))
drop_entry(stream, id)
return 1
