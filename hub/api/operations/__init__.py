"""What there is to ask for: the declaration of every route, a module for each of `hub.api`.

A new route is an `Operation` here and `.route(…)` in the class that serves it; what it takes of the query
it reads by `Parameters(request, operation)`. Documents, checks and tests follow from the declaration.
"""
