"""Rows as a unit test writes them: mappings, CSV or a query, in place or in a file of their own."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from runner.errors import Location
from runner.project.nodes import Project
from runner.project.text_file import read_text
from runner.project.yaml_file import LineMap
from runner.unit_tests.definition import Fixture, Format, Row, bad_unit_test


def read_fixture(body: LineMap, path: Path, project: Project) -> Fixture | None:
    """The `rows` or `fixture` of `body`, in its `format`; None where it has neither."""
    format_name = str(body.get("format") or Format.DICT.value)
    if format_name not in [f.value for f in Format]:
        raise bad_unit_test(
            Location(path, body.line_of("format")),
            f"'{format_name}' is no format of rows",
            f"one of {', '.join(f.value for f in Format)}",
        )
    form = Format(format_name)
    rows, name = body.get("rows"), body.get("fixture")
    if rows is not None and name is not None:
        raise bad_unit_test(
            Location(path, body.line_of("fixture")), "rows are given twice", "keep one of the two"
        )
    if name is not None:
        return _of_file(str(name), form, Location(path, body.line_of("fixture")), project)
    if rows is None:
        return None
    where = Location(path, body.line_of("rows"))
    if form is Format.DICT:
        return Fixture(_mappings(rows, where), where)
    if not isinstance(rows, str):
        raise bad_unit_test(where, f"rows of format {format_name} are text", "write rows: |")
    # a text below its key begins on the next line
    return _of_text(rows, form, where, (where.line or 0) + 1)


def _mappings(rows: Any, where: Location) -> list[Row]:
    if not isinstance(rows, list) or not all(isinstance(row, LineMap) for row in rows):
        raise bad_unit_test(
            where, "rows is not a list of mappings", "write '- {column: value, …}' for each row"
        )
    for row in rows:
        for column in row:
            if not isinstance(column, str):
                raise bad_unit_test(
                    Location(where.path, row.line),
                    f"{column!r} is no column's name",
                    "put it in quotes",
                )
    return [Row(row, Location(where.path, row.line)) for row in rows]


def _of_file(name: str, form: Format, where: Location, project: Project) -> Fixture:
    if form is Format.DICT:
        raise bad_unit_test(where, "a fixture is a file of CSV or SQL", "add format: csv, or sql")
    for folder in project.fixture_folders:
        path = folder / f"{name}.{form.value}"
        if path.is_file():
            return _of_text(read_text(path, newline=""), form, Location(path, 1), 1)
    looked = ", ".join(str(Location(f / f"{name}.{form.value}")) for f in project.fixture_folders)
    raise bad_unit_test(where, f"there is no fixture '{name}'", "add the file", f"looked: {looked}")


def _of_text(text: str, form: Format, where: Location, first_line: int) -> Fixture:
    if form is Format.SQL:
        return Fixture((), where, text.strip().rstrip(";"))
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), strict=True)
    above = first_line - 1
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _refuse_doubles(header, Location(where.path, first_line))
        rows = []
        for cells in reader:
            if not cells:
                continue
            place = Location(where.path, above + reader.line_num)
            if len(cells) != len(header):
                raise bad_unit_test(
                    place,
                    f"a row has {len(cells)} cells, the header {len(header)}",
                    "add or remove the cell; quote a value that holds a comma",
                )
            values = [cell.strip() or None for cell in cells]
            rows.append(Row(dict(zip(header, values, strict=True)), place))
    except csv.Error as error:
        raise bad_unit_test(
            Location(where.path, above + reader.line_num),
            "the rows are no readable CSV",
            "close the quote that is open",
            str(error),
        ) from error
    return Fixture(rows, where)


def _refuse_doubles(header: list[str], where: Location) -> None:
    for name in header:
        if not name or header.count(name) > 1:
            raise bad_unit_test(
                where,
                f"two columns are called '{name}'" if name else "a column has no name",
                "correct the header",
            )
