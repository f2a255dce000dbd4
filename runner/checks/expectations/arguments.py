"""What an expectation's arguments may be, and their values as SQL literals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from runner.checks.rules import bad_rule
from runner.errors import Location, nearest


class Takes(Enum):
    """The kind of value; its text is said where another is given."""

    COLUMN = "the name of a column"
    COLUMNS = "a list of columns"
    VALUE = "a number, a text or a date"
    VALUES = "a list of values"
    PAIRS = "a list of pairs of values"
    NUMBER = "a number"
    MAGNITUDE = "a number, not below zero"
    COUNT = "a whole number, not below zero"
    FLAG = "true or false"
    TEXT = "a text"
    TEXTS = "a list of texts"
    SQL = "SQL"
    TABLE = "the name of a model, seed or table"
    QUANTILES = "quantiles (shares from 0 to 1), and as many pairs of bounds as value_ranges"
    CHOICE = "one of its choices"


@dataclass(frozen=True)
class Argument:
    """`choices` are what a CHOICE may be; `default` stands where none is given."""

    takes: Takes
    is_required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


Arguments = Mapping[str, Argument]
COLUMN: Arguments = {"column": Argument(Takes.COLUMN, True)}
BOUNDS: Arguments = {
    "min_value": Argument(Takes.VALUE),
    "max_value": Argument(Takes.VALUE),
    "strict_min": Argument(Takes.FLAG, default=False),
    "strict_max": Argument(Takes.FLAG, default=False),
}


class RefusedArguments(ValueError):
    """Arguments that are each as they should be, and together mean nothing."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


def read(
    name: str,
    known: Arguments,
    given: Mapping[str, Any],
    place: Callable[[str], Location],
    *,
    bounds: Sequence[str] = (),
) -> dict[str, Any]:
    """The arguments with their defaults; ProjectError for a stranger, a gap or a wrong kind.

    `place` is where an argument stands; of `bounds` at least one must be given.
    """
    for key in given:
        if key not in known:
            near = nearest(str(key), set(known))
            raise bad_rule(
                place(key),
                f"{name} has no argument '{key}'",
                f"did you mean '{near}'?" if near else f"it takes {', '.join(known)}",
            )
    found = {}
    for key, argument in known.items():
        value = given.get(key)
        if value is None:
            if argument.is_required:
                raise bad_rule(
                    place(key), f"{name} lacks '{key}'", f"add {key}: {argument.takes.value}"
                )
            found[key] = argument.default
            continue
        if not _fits(value, argument):
            wanted = (
                f"one of {', '.join(argument.choices)}"
                if argument.choices
                else argument.takes.value
            )
            raise bad_rule(
                place(key), f"{name}: {key} is {value!r}, not {wanted}", f"give {wanted}"
            )
        found[key] = value
    if bounds and all(found[key] is None for key in bounds):
        raise bad_rule(place(bounds[0]), f"{name} has no bound", f"give {' or '.join(bounds)}")
    return found


def _fits(value: Any, argument: Argument) -> bool:
    takes = argument.takes
    if takes is Takes.FLAG:
        return isinstance(value, bool)
    if takes is Takes.CHOICE:
        return value in argument.choices
    if takes is Takes.VALUE:
        return _is_value(value)
    if takes in (Takes.NUMBER, Takes.MAGNITUDE):
        is_number = _is_value(value) and not isinstance(value, bool | str)
        return is_number and (takes is Takes.NUMBER or value >= 0)
    if takes is Takes.COUNT:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if takes in (Takes.COLUMN, Takes.TEXT, Takes.SQL, Takes.TABLE):
        return isinstance(value, str) and bool(value.strip())
    if takes is Takes.QUANTILES:
        return _are_quantiles(value)
    if not isinstance(value, list) or not value:
        return False
    if takes is Takes.PAIRS:
        return all(isinstance(p, list) and len(p) == 2 and all(map(_is_value, p)) for p in value)
    if takes is Takes.VALUES:
        return all(map(_is_value, value))
    return all(isinstance(item, str) and item.strip() for item in value)


def _are_quantiles(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"quantiles", "value_ranges"}:
        return False
    shares, ranges = value["quantiles"], value["value_ranges"]
    if not isinstance(shares, list) or not isinstance(ranges, list) or len(shares) != len(ranges):
        return False
    return (
        len({*map(str, shares)}) == len(shares) > 0
        and all(isinstance(s, int | Decimal) and 0 <= s <= 1 for s in shares)
        and all(isinstance(r, list) and len(r) == 2 and r != [None, None] for r in ranges)
        and all(bound is None or _is_value(bound) for bounds in ranges for bound in bounds)
    )


def _is_value(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int | str | bool)


def literal(value: Any) -> str:
    """
    >>> literal(Decimal("1.50")), literal("o'clock"), literal(True)
    ('1.50', "'o''clock'", 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def listed(values: Sequence[Any]) -> str:
    return ", ".join(literal(value) for value in values)


def outside(value: str, bounds: Mapping[str, Any], *, times: str = "") -> str:
    """SQL that is true where `value` is beyond the bounds; RefusedArguments for crossed ones.

    `times` is what each bound is multiplied by: part against bound * whole needs no division.
    """
    require_in_order(bounds)
    factor = f" * {times}" if times else ""
    broken = []
    for bound, strict, sign in (("min_value", "strict_min", "<"), ("max_value", "strict_max", ">")):
        if bounds[bound] is not None:
            beyond = f"{sign}=" if bounds[strict] else sign
            broken.append(f"{value} {beyond} {literal(bounds[bound])}{factor}")
    return " or ".join(broken)


def require_in_order(bounds: Mapping[str, Any]) -> None:
    """RefusedArguments for numbers that nothing is between."""
    lowest, highest = bounds["min_value"], bounds["max_value"]
    are_numbers = isinstance(lowest, int | Decimal) and isinstance(highest, int | Decimal)
    if are_numbers and lowest > highest:
        raise RefusedArguments(
            f"min_value {lowest} is above max_value {highest}", "no value is in between"
        )
