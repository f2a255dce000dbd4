"""FIX logs: messages found wherever they stand, checked as the session layer checks them.

A message begins with `8=FIX`, its fields end in SOH or `|`; what stands around it on its line, as a
log's timestamp, is left out. BodyLength (9) says where it ends, and CheckSum (10) that nothing
within is altered: FIX Session Layer, Standard Header and Trailer. A message that fails either is
refused as it stands. The mapping says which types it takes (`records: 35=8`); others are counted.
"""

from __future__ import annotations

import json
import mmap
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from runner.engines.staging import Staging
from runner.errors import InputError, Location
from runner.ingest.formats import Format
from runner.ingest.progress import Progress
from runner.ingest.readers.passed_over import warnings
from runner.ingest.readers.records import Records
from runner.ingest.source import Piece, Source

_MAX_BYTES = 16 << 20
_READ = mmap.ACCESS_READ
_SOH = b"\x01"
_BEGIN = rb"8=FIXT?\.\d\.\d[^\x01|\r\n]{0,8}[\x01|]"
# behind a digit, as of a message that breaks off, it must also have its second field
_START = re.compile(_BEGIN + rb"(?=9=\d)|(?<!\d)" + _BEGIN)
_LENGTH = re.compile(rb"9=(\d{1,9})[\x01|]")
_TRAILER = re.compile(rb"10=(\d{3})(?:[\x01|]|(?=\r?\n)|\Z)")
_ANY_TRAILER = re.compile(rb"[\x01|]10=([^\x01|\r\n]*)(?:[\x01|]|(?=\r?\n)|\Z)")
_REMNANT = re.compile(rb"(?:^|[\x01|])(?:35=\w{1,3}|10=\d{3})(?:[\x01|]|$)")
_TAG = re.compile(rb"[1-9]\d*")

# a length and the data it is of, which may hold SOH (FIX 5.0 SP2, fields of type data)
_DATA = {
    b"90": b"91", b"93": b"89", b"95": b"96", b"212": b"213", b"348": b"349", b"350": b"351",
    b"352": b"353", b"354": b"355", b"356": b"357", b"358": b"359", b"360": b"361",
    b"362": b"363", b"364": b"365", b"445": b"446", b"618": b"619", b"621": b"622",
}  # fmt: skip
_TYPES = {
    "0": "Heartbeat", "1": "TestRequest", "2": "ResendRequest", "3": "Reject",
    "4": "SequenceReset", "5": "Logout", "8": "ExecutionReport", "9": "OrderCancelReject",
    "A": "Logon", "D": "NewOrderSingle", "F": "OrderCancelRequest",
    "G": "OrderCancelReplaceRequest", "j": "BusinessMessageReject",
}  # fmt: skip


@dataclass(frozen=True)
class _Message:
    """A message, or a part of one: where it stands, its bytes, and why it is refused, if it is."""

    line: int
    start: int
    end: int
    text: bytes
    refusal: tuple[str, str] | None = None


def read(staging: Staging, form: Format, source: Source, progress: Progress) -> Piece:
    """Stage the messages of a FIX log; a record is an object of each tag's value.

    A tag that stands several times in a message, as in a repeating group, has the list of its
    values. `row_id` is the line; of several messages on a line, each has the number after the last.
    InputError for a line or a message of more than 16 MiB.
    """
    passed: Counter[str] = Counter()
    with source.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=_READ) as log:
        records = Records(staging, source, progress)
        messages = _numbered(_messages(source, log, passed))
        return _piece(staging, form, source, records, messages, passed)


def read_kept(
    staging: Staging,
    form: Format,
    source: Source,
    rows: Iterable[tuple[int, str]],
    header: str | None = None,
) -> Piece:
    """Stage messages that were kept, each with its number; they are checked again."""
    records = Records(staging, source, Progress())
    return _piece(staging, form, source, records, _kept(source, rows), Counter())


def _numbered(messages: Iterable[_Message]) -> Iterator[_Message]:
    number = 0
    for message in messages:
        number = max(message.line, number + 1)
        yield replace(message, line=number)


def _kept(source: Source, rows: Iterable[tuple[int, str]]) -> Iterator[_Message]:
    for number, raw in rows:
        for encoding in ("utf-8", "latin-1"):  # as it was decoded
            text = raw.encode(encoding, "replace")
            message = next(_messages(source, text, Counter()), None)
            if message and not message.refusal:
                break
        unread = _Message(number, 0, 0, text, ("broken_message", "it is no FIX message"))
        yield replace(message, line=number) if message else unread


def _piece(
    staging: Staging,
    form: Format,
    source: Source,
    records: Records,
    messages: Iterable[_Message],
    passed: Counter[str],
) -> Piece:
    wanted = {word.removeprefix("35=") for word in form.records}
    for message in messages:
        text = _decoded(message.text)
        fields = None if message.refusal else _fields(message.text)
        if fields is None:
            _refuse(staging, source, message, text)
            records.add((message.line, text, None))
        elif fields.get("35") in wanted:
            records.add((message.line, text, json.dumps(fields, ensure_ascii=False)))
        else:
            passed[_type(fields)] += 1
            records.passed_over(len(text))
    return records.piece(form, warnings(source, passed), passed.total())


def _refuse(staging: Staging, source: Source, message: _Message, text: str) -> None:
    code, reason = message.refusal or ("broken_message", "a part of it is no tag=value")
    staging.run(
        "insert into ingest_refused values (?, ?, ?, ?)",
        [(source.number << 40) + message.line, text, code, reason],
    )


def _type(fields: dict[str, str | list[str]]) -> str:
    kind = str(fields.get("35", "?"))
    return f"{_TYPES[kind]} (35={kind})" if kind in _TYPES else f"35={kind}"


def _messages(source: Source, log: mmap.mmap | bytes, passed: Counter[str]) -> Iterator[_Message]:
    """Every message, good or bad, in the order of the log; lines that hold none are counted."""
    line, at = 1, 0
    while at < len(log):
        found = _START.search(log, at)
        start = found.start() if found else len(log)
        remnants, line = _between(source, log, at, start, line, passed)
        yield from remnants
        if not found:
            return
        message = _framed(source, log, found, line)
        yield message
        line += message.text.count(b"\n")
        at = message.end


def _between(
    source: Source, log: mmap.mmap | bytes, at: int, end: int, line: int, passed: Counter[str]
) -> tuple[list[_Message], int]:
    """What stands between two messages: remnants of messages, and the line it ends on."""
    remnants = []
    is_rest = at > 0 and log[at - 1] != 10  # the end of a message's line
    while at < end:
        stop = log.find(b"\n", at, end)
        is_whole = stop >= 0 or end == len(log)
        stop = stop if stop >= 0 else end
        if stop - at > _MAX_BYTES:
            raise _too_long(source, line, "line")
        text = log[at:stop].rstrip(b"\r")
        if _REMNANT.search(text):
            reason = "its beginning is missing: 8=FIX…, BodyLength (9)"
            remnants.append(_Message(line, at, stop, text, ("broken_message", reason)))
        elif is_whole and not is_rest and text.strip(b" \t\xef\xbb\xbf"):
            passed["lines without a message"] += 1
        is_rest = False
        line += stop < end
        at = stop + 1
    return remnants, line


def _framed(source: Source, log: mmap.mmap | bytes, found: re.Match[bytes], line: int) -> _Message:
    """The message that begins at `found`, checked."""
    start, said = found.start(), _LENGTH.match(log, found.end())
    if said and int(said.group(1)) <= _MAX_BYTES:
        body_end = said.end() + int(said.group(1))
        trailer = _TRAILER.match(log, body_end)
        delimiter = found.group()[-1:]
        if trailer and log[body_end - 1 : body_end] == delimiter:
            text = log[start : trailer.end()]
            refusal = _checksum_refusal(log[start:body_end], trailer.group(1), delimiter)
            return _Message(line, start, trailer.end(), text, refusal)
    following = _START.search(log, found.end())
    limit = following.start() if following else len(log)
    stop = log.find(b"\n", start, limit)  # where its length is wrong, its line is what it has
    limit = stop + 1 if stop >= 0 else limit
    trailer = _ANY_TRAILER.search(log, found.end() - 1, limit)
    if trailer:
        end, body_end = trailer.end(), trailer.start() + 1
        refusal = (
            ("bad_length", f"BodyLength (9) says {int(said.group(1))}, and the body has "
             f"{body_end - said.end()} bytes")
            if said
            else ("bad_length", "it has no BodyLength (9)")
        )  # fmt: skip
        if said and int(said.group(1)) == body_end - said.end():
            refusal = ("bad_checksum", f"CheckSum (10) is {_decoded(trailer.group(1))!r}, which "
                       "is not three digits")  # fmt: skip
    else:
        end = stop if stop >= 0 else limit
        refusal = ("broken_message", "it is cut off: it has no CheckSum (10)")
    if end - start > _MAX_BYTES:
        raise _too_long(source, line, "message")
    return _Message(line, start, end, log[start:end].rstrip(b"\r"), refusal)


def _checksum_refusal(head: bytes, said: bytes, delimiter: bytes) -> tuple[str, str] | None:
    """CheckSum is the sum of all bytes before it, modulo 256, with each field ended by SOH."""
    found = sum(head if delimiter == _SOH else head.replace(delimiter, _SOH)) % 256
    if found == int(said):
        return None
    reason = f"CheckSum (10) says {said.decode()}, and its bytes add up to {found:03d}"
    return ("bad_checksum", reason)


def _fields(text: bytes) -> dict[str, str | list[str]] | None:
    """Tag -> value, or the list of values of a tag that repeats; None where a field is none."""
    found = _START.match(text)
    assert found
    delimiter = found.group()[-1:]
    fields: dict[str, str | list[str]] = {}
    at = 0
    length: tuple[bytes, int] | None = None
    while at < len(text):
        equals = text.find(b"=", at)
        tag = text[at:equals]
        if equals < 0 or not _TAG.fullmatch(tag):
            return None
        end = equals + 1 + length[1] if length and _DATA.get(length[0]) == tag else None
        if end is None or text[end : end + 1] != delimiter:
            end = text.find(delimiter, equals)
        end = end if end >= 0 else len(text)
        value = text[equals + 1 : end]
        length = (tag, int(value)) if tag in _DATA and value.isdigit() else None
        _add(fields, tag.decode(), _decoded(value))
        at = end + 1
    return fields


def _add(fields: dict[str, str | list[str]], tag: str, value: str) -> None:
    given = fields.get(tag)
    if given is None:
        fields[tag] = value
    elif isinstance(given, list):
        given.append(value)
    else:
        fields[tag] = [given, value]


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")  # a character a byte, so that nothing is lost


def _too_long(source: Source, line: int, what: str) -> InputError:
    return InputError(
        "R277",
        f"{source.path.name} has a {what} of more than {_MAX_BYTES >> 20} MiB",
        where=Location(source.path, line),
        mend="check that it is a FIX log",
    )
