"""The parameters of an audit query: literals of its CTE `params`, and values that replace them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from runner.errors import Location, ProjectError, SelectionError, UsageError
from runner.money import INTEGER_DIGITS, SCALE, to_text

_PARAMS = re.compile(r"^with params as \(\n(?P<body>.*?)\n\)", re.M | re.S)
_PARAMETER = re.compile(
    r"cast\((?P<literal>'(?:[^']|'')*'|[^'\s()]+) as (?P<type>[a-z]+(?:\(\d+, \d+\))?)\)"
    r" as (?P<name>\w+)"
)
_BIGINT = 2**63


@dataclass(frozen=True)
class Parameter:
    """`default` is a literal as the SQL has it; `start` and `end` are where it stands there."""

    name: str
    type: str
    default: str
    start: int
    end: int
    description: str = ""

    def described(self, description: str) -> Parameter:
        return replace(self, description=description)

    def literal(self, text: str) -> str:
        """The SQL literal of a value; SelectionError (R290) where it is not of the type."""
        read = _READERS[self.type]
        try:
            return read(text)
        except (ValueError, InvalidOperation, UsageError):
            raise SelectionError(
                "R290",
                f"'{text}' is no value of {self.name}",
                why=f"{self.name} is of type {self.type}: {self.description}",
                mend=f"give it as {_EXAMPLES[self.type]}",
            ) from None


def find_parameters(path: Path, sql: str) -> tuple[Parameter, ...]:
    """Those of the CTE `params`, in its order; none where the query has no such CTE.

    ProjectError (R291) for a column of it that is not a literal cast to a type known here.
    """
    params = _PARAMS.search(sql)
    if params is None:
        return ()
    found = []
    for read in _PARAMETER.finditer(sql, params.start("body"), params.end("body")):
        if read["type"] in _READERS:
            start, end = read.span("literal")
            found.append(Parameter(read["name"], read["type"], read["literal"], start, end))
    body = params["body"].strip()
    written = ",".join(f"cast({p.default} as {p.type}) as {p.name}" for p in found)
    if _bare(body) != _bare(f"select {written}"):
        raise ProjectError(
            "R291",
            f"{path.name}: its params cannot be read",
            where=Location(path, sql.count("\n", 0, params.start()) + 1),
            mend="let each column of it be cast(LITERAL as TYPE) as NAME, of the types "
            + ", ".join(_READERS),
        )
    return tuple(found)


def _bare(sql: str) -> str:
    return re.sub(r"\s+", "", sql)


def _whole(text: str) -> str:
    number = int(text)
    if not -_BIGINT <= number < _BIGINT:
        raise ValueError
    return str(number)


def _money(text: str) -> str:
    number = Decimal(text)
    if not number.is_finite() or number.adjusted() >= INTEGER_DIGITS:
        raise ValueError
    if int(number.as_tuple().exponent) < -SCALE:
        raise ValueError
    return to_text(number)


def _moment(text: str) -> str:
    from runner.moments import moment_of

    return f"'{moment_of(text)}'"


def _boolean(text: str) -> str:
    if text not in ("true", "false"):
        raise ValueError
    return text


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError
    return "'" + text.replace("'", "''") + "'"


_READERS: dict[str, Callable[[str], str]] = {
    "bigint": _whole,
    "decimal(38, 12)": _money,
    "timestamp": _moment,
    "boolean": _boolean,
    "text": _text,
}
_EXAMPLES = {
    "bigint": "a whole number: 60",
    "decimal(38, 12)": "plain digits, at most 12 after the point: 2.5",
    "timestamp": "2026-03-02 or 2026-03-02T09:00:00, in UTC or with its offset",
    "boolean": "true or false",
    "text": "text",
}
