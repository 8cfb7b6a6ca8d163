-- The newest entry of many sessions or feeds, to find wakeups that were lost.
-- KEYS  meta hashes and feeds
-- Returns {run id of the server, head or '', …} in the order of KEYS.
local result = {run_id()}
for _, key in ipairs(KEYS) do
  local head
  if string.sub(key, -5) == ':feed' then
    local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
    head = last and last[1]
  else
    head = redis.call('HGET', key, 'head')
  end
  result[#result + 1] = head or ''
end
return result
