"""REST resources and the routes of the streams.

`services` what the routes work with · `sessions` `events` `streams` `tokens` `keys` `health` the resources ·
`parameters` what a query may say · `answers` how a resource is answered.
"""
