"""Bytes to and from one node: links, their pools, TLS, and the near cache that listens to them."""
