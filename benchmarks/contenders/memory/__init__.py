"""A value is read from this process by its key."""
