"""Which facts explain a difference: those that only one of the two builds holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from runner.audit.diff.builds import Build
from runner.audit.diff.results import (
    BatchSummary,
    Fact,
    Knowledge,
    RowDifference,
    TableDifference,
)
from runner.engines.base import Engine, Relation
from runner.sqltyping.types import Kind

_FILLS = "order_fills"
_EVENTS = "order_events"
_BOOKS = "ledger_batch_tables"
_FILL_IDS = ("fill_id", "opening_fill_id", "closing_fill_id")
# of what a row is, from the closest on: the first that has new facts explains it
_SCOPES = (("order_id",), ("account_id", "instrument_id"), ("account_id",), ("instrument_id",))
_LISTED = 3  # facts told of one row


class Gap:
    """The batches that `newer` holds and `older` does not."""

    def __init__(self, older: Build, newer: Build, after: int, through: int) -> None:
        self.newer = newer
        self.after = after
        self.through = through
        known = [b.recorded_at for b in older.batches if b.batch_id <= after]
        self.known_at: datetime | None = known[-1] if known else None

    @property
    def condition(self) -> str:
        return f"batch_id > {self.after} and batch_id <= {self.through}"


def gap(a: Build, b: Build, names: Sequence[str]) -> tuple[Gap | None, str]:
    """What one holds and the other does not, if that is all; else why not, in words."""
    if not a.batches or not b.batches:
        return None, ""
    of_a, of_b = a.through(names), b.through(names)
    common = min(of_a, of_b)
    hashes = [{x.batch_id: x.chain_hash for x in build.batches} for build in (a, b)]
    if hashes[0].get(common) != hashes[1].get(common):
        return None, "the two ledgers have batches of their own, whose facts are not compared"
    if of_a == of_b:
        return None, ""
    older, newer = (a, b) if of_a < of_b else (b, a)
    return Gap(older, newer, common, max(of_a, of_b)), ""


def explain(
    engine: Engine,
    name_of: Callable[[str], str],
    missing: Gap,
    tables: Sequence[TableDifference],
) -> Knowledge:
    """`engine` shows the newer build's facts, by the names that `name_of` gives."""
    batches = _batches(engine, name_of, missing)
    touched = {table for batch in batches for table in batch.row_counts}
    facts = {t: missing.newer.relations[t] for t in touched if t in missing.newer.relations}
    found = _Facts(engine, name_of, missing, facts)
    told = {
        (difference.table.name, place): found.behind(row)
        for difference in tables
        for place, row in enumerate(difference.rows)
    }
    return Knowledge(missing.newer.name, batches, told)


def _batches(engine: Engine, name_of: Callable[[str], str], missing: Gap) -> list[BatchSummary]:
    counts: dict[int, dict[str, int]] = {}
    for batch_id, table, count in engine.query(
        f"select batch_id, table_name, row_count from {name_of(_BOOKS)} "
        f"where {missing.condition} order by batch_id, table_name"
    ).rows:
        counts.setdefault(batch_id, {})[table] = count
    return [
        BatchSummary(b.batch_id, b.recorded_at, b.source, counts.get(b.batch_id, {}))
        for b in missing.newer.batches
        if missing.after < b.batch_id <= missing.through
    ]


def tables_read(newer: Build) -> list[str]:
    """The relations that an explanation may read."""
    facts = [
        name
        for name, relation in newer.relations.items()
        if not relation.is_view
        and {"batch_id", "recorded_at"} <= {c.name for c in relation.columns}
    ]
    return sorted({*facts, _BOOKS} & newer.relations.keys())


class _Facts:
    def __init__(
        self,
        engine: Engine,
        name_of: Callable[[str], str],
        missing: Gap,
        facts: Mapping[str, Relation],
    ) -> None:
        self.engine = engine
        self.name_of = name_of
        self.missing = missing
        self.facts = facts
        self._found: dict[tuple[str, str], list[Fact]] = {}

    def behind(self, difference: RowDifference) -> list[Fact]:
        """The new facts closest to a row, at most `_LISTED` of them."""
        row = {**(difference.before or {}), **(difference.after or {})}
        return next((found for found in self._nearing(row) if found), [])[:_LISTED]

    def _nearing(self, row: Mapping[str, Any]) -> Iterator[list[Fact]]:
        fills = [str(row[c]) for c in _FILL_IDS if row.get(c) is not None]
        if fills and _FILLS in self.facts:
            listed = ", ".join(f"cast({_quoted(fill)} as uuid)" for fill in fills)
            either = f"facts.fill_id in ({listed}) or facts.corrects_fill_id in ({listed})"
            yield self._of(_FILLS, f"({either})")
        for scope in _SCOPES:
            if all(row.get(column) is not None for column in scope):
                yield [
                    fact
                    for table, relation in sorted(self.facts.items(), key=_rank)
                    if (condition := _condition(relation, scope, row))
                    for fact in self._of(table, condition)
                ]

    def _of(self, table: str, condition: str) -> list[Fact]:
        if (table, condition) not in self._found:
            self._found[table, condition] = list(self._query(table, condition))
        return self._found[table, condition]

    def _query(self, table: str, condition: str) -> Iterator[Fact]:
        name, id_ = self.name_of(table), self.facts[table].columns[0].name
        said = {
            _FILLS: "facts.kind, facts.exchange_fill_id, facts.executed_at, facts.corrects_fill_id",
            _EVENTS: "facts.sequence_number, facts.event_type",
        }.get(table, f"facts.{id_} as id_again")
        within = self.missing.condition.replace("batch_id", "facts.batch_id")
        rows = self.engine.query(
            f"select facts.{id_}, facts.batch_id, {said} from {name} as facts "
            f"where {within} and {condition} order by facts.batch_id, facts.{id_} limit {_LISTED}"
        ).rows
        for found, batch_id, *more in list(rows):
            yield Fact(table, str(found), batch_id, self._said(table, str(found), more))

    def _said(self, table: str, id_: str, more: Sequence[Any]) -> str:
        if table == _EVENTS:
            return f"event {more[0]} {more[1]}"
        if table != _FILLS:
            return f"{table} {id_}"
        kind, exchange_fill_id, executed_at, corrects = more
        name = exchange_fill_id or id_
        if kind == "TRADE":
            known_at = self.missing.known_at
            return f"{'late ' if known_at and executed_at <= known_at else ''}fill {name}"
        return f"{kind.lower()} {name} of {self._amended(str(corrects))}"

    def _amended(self, fill_id: str) -> str:
        rows = self.engine.query(
            f"select exchange_fill_id from {self.name_of(_FILLS)} "
            f"where fill_id = cast({_quoted(fill_id)} as uuid)"
        ).rows
        return str(next(iter(rows), (None,))[0] or fill_id)


def _rank(item: tuple[str, Relation]) -> tuple[bool, bool, str]:
    """Fills first, then events: what is told of a row is cut short."""
    return item[0] != _FILLS, item[0] != _EVENTS, item[0]


def _condition(relation: Relation, scope: Sequence[str], row: Mapping[str, Any]) -> str:
    kinds = {column.name: column.type.kind for column in relation.columns}
    if not kinds.keys() >= set(scope):
        return ""
    return " and ".join(
        f"facts.{name} = "
        + (
            f"cast({_quoted(row[name])} as uuid)"
            if kinds[name] is Kind.UUID
            else _quoted(row[name])
        )
        for name in scope
    )


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
