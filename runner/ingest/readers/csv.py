"""CSV, line by line: DuckDB reads lines, SQL splits them, so that a bad row stays one bad row.

DuckDB's own CSV reader would be given the whole row apart from its line: it neither numbers lines
nor keeps them verbatim, and on 2 M rows it took 1.8 s where lines and a split took 1.4.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence

from runner.engines.staging import Staging
from runner.errors import EngineError, InputError, Location
from runner.ingest.formats import Format
from runner.ingest.functions import quoted
from runner.ingest.progress import Progress
from runner.ingest.readers.columns import check_columns
from runner.ingest.source import Piece, Source

_DELIMITERS = ",;\t|"
_MAX_LINE_BYTES = 16 << 20
_SCAN_BYTES = 1 << 20
# filled time(utc+08:00), date(utc), time(utc+8)
_ZONE = re.compile(r"(.*\S)\s*\(utc(?:([+-])(\d{1,2})(?::?(\d{2}))?)?\)")
_LONE_RETURN = re.compile(rb"\r(?!\n)")


def read(staging: Staging, form: Format, source: Source, progress: Progress) -> Piece:
    """Stage a CSV file: UTF-8 with or without BOM, LF or CRLF, quoted cells, a header line."""
    has_quotes, new_line = _scan(source, progress)
    table = f"ingest_lines_{source.number}"
    _stage_lines(staging, source, table, new_line)
    if has_quotes:
        _join_quoted_lines(staging, source, table)
    header_id, header = staging.rows(
        f"select row_id, raw from {table} where trim(raw) <> '' order by row_id limit 1"
    )[0]
    return _piece(staging, form, source, table, header, int(header_id), has_quotes)


def read_kept(
    staging: Staging,
    form: Format,
    source: Source,
    rows: Sequence[tuple[int, str]],
    header: str | None,
) -> Piece:
    """Stage rows of a CSV that were kept, each with its line, under the header they stood under."""
    table = f"ingest_lines_{source.number}"
    base = source.number << 40
    assert header is not None
    staging.run(f"create or replace temp table {table} (row_id bigint, raw varchar)")
    staging.run(
        f"insert into {table} select unnest(?::bigint[]), unnest(?::varchar[])",
        [[base + line for line, _ in rows], [raw for _, raw in rows]],
    )
    has_quotes = '"' in header or any('"' in raw for _, raw in rows)
    return _piece(staging, form, source, table, header, base, has_quotes)


def _piece(
    staging: Staging,
    form: Format,
    source: Source,
    table: str,
    header: str,
    header_id: int,
    has_quotes: bool,
) -> Piece:
    delimiter = max(_DELIMITERS, key=header.count)
    names, zones = _zones(form, _names(header, delimiter))
    header_line = header_id - (source.number << 40)
    warnings = check_columns(form, source, names, header_line or None)
    cells = _split(delimiter, has_quotes)
    body = f"from {table} where row_id > {header_id} and trim(raw) <> ''"
    staging.run(
        f"insert into ingest_refused select row_id, raw, 'wrong_cell_count', "
        f"case when len(cells) = 0 then 'its quotes are out of place: one inside a quoted cell is "
        f"doubled' else "
        f"'it has ' || len(cells) || ' cells, the header has {len(names)}: a cell that holds "
        f"the delimiter stands in quotes' end "
        f"from (select row_id, raw, {cells} as cells {body}) where len(cells) <> {len(names)}"
    )
    padded = staging.rows(
        f"select 1 {body} and (contains(raw, '{delimiter} ') or contains(raw, ' {delimiter}') "
        "or starts_with(raw, ' ') or ends_with(raw, ' ')) limit 1"
    )
    columns = ",\n    ".join(
        f"{_cell(names.index(name), bool(padded), zones) if name in names else 'null::varchar'} "
        f'as "{name}"'
        for name in (*form.columns, *form.optional)
    )
    return Piece(
        f"select\n    row_id,\n    {columns}\n"
        f"from (select row_id, {cells} as cells {body}) where len(cells) = {len(names)}",
        f"select row_id, raw from {table}",
        f"select count(*) {body}",
        warnings,
        header,
    )


def columns(source: Source) -> list[str]:
    """The names in the header line of a file, as its first bytes tell them."""
    lines = source.head.decode("utf-8-sig", "replace").splitlines()
    header = next(line for line in lines if line.strip())
    names = _names(header, max(_DELIMITERS, key=header.count))
    return [zoned.group(1) if (zoned := _ZONE.fullmatch(name)) else name for name in names]


def _names(header: str, delimiter: str) -> list[str]:
    return [cell.strip().lower() for cell in next(csv.reader([header], delimiter=delimiter))]


def _zones(form: Format, names: list[str]) -> tuple[list[str], dict[int, str]]:
    """Names without the zone some say their times are in, and the zone by the column's place."""
    known, zones = {*form.columns, *form.optional}, {}
    plain = list(names)
    for place, name in enumerate(names):
        found = _ZONE.fullmatch(name)
        if found and name not in known and found.group(1) in known:
            name, sign, hours, minutes = found.groups()
            plain[place] = name
            zones[place] = f"{sign}{hours.zfill(2)}:{minutes or '00'}" if sign else "Z"
    return plain, zones


def _cell(place: int, padded: bool, zones: Mapping[int, str]) -> str:
    cell = f"trim(cells[{place + 1}])" if padded else f"cells[{place + 1}]"
    return f"(nullif({cell}, '') || {quoted(zones[place])})" if place in zones else cell


def _scan(source: Source, progress: Progress) -> tuple[bool, str]:
    """Whether a file has quotes, and the DuckDB option that splits its lines right.

    Told of CRLF, DuckDB also splits at LF, in any mixture; a CR alone it then drops with what
    follows, so that one must not occur (or be the only line end, as on old Macs).
    """
    has_quotes, lone, feeds, line, unended = False, 0, 0, 1, 0
    with source.path.open("rb") as stream:
        tail = b""
        while block := stream.read(_SCAN_BYTES):
            progress.advanced(len(block))
            has_quotes = has_quotes or b'"' in block
            last_end = max(block.rfind(b"\n"), block.rfind(b"\r"))
            unended = unended + len(block) if last_end < 0 else len(block) - last_end
            if unended > _MAX_LINE_BYTES:
                raise _too_long(source, feeds + 1)
            block = tail + block
            tail = block[-1:] if block.endswith(b"\r") else b""
            block = block.removesuffix(b"\r")
            found = block.count(b"\r") - block.count(b"\r\n")
            if found and not lone:
                before = _LONE_RETURN.search(block)
                line = feeds + 1 + block.count(b"\n", 0, before.start() if before else 0)
            lone += found
            feeds += block.count(b"\n")
        lone += len(tail)
    if not lone:
        return has_quotes, ", new_line = '\\r\\n'"
    if feeds:
        raise InputError(
            "R273",
            f"{source.path.name} has a carriage return inside a line",
            where=Location(source.path, line),
            why="lines end in LF or CRLF; a CR alone ends none",
            mend="take it out, or save the file with one kind of line end",
        )
    return has_quotes, ""


def _stage_lines(staging: Staging, source: Source, table: str, new_line: str) -> None:
    try:
        staging.run(
            f"create or replace temp table {table} as "
            f"select {source.number << 40} + row_number() over () as row_id, "
            "coalesce(line, '') as raw "
            f"from read_csv({quoted(str(source.path))}, delim = '', quote = '', escape = '', "
            "header = false, columns = {'line': 'varchar'}, auto_detect = false, "
            f"strict_mode = false, compression = 'none', max_line_size = {_MAX_LINE_BYTES}"
            f"{new_line})"
        )
    except EngineError as error:
        if error.code != "R310":
            raise
        why = error.why or error.what
        line = re.search(r"Error on Line: (\d+)", why)
        number = int(line.group(1)) if line else None
        if "maximum line size" in why.lower():
            raise _too_long(source, number) from error
        raise InputError(
            "R273",
            f"{source.path.name} is not UTF-8 text",
            where=Location(source.path, number),
            why=why.splitlines()[0] if not line else "the line has bytes that are no UTF-8",
            mend="save it as UTF-8",
        ) from error


def _too_long(source: Source, line: int | None) -> InputError:
    return InputError(
        "R277",
        f"{source.path.name} has a line of more than {_MAX_LINE_BYTES >> 20} MiB",
        where=Location(source.path, line),
        mend="check that it is a CSV file",
    )


def _join_quoted_lines(staging: Staging, source: Source, table: str) -> None:
    """A quoted cell may hold line breaks: lines up to its closing quote are one row."""
    count = "length(raw) - length(replace(raw, '\"', ''))"
    odd = staging.rows(f"select count(*) from {table} where ({count}) % 2 = 1")[0][0]
    if not odd:
        return
    staging.run(
        f"create or replace temp table {table}_joined as "
        "select min(row_id) as row_id, string_agg(raw, chr(10) order by row_id) as raw, "
        f"sum({count}) % 2 as is_open from (select *, count(*) filter (not inside) over "
        "(order by row_id) as record from (select *, coalesce(sum(quotes) over (order by row_id "
        "rows between unbounded preceding and 1 preceding), 0) % 2 = 1 as inside "
        f"from (select row_id, raw, {count} as quotes from {table}))) group by record"
    )
    open_rows = staging.rows(f"select row_id from {table}_joined where is_open = 1")
    if open_rows:
        raise InputError(
            "R277",
            f"{source.path.name} ends inside a quoted cell",
            where=Location(source.path, open_rows[0][0] - (source.number << 40)),
            why="the row that begins on this line has a quote that is never closed",
            mend='close it, or double a quote that belongs to the text: ""',
        )
    staging.run(
        f"create or replace temp table {table} as "
        f"select row_id, raw from {table}_joined order by row_id"
    )


def _split(delimiter: str, has_quotes: bool) -> str:
    """SQL that makes a line a list of cells; an empty list where its quotes are out of place."""
    plain = f"string_split(raw, {quoted(delimiter)})"
    if not has_quotes:
        return plain
    escaped = re.escape(delimiter)
    # a delimiter is put behind the last cell, so that every cell ends with one
    pattern = f'("(?:[^"]|"")*"|[^"{escaped}]*){escaped}'
    found = f"regexp_extract_all(raw || {quoted(delimiter)}, {quoted(pattern)}, 1)"
    unquoted = (
        "list_transform(cells_, lambda c: case when starts_with(c, '\"') "
        "then replace(substr(c, 2, length(c) - 2), '\"\"', '\"') else c end)"
    ).replace("cells_", found)
    # what the pattern skipped is text outside of its quotes
    whole = f"len(array_to_string({found}, '')) + len({found}) = length(raw) + 1"
    return (
        f"case when not contains(raw, '\"') then {plain} when {whole} then {unquoted} else [] end"
    )
