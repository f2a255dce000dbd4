"""Which changes of a status are legal: the seed `order_status_transitions`, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from runner.audit.fold import REQUESTS, Event, place_of
from runner.engines.base import Engine

TABLE = "order_status_transitions"
_ILLEGAL = "illegal"
_NONE = "NONE"  # the status of an order that has none yet


@dataclass(frozen=True)
class Transition:
    """`verdict` is legal, late (it leaves a final status, and may) or illegal."""

    from_status: str
    to_status: str
    event_type: str
    verdict: str

    def __str__(self) -> str:
        said = "" if self.verdict == "legal" else f" ({self.verdict})"
        return f"{self.from_status} to {self.to_status}{said}"


Legal = Mapping[tuple[str, str, str], bool]
"""(from, to, event type) of each legal step, and whether it is a late one."""


def legal_transitions(engine: Engine) -> Legal | None:
    """None where the seed is not built."""
    if not engine.has_relation(TABLE):
        return None
    rows = engine.query(f"select from_status, to_status, event_type, is_late from {TABLE}").rows
    return {(str(a), str(b), str(by)): bool(late) for a, b, by, late in rows}


def transitions(events: Iterable[Event], legal: Legal | None) -> dict[int, Transition]:
    """The changes of the status that events state, by sequence number; none without `legal`.

    As events happened; where that is not legal but the order they were told in is, in that one: a
    clock may have been fast.
    """
    if legal is None:
        return {}
    stated = list(events)
    happened = _changes(sorted(stated, key=_requests_first), legal)
    if all(change.verdict != _ILLEGAL for change in happened.values()):
        return happened
    told = _changes(sorted(stated, key=lambda event: event.sequence_number), legal)
    return happened if any(c.verdict == _ILLEGAL for c in told.values()) else told


def _requests_first(event: Event) -> tuple[bool, tuple[datetime, int, int]]:
    return event.event_type not in REQUESTS, place_of(event)


def _changes(events: Iterable[Event], legal: Legal) -> dict[int, Transition]:
    found = {}
    before = _NONE
    for event in events:
        if event.status is None:
            continue
        if event.status != before:
            late = legal.get((before, event.status, event.event_type))
            verdict = _ILLEGAL if late is None else "late" if late else "legal"
            found[event.sequence_number] = Transition(
                before, event.status, event.event_type, verdict
            )
        before = event.status
    return found
