"""A value is read from the server by its key."""
