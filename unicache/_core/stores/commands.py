"""Which command does what, as tuples of bytes, text and numbers. Pure: when it is sent is ``valkey``'s business."""

from collections.abc import Collection, Sequence

from unicache._core.records.envelope import pack, pack_cas, pack_lease, pack_start
from unicache._core.stores.scripts import PUT, REMOVE, TEXTS, WRITE, Script
from unicache._core.stores.store import KEEP_TTL, Claim, Count, KeepTtl, Removal, Rule, Write

__all__ = [
    "Command",
    "claim_command",
    "count_arguments",
    "evalsha",
    "find_commands",
    "glob",
    "milliseconds",
    "names_in",
    "remove_command",
    "scripts",
    "taught",
    "version_commands",
    "with_text",
    "write_command",
    "written",
]

Command = tuple[bytes | str | int, ...]

_NAMELESS = frozenset({"CLIENT", "EXEC", "MULTI", "PING", "SCAN", "TIME"})
_READING = _NAMELESS | {"EXISTS", "GET", "MGET", "PTTL"}


def written(commands: Sequence[Command]) -> list[bytes]:
    """The names that the commands may change: those of all commands that are not known only to read."""
    return names_in([command for command in commands if command[0] not in _READING])


def names_in(commands: Sequence[Command]) -> list[bytes]:
    """The names that the commands are about."""
    names: list[bytes | str | int] = []
    for verb, *arguments in commands:
        if verb in ("EVAL", "EVALSHA"):
            names += arguments[2 : 2 + int(arguments[1])]
        elif verb in ("MGET", "UNLINK"):
            names += arguments
        elif verb not in _NAMELESS:
            names += arguments[:1]
    return [name for name in names if isinstance(name, bytes)]


def write_command(write: Write) -> Command:
    """A write; a plain one looks for a lock and nothing else."""
    value = pack(write.name, write.record)
    if write.rule is Rule.ALWAYS and write.ttl is not KEEP_TTL:
        return evalsha(PUT, write.name, value, milliseconds(write.ttl))
    return evalsha(WRITE, write.name, write.rule.value, value, milliseconds(write.ttl), pack_cas(write.cas))


def remove_command(removal: Removal) -> Command:
    """A removal."""
    return evalsha(REMOVE, removal.name, removal.rule.value, pack_cas(removal.cas))


def count_arguments(count: Count) -> Command:
    """What ``COUNT`` wants to know."""
    start, crc = pack_start(count.name, count.fresh)
    return (count.delta, "" if count.initial is None else count.initial, milliseconds(count.ttl), start, crc)


def evalsha(script: Script, name: bytes, *arguments: bytes | str | int) -> Command:
    """A call of a script, by its digest."""
    return ("EVALSHA", script.digest, 1, name, *arguments)


def find_commands(name: bytes) -> tuple[Command, ...]:
    """What is there, how long it lives, and what time it is there, as one; the last reply has all."""
    return ("MULTI",), ("GET", name), ("PTTL", name), ("TIME",), ("EXEC",)


def claim_command(claim: Claim, ttl: float) -> Command:
    """A lease where nothing is; the reply is what is there."""
    return ("SET", claim.name, pack_lease(claim.token), "NX", "GET", "PX", milliseconds(ttl))


def version_commands(name: bytes, fresh: bytes, ttl: float | None) -> tuple[Command, Command]:
    """A tag's version where there is none, and a longer life; the reply to the first is what was there."""
    if ttl is None:
        return ("SET", name, fresh, "NX", "GET"), ("PERSIST", name)
    span = milliseconds(ttl)
    return ("SET", name, fresh, "NX", "GET", "PX", span), ("PEXPIRE", name, span, "GT")


def scripts(commands: Sequence[Command]) -> set[bytes | str | int]:
    """The digests of the scripts that are called."""
    return {command[1] for command in commands if command[0] == "EVALSHA"}


def taught(commands: Sequence[Command], known: Collection[bytes | str | int]) -> Sequence[Command]:
    """The commands, in which the first call of each script that is not known brings its text."""
    new = scripts(commands).difference(known)
    if not new:
        return commands
    told: list[Command] = []
    for command in commands:
        if command[0] == "EVALSHA" and command[1] in new:
            new.remove(command[1])
            told.append(with_text(command))
        else:
            told.append(command)
    return told


def with_text(command: Command) -> Command:
    """The same call, bringing the script."""
    _, digest, *rest = command
    return ("EVAL", TEXTS[digest], *rest)


def milliseconds(ttl: float | KeepTtl | None) -> int | str:
    """A life as the scripts take it: milliseconds, ``keep``, or nothing."""
    if isinstance(ttl, KeepTtl):
        return ttl.value
    return "" if ttl is None else max(1, round(ttl * 1000))


def glob(prefix: bytes) -> bytes:
    """The prefix as a pattern that matches only itself."""
    return b"".join(b"\\" + bytes([byte]) if byte in b"*?[]^\\-" else bytes([byte]) for byte in prefix)
