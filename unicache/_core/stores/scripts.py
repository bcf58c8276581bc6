r"""The constant server scripts: what one command cannot do, for one key, as one step. Data only.

Bytes are compared at the envelope's fixed offsets: magic (``\193U`` a record, ``\193L`` a lease,
``\193K`` a lock of 18 bytes before a record), flags at 3, codec at 4, CAS at 8, soft expiry at 36.
Only what Redis 7.0 has is used; nothing is ever built from data, so a server keeps a handful of scripts for good.
"""

from hashlib import sha1

import msgspec

__all__ = [
    "CLAIM_OVER",
    "COUNT",
    "EXPIRE",
    "FILL",
    "FIND_AND_EXPIRE",
    "LOCK",
    "PUT",
    "RELEASE",
    "REMOVE",
    "RENEW",
    "TEXTS",
    "TRACE",
    "UNLOCK",
    "WRITE",
    "Script",
]


class Script(msgspec.Struct, frozen=True):
    """A Lua script of one key, and the digest the server knows it by."""

    text: str
    digest: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "digest", sha1(self.text.encode(), usedforsecurity=False).hexdigest())


_THERE = """
local head = redis.call('GETRANGE', KEYS[1], 0, 61)
local lock, locked = false, false
if string.sub(head, 1, 2) == '\\193K' then
  local time = redis.call('TIME')
  lock = string.sub(head, 11, 18)
  locked = struct.unpack('<I8', head, 3) > time[1] * 1000 + math.floor(time[2] / 1000)
  head = string.sub(head, 19)
end
local record = string.sub(head, 1, 2) == '\\193U'
local there = #head > 0 and string.sub(head, 1, 2) ~= '\\193L'
local function same(cas) return cas == lock or record and string.sub(head, 9, 16) == cas end
local function judge()
  return record and (string.byte(head, 4) % 2 == 1 or string.byte(head, 5) == 128
    or string.sub(head, 37, 44) ~= '\\0\\0\\0\\0\\0\\0\\0\\0')
end
local function refusal(rule, cas)
  local by_cas = rule == 'same-cas' or rule == 'alive-cas'
  if locked and not (by_cas and cas == lock) then return 'locked' end
  if rule == 'always' then return false end
  if not there then return rule ~= 'absent' and 'missing' end
  if by_cas and not same(cas) then return 'mismatch' end
  if rule ~= 'same-cas' and judge() then return 'judge' end
  return rule == 'absent' and 'exists'
end
local function unlike(cas) return refusal(cas == '' and 'present' or 'same-cas', cas) end
local function unlocked()
  local value = redis.call('GET', KEYS[1])
  return lock and string.sub(value, 19) or value
end
local function live(ttl)
  if ttl == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ttl) end
end
"""
"""What ``rules`` says, for a server: ``refusal`` is the same function."""

PUT = Script(
    """
local head = redis.pcall('GETRANGE', KEYS[1], 0, 9)
if type(head) == 'string' and string.sub(head, 1, 2) == '\\193K' then
  local time = redis.call('TIME')
  if struct.unpack('<I8', head, 3) > time[1] * 1000 + math.floor(time[2] / 1000) then return 'locked' end
end
if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1])
else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 'done'
"""
)
"""ARGV: record, milliseconds or nothing. ``WRITE`` under the rule ``always``: it asks for a lock and nothing else, and
writes over whatever anybody else left there.
"""

WRITE = Script(
    _THERE
    + """
local ttl, refused = ARGV[3], refusal(ARGV[1], ARGV[4])
if refused then return refused end
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
local refused = refusal(ARGV[1], ARGV[2])
if not refused or refused == 'missing' then redis.call('DEL', KEYS[1]) end
return refused or 'done'
"""
)
"""ARGV: rule, CAS."""

EXPIRE = Script(
    _THERE
    + """
local refused = unlike(ARGV[2])
if not refused then live(ARGV[1]) end
return refused or 'done'
"""
)
"""ARGV: milliseconds or nothing, CAS or nothing."""

FIND_AND_EXPIRE = Script(
    _THERE
    + """
local refused = unlike(ARGV[2])
if refused then return {refused} end
live(ARGV[1])
return {'done', unlocked(), redis.call('PTTL', KEYS[1])}
"""
)
"""ARGV: milliseconds or nothing, CAS or nothing. The outcome, the record, and the milliseconds it has left."""

COUNT = Script(
    _THERE
    + """
local refused, number = refusal('present', ''), nil
if refused == 'missing' and ARGV[2] ~= '' then number = ARGV[2]
elseif refused then return {refused}
elseif string.byte(head, 5) ~= 129 or string.byte(head, 6) ~= 0 then return {'judge'}
else
  local value = redis.call('GET', KEYS[1])
  local digits = string.sub(value, lock and 73 or 55, -5)
  if #digits < 16 and #ARGV[1] < 16 then number = string.format('%.0f', digits + ARGV[1])
  else
    redis.call('SET', KEYS[1], digits, 'KEEPTTL')
    local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
    if type(sum) == 'table' then
      redis.call('SET', KEYS[1], value, 'KEEPTTL')
      return {'overflow'}
    end
    number = redis.call('GET', KEYS[1])
  end
end
local tail, crc = struct.pack('<I4', #number) .. number, bit.bnot(ARGV[5])
local steps = {[0] = 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c}
for at = 1, #tail do
  crc = bit.bxor(crc, string.byte(tail, at))
  crc = bit.bxor(bit.rshift(crc, 4), steps[bit.band(crc, 15)])
  crc = bit.bxor(bit.rshift(crc, 4), steps[bit.band(crc, 15)])
end
local counter = ARGV[4] .. tail .. struct.pack('<i4', bit.bnot(crc))
if not refused then redis.call('SET', KEYS[1], counter, 'KEEPTTL')
elseif ARGV[3] == '' then redis.call('SET', KEYS[1], counter)
else redis.call('SET', KEYS[1], counter, 'PX', ARGV[3]) end
return {'done', number}
"""
)
"""ARGV: delta, initial value or nothing, its milliseconds or nothing, the record up to its payload's length, the CRC-32
of that. Lua's numbers are exact up to 15 digits; with more, the server's own ``INCRBY`` adds, on the key itself. The
CRC-32 goes on by half bytes.
"""

LOCK = Script(
    _THERE
    + """
local refused = unlike(ARGV[3])
if refused then return {refused} end
local time, value = redis.call('TIME'), unlocked()
local until_ = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], '\\193K' .. struct.pack('<I8', until_) .. ARGV[2] .. value, 'KEEPTTL')
return {'done', value, redis.call('PTTL', KEYS[1])}
"""
)
"""ARGV: milliseconds, the lock's CAS, the record's CAS or nothing. As ``FIND_AND_EXPIRE``."""

UNLOCK = Script(
    _THERE
    + """
if not there then return 'missing' end
if not locked or lock ~= ARGV[1] then return 'unlocked' end
redis.call('SET', KEYS[1], unlocked(), 'KEEPTTL')
return 'done'
"""
)
"""ARGV: the lock's CAS."""

CLAIM_OVER = Script(
    _THERE
    + """
if #head == 0 or same(ARGV[1]) then
  if locked then return 'locked' end
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

TRACE = Script(
    """
redis.pcall('SET', KEYS[1], '', 'PX', 1)
redis.call('DEL', KEYS[1])
return 'done'
"""
)
"""A removal that replicas have to follow, whether anything was there or not; on a full server only if it was."""

TEXTS: dict[bytes | str | int, str] = {
    script.digest: script.text
    for script in (
        CLAIM_OVER,
        COUNT,
        EXPIRE,
        FILL,
        FIND_AND_EXPIRE,
        LOCK,
        PUT,
        RELEASE,
        REMOVE,
        RENEW,
        TRACE,
        UNLOCK,
        WRITE,
    )
}
"""The scripts by the digests the server knows them by."""
