-- Write a checkpoint and the transcript pages that belong to it, if nobody else did and the server is still
-- the one that was read.
-- KEYS  meta state transcript feed minutes figures
-- ARGV  run, prefix of the checkpoint that was read ('' for none), new checkpoint, session id,
--       entry id, data of session.counts ('' if nothing changed), feed kept, milliseconds that all participants
--       were there, how many of them ever joined, then page number and page, …
-- Returns 'ok', 'gone', 'run' or 'overtaken'.
if run_id() ~= ARGV[1] then return 'run' end
local meta = redis.call('HMGET', KEYS[1], 'phase', 'expires', 'number')
if not meta[1] then return 'gone' end
local stored = redis.call('GETRANGE', KEYS[2], 0, 127)
if (string.match(stored, '^[^|]*|[^|]*|') or '') ~= ARGV[2] then return 'overtaken' end
redis.call('SET', KEYS[2], ARGV[3])
for index = 10, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[index], ARGV[index + 1])
end
if meta[2] then
  redis.call('PEXPIREAT', KEYS[2], meta[2])
  redis.call('PEXPIREAT', KEYS[3], meta[2])
end
if meta[3] then
  redis.call('ZADD', KEYS[5], 'XX', ARGV[8], string.format('%012.0f', meta[3]))
  -- Of a block that is gone with its last session, nothing is to come back.
  if meta[1] ~= 'deleted' then set_figures(KEYS[6], meta[3], 1, ARGV[8], ARGV[9]) end
end
if ARGV[6] ~= '' and meta[1] ~= 'deleted' then
  tell_feed(KEYS[4], ARGV[7], ARGV[1], ARGV[4], ARGV[5], 'session.counts', ARGV[6])
end
return 'ok'
