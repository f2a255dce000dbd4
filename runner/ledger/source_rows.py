"""The rows a batch keeps, mapped once more as `runner ingest` mapped them: what its facts must be.

What a load was given as --account, --venue, --from and --to is not recorded. Ids are made of it, so
the accounts of the ledger are tried, and the periods of the batch's statements: the reading under
which the ids stand is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from runner.engines.base import Engine
from runner.engines.staging import Staging, in_lists
from runner.ingest import functions, load, order_events, raw_rows, readers, statement
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.fields import Defaults
from runner.ingest.formats import Format, find_format
from runner.ingest.readers import Row
from runner.ingest.shapes.stated import Extent
from runner.ingest.source import Source

CHUNK_ROWS = 200_000
_SAMPLE_ROWS = 200
_ACCOUNTS_TRIED, _STATEMENTS_TRIED = 20, 5

_File = tuple[Source, str | None, list[Row]]  # with its header


class _Reading(NamedTuple):
    """What a load may have been given."""

    form: Format
    defaults: Defaults


@dataclass(frozen=True)
class Chunk:
    """What consecutive rows of a batch make.

    Every `source_row` from `first` to before `end` is of it, None where there is no bound: of all
    chunks together there is none that is of no chunk. `names` are its files, by number.
    """

    made: Sequence[Candidates]
    first: int | None
    end: int | None
    names: Mapping[int, str]

    def of(self, table: str) -> list[Candidates]:
        return [rows for rows in self.made if rows.shape.table == table]


def chunks(
    engine: Engine,
    staging: Staging,
    facts: Mapping[str, FactTable],
    mappings: Path | None,
    batch: Mapping[str, Any],
) -> Iterator[Chunk]:
    """All of a batch's kept rows, in order; a chunk's tables last until the next is asked for.

    `staging` is the ledger before the batch. RunnerError where the rows were altered or cannot be
    mapped: the format is gone, or reads other columns by now.
    """
    tried = _tried(engine, staging, mappings, batch)
    reading, first = None, None
    for blocks, end in _grouped(engine, batch["batch_id"]):
        files = _files(blocks)
        if reading is None:
            reading, _ = _ranked(engine, staging, facts, batch, tried, files)[0]
        names = {source.number: source.name for source, _, _ in files}
        yield Chunk(_made(staging, reading, facts, files), first, end, names)
        first = end


def at_once(
    engine: Engine,
    staging: Staging,
    facts: Mapping[str, FactTable],
    mappings: Path | None,
    batch: Mapping[str, Any],
) -> Iterator[Chunk]:
    """All of a batch's kept rows as one chunk: as they were most likely read, and where no id that
    tells it is left, each other way.

    `staging` and errors as for `chunks`.
    """
    tried = _tried(engine, staging, mappings, batch)
    files = _files(list(raw_rows.blocks(engine, batch["batch_id"])))
    names = {source.number: source.name for source, _, _ in files}
    for reading, standing_count in _ranked(engine, staging, facts, batch, tried, files):
        yield Chunk(_made(staging, reading, facts, files), None, None, names)
        if standing_count:
            break


def _tried(
    engine: Engine, staging: Staging, mappings: Path | None, batch: Mapping[str, Any]
) -> list[_Reading]:
    """The ways in which a batch's rows may have been read; what they are read with is staged."""
    name, number = str(batch["format"]), batch["batch_id"]
    form = find_format(mappings, statement.format_of(name))
    retried = statement.stage_before(engine, staging, number, name)
    functions.install(staging)
    if retried is None:
        return list(_readings(engine, form, number))
    return list(_stated(engine, form, number, retried))


def _grouped(engine: Engine, batch_id: int) -> Iterator[tuple[list[raw_rows.Block], int | None]]:
    group: list[raw_rows.Block] = []
    for block in raw_rows.blocks(engine, batch_id):
        if group and sum(b.row_count for b in group) + block.row_count > CHUNK_ROWS:
            yield group, block.first_row
            group = []
        group.append(block)
    if group:
        yield group, None


def _files(blocks: Sequence[raw_rows.Block]) -> list[_File]:
    files: dict[int, _File] = {}
    for block in blocks:
        number = block.file_number
        source = Source(Path(block.source), number, block.source, block.reader, b"")
        header = block.header if block.reader == "csv" else None
        files.setdefault(number, (source, header, []))[2].extend(block.texts())
    return list(files.values())


def _made(
    staging: Staging, reading: _Reading, facts: Mapping[str, FactTable], files: Sequence[_File]
) -> list[Candidates]:
    readers.read_kept(staging, reading.form, files)
    made = load.map_rows(staging, reading.form, reading.defaults, facts)
    for rows in list(made):
        if rows.shape.table == "orders":
            order_events.mark_restatements(staging, rows, facts)
            made.append(order_events.made(staging, rows, facts))
    return made


def _sample(files: Sequence[_File]) -> list[_File]:
    source, header, rows = files[0]
    return [(source, header, rows[:_SAMPLE_ROWS])]


def _ranked(
    engine: Engine,
    staging: Staging,
    facts: Mapping[str, FactTable],
    batch: Mapping[str, Any],
    tried: Sequence[_Reading],
    files: Sequence[_File],
) -> list[tuple[_Reading, int]]:
    """Each reading with how many of its ids stand: those first under which most do, then most of
    them as they are, then most is made. One under which all do is the only one.
    """
    # a statement's period is that of all its rows
    sample = files if tried[0].form.extent is not None else _sample(files)
    found: list[tuple[tuple[int, int, int], _Reading]] = []
    for reading in tried:
        made = _made(staging, reading, facts, sample)
        told = [_told(staging, rows) for rows in made]
        count = sum(map(len, told))
        standing = [
            is_same
            for rows, of_rows in zip(made, told, strict=True)
            for is_same in _standing(
                engine, facts[rows.shape.table], rows, batch["batch_id"], of_rows
            )
        ]
        if standing and sum(standing) == count:
            return [(reading, len(standing))]
        found.append(((len(standing), sum(standing), count), reading))
    found.sort(key=lambda scored: scored[0], reverse=True)
    return [(reading, score[0]) for score, reading in found]


def _readings(engine: Engine, form: Format, batch_id: int) -> Iterator[_Reading]:
    yield _Reading(form, _defaults(form, form.venue, None))
    # the batch's own rows may name one that is gone from accounts
    of_batch = " union ".join(
        f"select account_id, venue from {table} where batch_id = {batch_id}"
        for table in ("orders", "order_fills", "cash_movements")
    )
    accounts = list(engine.query(f"{of_batch} order by 1, 2 limit {_ACCOUNTS_TRIED}").rows)
    accounts += engine.query(
        f"select account_id, venue from accounts where batch_id <= {batch_id} "
        f"order by batch_id desc, account_id limit {_ACCOUNTS_TRIED}"
    ).rows
    for account, of_account in dict.fromkeys(accounts):
        for venue in dict.fromkeys((form.venue, of_account)):
            yield _Reading(form, _defaults(form, venue, account))


def _stated(engine: Engine, form: Format, batch_id: int, retried: Extent) -> Iterator[_Reading]:
    """The accounts and periods of a batch's statements, and the periods its rows tell."""
    told = " union ".join(
        f"select statement_id from {table} where batch_id = {batch_id}"
        for table in ("statements", "statement_orders", "statement_fills", "statement_balances")
    )
    rows = engine.query(
        "select distinct account_id, venue, period_start, period_end from statements "
        f"where statement_id in ({told}) order by 1, 2, 3, 4 limit {_STATEMENTS_TRIED}"
    ).rows
    extents, accounts = [Extent()], [_defaults(form, form.venue, None)]
    for account, venue, start, end in rows:
        extents += [Extent(end=end), Extent(start, end), Extent(start)]
        accounts.append(_defaults(form, venue, account))
    for extent in dict.fromkeys([*extents, retried]):
        stated = statement.as_statement(form, replace(extent, scope=retried.scope))
        for defaults in dict.fromkeys(accounts):
            yield _Reading(stated, defaults)


def _defaults(form: Format, venue: str | None, account: str | None) -> Defaults:
    return Defaults(venue, account, account_is_venue=form.venue is not None)


_Told = Mapping[str, tuple[str | None, ...]]  # id -> what of it the load may have been given


def _given(rows: Candidates) -> list[str]:
    return [c.name for c in rows.columns if c.name in ("account_id", "venue")]


def _told(staging: Staging, rows: Candidates) -> _Told:
    key = rows.shape.key
    listed = ", ".join([key, *_given(rows)])
    sql = f"select {listed} from {rows.table} where {rows.fresh} and {key} is not null"
    return {str(value): tuple(given) for value, *given in staging.rows(sql)}


def _standing(
    engine: Engine, fact: FactTable, rows: Candidates, batch_id: int, told: _Told
) -> Iterator[bool]:
    """For each of them that stands, whether it does with that account and venue."""
    listed = ", ".join([fact.key_column.name, *_given(rows)])
    for asked in in_lists(fact.key_column, list(told)):
        sql = f"select {listed} from {fact.name} where batch_id = {batch_id} and {asked}"
        for value, *given in engine.query(sql).rows:
            yield told[str(value)] == tuple(given)
