"""The only place that speaks Redis.

`layout` names of keys · `client` connections and failures · `scripts` Lua, one file each · `appender` many
requests, one round trip · `streams` append, read, checkpoint · `directory` create, list, expire ·
`keys` credentials · `wakeups` the signal that a stream has grown · `embedded` a private redis-server.
"""
