"""Which tables of two builds are compared, by which key, and in which columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runner.audit.diff.builds import Build
from runner.build.state import FACT
from runner.checks.rules import Rule, RuleKind
from runner.engines.base import Column, Relation
from runner.sqltyping.types import INTEGER, TEXT, Kind

_STEPS = ("int_", "stg_")  # on the way to what readers use
_UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
_CURRENCIES = ("currency", "settlement_currency", "fee_currency")
# what no sum is made of
_NO_AMOUNTS = ("price", "rate", "bps", "ratio", "percent", "multiplier", "share", "factor")
COPIES = "diff_copies"  # how often a row stands in a table without a key


@dataclass(frozen=True)
class Table:
    """A table of both builds, its columns as the first has them.

    `key` tells its rows apart; where no rule gives one it is all columns, and `copies` are counted.
    `retyped` columns are of another type in each build, and compared as text.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    retyped: frozenset[str] = frozenset()
    is_counted: bool = False
    only_in_a: tuple[str, ...] = ()
    only_in_b: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    @property
    def compared(self) -> tuple[str, ...]:
        """What of two rows of one key can differ."""
        return (COPIES,) if self.is_counted else tuple(n for n in self.names if n not in self.key)

    @property
    def outputs(self) -> tuple[Column, ...]:
        return (*self.columns, *([Column(COPIES, INTEGER)] if self.is_counted else []))

    @property
    def currency(self) -> str | None:
        """The column that says in which currency a row's amounts are."""
        return next((c for c in _CURRENCIES if c in self.names), None)

    @property
    def amounts(self) -> tuple[str, ...]:
        """Decimal columns that can be summed: no prices, rates or shares."""
        return tuple(
            c.name
            for c in self.columns
            if c.type.kind is Kind.DECIMAL
            and c.name not in self.retyped
            and not any(word in c.name for word in _NO_AMOUNTS)
        )


@dataclass(frozen=True)
class Tables:
    """What is compared, and what only one build has."""

    compared: tuple[Table, ...]
    only_in_a: tuple[str, ...] = field(default=())
    only_in_b: tuple[str, ...] = field(default=())


def is_for_readers(name: str) -> bool:
    return not name.startswith(_STEPS)


def tables(names: Iterable[str], a: Build, b: Build, rules: Sequence[Rule]) -> Tables:
    """`names` as both builds have them; what neither has is left out."""
    wanted = sorted(set(names))
    keys = {name: _key(name, rules) for name in wanted}
    return Tables(
        tuple(
            _table(name, keys[name], a.relations[name], b.relations[name])
            for name in wanted
            if name in a.relations and name in b.relations
        ),
        tuple(n for n in wanted if n in a.relations and n not in b.relations),
        tuple(n for n in wanted if n in b.relations and n not in a.relations),
    )


def made_by_builds(build: Build) -> set[str]:
    """What the last build left that readers use."""
    return {
        name for name, node in build.nodes.items() if node.materialized not in (FACT, "seed")
    } & {name for name in build.relations if is_for_readers(name)}


def _key(name: str, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The columns that a rule says tell rows apart, none of them null if there is a choice."""
    found = [
        r.columns
        for r in rules
        if r.table == name
        and r.filter is None
        and r.columns
        and (r.kind is RuleKind.UNIQUE or r.arguments.get("expectation") in _UNIQUE)
    ]
    never_null = {
        column
        for r in rules
        if r.table == name and r.kind is RuleKind.NOT_NULL
        for column in r.columns
    }
    return min(found, key=lambda columns: not never_null.issuperset(columns), default=())


def _table(name: str, key: tuple[str, ...], a: Relation, b: Relation) -> Table:
    types: Mapping[str, Column] = {c.name: c for c in b.columns}
    common = [c for c in a.columns if c.name in types]
    retyped = frozenset(c.name for c in common if c.type != types[c.name].type)
    columns = tuple(Column(c.name, TEXT) if c.name in retyped else c for c in common)
    names = {c.name for c in common}
    is_counted = not key or not names.issuperset(key)
    return Table(
        name,
        tuple(c.name for c in common) if is_counted else key,
        columns,
        retyped,
        is_counted,
        tuple(c.name for c in a.columns if c.name not in names),
        tuple(c.name for c in b.columns if c.name not in names),
    )


def counted(table: Table) -> Table:
    """The same table, its rows told apart by all of their columns."""
    return Table(
        table.name, table.names, table.columns, table.retyped, True, table.only_in_a,
        table.only_in_b,
    )  # fmt: skip
