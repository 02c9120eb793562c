"""Work that outlives a request: a queue in the database, filled in the transaction of the change it belongs to."""
