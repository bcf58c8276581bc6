"""Load-through: who loads, who waits, what is served meanwhile, what is stored."""
