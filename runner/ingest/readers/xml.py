"""XML whose elements hold their values in attributes, as a broker's statement: an element a record.

The mapping names the elements (`records: Trade, TradeConfirm`); others that hold values are counted
and passed over. A file is read piece by piece, and a document type, which could name entities that
swell or lead elsewhere, is refused.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NoReturn
from xml.parsers import expat

from runner.engines.staging import Staging
from runner.errors import InputError, Location
from runner.ingest.formats import Format
from runner.ingest.progress import Progress
from runner.ingest.readers.passed_over import warnings
from runner.ingest.readers.records import Records
from runner.ingest.source import Piece, Source

_BLOCK_BYTES = 1 << 16
_MAX_ELEMENT_BYTES = 16 << 20
_ELEMENT = re.compile(rb"<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")

Found = tuple[int, str, dict[str, str]]  # line, verbatim, attributes


def read(staging: Staging, form: Format, source: Source, progress: Progress) -> Piece:
    """Stage the elements that the mapping names; a record has their attributes, in small letters.

    `row_id` is the line; of several elements on a line, each has the number after the last.
    InputError where the file is no XML, breaks off, or has a document type.
    """
    passed: Counter[str] = Counter()
    records = Records(staging, source, progress)
    return _piece(form, source, records, _elements(form, source, passed), passed)


def read_kept(
    staging: Staging,
    form: Format,
    source: Source,
    rows: Iterable[tuple[int, str]],
    header: str | None = None,
) -> Piece:
    """Stage elements that were kept, each with its number."""
    found = ((number, raw, dict(_attributes(raw))) for number, raw in rows)
    return _piece(form, source, Records(staging, source, Progress()), found, Counter())


def _piece(
    form: Format, source: Source, records: Records, found: Iterable[Found], passed: Counter[str]
) -> Piece:
    number = 0
    for line, raw, attributes in found:
        number = max(line, number + 1)
        values = {name.lower(): value for name, value in attributes.items()}
        records.add((number, raw, json.dumps(values, ensure_ascii=False)))
    return records.piece(form, warnings(source, passed), passed.total())


def _attributes(raw: str) -> dict[str, str]:
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda _, attributes: found.append(attributes)
    parser.Parse(raw if raw.endswith("/>") else f"{raw[:-1]}/>", True)
    return found[0]


def _elements(form: Format, source: Source, passed: Counter[str]) -> Iterator[Found]:
    """The elements named, as they come; of what holds them only counts."""
    met: list[tuple[int, int, str, dict[str, str]]] = []
    inside: list[bool] = []  # of each open element, whether one is in it

    def start(name: str, attributes: dict[str, str]) -> None:
        if inside:
            inside[-1] = True
        inside.append(False)
        if name in form.records:
            met.append((parser.CurrentByteIndex, parser.CurrentLineNumber, name, attributes))
        elif attributes:
            passed[name] += 1

    def end(name: str) -> None:
        if inside.pop() and passed[name] and name not in form.records:
            passed[name] -= 1  # it holds others, and is no row

    def doctype(*_: object) -> NoReturn:
        raise InputError(
            "R273",
            f"{source.path.name} has a document type",
            where=Location(source.path, parser.CurrentLineNumber),
            why="it could name entities that swell, or lead elsewhere",
            mend="export it again, without <!DOCTYPE>",
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    with source.path.open("rb") as stream, source.path.open("rb") as again:
        try:
            while block := stream.read(_BLOCK_BYTES):
                parser.Parse(block, False)
                for at, line, _, attributes in met:
                    yield line, _verbatim(source, again, at, line), attributes
                met.clear()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise InputError(
                "R276",
                f"{source.path.name} is not valid XML, or breaks off",
                where=Location(source.path, error.lineno),
                why=expat.ErrorString(error.code),
                mend="the file is damaged or was cut short: export it again; nothing was loaded",
            ) from error
    for name in [name for name, count in passed.items() if not count]:
        del passed[name]


def _verbatim(source: Source, stream: BinaryIO, at: int, line: int) -> str:
    size = _BLOCK_BYTES
    while size <= _MAX_ELEMENT_BYTES:
        stream.seek(at)
        found = _ELEMENT.match(stream.read(size))
        if found:
            return found.group().decode("utf-8", "replace")
        size *= 16
    raise InputError(
        "R277",
        f"{source.path.name} has an element of more than {_MAX_ELEMENT_BYTES >> 20} MiB",
        where=Location(source.path, line),
        mend="check that it is a statement",
    )
