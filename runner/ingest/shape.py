"""What a mapping's rows may be: one shape a kind of fact, however a venue spells it.

A mapping (sql/ingest/<format>.sql) gives a shape's fields as text. The shape says how each is
read, what must hold, which facts the row points to, and how the fact's columns are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Reading(Enum):
    """How a field's text is read."""

    TEXT = "text"
    WORD = "word"  # one of a set, in any letter case
    DECIMAL = "decimal"
    TIME = "time"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    JSON = "json"


@dataclass(frozen=True)
class Field:
    """One column a mapping may give."""

    name: str
    reading: Reading = Reading.TEXT
    required: bool = False
    words: tuple[str, ...] = ()
    default: str | None = None  # SQL, where the text is empty


@dataclass(frozen=True)
class Rule:
    """What must not be: SQL over `r` (the row's fields) and `i` (its instrument).

    `reason` is SQL too, of the words a person reads.
    """

    code: str
    broken: str
    reason: str


@dataclass(frozen=True)
class Reference:
    """A column of the fact that must name a row of another fact, or of the same load."""

    column: str
    table: str
    key: str
    code: str
    reason: str  # SQL over the candidate's columns
    unless: str = "false"  # SQL: the row needs no such fact, as the load makes it
    alike: str | None = None  # a column that both have, and that must be the same
    contradiction: tuple[str, str] = ("", "")  # code and reason, where it is not


@dataclass(frozen=True)
class Shape:
    """One kind of fact: its fields, its rules, and its columns as SQL over `r` and `i`."""

    name: str
    table: str
    key: str
    fields: tuple[Field, ...]
    columns: Mapping[str, str]
    rules: tuple[Rule, ...] = ()
    references: tuple[Reference, ...] = ()
    has_instrument: bool = False  # `symbol` names an instrument
    makes_instruments: bool = False  # a venue's symbol gives the terms of one not known yet
    makes_orders: bool = False  # an order not known yet is appended, without its terms
    account_column: str | None = None  # an account not known yet is appended
    unique: tuple[str, ...] = ()  # further columns no two facts may share
    # columns a fact that stands may differ in without being a conflict
    not_compared: tuple[str, ...] = ()
    amended_by: str = ""  # how a fact that stands is put right, in words
    # what a load keeps of a row beside the fact, for the other facts it makes of it
    keeps: Mapping[str, str] = field(default_factory=dict)
    # fields worked out of all rows of a load, with windows over `r`
    derives: Mapping[str, str] = field(default_factory=dict)
    leaves_out: str | None = None  # SQL over `r` and the CTE `rows`: rows that are no such fact

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)


def text(name: str, *, required: bool = False, default: str | None = None) -> Field:
    return Field(name, Reading.TEXT, required, default=default)


def word(name: str, *words: str, required: bool = False, default: str | None = None) -> Field:
    return Field(name, Reading.WORD, required, words, default)


def amount(name: str, *, required: bool = False, default: str | None = None) -> Field:
    return Field(name, Reading.DECIMAL, required, default=default)


def moment(name: str, *, required: bool = False) -> Field:
    return Field(name, Reading.TIME, required)


def integer(name: str) -> Field:
    return Field(name, Reading.INTEGER)


def boolean(name: str, *, required: bool = False) -> Field:
    return Field(name, Reading.BOOLEAN, required)


def json(name: str) -> Field:
    return Field(name, Reading.JSON)


def positive(name: str) -> Rule:
    """A quantity that must be above zero where it is given."""
    return Rule(
        "not_positive",
        f"r.{name} <= 0",
        f"'{name} is ' || r.{name}_text || ', it must be 0.000000000001 or more'",
    )


def bounded(name: str, digits: int = 20) -> Rule:
    """An amount that leaves room to add a million such up within DECIMAL(38,12).

    Past that one row could stop every build, and a fact cannot be taken back.
    """
    return Rule(
        "too_large",
        f"abs(r.{name}) >= 1{'0' * digits}",
        f"'{name} is ' || r.{name}_text || ', which is 10^{digits} or more: is its unit right?'",
    )


def bounded_price(name: str) -> Rule:
    """A price that leaves room to be multiplied: a product has 14 digits before the point."""
    return bounded(name, 13)


def positive_price(name: str) -> Rule:
    """A price that must be above zero, unless the instrument allows it."""
    return Rule(
        "price_not_positive",
        f"r.{name} <= 0 and not coalesce(i.allows_negative_price, false)",
        f"'{name} is ' || r.{name}_text || "
        f"case when r.{name} = 0 and regexp_matches(r.{name}_text, '[1-9]') "
        "then ', 0 at the 12 decimals that are kept' else '' end || ', and ' || r.symbol || "
        "' does not allow a price at or below zero: what may trade there is declared, or restated, "
        "with allows_negative_price'",
    )
