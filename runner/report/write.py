"""A query's answer as table, json, ndjson, csv, markdown or parquet. Decimals are exact text."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from runner.engines.base import Column, Result
from runner.errors import UsageError
from runner.money import plain
from runner.report.whole_file import whole_file


def write(answer: Result, format_name: str, output: Path | None = None) -> None:
    """Write `answer` to `output`, or stdout; a file is whole or not there at all."""
    if format_name == "parquet":
        from runner.report.parquet import write_parquet

        if output is not None and not _is_special(output):
            write_parquet(answer, output.resolve())
        elif output is not None:
            with output.open("wb") as stream:
                _parquet_to(answer, stream)
        elif sys.stdout.isatty():
            raise UsageError(
                "R200", "parquet is not for a terminal", mend="name a file with -o FILE"
            )
        else:
            _parquet_to(answer, sys.stdout.buffer)
        return
    with _stream(output) as stream:
        _WRITERS[format_name](answer, stream)


def write_sections(
    sections: Iterable[tuple[str, Result]], format_name: str, output: Path | None = None
) -> None:
    """Write several answers, each under its heading, as table or markdown."""
    with _stream(output) as stream:
        for place, (heading, answer) in enumerate(sections):
            stream.write("\n" if place else "")
            stream.write(f"## {heading}\n\n" if format_name == "markdown" else f"{heading}\n")
            _WRITERS[format_name](answer, stream)


def write_document(document: Any, output: Path | None = None) -> None:
    """Write one JSON document, its values made by `json_value`."""
    with _stream(output) as stream:
        json.dump(json_value(document), stream, ensure_ascii=False, allow_nan=False, indent=2)
        stream.write("\n")


def _is_special(output: Path) -> bool:
    """A pipe or a device: it is written to, and never replaced."""
    return output.exists() and not output.is_file()


def _parquet_to(answer: Result, stream: BinaryIO) -> None:
    """Parquet's index stands at its end, so it is written to a file first."""
    import shutil
    import tempfile

    from runner.report.parquet import write_parquet

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.parquet"
        write_parquet(answer, path)
        with path.open("rb") as made:
            shutil.copyfileobj(made, stream)


@contextmanager
def _stream(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    if _is_special(output):
        with output.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    # what a link leads to, not the link
    with (
        whole_file(output.resolve()) as partial,
        partial.open("w", encoding="utf-8", newline="") as stream,
    ):
        yield stream


def text(value: Any) -> str:
    """A value as a person reads it.

    >>> text(Decimal("1.500000000000")), text(None), text(True)
    ('1.5', '', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


def json_value(value: Any) -> Any:
    """JSON's own types where they are exact; text for decimals, times and what is no number."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): json_value(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(v) for v in value]
    return str(value)


def _table(answer: Result, stream: TextIO) -> None:
    rows = [[text(v).replace("\n", " ") for v in row] for row in answer.rows]
    names = [c.name for c in answer.columns]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)] if names else []
    right = [_is_number(c) for c in answer.columns]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(cells, widths, right, strict=True)
        )
        return "  ".join(padded).rstrip() + "\n"

    stream.write(line(names))
    stream.write("  ".join("-" * width for width in widths) + "\n")
    stream.writelines(line(row) for row in rows)


def _is_number(column: Column) -> bool:
    return column.type.kind.value in ("decimal", "integer", "hugeint", "double")


def _markdown(answer: Result, stream: TextIO) -> None:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |\n"

    stream.write(line(c.name for c in answer.columns))
    stream.write(line("---:" if _is_number(c) else "---" for c in answer.columns))
    stream.writelines(line(text(v) for v in row) for row in answer.rows)


def _csv(answer: Result, stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([c.name for c in answer.columns])
    for row in answer.rows:
        writer.writerow([text(v) for v in row])


def unique_names(names: Iterable[str]) -> list[str]:
    """Names for the keys of one record: a column called like an earlier one gets a number.

    >>> unique_names(["a", "b", "a", "a_1", "a"])
    ['a', 'b', 'a_2', 'a_1', 'a_3']
    """
    given = list(names)
    found: list[str] = []
    for name in given:
        key, number = name, 0
        while key in found or (number and key in given):
            number += 1
            key = f"{name}_{number}"
        found.append(key)
    return found


def _records(answer: Result) -> Iterator[str]:
    names = unique_names(c.name for c in answer.columns)
    for row in answer.rows:
        record = dict(zip(names, (json_value(v) for v in row), strict=True))
        yield json.dumps(record, ensure_ascii=False, allow_nan=False)


def _ndjson(answer: Result, stream: TextIO) -> None:
    stream.writelines(record + "\n" for record in _records(answer))


def _json(answer: Result, stream: TextIO) -> None:
    separator = "[\n"
    for record in _records(answer):
        stream.write(separator + record)
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


_WRITERS = {
    "table": _table,
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
    "ndjson": _ndjson,
}
