"""JSON on SQLite as DuckDB prints it."""

from __future__ import annotations

import json
from functools import lru_cache

from runner.engines.sqlite_scalars import ValueRefusedError


class _Number(str):
    """A JSON number as written, until it is known whether it prints alike everywhere."""


@lru_cache(maxsize=512)
def _load(text: str) -> object:
    """Objects as tuples of pairs, so that a repeated key is not lost."""

    def refuse(word: str) -> object:
        raise ValueRefusedError(f"{word} is not JSON")

    try:
        return json.loads(
            text,
            object_pairs_hook=tuple,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=refuse,
        )
    except (ValueError, RecursionError) as error:
        raise ValueRefusedError(f"{text[:80]!r} is not JSON: {error}") from None


_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in range(32)},
    **{
        ord(a): b
        for a, b in zip(
            '"\\\b\f\n\r\t', ('\\"', "\\\\", "\\b", "\\f", "\\n", "\\r", "\\t"), strict=True
        )
    },
}


def _print_number(number: _Number) -> str:
    if "." not in number and "e" not in number.lower():
        return "0" if number == "-0" else str(number)
    shown = repr(float(number))
    if "e" in shown or "inf" in shown:
        raise ValueRefusedError(f"the JSON number {number} prints differently between engines")
    return shown


def _print(value: object) -> str:
    if isinstance(value, _Number):
        return _print_number(value)
    if isinstance(value, tuple):
        inner = ",".join(f"{_print(key)}:{_print(item)}" for key, item in value)
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_print, value))}]"
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    return json.dumps(value)


def json_text(value: str | None, *path: str | int) -> str | None:
    """The value at `path` (keys and array places) as text: a string itself, else compact JSON."""
    if value is None:
        return None
    found: object = _load(value)
    for step in path:
        if isinstance(step, str) and isinstance(found, tuple):
            found = next((item for key, item in found if key == step), None)
        elif isinstance(step, int) and isinstance(found, list):
            found = found[step] if step < len(found) else None
        else:
            return None
    if found is None:
        return None
    return found if type(found) is str else _print(found)


def json_check(value: str | None) -> str | None:
    """The text itself, once it is known to be JSON."""
    if value is not None:
        _load(value)
    return value


def json_build(*parts: str | int | bool | None) -> str:
    """A JSON object of (key, kind, value) triples; kind "b" makes 0 and 1 a boolean."""
    pairs = []
    for key, kind, value in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        shown = bool(value) if kind == "b" and value is not None else value
        pairs.append(f"{_print(key)}:{_print(shown)}")
    return f"{{{','.join(pairs)}}}"
