"""Which rows of a batch were altered, taken away or put in, in words.

The ledger has one hash for all of a batch's rows of a table. The rows it keeps as they were read
tell which fact is not what it was: each is named by its key, with its file and line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.engines.base import Column, Engine
from runner.engines.staging import stage_as_of
from runner.errors import RunnerError
from runner.ingest.candidates import Candidates
from runner.ingest.facts import SOURCE_ROW, FactTable
from runner.ingest.readers import FILE_SHIFT
from runner.ledger import lost_rows
from runner.ledger.findings import NAMED_ROWS
from runner.ledger.remade_rows import remake
from runner.ledger.row_differences import (
    Compared,
    Difference,
    Suspect,
    Texts,
    account_for_root,
    add_rows_of_none,
    compare,
)
from runner.ledger.source_rows import chunks
from runner.moments import moment_at
from runner.sqltyping.types import Kind

_NAMED, _NO_ROW = ": ", "; no row is named"
_PUT_RIGHT = "with that put right the hash is the one appended"
# what all rows of a batch tell together, and no line by itself
_OF_NO_LINE = ("sequence_number", "recorded_at")
_LINE = (1 << FILE_SHIFT) - 1
# what people call a fact by, beside its key: the first a table has
_CALLED = (
    "exchange_fill_id", "client_order_id", "exchange_order_id", "client_request_id", "event_type",
)  # fmt: skip


def told(
    engine: Engine,
    facts: Mapping[str, FactTable],
    mappings: Path | None,
    batch: Mapping[str, Any],
    suspects: Sequence[Suspect],
    *,
    is_kept: bool,
) -> dict[str, str]:
    """What to say of each table beyond that it was altered; `is_kept`: its kept rows are proved."""
    words: dict[str, str] = {}
    asked = []
    for suspect in suspects:
        if not suspect.has_source_rows:
            words[suspect.fact.name] = _none(f"{suspect.fact.name} has no {SOURCE_ROW}")
        elif not is_kept:
            words[suspect.fact.name] = _none("the rows that the batch keeps were altered, too")
        else:
            asked.append(suspect)
    if not asked:
        return words
    try:
        asked = _tell_proved(engine, facts, mappings, batch, asked, words)
        if not asked:
            return words
        compared, companions, names = _compared(engine, facts, mappings, batch, asked)
        for found in compared:
            words[found.suspect.fact.name] = _words(engine, batch, found, companions, names)
    except RunnerError as error:
        for suspect in asked:
            words[suspect.fact.name] = _none(f"its rows cannot be mapped again: {error.what}")
    for suspect in asked:
        lost = _lost(engine, facts, batch, suspect, words[suspect.fact.name])
        words[suspect.fact.name] = f"{lost}{words[suspect.fact.name]}"
    return words


def _tell_proved(
    engine: Engine,
    facts: Mapping[str, FactTable],
    mappings: Path | None,
    batch: Mapping[str, Any],
    suspects: Sequence[Suspect],
    words: dict[str, str],
) -> list[Suspect]:
    """Say in `words` what was done to tables that all kept rows together prove; the other ones."""
    if batch["format"] is None:
        return list(suspects)
    with stage_as_of(engine, batch["batch_id"]) as staging:
        remade = remake(engine, staging, facts, mappings, batch, suspects)
    left = []
    for suspect in suspects:
        table = suspect.fact.name
        if table not in remade.counts:
            left.append(suspect)
            continue
        shown = [_difference(suspect, d, remade.names) for d in remade.first[table]]
        rest = remade.counts[table] - len(shown)
        words[table] = f"{_listed(shown, f'{rest:,}' if rest else '')}; {_PUT_RIGHT}"
    return left


def _listed(shown: Sequence[str], rest: str) -> str:
    return _NAMED + "; ".join([*shown, *([f"and {rest} more"] if rest else [])])


def _compared(
    engine: Engine,
    facts: Mapping[str, FactTable],
    mappings: Path | None,
    batch: Mapping[str, Any],
    suspects: Sequence[Suspect],
) -> tuple[list[Compared], frozenset[str], dict[int, str]]:
    """Each table compared, the tables a load fills beside its rows', and its files' names."""
    compared = [Compared(suspect) for suspect in suspects]
    companions: frozenset[str] = frozenset()
    names: dict[int, str] = {}
    if batch["format"] is None:
        return compared, companions, names
    with stage_as_of(engine, batch["batch_id"]) as staging:
        for chunk in chunks(engine, staging, facts, mappings, batch):
            names |= chunk.names
            companions |= _companions(chunk.made)
            for found in compared:
                if not found.is_cut:
                    compare(engine, staging, batch, chunk, found)
            if all(found.is_cut for found in compared):
                break
    for found in compared:
        if found.told_columns and not found.is_cut and found.suspect.fact.name not in companions:
            add_rows_of_none(engine, batch, found)
    return compared, companions, names


def _companions(made: Sequence[Candidates]) -> frozenset[str]:
    """Tables whose rows may be of no row of a file: accounts, orders, … first seen on others."""
    found = set()
    for shape in (rows.shape for rows in made):
        found |= {"accounts"} if shape.account_column else set()
        found |= {"instruments"} if shape.makes_instruments else set()
        found |= {"orders"} if shape.makes_orders else set()
        found |= {"statements"} if "period_start" in shape.keeps else set()
    return frozenset(found)


def _none(why: str) -> str:
    return f"{_NO_ROW}: {why}"


def _lost(
    engine: Engine,
    facts: Mapping[str, FactTable],
    batch: Mapping[str, Any],
    suspect: Suspect,
    said: str,
) -> str:
    """The lines of missing rows, where no mapping tells which facts they were."""
    if not suspect.is_short or said.startswith(_NAMED):
        return ""
    lost = lost_rows.named(engine, facts, suspect.fact.name, batch["batch_id"])
    return f", made of {lost}" if lost else ""


def _words(
    engine: Engine,
    batch: Mapping[str, Any],
    found: Compared,
    companions: frozenset[str],
    names: Mapping[int, str],
) -> str:
    table, form = found.suspect.fact.name, batch["format"]
    if not names:
        return _none("the batch keeps no rows of files")
    if not found.told_columns:
        return _none(f"no row of a file is one of its {table}")
    is_all = account_for_root(engine, batch, found)
    if not is_all and not found.standing_count:
        return _none("none stands that would tell which account and venue the load was given")
    if not is_all and (not found.is_of_rows or not found.matched_count):
        return _none(
            f"{form} makes other facts of the kept rows than those that stand: it reads rows "
            "together with others, or was changed since"
        )
    fact = ", or a fact that no row is" if table in companions else ""
    other = (
        f"altered was a column that no file tells ({', '.join(_untold(found))}){fact}, "
        f"or the mapping of {form} was changed since"
    )
    if not found.differences:
        return f"; no row differs from what its source row says: {other}"
    shown = [_difference(found.suspect, d, names) for d in found.differences[:NAMED_ROWS]]
    rest = len(found.differences) - len(shown)
    words = _listed(shown, f"{'more than ' if found.is_cut else ''}{rest:,}" if rest else "")
    if is_all:
        return f"{words}; {_PUT_RIGHT}"
    if is_all is None:
        return words
    return f"{words}; with that put right the hash is still another: {other}"


def _untold(found: Compared) -> list[str]:
    names = [c.name for c in found.suspect.columns]
    return [name for name in names if name not in {*found.told_columns, "batch_id"}]


def _difference(suspect: Suspect, difference: Difference, names: Mapping[int, str]) -> str:
    key = suspect.key.name
    row = difference.stands or difference.told or {}
    called = next((row[name] for name in _CALLED if row.get(name)), None)
    named = f"{key} = {difference.key}" + (f" ({called})" if called else "")
    line = _line(names, (difference.told or row).get(SOURCE_ROW))
    if difference.stands is None:
        return f"{named} is missing, made of {line or f'rows of {names[min(names)]}'}"
    if difference.told is None:
        why = f"{line} makes" if line else "no row of the batch's files makes"
        return f"{named} was inserted: {why} {'no such fact' if line else 'it'}"
    stands, said = difference.stands, difference.told
    changed = [c for c in suspect.columns if c.name in said and stands[c.name] != said[c.name]]
    of_line = [c for c in changed if line and c.name not in _OF_NO_LINE]
    of_batch = [c for c in changed if c not in of_line]
    return f"{named}: " + " and ".join(
        f"{_stated(columns, stands, ' is ')}, {source} {_stated(columns, said)}"
        for columns, source in ((of_line, f"{line} says"), (of_batch, "appended as"))
        if columns
    )


def _stated(columns: Sequence[Column], row: Texts, verb: str = "") -> str:
    return " and ".join(f"{c.name if verb else ''}{verb}{_shown(c, row[c.name])}" for c in columns)


def _line(names: Mapping[int, str], source_row: str | None) -> str | None:
    if source_row is None or int(source_row) >> FILE_SHIFT not in names:
        return None
    return f"{names[int(source_row) >> FILE_SHIFT]}:{int(source_row) & _LINE}"


def _shown(column: Column, text: str | None) -> str:
    """A canonical text as people write it.

    >>> from runner.sqltyping.types import MONEY
    >>> _shown(Column("price", MONEY), "101.500000000000")
    '101.5'
    """
    if text is None:
        return "empty"
    if column.type.kind is Kind.DECIMAL and "." in text:
        return text.rstrip("0").rstrip(".")
    if column.type.kind is Kind.TIMESTAMP:
        return f"{moment_at(int(text)).isoformat()}Z"
    if column.type.kind is Kind.BOOLEAN:
        return "true" if text == "t" else "false"
    return text
