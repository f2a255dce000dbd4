"""JSON arrays and NDJSON: records whose numbers stay the text they were written as.

DuckDB and most JSON readers make a float of 0.10. Python's decoder hands over the literal instead,
so 36567.1000000000000001 arrives whole. What was a float before it was written stays one, and is
noted for a decimal field to refuse: 0.30000000000000004 says that nobody meant its last digits.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from runner.engines.staging import Staging
from runner.errors import InputError, Location
from runner.ingest.formats import Format
from runner.ingest.progress import Progress
from runner.ingest.readers import envelope
from runner.ingest.readers.records import Record, Records
from runner.ingest.source import Piece, Source

_BLANK = " \t\r\n"
_MAX_DOCUMENT_BYTES = 128 << 20
_MAX_LINE_BYTES = 16 << 20
_FLOAT_DIGITS = 15  # decimal digits every binary double keeps
_NOISE_DIGITS = 5  # how much shorter a number is that a float stands for


class _Decoder(json.JSONDecoder):
    """Hands over numbers as text, and notes those that only a binary float is written like."""

    def __init__(self) -> None:
        # NaN and Infinity stay words, which no field reads as a number
        super().__init__(parse_float=self._number, parse_int=str, parse_constant=str)
        self._floats: list[str] = []

    def _number(self, literal: str) -> str:
        if len(literal) > _FLOAT_DIGITS and is_binary_float(literal):
            self._floats.append(literal)
        return literal

    def floats(self) -> list[str]:
        """Those met since this was asked last."""
        found, self._floats = self._floats, []
        return found


def is_binary_float(literal: str) -> bool:
    """Whether a number is a float's shortest print of a much shorter decimal beside it.

    A double keeps 15 decimal digits and is printed with up to 17. Of exact decimals of that many
    digits, one in some ten thousand looks like it; a zero behind its last digit tells it apart.

    >>> [is_binary_float(t) for t in ("0.30000000000000004", "434.99999999999994", "1e-8")]
    [True, True, False]
    >>> is_binary_float("13733.333333333334"), is_binary_float("0.300000000000000040")
    (False, False)
    """
    digits = _digits(literal)
    if not _FLOAT_DIGITS < len(digits) < _FLOAT_DIGITS + 3:
        return False
    value = float(literal)
    meant = _digits(f"{value:.{_FLOAT_DIGITS - 1}e}").rstrip("0")
    return _digits(repr(value)) == digits and len(meant) <= len(digits) - _NOISE_DIGITS


def _digits(literal: str) -> str:
    return "".join(map(str, Decimal(literal).as_tuple().digits))


def read(staging: Staging, form: Format, source: Source, progress: Progress) -> Piece:
    """Stage a JSON array, a single object, or one object a line; of envelopes, what is inside."""
    decoder = _Decoder()
    records = Records(staging, source, progress)
    found = _opened(form, decoder, _records(source, decoder))
    return _piece(staging, form, source, records, decoder, found)


def read_kept(
    staging: Staging,
    form: Format,
    source: Source,
    rows: Iterable[tuple[int, str]],
    header: str | None = None,
) -> Piece:
    """Stage records that were kept, each with its number; a row of Parquet is kept as one, too."""
    decoder = _Decoder()
    records = Records(staging, source, Progress())
    return _piece(staging, form, source, records, decoder, _kept(form, source, decoder, rows))


def _kept(
    form: Format, source: Source, decoder: _Decoder, rows: Iterable[tuple[int, str]]
) -> Iterator[Record]:
    for number, raw in rows:
        found = [
            (number, inner, record)
            for _, inner, record in _opened(
                form, decoder, iter([(number, raw, _decode(decoder, raw))])
            )
        ]
        for line, inner, record in found:
            if source.kind == "parquet" and record is not None:
                # a column of a file is found in any letter case
                record = json.dumps({k.lower(): v for k, v in json.loads(record).items()})
            yield line, inner, record


def first_records(source: Source, limit: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects among the first `limit` records of a file, as they stand and decoded."""
    for _, raw, record in islice(_records(source, _Decoder()), limit):
        if record is not None:
            yield raw.strip(_BLANK), json.loads(record)


def _piece(
    staging: Staging,
    form: Format,
    source: Source,
    records: Records,
    decoder: _Decoder,
    found: Iterator[Record],
) -> Piece:
    for record in found:
        records.add(record)
        if floats := decoder.floats():
            staging.run(
                "insert into ingest_floats select ?, unnest(?::varchar[])",
                [(source.number << 40) + record[0], floats],
            )
    piece = records.piece(form)
    staging.run(
        "insert into ingest_refused "
        "select row_id, raw, 'not_json', 'the line is not a JSON object' "
        f"from {records.table} where record is null"
    )
    return piece


def _opened(form: Format, decoder: _Decoder, found: Iterator[Record]) -> Iterator[Record]:
    """The records as they are, or those inside them, numbered through the file."""
    if not form.records:
        yield from found
        return
    number = 0
    for _, raw, record in found:
        raw = raw.strip(_BLANK)
        inside = envelope.unpack(decoder, raw, json.loads(record or "null"), 0, form.records)
        if inside is None:
            number += 1
            yield number, raw, record
            continue
        decoder.floats()  # the envelope's are met again, each in its own record
        for inner, value in inside:
            number += 1
            yield number, inner, _normal(value)


def _records(source: Source, decoder: _Decoder) -> Iterator[Record]:
    if source.head.decode("utf-8-sig", "replace").lstrip(_BLANK).startswith("["):
        yield from _array(source, decoder, _text(source))
        return
    lines = _lines(source)
    number, line = next(lines)
    record = _decode(decoder, line)
    if record is None:
        # not one object a line: one object over several
        lines.close()
        text = _text(source)
        end = len(text) - len(text.lstrip(_BLANK))
        value, end = _value(source, decoder, text, end)
        _refuse_rest(source, text, end)
        yield 1, text.strip(_BLANK), _normal(value)
        return
    yield number, line, record
    for number, line in lines:
        yield number, line, _decode(decoder, line)


def _lines(source: Source) -> Generator[tuple[int, str], None, None]:
    """The lines that are not blank, one in memory at a time; the first may be a whole document."""
    number, limit = 0, _MAX_DOCUMENT_BYTES
    with source.path.open("rb") as stream:
        while line := stream.readline(limit + 1):
            number += 1
            if len(line) > limit:
                raise _too_long(source, number, limit)
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise _not_utf8(source, error, number) from error
            if text.strip(_BLANK):
                yield number, text
                limit = _MAX_LINE_BYTES


def _too_long(source: Source, line: int, limit: int) -> InputError:
    return InputError(
        "R277",
        f"{source.path.name} has a line of more than {limit >> 20} MiB",
        where=Location(source.path, line),
        mend="write one object a line (of an array: jq -c '.[]'), or split the file",
    )


def _array(source: Source, decoder: _Decoder, text: str) -> Iterator[Record]:
    at = _skip(text, text.index("[") + 1)
    number = 0
    if text[at : at + 1] == "]":
        _refuse_rest(source, text, at + 1)
        return
    while True:
        number += 1
        value, end = _value(source, decoder, text, at)
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
    """All of a file that is one document."""
    size = source.path.stat().st_size
    if size > _MAX_DOCUMENT_BYTES:
        raise InputError(
            "R277",
            f"{source.path.name} is one JSON document of {size >> 20} MiB",
            where=Location(source.path),
            why=f"a document is read whole, and may have {_MAX_DOCUMENT_BYTES >> 20} MiB",
            mend="write one object a line (of an array: jq -c '.[]'), or split the file",
        )
    try:
        return source.path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(source, error) from error


def _not_utf8(source: Source, error: UnicodeDecodeError, line: int | None = None) -> InputError:
    return InputError(
        "R273",
        f"{source.path.name} is not UTF-8 text",
        where=Location(source.path, line),
        why=str(error),
        mend="save it as UTF-8",
    )


def _value(source: Source, decoder: _Decoder, text: str, at: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _broken(source, text, error.pos, error.msg) from error
    except RecursionError as error:
        raise _broken(source, text, at, "nested too deeply") from error


def _decode(decoder: _Decoder, line: str) -> str | None:
    try:
        value = decoder.decode(line)
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
