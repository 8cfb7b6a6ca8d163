-- The time that all scripts go by.
-- Returns milliseconds since 1970.
return string.format('%.0f', now_ms())
