"""Document calls: what each reads and writes, and what counts as absent."""
