-- Returns the run id of the server.
return run_id()
