-- Let a deadline be due later, unless it has been taken away.
-- KEYS  deadlines
-- ARGV  kind and session id, in how many milliseconds
redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', now_ms() + ARGV[2]), ARGV[1])
return 1
