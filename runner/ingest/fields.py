"""The fields of a mapping's rows, read: SQL from what it gives to text, and from text to values.

It is done in three steps, each a query over the last: the texts `t`, the values `f`, and whether
one was rounded. `<name>_text` is a field as text; where its source is typed, `<name>_given` is it
as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from runner.ingest.functions import quoted
from runner.ingest.shape import Field, Reading, Shape
from runner.sqltyping.types import Kind, SqlType, parse_type

# what a mapping gives beside the fields
BOOKKEEPING = ("row_id", "of_rows", "raw", "refusal", "shape", "item")


@dataclass(frozen=True)
class Defaults:
    """What a row that does not say is taken to say."""

    venue: str | None
    account: str | None
    account_is_venue: bool = False  # a venue's own export does not name the account at the firm


def texts(shape: Shape, types: Mapping[str, str], defaults: Defaults) -> str:
    """Each field as text (`<name>_text`) or, where the source is typed, as it is."""
    late = _worded_late(shape, types)
    listed = [name for name in BOOKKEEPING if name in types]
    listed = [f"m.{name}" for name in listed]
    for entry in shape.fields:
        name = entry.name
        source = types.get(name)
        if source is None:
            sql = "cast(null as varchar)"
        elif source == "VARCHAR" or source == "JSON":
            sql = f"nullif(cast(m.{name} as varchar), '')"
        else:
            sql = f"cast(m.{name} as varchar)"
            listed.append(f"m.{name} as {name}_given")
        if name in late:
            continue
        if name in ("venue", "account"):
            sql = f"coalesce({', '.join([sql, *_defaults(name, types, defaults)])})"
        listed.append(f"{sql} as {name}_text")
    return ",\n    ".join(listed)


def _worded_late(shape: Shape, types: Mapping[str, str]) -> list[str]:
    """The fields whose source is typed: their text is for reasons, which few rows need."""
    with_defaults = ("venue", "account")
    words = ("VARCHAR", "JSON")
    return [
        f.name
        for f in shape.fields
        if f.name not in with_defaults and types.get(f.name, words[0]) not in words
    ]


def worded_where_needed(query: str, shape: Shape, types: Mapping[str, str]) -> str:
    """A query over the fields, with those of typed sources made text where it stands.

    `case when r.price_text is null then 'empty' else r.price_text end` becomes
    `case when r.price_given is null then 'empty' else cast(r.price_given as varchar) end`.
    """
    late = _worded_late(shape, types)
    if not late:
        return query
    found = rf"\b([tfr])\.({'|'.join(late)})_text\b"
    query = re.sub(found + r"(?= is (?:not )?null)", r"\1.\2_given", query)
    return re.sub(found, r"cast(\1.\2_given as varchar)", query)


def _defaults(name: str, types: Mapping[str, str], defaults: Defaults) -> list[str]:
    """SQL of what stands for a venue or an account that a row does not name, in this order."""
    given = defaults.venue if name == "venue" else defaults.account
    found = [quoted(given)] if given is not None else []
    if f"default_{name}" in types:
        found.append(f"nullif(m.default_{name}, '')")
    if name == "account" and given is None and defaults.account_is_venue:
        found.append("venue_text")
    return found


def values(shape: Shape, types: Mapping[str, str]) -> str:
    """Each field as what it is, and whether its text has more decimals than a fact holds."""
    read = [_read(f, types.get(f.name)) + f" as {f.name}" for f in shape.fields]
    # a field that cannot be read is refused, not rounded: its digits do not matter then
    rounded = [
        f"coalesce(ingest_is_rounded(t.{name}_text), false) as {name}_rounded"
        for name in _may_round(shape, types)
    ]
    return ",\n    ".join(read + rounded)


def _read(entry: Field, source: str | None) -> str:
    """SQL that reads one field; null where it is empty or cannot be read."""
    given, words = f"t.{entry.name}_given", f"t.{entry.name}_text"
    kind = parse_type(source).kind if source else Kind.TEXT
    if entry.reading is Reading.DECIMAL:
        sql = _read_decimal(given, words, parse_type(source) if source else None)
    elif entry.reading is Reading.TIME:
        if source is not None and source.startswith("TIMESTAMP WITH TIME ZONE"):
            sql = f"timezone('UTC', {given})"
        elif source is not None and (source.startswith("TIMESTAMP") or kind is Kind.DATE):
            sql = f"cast({given} as timestamp)"
        else:
            sql = f"ingest_time({words})"
    elif entry.reading is Reading.BOOLEAN:
        sql = given if kind is Kind.BOOLEAN else f"ingest_boolean({words})"
    elif entry.reading is Reading.INTEGER:
        sql = f"ingest_integer({words})"
    elif entry.reading is Reading.JSON:
        sql = f"case when json_valid({words}) then {words} end"
    elif entry.reading is Reading.WORD:
        listed = ", ".join(quoted(w) for w in entry.words)
        sql = f"case when upper({words}) in ({listed}) then upper({words}) end"
    else:
        sql = words
    if entry.default is not None:
        sql = f"case when {words} is null then {entry.default} else {sql} end"
    return sql


def _read_decimal(given: str, words: str, source: SqlType | None) -> str:
    if source is not None and source.kind in (Kind.INTEGER, Kind.HUGEINT):
        return f"try_cast({given} as decimal(38, 12))"
    if source is not None and source.kind is Kind.DECIMAL and (source.scale or 0) <= 12:
        return f"try_cast({given} as decimal(38, 12))"
    return f"ingest_decimal({words})"


def rounding(shape: Shape, types: Mapping[str, str]) -> str:
    """Whether a field had more decimals than a fact holds, and the texts of those that had."""
    names = _may_round(shape, types)
    if not names:
        return "false as is_rounded,\n    cast(null as varchar) as raw_values"
    flag = " or ".join(f"f.{name}_rounded" for name in names)
    parts = ", ".join(
        f"case when f.{name}_rounded then '\"{name}\":\"' || trim(f.{name}_text) || '\"' end"
        for name in names
    )
    return (
        f"{flag} as is_rounded,\n"
        f"    case when {flag} then '{{' || concat_ws(',', {parts}) || '}}' end as raw_values"
    )


def _may_round(shape: Shape, types: Mapping[str, str]) -> list[str]:
    """The decimal fields whose source may have more than 12 decimals."""
    names = []
    for entry in shape.fields:
        parsed = parse_type(types.get(entry.name, "integer"))
        exact = parsed.kind in (Kind.INTEGER, Kind.HUGEINT) or (
            parsed.kind is Kind.DECIMAL and (parsed.scale or 0) <= 12
        )
        if entry.reading is Reading.DECIMAL and not exact:
            names.append(entry.name)
    return names
