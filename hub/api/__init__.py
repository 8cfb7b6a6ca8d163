"""REST resources and the routes of the streams.

`services` what routes work with · `sessions` `events` `streams` `tokens` `keys` `health` … the resources ·
`operation` `parameter` what a route declares · `operations` the declarations, which documents are made of ·
`parameters` the query of a request, held to them · `answers` how a resource is answered.
"""
