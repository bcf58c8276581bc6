"""A cached function is called whose results are in this process."""
