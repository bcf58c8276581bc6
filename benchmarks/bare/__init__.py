"""The limit: the least a program must do in each event model to ask a server many things over one connection.

No client library, no error handling, no time-outs, no reconnect: not something to use, only something to be measured.
"""
