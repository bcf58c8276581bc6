"""``unicache demo``: one shop under five event models, sharing one cache.

    on_threads on_asyncio on_trio on_gevent on_twisted   the shop, in each flavour: start reading here
    database · foreign                                   the orders, in SQLite: made up, or from the user's file
    worker · crew                                        a flavour at work, and the processes in which they are
    scenario · verdict · table                           the steps, what is right, how it is shown
    command                                              all of it together

What must not live here: anything another part of the package needs.
"""
