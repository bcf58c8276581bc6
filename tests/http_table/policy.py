"""Runs a story against the policy alone, with a dict for a store and a number for a clock: no server, no waiting."""

from dataclasses import replace
from typing import assert_never

from http_table.drivers import START, Seen, answer_of, check, request_of
from http_table.stories import Origin, Step, Story
from unicache._core.http.answers import told
from unicache._core.http.choices import CURRENT, Note
from unicache._core.http.conditionals import unconditional
from unicache._core.http.copying import Copied, Copy
from unicache._core.http.invalidation import outdated_by
from unicache._core.http.keys import key_of, variant_of, with_normal_query
from unicache._core.http.messages import Head, Request
from unicache._core.http.options import Options, rules_of
from unicache._core.http.policy import (
    head_differs,
    lost,
    on_request,
    on_response,
    outdated,
    passed_by,
)
from unicache._core.http.ranges import parts_of
from unicache._core.http.rules import Case, Rules
from unicache._core.http.storability import finished, for_nobody
from unicache._core.http.stored import Stored
from unicache._core.http.verdicts import (
    Again,
    Answer,
    FallBack,
    Forward,
    Freshened,
    Keep,
    NotModified,
    OnResponse,
    PartialContent,
    Pass,
    Revalidate,
    Serve,
    ServeStale,
)
from unicache._core.tools.contexts import holding

__all__ = ["run"]


Kept = tuple[Stored, bytes, tuple[str, ...], tuple[str, ...]]
"""A response, its body, what it varies by, its tags."""


class World:
    """A cache made of the policy and a dict."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.now = START
        self.pages: dict[str, dict[bytes, Kept]] = {}
        self.asked: list[Request] = []

    def step(self, step: Step) -> Seen:
        """Carry one request out."""
        self.now += step.after
        self.asked = []
        request = with_normal_query(request_of(step, self.now), self.rules)
        assert step.origin is not None
        head, body = self._answer(request, step.origin)
        return Seen(head, body, self.asked)

    def _answer(self, request: Request, origin: Origin) -> tuple[Head, bytes]:
        key = key_of(request, self.rules)
        page = self.pages.get(key, {})
        kept = next((each for digest, each in page.items() if self._matches(request, digest, each)), None)
        case = Case(request, self.rules, self.now)
        missing = "vary-miss" if page else "uri-miss"
        verdict = passed_by(request, self.rules) or on_request(case, kept and kept[0], missing)
        match verdict:
            case ServeStale(answer=answer, refresh=refresh):
                if refresh:
                    self._refresh(request, kept and kept[0], origin)
                return self._sent(case, answer, kept)
            case Forward() | Revalidate():
                if isinstance(verdict, Forward) and verdict.fetches:
                    self._answer(request.with_headers(unconditional(request.headers)), origin)
                    self.asked = []
                return self._forwarded(case, verdict, kept, origin)
            case _:
                return self._sent(case, verdict, kept)

    def _matches(self, request: Request, digest: bytes, kept: Kept) -> bool:
        return variant_of(request, kept[2], self.rules) == digest

    def _refresh(self, request: Request, stored: Stored | None, origin: Origin) -> None:
        """What runs beside the client: as if the request came again, and wanted something fresher."""
        plain = for_nobody((*request.headers, ("cache-control", "no-cache")), stored, self.rules)
        self._answer(request.with_headers(plain), origin)
        self.asked = []

    def _forwarded(
        self, case: Case, asked: Forward | Revalidate, kept: Kept | None, origin: Origin
    ) -> tuple[Head, bytes]:
        sent = case.request.with_headers(asked.headers) if isinstance(asked, Revalidate) else case.request
        self.asked.append(sent)
        note = Note()
        with holding(CURRENT, note):
            head, body = answer_of(origin, sent, self.now)
        case = replace(case, rules=note.applied(self.rules))
        if not head.status:
            fallen = lost(case, kept and kept[0], asked.status, down=True)
            return (Head(500, ()), b"") if fallen is None else self._sent(case, fallen.answer, kept)
        verdict = on_response(case, asked, kept and kept[0], head, self.now)
        if isinstance(verdict, Again):
            whole = case.request.with_headers(unconditional(case.request.headers))
            once_more = Forward(verdict.status, joins=False, stores=True)
            return self._forwarded(replace(case, request=whole), once_more, None, origin)
        if isinstance(verdict, Pass | Freshened) and verdict.drops:
            self._forget(case, kept)
        return self._received(case, verdict, kept, head, body)

    def _received(
        self, case: Case, verdict: OnResponse, kept: Kept | None, head: Head, body: bytes
    ) -> tuple[Head, bytes]:
        match verdict:
            case Keep():
                self._keep(case, verdict, body)
            case Freshened(stored=stored, answer=answer, keeps=keeps):
                assert kept is not None
                if keeps:
                    self._keep(case, Keep(stored, kept[2], kept[3], verdict.status), kept[1])
                return self._sent(case, answer, (stored, *kept[1:]))
            case FallBack(answer=answer):
                return self._sent(case, answer, kept)
            case Pass() | Again():
                self._invalidate(case, head)
                self._compare(case, kept, head)
            case _:
                assert_never(verdict)
        return told(case, head, verdict.status), body

    def _keep(self, case: Case, keep: Keep, body: bytes) -> None:
        copy = Copy(keep, case.rules.max_body)
        if copy.add(body) is Copied.TOO_LONG or copy.body is None:
            return
        digest = variant_of(case.request, keep.vary, self.rules)
        page = self.pages.setdefault(key_of(case.request, self.rules), {})
        page.pop(digest, None)
        page[digest] = (finished(keep.stored, body, case.rules), body, keep.vary, keep.tags)
        while len(page) > self.rules.max_variants:
            del page[next(iter(page))]

    def _forget(self, case: Case, kept: Kept | None) -> None:
        assert kept is not None
        del self.pages[key_of(case.request, self.rules)][variant_of(case.request, kept[2], self.rules)]

    def _invalidate(self, case: Case, head: Head) -> None:
        found = outdated_by(case.request, head, case.rules)
        for target in found.targets:
            self.pages.pop(key_of(target, self.rules), None)
        for page in self.pages.values():
            for digest in [digest for digest, kept in page.items() if set(kept[3]) & set(found.tags)]:
                del page[digest]

    def _compare(self, case: Case, kept: Kept | None, head: Head) -> None:
        if case.request.method == "HEAD" and kept is not None and head_differs(kept[0], head):
            page = self.pages[key_of(case.request, self.rules)]
            for digest, each in page.items():
                page[digest] = (outdated(each[0], self.now), *each[1:])

    def _sent(self, case: Case, answer: Answer, kept: Kept | None) -> tuple[Head, bytes]:
        body = b"" if kept is None else kept[1]
        head = told(case, answer.head, answer.status)
        match answer:
            case Serve(bodiless=False):
                return head, body
            case PartialContent(pieces=pieces):
                return head, parts_of(pieces, body)
            case NotModified() | _:
                return head, b""


def run(story: Story) -> None:
    """Carry a story out, and look whether everybody saw what he should."""
    world = World(rules_of(Options(**story.options)))
    for number, step in enumerate(story.steps, 1):
        check(step, world.step(step), world.now, f"{story}, step {number}")
