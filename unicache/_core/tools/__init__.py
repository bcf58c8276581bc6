"""What any room may use and what knows nothing of caches: time, tables, turns, breakers, logs, forks."""
