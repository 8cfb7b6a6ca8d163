"""What can go wrong in a load test."""


class BenchError(Exception):
    """The load test cannot go on: the server refused or went away, or this machine allows too little."""
