"""Header fields as nobody should send them: strategies for what must never raise, and never mislead."""

from hypothesis import strategies as st

from unicache._core.http.fields import Headers, normal

__all__ = ["headers", "headers_with", "statuses", "values", "wild"]

FIELDS = """
    accept-encoding age authorization cache-control cache-group-invalidation cache-groups cache-status
    cdn-cache-control connection content-encoding content-length content-location content-range date etag expires host
    if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location pragma range set-cookie
    vary x
"""
SCRAPS = """
    max-age s-maxage no-cache no-store private public must-revalidate stale-if-error max-stale only-if-cached = " , ;
    \\ * W/ w/ 0 1 9 60 -1 99999999999999999999 bytes= bytes - a Mon, Jan 2027 GMT 00:00:00 ( ) : ?1 / // http://
"""
names = st.sampled_from(FIELDS.split())
scraps = st.sampled_from(SCRAPS.split())

wild = st.text(st.characters(max_codepoint=255), max_size=40)
values = st.one_of(wild, st.lists(st.one_of(scraps, st.just(" "), wild), max_size=12).map("".join))
headers = st.lists(st.tuples(names, values), max_size=10).map(normal)
statuses = st.one_of(st.integers(100, 599), st.sampled_from([200, 206, 304, 404, 503]))


def headers_with(*usual: tuple[str, str]) -> st.SearchStrategy[Headers]:
    """One or two of these well-formed fields, mostly the first one, and perhaps a wild one."""
    some = st.lists(st.one_of(st.just(usual[0]), st.sampled_from(usual)), min_size=1, max_size=2)
    wilds = st.one_of(st.just([]), st.lists(st.tuples(names, values), max_size=1))
    return st.tuples(some, wilds).map(lambda both: normal([*both[0], *both[1]]))
