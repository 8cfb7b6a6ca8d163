"""Published session APIs in front of the native one: a client of such a system changes its base URL alone.

One module a system, or a package where one would be too long: its types, its operations, and pure functions
between its shapes and the native model. Each stands on the native API (`hub.api.native`) and reaches neither
the store nor live sessions nor bots past it, so no system reads another's data and none has logic of its own.
To add one is to write its module and to name it in `systems.SYSTEMS`.
"""
