"""Programs that lead the load of the key ``k`` until they are ended, one for each event model.

Their arguments are a URL and a namespace. They say ``loading`` when the loader runs, and on SIGTERM end as their model
usually does. What must not live here: what is asserted.
"""

import subprocess

from programs import started

__all__ = ["LEADERS", "leading"]

LEADERS = {
    "threads": """
        import signal, sys, time
        from unicache import Cache

        def load():
            print("loading", flush=True)
            time.sleep(600)

        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        Cache(sys.argv[1], namespace=sys.argv[2]).get_or_set("k", load)
    """,
    "asyncio": """
        import asyncio, contextlib, signal, sys
        from unicache_asyncio import Cache

        async def load():
            print("loading", flush=True)
            await asyncio.sleep(600)

        async def main():
            loop = asyncio.get_running_loop()
            loop.slow_callback_duration = 60  # a busy machine is no news
            loop.add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
            await Cache(sys.argv[1], namespace=sys.argv[2]).get_or_set("k", load)

        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(main())
    """,
    "trio": """
        import signal, sys, trio
        from unicache_asyncio import Cache

        async def load():
            print("loading", flush=True)
            await trio.sleep(600)

        async def main():
            with trio.open_signal_receiver(signal.SIGTERM) as signals:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(Cache(sys.argv[1], namespace=sys.argv[2]).get_or_set, "k", load)
                    await anext(signals)
                    nursery.cancel_scope.cancel()

        trio.run(main)
    """,
    "gevent": """
        import signal, sys
        import gevent
        from unicache_gevent import Cache

        def load():
            print("loading", flush=True)
            gevent.sleep(600)

        gevent.signal_handler(signal.SIGTERM, sys.exit)
        Cache(sys.argv[1], namespace=sys.argv[2]).get_or_set("k", load)
    """,
    "twisted": """
        import sys
        from twisted.internet import reactor
        from twisted.internet.task import deferLater
        from unicache_twisted import Cache

        def load():
            print("loading", flush=True)
            return deferLater(reactor, 600, lambda: None)

        cache = Cache(sys.argv[1], namespace=sys.argv[2])
        reactor.callWhenRunning(cache.get_or_set, "k", load)
        reactor.run()
    """,
}


def leading(flavour: str, url: str, namespace: str) -> "subprocess.Popen[str]":
    """Start the program, and wait until its loader runs."""
    program = started(LEADERS[flavour], url, namespace)
    assert program.stdout is not None
    assert program.stdout.readline() == "loading\n"
    return program
