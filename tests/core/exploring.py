"""All orders in which the tasks of a story can run: depth-first, by telling it again for every sequence of choices.

Orders that differ only in steps which commute are one and the same, and one of them is told: another choice is tried
only where two steps race (source-set DPOR with sleep sets; Abdulla, Aronis, Jonsson, Sagonas, "Optimal Dynamic Partial
Order Reduction", POPL 2014, algorithm 1). ``every=True`` tells them all.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
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
    """A choice: who could run, who is to be tried, whose turn would repeat another order, what the tried touched."""

    enabled: tuple[str, ...]
    asleep: dict[str, Footprint]
    wanted: set[str]
    tried: dict[str, Footprint] = field(default_factory=dict)
    chosen: str = ""

    def choose(self) -> bool:
        """Choose somebody new; False if there is nobody."""
        rest = [name for name in self.enabled if self._is_new(name)]
        self.chosen = rest[0] if rest else ""
        return bool(rest)

    def _is_new(self, name: str) -> bool:
        return name in self.wanted and name not in self.asleep and name not in self.tried

    def next_asleep(self) -> dict[str, Footprint]:
        """Who need not run next: their step commutes with the chosen one, and was tried before it."""
        step = self.tried[self.chosen]
        before = {**self.asleep, **{name: trace for name, trace in self.tried.items() if name != self.chosen}}
        return {name: trace for name, trace in before.items() if _commute(trace, step)}


def _commute(one: Footprint, other: Footprint) -> bool:
    return not any(thing in other and (alone or other[thing]) for thing, alone in one.items())


def explore(tell: Callable[[], Story], *, every: bool = False) -> Tally:
    """Tell the story in all orders; ``tell`` gives it with its tasks started. Raises what ``check`` raises."""
    tally, path, past = Tally(), list[_Node](), _Past()
    while True:
        story = tell()
        try:
            if _told(story.world, path, every=every):
                story.check()
                tally.runs += 1
                tally.outcomes.add(story.outcome())
            else:
                tally.same += 1
        finally:
            story.world.end()
        assert tally.runs + tally.same <= MOST, "too many orders; make the story shorter"
        if not every:
            _want_races_reversed(path, past)
        while path and not path[-1].choose():
            path.pop()
        if not path:
            return tally
        past.cut(len(path) - 1)


def _told(world: World, path: list[_Node], *, every: bool) -> bool:
    """Run along the path and on to the end; False if every way on would repeat another order."""
    depth = 0
    while enabled := world.enabled():
        if depth == len(path):
            path.append(_next_node(enabled, path, every=every))
            if not path[-1].choose():
                path.pop()
                return False
        node = path[depth]
        assert node.enabled == enabled, "the story is not the same when it is told again"
        node.tried[node.chosen] = world.step(node.chosen)
        depth += 1
    return True


def _next_node(enabled: tuple[str, ...], path: list[_Node], *, every: bool) -> _Node:
    if every:
        return _Node(enabled, {}, set(enabled))
    asleep = path[-1].next_asleep() if path else {}
    return _Node(enabled, asleep, set([name for name in enabled if name not in asleep][:1]))


@dataclass(slots=True)
class _Past:
    """The steps that were looked at for races, those at the end to be forgotten when the path takes another turn.

    ``before`` has, as bits, the steps that must come before each; ``alone`` and ``shared`` who touched a thing how.
    """

    steps: list[Footprint] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    alone: defaultdict[Hashable, list[int]] = field(default_factory=lambda: defaultdict(list))
    shared: defaultdict[Hashable, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, step: Footprint) -> list[int]:
        """Look at one more step; gives those before it that it raced with, or whose outcome it needed."""
        late, direct = len(self.steps), set[int]()
        for thing, alone in step.items():
            direct.update(self._latest(thing, alone=alone))
            (self.alone if alone else self.shared)[thing].append(late)
        indirect = 0
        for early in direct:
            indirect |= self.before[early]
        self.steps.append(step)
        self.before.append(indirect | sum(1 << early for early in direct))
        return [early for early in direct if not indirect >> early & 1]

    def _latest(self, thing: Hashable, *, alone: bool) -> list[int]:
        """Who touched it last in a way that does not commute; who did before must come before those."""
        last = self.alone[thing][-1:]
        if not alone:
            return last
        return last + [step for step in self.shared[thing] if not last or step > last[0]]

    def cut(self, length: int) -> None:
        """Forget all but the first so many."""
        while len(self.steps) > length:
            self.before.pop()
            for thing, alone in self.steps.pop().items():
                (self.alone if alone else self.shared)[thing].pop()


def _want_races_reversed(path: list[_Node], past: _Past) -> None:
    """Where two steps raced, have somebody tried first who leads to the other order."""
    for late in range(len(past.steps), len(path)):
        step = path[late].tried[path[late].chosen]
        for early in past.add(step):
            # When time moved, nobody else could run.
            if not step.get("time") and path[early].chosen != path[late].chosen:
                _want_reversed(path, past.before, early, late)


def _want_reversed(path: list[_Node], before: list[int], early: int, late: int) -> None:
    """Have somebody tried in place of the early step who can be the first of all that need not follow it."""
    others = [step for step in range(early + 1, late) if not before[step] >> early & 1]
    node, bits = path[early], sum(1 << step for step in others)
    if path[late].chosen not in node.enabled and not before[late] & bits:
        return  # the early step made the late one possible
    first = {path[step].chosen for step in [*others, late] if not before[step] & bits}
    able = first.intersection(node.enabled)
    if able and not first & node.wanted:
        node.wanted.add(min(able))
