"""Guards: which changes of a table the database itself refuses, and in which words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum

from runner.errors import EngineError


class Guard(Enum):
    """Why a table may not be changed; the value stands in the names of its triggers."""

    FACT = "no"  # rows may be appended
    RECORD = "record"  # the runner's own; rows may be appended
    HISTORY = "history"  # what builds came to; rows may be appended
    DERIVED = "derived"  # nothing may be changed: a build replaces it

    @property
    def verbs(self) -> tuple[str, ...]:
        """The statements refused, whatever else an engine needs for that."""
        changes = ("update", "delete")
        return ("insert", *changes) if self is Guard.DERIVED else changes

    def trigger(self, table: str, verb: str) -> str:
        return f"{table}_{self.value}_{verb}"

    def triggers(self, table: str) -> frozenset[str]:
        return frozenset(self.trigger(table, verb) for verb in self.verbs)

    def refusal(self, table: str, verb: str) -> str:
        """What the database says, as the inside of an SQL string."""
        return _REFUSALS[self].format(table=table, verb=verb.upper()).replace("'", "''")


_REFUSALS = {
    Guard.FACT: "{table} holds facts: they are append-only, {verb} is refused; "
    "append a correction instead",
    Guard.RECORD: "{table} is append-only, {verb} is refused: only `runner migrate` writes it",
    Guard.HISTORY: "{table} is append-only, {verb} is refused: only `runner build` writes it",
    Guard.DERIVED: "{table} is derived: it is written by `runner build` alone, {verb} is refused; "
    "append facts and build",
}


APPENDED = (Guard.FACT, Guard.RECORD, Guard.HISTORY)


class Guards(ABC):
    """What both engines' guards have in common; `base.Engine` says what each method promises."""

    def guard_fact(self, table: str) -> None:
        self._guard(table, Guard.FACT)

    def guard_record(self, table: str) -> None:
        self._guard(table, Guard.RECORD)

    def guard_history(self, table: str) -> None:
        self._guard(table, Guard.HISTORY)

    def guard_derived(self, table: str) -> None:
        self._guard(table, Guard.DERIVED)

    def guarded_facts(self) -> frozenset[str]:
        return self._guarded(Guard.FACT)

    def guarded_records(self) -> frozenset[str]:
        return self._guarded(Guard.RECORD)

    def guarded_derived(self) -> frozenset[str]:
        return self._guarded(Guard.DERIVED)

    def _refuse_replacing(self, name: str) -> None:
        """EngineError where `name` is a fact or a record, by any part of its guard."""
        standing = self._appended_only(name)
        if standing is not None:
            raise EngineError(
                "R313",
                f"{standing} would have been replaced",
                why="it holds facts, or a record of the runner's: rows may be appended to it only",
                mend="give the model or seed of that name another one",
            )

    @abstractmethod
    def _appended_only(self, name: str) -> str | None:
        """The guarded fact or record called `name` in any case, as the catalogue spells it."""

    @abstractmethod
    def _guard(self, table: str, guard: Guard) -> None: ...

    @abstractmethod
    def _guarded(self, guard: Guard) -> frozenset[str]: ...
