"""All orders in which the tasks of a story can run: depth-first, by running it again for every sequence of choices.

Orders that differ only in steps which commute are one and the same, and are run once (sleep sets; P. Godefroid,
"Partial-Order Methods for the Verification of Concurrent Systems", 1996, chapter 5). ``every=True`` runs them all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from stepped import Footprint, World

__all__ = ["Story", "Tally", "explore"]

MOST = 200_000
"""Runs after which a story is too long to be told in full."""


class Story(Protocol):
    """Something that is told once in every order."""

    world: World

    def check(self) -> None:
        """Raise AssertionError if something came out wrong."""
        ...

    def outcome(self) -> Any:
        """What came out, to be counted."""
        ...


@dataclass(slots=True)
class Tally:
    """How often a story was told to its end, how often not because it would have been the same, and what came out."""

    runs: int = 0
    same: int = 0
    outcomes: set[Any] = field(default_factory=set)


@dataclass(slots=True)
class _Node:
    """A choice: who could run, whose turn was seen in another order already, and what the ones tried touched."""

    enabled: tuple[str, ...]
    asleep: dict[str, Footprint]
    tried: dict[str, Footprint] = field(default_factory=dict)
    chosen: str | None = None

    def choose(self) -> bool:
        """Choose somebody new; False if there is nobody."""
        rest = [name for name in self.enabled if name not in self.asleep and name not in self.tried]
        self.chosen = rest[0] if rest else None
        return bool(rest)

    def next_asleep(self) -> dict[str, Footprint]:
        """Who need not run next: their step commutes with the chosen one, and was tried before it."""
        assert self.chosen is not None
        step = self.tried[self.chosen]
        before = {**self.asleep, **{name: trace for name, trace in self.tried.items() if name != self.chosen}}
        return {name: trace for name, trace in before.items() if _commute(trace, step)}


def _commute(one: Footprint, other: Footprint) -> bool:
    return not any(thing in other and (alone or other[thing]) for thing, alone in one.items())


def explore(tell: Callable[[], Story], *, every: bool = False) -> Tally:
    """Tell the story in all orders; ``tell`` gives it with its tasks started. Raises what ``check`` raises."""
    tally, path = Tally(), list[_Node]()
    while True:
        story = tell()
        try:
            if _told(story.world, path, every):
                story.check()
                tally.runs += 1
                tally.outcomes.add(story.outcome())
            else:
                tally.same += 1
        finally:
            story.world.end()
        assert tally.runs + tally.same <= MOST, "too many orders; make the story shorter"
        while path and not path[-1].choose():
            path.pop()
        if not path:
            return tally


def _told(world: World, path: list[_Node], every: bool) -> bool:
    """Run along the path and on to the end; False if every way on was gone before."""
    depth = 0
    while enabled := world.enabled():
        if depth == len(path):
            path.append(_Node(enabled, path[-1].next_asleep() if path and not every else {}))
            if not path[-1].choose():
                return False
        node = path[depth]
        assert node.enabled == enabled, "the story is not the same when it is told again"
        assert node.chosen is not None
        node.tried[node.chosen] = world.step(node.chosen)
        depth += 1
    return True
