-- Take the job that has been due for longest, also one whose holder has let its lease lapse.
-- KEYS  due jobs
-- ARGV  who takes it, lease (ms)
-- Returns {member, id of the job, number of this attempt, payload}, or nothing if none is due.
local now = now_ms()
local member = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, 1)[1]
if not member then return {} end
local id, attempts, payload = string.match(redis.call('HGET', KEYS[2], member), '^([^|]*)|(%d+)|[^|]*|?(.*)$')
attempts = string.format('%.0f', attempts + 1)
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), member)
redis.call('HSET', KEYS[2], member, id .. '|' .. attempts .. '|' .. ARGV[1] .. '|' .. payload)
return {member, id, attempts, payload}
