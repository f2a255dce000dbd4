"""Is every fact still what was appended? The hash chain recomputed from the tables.

docs/ledger.md says what is hashed. A batch is looked at in this order: its place in the chain, its
own row, the list of its tables, and the rows of each. What is found is told batch by batch; which
rows it is, of the first batches, altered_rows.py tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from runner.engines.base import Column, Engine
from runner.ingest import chain, raw_rows
from runner.ingest.facts import FactTable, schema_version
from runner.ledger import altered_rows, row_stamps
from runner.ledger.findings import Finding, Head, Verification
from runner.ledger.past_columns import PastColumns
from runner.ledger.row_differences import Suspect
from runner.migrate.files import Migration
from runner.migrate.history import refuse_newer
from runner.moments import microseconds

BOOKS = frozenset({"ledger_batches", "ledger_batch_tables"})
_NAMED_BATCHES = 20


def verify(
    engine: Engine,
    facts: Mapping[str, FactTable],
    migrations: Sequence[Migration],
    anchor: Head | None = None,
    *,
    mappings: Path | None = None,
) -> Verification:
    """Recompute every hash of the ledger. `anchor` is a head that was kept elsewhere.

    Which rows were altered is told by mapping the kept ones again, by the files of `mappings` (the
    project's sql/ingest; None: those the runner comes with).

    Who writes meanwhile is not waited for, and what they append is left out. EngineError (R328) for
    a ledger that newer migrations have made: what they added is not known.
    """
    with engine.snapshot():
        return _verify(engine, facts, migrations, anchor, mappings)


def _verify(
    engine: Engine,
    facts: Mapping[str, FactTable],
    migrations: Sequence[Migration],
    anchor: Head | None,
    mappings: Path | None,
) -> Verification:
    batches = list(_rows(engine, facts["ledger_batches"], "batch_id"))
    newest = max((b["schema_version"] for b in batches), default=0)
    refuse_newer(max(newest, schema_version(engine)), migrations)
    stated = _stated(engine, facts["ledger_batch_tables"])
    findings = [*_anchored(batches, anchor), *_chained(batches, stated), *_dated(engine)]
    hashed = 0
    past = PastColumns(engine, migrations)
    for fact in facts.values():
        if fact.name not in BOOKS:
            count, found = _facts(engine, fact, batches, stated, past)
            hashed += count
            findings += found
    findings.sort(key=lambda f: (f.batch_id is None, f.batch_id or 0))
    findings = _with_rows(engine, facts, mappings, batches, findings)
    last = batches[-1] if batches else None
    head = Head(last["batch_id"], last["chain_hash"]) if last else None
    return Verification(head, len(batches), hashed, tuple(findings))


def _with_rows(
    engine: Engine,
    facts: Mapping[str, FactTable],
    mappings: Path | None,
    batches: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
) -> list[Finding]:
    """The findings, those of the first batches with the rows they are of."""
    altered: dict[str, set[int]] = {}
    for f in findings:
        if f.batch_id is not None:
            altered.setdefault(f.table, set()).add(f.batch_id)
    suspects: dict[int | None, list[Suspect]] = {}
    for f in findings:
        if f.suspect is not None:
            suspect = replace(f.suspect, batches=frozenset(altered[f.table]))
            suspects.setdefault(f.batch_id, []).append(suspect)
    words: dict[tuple[int | None, str], str] = {}
    suspected = (b for b in batches if b["batch_id"] in suspects)
    for batch in islice(suspected, _NAMED_BATCHES):
        number = batch["batch_id"]
        of_batch = suspects[number]
        is_kept = number not in altered.get(raw_rows.TABLE, ())
        told = altered_rows.told(engine, facts, mappings, batch, of_batch, is_kept=is_kept)
        words |= {(number, table): text for table, text in told.items()}
    known = {b["batch_id"] for b in batches}
    unsaid = f"; no row is named: only those of the first {_NAMED_BATCHES} such batches are"
    return [
        replace(f, problem=f.problem + words.get((f.batch_id, f.table), unsaid))
        if f.suspect is not None and f.batch_id in known
        else f
        for f in findings
    ]


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


def _dated(engine: Engine) -> Iterator[Finding]:
    """A copy of what was known by a moment leaves out what is dated later."""
    sql = """
        select distinct b.batch_id
        from ledger_batch_tables as t
        inner join ledger_batches as b on t.batch_id = b.batch_id
        where t.recorded_at is distinct from b.recorded_at
        order by b.batch_id
    """
    for (number,) in engine.query(sql).rows:
        problem = "its tables are not dated as their batch is"
        yield Finding(number, "ledger_batch_tables", problem)


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


def _facts(
    engine: Engine,
    fact: FactTable,
    batches: Sequence[Mapping[str, Any]],
    stated: Mapping[int, Mapping[str, chain.Root]],
    past: PastColumns,
) -> tuple[int, list[Finding]]:
    """The rows of one table, against the roots of the batches they carry."""
    held = row_stamps.held(engine, fact)
    counts = {h.batch_id: h.row_count for h in held}
    findings = list(row_stamps.strays(engine, fact, held))
    hashed = 0
    # a batch's rows have the columns of its time
    by_version = groupby(batches, key=lambda b: int(b["schema_version"]))
    for version, group in by_version:
        of_version = [b for b in group if b["batch_id"] in counts]
        columns = past.at(fact, version) if of_version else ()
        if not columns:
            findings += [
                Finding(b["batch_id"], fact.name, "holds rows of a batch older than the table")
                for b in of_version
            ]
            continue
        for batch_id, found in _roots(engine, fact, columns, of_version, counts):
            hashed += found.row_count
            root = stated.get(batch_id, {}).get(fact.name)
            if root is None:
                keys = row_stamps.named(engine, fact, f"batch_id = {batch_id}")
                problem = f"{found.row_count:,} rows were inserted: the batch appended none: {keys}"
                findings.append(Finding(batch_id, fact.name, problem))
            elif problem := _difference(found, root):
                is_short = found.row_count < root.row_count
                suspect = Suspect(fact, columns, root, is_short)
                findings.append(Finding(batch_id, fact.name, problem, suspect))
    versions = {b["batch_id"]: int(b["schema_version"]) for b in batches}
    for batch_id, tables in stated.items():
        if fact.name in tables and batch_id not in counts:
            root = tables[fact.name]
            columns = past.at(fact, versions.get(batch_id, 0))
            problem = f"all of its {root.row_count:,} rows are missing"
            suspect = Suspect(fact, columns, root, is_short=True)
            findings.append(Finding(batch_id, fact.name, problem, suspect))
    return hashed, findings + list(row_stamps.misdated(engine, fact, held))


def _difference(found: chain.Root, root: chain.Root) -> str:
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
