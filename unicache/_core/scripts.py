r"""The constant server scripts: what one command cannot do, for one key, as one step. Data only.

Bytes are compared at the envelope's fixed offsets: magic (``\193U`` a record, ``\193L`` a lease), flags at 3, CAS at 8.
Only what Redis 7.0 has is used; nothing is ever built from data, so a server keeps a handful of scripts for good.
"""

from dataclasses import dataclass, field
from hashlib import sha1

__all__ = ["CLAIM_OVER", "EXPIRE", "FILL", "FIND_AND_EXPIRE", "RELEASE", "REMOVE", "RENEW", "TEXTS", "WRITE", "Script"]


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script of one key, and the digest the server knows it by."""

    text: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha1(self.text.encode(), usedforsecurity=False).hexdigest())


_THERE = """
local head = redis.call('GETRANGE', KEYS[1], 0, 15)
local there = #head > 0 and string.sub(head, 1, 2) ~= '\\193L'
local tagged = string.sub(head, 1, 2) == '\\193U' and string.byte(head, 4) % 2 == 1
local function same(cas) return string.sub(head, 1, 2) == '\\193U' and string.sub(head, 9, 16) == cas end
"""

WRITE = Script(
    _THERE
    + """
local rule, ttl = ARGV[1], ARGV[3]
if tagged and (rule == 'absent' or rule == 'present') then return 'tagged' end
if rule == 'absent' and there then return 'exists' end
if (rule == 'present' or rule == 'same-cas') and not there then return 'missing' end
if rule == 'same-cas' and not same(ARGV[4]) then return 'mismatch' end
if ttl == 'keep' and there then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
elseif ttl == 'keep' or ttl == '' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl) end
return 'done'
"""
)
"""ARGV: rule, record, milliseconds or ``keep`` or nothing, CAS."""

REMOVE = Script(
    _THERE
    + """
if tagged and ARGV[1] == '' then return 'tagged' end
if there and ARGV[1] ~= '' and not same(ARGV[1]) then return 'mismatch' end
redis.call('DEL', KEYS[1])
return there and 'done' or 'missing'
"""
)
"""ARGV: CAS or nothing."""

EXPIRE = Script(
    _THERE
    + """
if not there then return 'missing' end
if tagged and ARGV[2] == '' then return 'tagged' end
if ARGV[2] ~= '' and not same(ARGV[2]) then return 'mismatch' end
if ARGV[1] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 'done'
"""
)
"""ARGV: milliseconds or nothing, CAS or nothing."""

FIND_AND_EXPIRE = Script(
    _THERE
    + """
if not there then return false end
if ARGV[1] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return redis.call('GET', KEYS[1])
"""
)
"""ARGV: milliseconds or nothing."""

CLAIM_OVER = Script(
    _THERE
    + """
if #head == 0 or same(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return false
end
return redis.call('GET', KEYS[1])
"""
)
"""ARGV: CAS of the record to replace, lease, milliseconds. Nothing: the lease is ours."""

FILL = Script(
    """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 'done'
"""
)
"""ARGV: lease, record, milliseconds or nothing. For servers without ``SET … IFEQ``."""

RENEW = Script(
    """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
)
"""ARGV: lease, milliseconds."""

RELEASE = Script(
    """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
)
"""ARGV: lease. For servers without ``DELIFEQ``."""

TEXTS: dict[bytes | str | int, str] = {
    script.digest: script.text for script in (CLAIM_OVER, EXPIRE, FILL, FIND_AND_EXPIRE, RELEASE, REMOVE, RENEW, WRITE)
}
"""The scripts by the digests the server knows them by."""
