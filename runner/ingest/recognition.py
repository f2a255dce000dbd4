"""`--format auto`: which format a file has, by what its mappings say they are recognised by.

A file of columns has those a format must have; a record has the marks of its mapping's header,

    -- recognised by: orderID+ordStatus+clOrdID, e=executionReport

each alternative a set of keys, or keys and their values, that stand in the first record; or in the
next that any format knows, as a stream begins with what it answers to a login or a subscription. A
key may lead inside (`result.list.execId`; of a list, its first element). Where several formats fit,
the one that more of the file speaks for is taken; where that is several, none is. XML may hold
sections of several formats: each is taken, and the file is loaded as each.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.config import Config
from runner.engines.base import Engine
from runner.engines.staging import Staging
from runner.errors import InputError, Location, UsageError
from runner.ingest import inputs
from runner.ingest.formats import Format, formats
from runner.ingest.readers import csv, envelope, parquet
from runner.ingest.readers.json import first_records
from runner.ingest.shapes import SHAPES
from runner.ingest.source import Source
from runner.ingest.statement import makes_facts, tells

AUTO = "auto"
_RECORDS = 100  # of a file of records, how many are looked at
_READ = mmap.ACCESS_READ


@dataclass(frozen=True)
class Recognised:
    """Files of one format, and for each what it was recognised by."""

    format: str
    files: tuple[Path, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """How much of a file speaks for a format: `strange` columns or 0, and `known` marks."""

    form: Format
    strange: int
    known: int
    why: str

    @property
    def rank(self) -> tuple[int, int]:
        return (self.strange, -self.known)


def recognised(
    engine: Engine, given: Sequence[Path], config: Config, *, stated: bool = False
) -> list[Recognised]:
    """The files by their formats, formats that others point to first.

    Of a file of several formats those are named that can be loaded as facts, or as a statement
    (`stated`). InputError (R296) for a file that none fits, or several equally. Nothing is loaded.
    """
    files = inputs.listed(given)
    if inputs.STDIN in files:
        raise UsageError(
            "R270",
            "what comes on stdin can be read once, and is not recognised and loaded",
            mend="recognise it inside of inputs.stdin_kept",
        )
    known = formats(config.ingest_path)
    found: dict[str, list[tuple[Path, str]]] = {}
    with inputs.opened(files, config) as sources, engine.staging() as staging:
        for path, source in zip(files, sources, strict=True):
            fits = recognise(staging, source, list(known.values()))
            able = [fit for fit in fits if (tells if stated else makes_facts)(fit.form)]
            for fit in able or fits:
                found.setdefault(fit.form.name, []).append((path, fit.why))
    order = list(SHAPES)
    return [
        Recognised(name, tuple(p for p, _ in pairs), tuple(why for _, why in pairs))
        for name, pairs in sorted(
            found.items(), key=lambda item: (order.index(known[item[0]].shape), item[0])
        )
    ]


def recognise(staging: Staging, source: Source, known: Sequence[Format]) -> list[Fit]:
    """The one format that fits a file best, or of XML, those that have a section in it.

    InputError (R296) where there is none, or where several fit equally.
    """
    columns = _columns(staging, source)
    fits = sorted(_fits(source, known, columns), key=lambda fit: fit.rank)
    best = [fit for fit in fits if fit.rank == fits[0].rank]
    if len(best) == 1 or (best and source.kind == "xml"):
        return best
    where = Location(source.path)
    if best:
        names = [fit.form.name for fit in best]
        raise InputError(
            "R296",
            f"{source.path.name} may be {' or '.join(names)}",
            where=where,
            why="; ".join(f"{fit.form.name}: {fit.why}" for fit in best),
            mend=f"name the one it is: --format {names[0]}",
        )
    raise InputError(
        "R296",
        f"{source.path.name} is of no known format",
        where=where,
        why=_seen(source, known, columns),
        mend="name its --format; what each needs, `runner ingest --describe FORMAT` says, "
        "and docs/ingest.md how to add one",
    )


def _fits(source: Source, known: Sequence[Format], columns: Sequence[str]) -> list[Fit]:
    able = [form for form in known if source.kind in form.readers]
    if source.kind == "fix":
        return [Fit(form, 0, 1, "it holds FIX messages") for form in able]
    if source.kind == "xml":
        return [fit for form in able if (fit := _by_elements(form, source)) is not None]
    if source.kind == "json":
        for nth, (text, value) in enumerate(first_records(source, _RECORDS)):
            which = f"its record {nth + 1}" if nth else "its first record"
            fits = [_by_record(form, which, text, value) for form in able]
            if any(fits):
                return [fit for fit in fits if fit is not None]
        return []
    found = [_by_columns(form, columns) for form in able if columns and form.has_columns]
    return [fit for fit in found if fit is not None]


def _by_record(form: Format, which: str, text: str, value: Mapping[str, Any]) -> Fit | None:
    record = _inside(form, text, value)
    if form.has_columns:
        return _by_columns(form, [key.lower() for key in record])
    return _by_marks(form, which, record, value)


def _by_elements(form: Format, source: Source) -> Fit | None:
    named = re.compile(b"<(%s)[\\s/>]" % b"|".join(name.encode() for name in form.records))
    with source.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=_READ) as text:
        found = named.search(text)
        name = found.group(1).decode() if found else None
    return Fit(form, 0, 1, f"it has <{name}> elements") if name else None


def _columns(staging: Staging, source: Source) -> Sequence[str]:
    if source.kind == "csv":
        return csv.columns(source)
    return parquet.columns(staging, source) if source.kind == "parquet" else ()


def _by_columns(form: Format, found: Sequence[str]) -> Fit | None:
    required = form.columns
    if not all(name in found for name in required):
        return None
    alternatives = [mark.split("+") for mark in form.recognised_by]
    if alternatives and not any(all(n in found for n in names) for names in alternatives):
        return None
    ours = {*required, *form.optional}
    strange = sum(name not in ours for name in found)
    known = sum(name in ours for name in found)
    if strange >= known and not alternatives:
        return None
    named = next((n for n in alternatives if all(m in found for m in n)), list(required))
    return Fit(form, strange, known, f"it has the columns {', '.join(named)}")


def _by_marks(
    form: Format, which: str, record: Mapping[str, Any], whole: Mapping[str, Any]
) -> Fit | None:
    for alternative in sorted(form.recognised_by, key=lambda a: -a.count("+")):
        marks = alternative.split("+")
        if any(all(_holds(of, mark) for mark in marks) for of in (record, whole)):
            return Fit(form, 0, len(marks), f"{which} has {', '.join(marks)}")
    return None


def _holds(record: Any, mark: str) -> bool:
    path, _, wanted = mark.partition("=")
    value = record
    for step in path.split("."):
        value = value[0] if isinstance(value, list) and value else value
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return not wanted or str(value) == wanted


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def _inside(form: Format, text: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first record of an answer, as the format opens it; the value itself where it is one."""
    found = envelope.unpack(_DECODER, text, value, 0, form.records)
    inner = next(found, None) if found is not None else None
    return inner[1] if inner is not None and isinstance(inner[1], dict) else value


def _seen(source: Source, known: Sequence[Format], columns: Sequence[str]) -> str:
    """What is in the file, and the format that it is nearest to."""
    if source.kind in ("fix", "xml"):
        return f"no format reads what this {source.kind.upper()} holds"
    if source.kind != "json":
        return f"its columns are {', '.join(columns)}" + _nearest(source, known, columns)
    first = next(first_records(source, _RECORDS), None)
    if first is None:
        return "it holds no record"
    keys = [key.lower() for key in first[1]]
    return f"its first record has {', '.join(first[1])}" + _nearest(source, known, keys)


def _nearest(source: Source, known: Sequence[Format], columns: Sequence[str]) -> str:
    """The format of which most columns are there, if it lacks a few, and which."""
    lacks = [
        (len(missing), form.name, missing)
        for form in known
        if source.kind in form.readers
        and (missing := [name for name in form.columns if name not in columns])
        and 4 * len(missing) <= len(form.columns)
    ]
    if not lacks:
        return ""
    _, name, missing = min(lacks)
    return f"; {name}, the nearest, also needs {', '.join(missing)}"
