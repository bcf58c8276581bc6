"""Decorated functions: what a decoration means, and what its handle does."""
