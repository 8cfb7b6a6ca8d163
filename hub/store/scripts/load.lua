-- What is needed to begin to read sessions.
-- KEYS  meta and state of each
-- Returns {run id of the server, then of each: meta as a flat list, checkpoint or ''}.
local result = {run_id()}
for at = 1, #KEYS, 2 do
  result[#result + 1] = redis.call('HGETALL', KEYS[at])
  result[#result + 1] = redis.call('GET', KEYS[at + 1]) or ''
end
return result
