"""Is every fact still what was appended? The hash chain recomputed from the tables.

docs/ledger.md says what is hashed. A batch is looked at in this order: its place in the chain, its
own row, the list of its tables, and the rows of each. What is found is told batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from runner.engines.base import Column, Engine, open_memory
from runner.ingest import chain
from runner.ingest.facts import FactTable, schema_version
from runner.ledger import lost_rows
from runner.migrate import apply
from runner.migrate.files import Migration
from runner.migrate.history import refuse_newer
from runner.moments import microseconds
from runner.sqltyping.types import INTEGER, TEXT

_BOOKS = frozenset({"ledger_batches", "ledger_batch_tables"})
_NAMED_ROWS = 3
COLUMNS = (Column("batch_id", INTEGER), Column("table_name", TEXT), Column("problem", TEXT))


@dataclass(frozen=True)
class Finding:
    """What is not as it was appended; `batch_id` is None where no batch accounts for it."""

    batch_id: int | None
    table: str
    problem: str
    is_short: bool = False  # rows of the table are missing


@dataclass(frozen=True)
class Head:
    """The newest batch: who keeps this elsewhere can prove all that came before."""

    batch_id: int
    chain_hash: str

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.chain_hash}"


@dataclass(frozen=True)
class Verification:
    """How many facts of how many batches were hashed; `head` is None for an empty ledger."""

    head: Head | None
    batch_count: int
    row_count: int
    findings: tuple[Finding, ...]


def verify(
    engine: Engine,
    facts: Mapping[str, FactTable],
    migrations: Sequence[Migration],
    anchor: Head | None = None,
) -> Verification:
    """Recompute every hash of the ledger. `anchor` is a head that was kept elsewhere.

    Who writes meanwhile is not waited for, and what they append is left out. EngineError (R328) for
    a ledger that newer migrations have made: what they added is not known.
    """
    with engine.snapshot():
        return _verify(engine, facts, migrations, anchor)


def _verify(
    engine: Engine,
    facts: Mapping[str, FactTable],
    migrations: Sequence[Migration],
    anchor: Head | None,
) -> Verification:
    batches = list(_rows(engine, facts["ledger_batches"], "batch_id"))
    newest = max((b["schema_version"] for b in batches), default=0)
    refuse_newer(max(newest, schema_version(engine)), migrations)
    stated = _stated(engine, facts["ledger_batch_tables"])
    findings = [*_anchored(batches, anchor), *_chained(batches, stated)]
    hashed = 0
    for fact in facts.values():
        if fact.name not in _BOOKS:
            count, found = _facts(engine, fact, batches, stated, migrations)
            hashed += count
            findings += found
    findings.sort(key=lambda f: (f.batch_id is None, f.batch_id or 0))
    findings = [_with_lost_rows(engine, facts, finding) for finding in findings]
    last = batches[-1] if batches else None
    head = Head(last["batch_id"], last["chain_hash"]) if last else None
    return Verification(head, len(batches), hashed, tuple(findings))


def _with_lost_rows(engine: Engine, facts: Mapping[str, FactTable], finding: Finding) -> Finding:
    if finding.batch_id is None or not finding.is_short:
        return finding
    lost = lost_rows.named(engine, facts, finding.table, finding.batch_id)
    return replace(finding, problem=f"{finding.problem}, made of {lost}") if lost else finding


def _rows(engine: Engine, fact: FactTable, order_by: str) -> Iterator[dict[str, Any]]:
    names = ", ".join(c.name for c in fact.columns)
    return engine.query(f"select {names} from {fact.name} order by {order_by}").named


def _stated(engine: Engine, fact: FactTable) -> dict[int, dict[str, chain.Root]]:
    """What each batch says it appended to each table."""
    stated: dict[int, dict[str, chain.Root]] = {}
    for row in _rows(engine, fact, "batch_id, table_name"):
        root = chain.Root(row["table_name"], row["row_count"], row["root_hash"])
        stated.setdefault(row["batch_id"], {})[root.table] = root
    return stated


def _anchored(batches: Sequence[Mapping[str, Any]], anchor: Head | None) -> Iterator[Finding]:
    if anchor is None:
        return
    found = {b["batch_id"]: b["chain_hash"] for b in batches}.get(anchor.batch_id)
    if found is None:
        yield Finding(anchor.batch_id, "ledger_batches", "is missing, and the anchor is of it")
    elif found != anchor.chain_hash:
        problem = f"has the chain hash {found}, the anchor {anchor.chain_hash}"
        yield Finding(anchor.batch_id, "ledger_batches", problem)


def _chained(
    batches: Sequence[Mapping[str, Any]], stated: Mapping[int, Mapping[str, chain.Root]]
) -> Iterator[Finding]:
    """The batches' own rows: none missing, each hash of what it covers, each upon the last."""
    expected_id, previous = 1, None
    for batch in batches:
        number = batch["batch_id"]
        for missing in range(expected_id, number):
            yield Finding(missing, "ledger_batches", "the batch is missing")
        if number == expected_id and batch["previous_hash"] != previous:
            yield Finding(number, "ledger_batches", "does not follow the batch before it")
        roots = list(stated.get(number, {}).values())
        if chain.content_hash(roots) != batch["content_hash"]:
            problem = "its tables, row counts and roots are not those it was appended with"
            yield Finding(number, "ledger_batch_tables", problem)
        if sum(root.row_count for root in roots) != batch["row_count"]:
            yield Finding(number, "ledger_batches", "its row count is not that of its tables")
        covered = [_plain(v) for name, v in batch.items() if name != "chain_hash"]
        if chain.chain_hash(covered) != batch["chain_hash"]:
            yield Finding(number, "ledger_batches", "the batch's row was altered")
        expected_id, previous = number + 1, batch["chain_hash"]
    known = {batch["batch_id"] for batch in batches}
    for number in sorted(stated.keys() - known):
        yield Finding(
            None, "ledger_batch_tables", f"has rows of batch {number}, which is not there"
        )


def _plain(value: Any) -> Any:
    return microseconds(value) if isinstance(value, datetime) else value


class _Held(NamedTuple):
    """What a table holds of one batch; `recorded_at` is the batch's, None where there is none."""

    batch_id: int
    recorded_at: datetime | None
    row_count: int
    misdated_count: int


def _held(engine: Engine, fact: FactTable) -> list[_Held]:
    rows = engine.query(
        f"""
        select
            f.batch_id,
            b.recorded_at,
            count(*) as row_count,
            count(case when f.recorded_at <> b.recorded_at then 1 end) as misdated_count
        from {fact.name} as f
        left join ledger_batches as b on f.batch_id = b.batch_id
        group by f.batch_id, b.recorded_at
        order by f.batch_id
        """
    ).rows
    return [_Held(*row) for row in rows]


def _facts(
    engine: Engine,
    fact: FactTable,
    batches: Sequence[Mapping[str, Any]],
    stated: Mapping[int, Mapping[str, chain.Root]],
    migrations: Sequence[Migration],
) -> tuple[int, list[Finding]]:
    """The rows of one table, against the roots of the batches they carry."""
    held = _held(engine, fact)
    counts = {h.batch_id: h.row_count for h in held}
    findings = list(_strays(engine, fact, held))
    hashed = 0
    # a batch's rows have the columns of its time
    by_version = groupby(batches, key=lambda b: int(b["schema_version"]))
    for version, group in by_version:
        of_version = [b for b in group if b["batch_id"] in counts]
        columns = _columns_at(engine, fact, version, migrations) if of_version else ()
        if not columns:
            findings += [
                Finding(b["batch_id"], fact.name, "holds rows of a batch older than the table")
                for b in of_version
            ]
            continue
        for batch_id, found in _roots(engine, fact, columns, of_version, counts):
            hashed += found.row_count
            root = stated.get(batch_id, {}).get(fact.name)
            problem = _difference(found, root)
            if problem:
                is_short = root is not None and found.row_count < root.row_count
                findings.append(Finding(batch_id, fact.name, problem, is_short))
    for batch_id, tables in stated.items():
        if fact.name in tables and batch_id not in counts:
            problem = f"all of its {tables[fact.name].row_count:,} rows are missing"
            findings.append(Finding(batch_id, fact.name, problem, is_short=True))
    return hashed, findings + list(_misdated(engine, fact, held))


def _difference(found: chain.Root, root: chain.Root | None) -> str:
    if root is None:
        return f"{found.row_count:,} rows were inserted: the batch appended none"
    if found.row_count < root.row_count:
        return f"{root.row_count - found.row_count:,} of {root.row_count:,} rows are missing"
    if found.row_count > root.row_count:
        return f"{found.row_count - root.row_count:,} rows were inserted"
    if found.root_hash != root.root_hash:
        return f"one or more of {root.row_count:,} rows were altered"
    return ""


def _roots(
    engine: Engine,
    fact: FactTable,
    columns: Sequence[Column],
    batches: Sequence[Mapping[str, Any]],
    counts: Mapping[int, int],
) -> Iterator[tuple[int, chain.Root]]:
    """Each batch's root, from one reading of the table in the batches' order."""
    if not batches:
        return
    first, last = batches[0]["batch_id"], batches[-1]["batch_id"]
    order = chain.canonical_order(fact.key, columns)
    if first != last:
        order = f"batch_id, {order}"  # a longer key takes half as long again to sort
    texts = _texts(
        engine,
        f"select {chain.canonical_row(columns)} as line from {fact.name} "
        f"where batch_id between {first} and {last} order by {order}",
    )
    for batch in batches:
        number = batch["batch_id"]
        yield number, chain.root(fact.name, texts, counts[number])


def _texts(engine: Engine, sql: str) -> Iterator[str]:
    for block in engine.text_blocks(sql, chain.BLOCK_ROWS):
        yield from block


def _strays(engine: Engine, fact: FactTable, held: Sequence[_Held]) -> Iterator[Finding]:
    """Rows of a batch that is not there."""
    for rows in held:
        if rows.recorded_at is None:
            number = rows.batch_id
            keys = _named(engine, fact, f"batch_id = {number}")
            problem = f"{rows.row_count:,} rows are of batch {number}, which is not there: {keys}"
            yield Finding(None, fact.name, problem)


def _misdated(engine: Engine, fact: FactTable, held: Sequence[_Held]) -> Iterator[Finding]:
    """Rows that say they were recorded at another moment than their batch: these can be named."""
    for rows in held:
        if rows.misdated_count:
            number, moment = rows.batch_id, rows.recorded_at
            keys = _named(
                engine, fact, f"batch_id = {number} and recorded_at <> timestamp '{moment}'"
            )
            problem = (
                f"{rows.misdated_count:,} rows were recorded at another moment than their batch: "
                f"{keys}"
            )
            yield Finding(number, fact.name, problem)


def _named(engine: Engine, fact: FactTable, condition: str) -> str:
    keys = ", ".join(fact.key)
    rows = engine.query(
        f"select {keys} from {fact.name} where {condition} order by {keys} limit {_NAMED_ROWS + 1}"
    ).rows
    shown = [" ".join(str(v) for v in row) for row in rows]
    more = ", …" if len(shown) > _NAMED_ROWS else ""
    return f"{', '.join(fact.key)} = {'; '.join(shown[:_NAMED_ROWS])}{more}"


def _columns_at(
    engine: Engine, fact: FactTable, version: int, migrations: Sequence[Migration]
) -> tuple[Column, ...]:
    """The table's columns as the migrations up to `version` declare them."""
    newest = max(m.version for m in migrations)
    if version == newest:
        return fact.columns
    memory = open_memory(engine.name)
    try:
        with memory.transaction():
            for migration in migrations:
                if migration.version <= version:
                    apply.apply_statements(memory, migration)
        relation = memory.relations().get(fact.name)
    finally:
        memory.close()
    return relation.columns if relation else ()
