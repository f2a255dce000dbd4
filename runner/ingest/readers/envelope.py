"""Records inside what a venue's API answered: `{"result": {"trades": {…}}}` holds many.

A format names where they are: `result.trades.<txid>` is every member of the object `trades`, its
key kept in the record as `txid`; `fills` is every element of the list `fills`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

_BLANK = " \t\r\n"

Member = tuple[str | None, int, int]  # key of an object's member, start and end of its value


def unpack(
    decoder: json.JSONDecoder, text: str, value: Any, at: int, paths: Sequence[str]
) -> Iterator[tuple[str, Any]] | None:
    """The records of an envelope, each verbatim and decoded; None where `value` is no envelope.

    `value` stands in `text` from `at` on. The first of `paths` that leads to a list, or to an
    object of objects, is taken. A record taken out of an object keeps its key, so that its text
    can be read again by itself.
    """
    for path in paths:
        *steps, last = path.split(".")
        keyed = last[1:-1] if last.startswith("<") else None
        steps = steps if keyed else [*steps, last]
        inner = _follow(value, steps)
        if keyed and isinstance(inner, dict) and (steps or inner) and _holds_objects(inner):
            return _keyed(decoder, text, at, steps, keyed)
        if not keyed and isinstance(inner, list):
            return _listed(decoder, text, at, steps)
    return None


def _follow(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _holds_objects(value: dict[str, Any]) -> bool:
    return all(isinstance(member, dict) for member in value.values())


def _keyed(
    decoder: json.JSONDecoder, text: str, at: int, steps: Sequence[str], name: str
) -> Iterator[tuple[str, Any]]:
    for key, start, end in _members(decoder, text, _enter(decoder, text, at, steps)):
        record = decoder.raw_decode(text, start)[0]
        yield f"{{{json.dumps(key)}: {text[start:end]}}}", {name: key, **record}


def _listed(
    decoder: json.JSONDecoder, text: str, at: int, steps: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    for _, start, end in _members(decoder, text, _enter(decoder, text, at, steps)):
        yield text[start:end], decoder.raw_decode(text, start)[0]


def _enter(decoder: json.JSONDecoder, text: str, at: int, steps: Sequence[str]) -> int:
    """Where the value at `steps` begins; of a key written twice the last counts, as in Python."""
    for step in steps:
        at = [start for key, start, _ in _members(_SKIM, text, at) if key == step][-1]
    return at


_SKIM = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def _members(decoder: json.JSONDecoder, text: str, at: int) -> Iterator[Member]:
    """The members of the object, or the elements of the list, that begins at `at`."""
    is_object = text[at] == "{"
    at = _skip(text, at + 1)
    while text[at] not in "]}":
        key = None
        if is_object:
            key, at = _SKIM.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        end = _SKIM.raw_decode(text, at)[1]
        yield key, at, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANK:
        at += 1
    return at
