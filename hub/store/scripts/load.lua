-- What is needed to begin to read a session.
-- KEYS  meta state
-- Returns {run id of the server, meta as a flat list, checkpoint or ''}.
return {run_id(), redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[2]) or ''}
