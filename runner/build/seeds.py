"""CSV seeds: reference data, replaced whole when its file changes."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import MAX_PREC, Context, Decimal
from typing import Any

from runner.engines.base import Column, Engine
from runner.errors import Location, ProjectError
from runner.project.nodes import Seed
from runner.project.text_file import read_text
from runner.sqltyping.types import (
    BOOLEAN,
    DATE,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UNKNOWN,
    Kind,
    SqlType,
    decimal,
    parse_type,
)

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})$")
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)\.(\d+)$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?Z?$")
_EXACTLY = Context(prec=MAX_PREC)
_NULLS = {"", "null"}


def load_seed(engine: Engine, seed: Seed) -> int:
    """Replace the seed's table by its file's rows; how many."""
    header, rows = _read(seed)
    declared = {str(k): str(v) for k, v in (seed.config.get("column_types") or {}).items()}
    for column in declared:
        if column not in header:
            raise ProjectError(
                "R227",
                f"column_types of seed {seed.name} names '{column}', which its file lacks",
                where=seed.properties.where or Location(seed.path, 1),
                mend=f"the file has {', '.join(header)}",
            )
    columns = [
        Column(
            name,
            _declared(declared[name], seed)
            if name in declared
            else infer_type([row[i] for row in rows]),
        )
        for i, name in enumerate(header)
    ]
    converted = [
        [_convert(value, column, seed, line) for value, column in zip(row, columns, strict=True)]
        for line, row in enumerate(rows, start=2)
    ]
    engine.empty_table(seed.name, columns)
    return engine.insert_rows(seed.name, columns, converted)


def _refuse_another_delimiter(seed: Seed, header: Sequence[str], delimiter: str) -> None:
    """ProjectError where what stands for one column is a header in another delimiter."""
    other = next((d for d in ",;|\t" if len(header) == 1 and d in header[0]), None)
    if other is not None:
        shown = other.replace("\t", "\\t")
        raise ProjectError(
            "R227",
            f"the header of seed {seed.name} is one column: '{header[0].replace(other, shown)}'",
            where=Location(seed.path, 1),
            why=f"its cells are divided by '{delimiter}'",
            mend=f'say otherwise in its YAML: config: {{delimiter: "{shown}"}}; or save it anew',
        )


def _read(seed: Seed) -> tuple[list[str], list[list[str]]]:
    delimiter = str(seed.config.get("delimiter", ","))
    text = read_text(seed.path, newline="").removeprefix("\ufeff")
    with io.StringIO(text, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            _refuse_another_delimiter(seed, header, delimiter)
            rows = []
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise ProjectError(
                        "R227",
                        f"a row of seed {seed.name} has {len(row)} cells, the header {len(header)}",
                        where=Location(seed.path, reader.line_num),
                        mend="add or remove the cell; quote a value that holds the delimiter",
                    )
                rows.append(row)
        except csv.Error as error:
            raise ProjectError(
                "R227",
                f"{seed.path.name} is not readable CSV",
                where=Location(seed.path, reader.line_num),
                why=str(error),
            ) from error
    for name in header:
        if not name:
            raise ProjectError(
                "R227",
                f"a column of seed {seed.name} has no name",
                where=Location(seed.path, 1),
                mend="name it in the header",
            )
        if header.count(name) > 1:
            raise ProjectError(
                "R227",
                f"seed {seed.name} has two columns called '{name}'",
                where=Location(seed.path, 1),
                mend="rename one of them in the header",
            )
    if not header:
        raise ProjectError(
            "R227",
            f"seed {seed.name} is empty",
            where=Location(seed.path, 1),
            mend="give it a header line",
        )
    return header, rows


def _declared(text: str, seed: Seed) -> SqlType:
    found = parse_type(text)
    if found is UNKNOWN:
        raise ProjectError(
            "R227",
            f"seed {seed.name} has a column of unknown type '{text}'",
            where=seed.properties.where,
            mend="use text, bigint, decimal(p,s), date, timestamp…",
        )
    return found


def infer_type(values: Sequence[str]) -> SqlType:
    """The narrowest type that holds every value exactly; text where nothing else does.

    >>> str(infer_type(["1", "", "2.50"])), str(infer_type(["2024-01-01"]))
    ('decimal(18,2)', 'date')
    """
    present = [v.strip() for v in values if v.strip().lower() not in _NULLS]
    if not present:
        return TEXT
    if all(_INTEGER.match(v) for v in present):
        return INTEGER
    if all(_INTEGER.match(v) or _DECIMAL.match(v) for v in present):
        scale = max(len(m.group(2)) for v in present if (m := _DECIMAL.match(v)))
        whole = max(len(v.lstrip("-").split(".")[0]) for v in present)
        return decimal(18 if scale + whole <= 18 else 38, scale) if scale + whole <= 38 else TEXT
    if all(v.lower() in ("true", "false") for v in present):
        return BOOLEAN
    if all(_DATE.match(v) for v in present):
        return DATE
    if all(_TIMESTAMP.match(v) for v in present):
        return TIMESTAMP
    return TEXT


def _convert(value: str, column: Column, seed: Seed, line: int) -> Any:
    if value.strip().lower() in _NULLS:
        return None
    try:
        converted = _PARSERS.get(column.type.kind, str)(
            value.strip() if column.type is not TEXT else value
        )
        if isinstance(converted, Decimal):
            _require_room(converted, column.type)
        return converted
    except (ValueError, ArithmeticError) as error:
        raise ProjectError(
            "R227",
            f"'{value}' in column {column.name} of seed {seed.name} is no {column.type}",
            where=Location(seed.path, line),
            # the decimal module's own message is the name of a class
            why=str(error) if isinstance(error, ValueError) and str(error) else None,
            mend="correct the value, or the column's type",
        ) from error


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false", "t", "f", "1", "0"):
        raise ValueError("neither true nor false")
    return text.lower() in ("true", "t", "1")


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("it is no finite number")
    return value


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError("it is no finite number")
    return value


def _require_room(value: Decimal, type_: SqlType) -> None:
    """ValueError for decimals that a database would round away without a word."""
    scale = type_.scale or 0
    kept = value.normalize(_EXACTLY).as_tuple().exponent
    assert isinstance(kept, int)
    if -kept > scale:
        raise ValueError(f"it has {-kept} decimals, and would be rounded to {scale}")


_PARSERS: dict[Kind, Any] = {
    Kind.INTEGER: int,
    Kind.DECIMAL: _decimal,
    Kind.DOUBLE: _finite,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: date.fromisoformat,
    Kind.TIMESTAMP: _naive,
}
