"""JSON arrays and NDJSON: records whose numbers stay the text they were written as.

DuckDB and most JSON readers make a float of 0.10. Python's decoder hands over the literal instead,
so 36567.1000000000000001 arrives whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from runner.engines.staging import Staging
from runner.errors import InputError, Location
from runner.ingest.formats import Format
from runner.ingest.source import Piece, Source

_CHUNK_ROWS = 10_000
_BLANK = " \t\r\n"
# NaN and Infinity stay words, which no field reads as a number
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)

Record = tuple[int, str, str | None]  # line or number, verbatim, as JSON with text for numbers


def read(staging: Staging, form: Format, source: Source) -> Piece:
    """Stage a JSON array, a single object, or one object a line."""
    table = f"ingest_records_{source.number}"
    staging.run(f"create or replace temp table {table} (row_id bigint, raw varchar, record json)")
    chunk: list[Record] = []
    for record in _records(source):
        chunk.append(record)
        if len(chunk) == _CHUNK_ROWS:
            _stage(staging, source, table, chunk)
            chunk = []
    if chunk:
        _stage(staging, source, table, chunk)
    staging.run(
        "insert into ingest_refused "
        "select row_id, raw, 'not_json', 'the line is not a JSON object' "
        f"from {table} where record is null"
    )
    if form.has_columns:
        columns = ",\n    ".join(
            f"record ->> '$.{name}' as {name}" for name in (*form.columns, *form.optional)
        )
    else:
        columns = "record"
    return Piece(
        f"select\n    row_id,\n    {columns}\nfrom {table} where record is not null",
        f"select row_id, raw from {table}",
    )


def _stage(staging: Staging, source: Source, table: str, chunk: list[Record]) -> None:
    base = source.number << 40
    staging.run(
        f"insert into {table} select unnest(?::bigint[]), unnest(?::varchar[]), "
        "cast(unnest(?::varchar[]) as json)",
        [[base + r[0] for r in chunk], [r[1] for r in chunk], [r[2] for r in chunk]],
    )


def _records(source: Source) -> Iterator[Record]:
    text = _text(source)
    if text.lstrip(_BLANK).startswith("["):
        yield from _array(source, text)
        return
    lines = text.split("\n")  # splitlines() would also split at U+2028, which a value may hold
    if _decode(next(line for line in lines if line.strip(_BLANK))) is None:
        # not one object a line: one object over several
        end = len(text) - len(text.lstrip(_BLANK))
        value, end = _value(source, text, end)
        _refuse_rest(source, text, end)
        yield 1, text.strip(_BLANK), _normal(value)
        return
    for number, line in enumerate(lines, start=1):
        if line.strip(_BLANK):
            yield number, line.rstrip("\r"), _decode(line)


def _array(source: Source, text: str) -> Iterator[Record]:
    at = _skip(text, text.index("[") + 1)
    number = 0
    if text[at : at + 1] == "]":
        _refuse_rest(source, text, at + 1)
        return
    while True:
        number += 1
        value, end = _value(source, text, at)
        yield number, text[at:end], _normal(value)
        at = _skip(text, end)
        mark = text[at : at + 1]
        if mark == "]":
            _refuse_rest(source, text, at + 1)
            return
        if mark != ",":
            raise _broken(source, text, at, "expected ',' or ']' after a record")
        at = _skip(text, at + 1)


def _text(source: Source) -> str:
    try:
        return source.path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "R273",
            f"{source.path.name} is not UTF-8 text",
            where=Location(source.path),
            why=str(error),
            mend="save it as UTF-8",
        ) from error


def _value(source: Source, text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _broken(source, text, error.pos, error.msg) from error
    except RecursionError as error:
        raise _broken(source, text, at, "nested too deeply") from error


def _decode(line: str) -> str | None:
    try:
        value = _DECODER.decode(line)
    except (json.JSONDecodeError, RecursionError):
        return None
    return _normal(value) if isinstance(value, dict) else None


def _normal(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    text = json.dumps(value, ensure_ascii=False)
    # half of a surrogate pair is legal in JSON's syntax and no text
    return text if text.isascii() or text.encode("utf-8", "replace").decode() == text else None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _refuse_rest(source: Source, text: str, at: int) -> None:
    at = _skip(text, at)
    if at < len(text):
        raise _broken(source, text, at, "there is text after the end of the JSON")


def _broken(source: Source, text: str, at: int, why: str) -> InputError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return InputError(
        "R276",
        f"{source.path.name} is not valid JSON" if at < len(text) else
        f"{source.path.name} breaks off",
        where=Location(source.path, line),
        why=f"{why} (line {line}, column {column})",
        mend="the file is damaged or was cut short: export it again; nothing was loaded",
    )  # fmt: skip
