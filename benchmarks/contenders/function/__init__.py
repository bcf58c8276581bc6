"""A cached function is called whose results are on the server."""
