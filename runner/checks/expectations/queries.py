"""Expectations that ask with a query of their own: Great Expectations' custom SQL, and a ledger's.

A ledger's tables are read together: keys refer to rows that were valid then, sums agree with what
they were made from, sequences have no gap, and a status is reached only by a legal way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runner.checks.expectations.arguments import (
    Argument,
    Arguments,
    RefusedArguments,
    Takes,
    literal,
)
from runner.checks.expectations.forms import Expectation, Given, QueryTest

_COLUMNS = Argument(Takes.COLUMNS)
_SEQUENCE: Arguments = {
    "column": Argument(Takes.COLUMN, True),
    "order_by": Argument(Takes.COLUMNS, True),
    "group_by": _COLUMNS,
    "strictly": Argument(Takes.FLAG, default=False),
}


def foreign_key(
    columns: Sequence[str],
    other_table: str,
    others: Sequence[str],
    *,
    matches_nulls: bool = False,
    valid_at: str | None = None,
    valid_from: str | None = None,
    valid_to: str | None = None,
) -> QueryTest:
    """Children without a parent, or without one that was valid at the child's moment.

    A null in the key refers to nothing, unless nulls match.
    """
    pairs = list(zip(columns, others, strict=True))
    if matches_nulls:
        # a key of nulls finds its parent too, so that none of its columns tells whether it did
        validity = [c for c in (valid_from, valid_to) if c is not None]
        listed = ", ".join(dict.fromkeys([*others, *validity]))
        parent = f"(select distinct {listed}, 1 as is_there from {other_table})"
        same = [f"child.{c} is not distinct from parent.{p}" for c, p in pairs]
        absent = ["parent.is_there is null"]
    else:
        parent = other_table
        same = [f"child.{c} = parent.{p}" for c, p in pairs]
        absent = [*(f"child.{c} is not null" for c in columns), f"parent.{others[0]} is null"]
    if valid_at is not None:
        at = f"child.{valid_at}"
        if valid_from is not None:
            same.append(f"{at} >= parent.{valid_from}")
        if valid_to is not None:
            until = f"parent.{valid_to}"
            same.append(f"({until} is null or {at} < {until})")
    # not NOT EXISTS: DuckDB keeps every column of the children for one
    return QueryTest(
        f"select child.*\nfrom {{batch}} as child\nleft join {parent} as parent\n"
        f"    on {_all(same, 4)}\nwhere {_all(absent)}",
        considered=" and ".join(f"{c} is not null" for c in columns) if not matches_nulls else "",
        parent_key=() if matches_nulls or valid_at is not None else tuple(pairs),
    )


def _foreign_key(given: Given) -> QueryTest:
    if (given["as_of"] is None) != (given["valid_from"] is None and given["valid_to"] is None):
        raise RefusedArguments(
            "as_of needs valid_from or valid_to, and they need it",
            "give the column of the moment, and those between which the other row was valid",
        )
    paired("column_list", "other_column_list", given)
    return foreign_key(
        given["column_list"],
        given["other_table"],
        given["other_column_list"] or given["column_list"],
        matches_nulls=given["match_nulls"],
        valid_at=given["as_of"],
        valid_from=given["valid_from"],
        valid_to=given["valid_to"],
    )


def _reconciled(given: Given) -> QueryTest:
    """Groups whose sums differ by more than the tolerance; a group that one side lacks is zero."""
    paired("group_by", "other_group_by", given)
    groups = given["group_by"] or []
    others = given["other_group_by"] or groups
    ours = _sums("{batch}", groups, groups, given["column"])
    theirs = _sums(given["other_table"], others, groups, given["other_column"] or given["column"])
    # grouped once more, not joined: a group may be null, and SQLite is slow at full joins
    listed = "".join(f"{g}, " for g in groups)
    sides = (
        f"select {listed}amount, null as other_amount from ({ours}) as ours\nunion all\n"
        f"select {listed}null, amount from ({theirs}) as others"
    )
    grouped = f"\ngroup by {', '.join(groups)}" if groups else ""
    difference = "coalesce(max(amount), 0) - coalesce(max(other_amount), 0)"
    columns = ",\n    ".join(
        [
            *groups,
            "max(amount) as amount",
            "max(other_amount) as other_amount",
            f"{difference} as difference",
        ]
    )
    return QueryTest(
        f"select\n    {columns}\nfrom (\n{sides}\n) as sides{grouped}\n"
        f"having abs({difference}) > {literal(given['tolerance'])}"
    )


def _sums(table: str, columns: Sequence[str], names: Sequence[str], amount: str) -> str:
    listed = "".join(f"{c} as {n}, " for c, n in zip(columns, names, strict=True))
    grouped = f" group by {', '.join(columns)}" if columns else ""
    return f"select {listed}sum({amount}) as amount from {table}{grouped}"


def _increasing(given: Given) -> QueryTest:
    return _monotonic(given, "<")


def _decreasing(given: Given) -> QueryTest:
    return _monotonic(given, ">")


def _monotonic(given: Given, beyond: str) -> QueryTest:
    column, order = given["column"], given["order_by"]
    broken = f"{beyond}=" if given["strictly"] else beyond
    return QueryTest(
        f"select *\nfrom (\n    select\n        *,\n        {_lag(column, given, order)} "
        f"as value_before\n    from {{batch}}\n    where {column} is not null\n) as ordered\n"
        f"where {column} {broken} value_before",
        considered=f"{column} is not null",
    )


def _gap_free(given: Given) -> QueryTest:
    """Rows before which a number is missing, or that repeat the one before."""
    column = given["column"]
    first = given["start"]
    before = f"coalesce(number_before, {int(first) - 1})" if first is not None else "number_before"
    return QueryTest(
        f"select *\nfrom (\n    select\n        *,\n        {_lag(column, given, [column])} "
        f"as number_before\n    from {{batch}}\n    where {column} is not null\n) as numbered\n"
        f"where {column} <> {before} + 1",
        considered=f"{column} is not null",
    )


def _transitions(given: Given) -> QueryTest:
    """Changes that the table of legal ones does not list; staying is none."""
    column, more = given["column"], given["with_columns"] or []
    initial = f"coalesce(state_before, {literal(given['initial'])})"
    if given["initial"] is None:
        initial = "state_before"
    same = [
        f"changes.from_state = legal.{given['from_column']}",
        f"changes.{column} = legal.{given['to_column']}",
        *(f"changes.{c} = legal.{c}" for c in more),
    ]
    return QueryTest(
        "select changes.*\nfrom (\n    select\n        *,\n        "
        f"{initial} as from_state\n    from (\n        select\n            *,\n            "
        f"{_lag(column, given, given['order_by'])} as state_before\n        from {{batch}}\n"
        f"        where {column} is not null\n    ) as steps\n) as changes\n"
        f"left join {given['transitions']} as legal\n    on {_all(same, 4)}\n"
        f"where changes.from_state <> changes.{column}\n"
        f"    and legal.{given['from_column']} is null",
        considered=f"{column} is not null",
    )


def _lag(column: str, given: Given, order: Iterable[str]) -> str:
    groups = given["group_by"]
    partition = f"partition by {', '.join(groups)} " if groups else ""
    return f"lag({column}) over ({partition}order by {', '.join(order)})"


def _all(conditions: Sequence[str], indent: int = 0) -> str:
    return f"\n{' ' * (indent + 4)}and ".join(conditions)


def paired(one: str, other: str, given: Given) -> None:
    """RefusedArguments for lists that pair columns and are not as long as each other."""
    if given[other] is not None and len(given[other]) != len(given[one] or []):
        raise RefusedArguments(
            f"{one} and {other} pair columns, and are not equally long", "give as many of each"
        )


EXPECTATIONS = (
    Expectation(
        "unexpected_rows_expectation",
        {"unexpected_rows_query": Argument(Takes.SQL, True)},
        lambda given: QueryTest(given["unexpected_rows_query"].strip().rstrip(";")),
        "A query returns no row; `{batch}` in it is the table.",
    ),
    Expectation(
        "expect_foreign_key_to_exist",
        {
            "column_list": Argument(Takes.COLUMNS, True),
            "other_table": Argument(Takes.TABLE, True),
            "other_column_list": _COLUMNS,
            "match_nulls": Argument(Takes.FLAG, default=False),
            "as_of": Argument(Takes.COLUMN),
            "valid_from": Argument(Takes.COLUMN),
            "valid_to": Argument(Takes.COLUMN),
        },
        _foreign_key,
        "Each row refers to one of another table; with as_of, to one that was valid then: from "
        "valid_from on, and before valid_to or without an end. A moment of null finds none.",
        takes_mostly=True,
        judges_rows=True,
        is_ours=True,
    ),
    Expectation(
        "expect_sums_to_reconcile",
        {
            "column": Argument(Takes.COLUMN, True),
            "other_table": Argument(Takes.TABLE, True),
            "other_column": Argument(Takes.COLUMN),
            "group_by": _COLUMNS,
            "other_group_by": _COLUMNS,
            "tolerance": Argument(Takes.MAGNITUDE, default=0),
        },
        _reconciled,
        "A column's sum, in each group, is that of another table's, within a tolerance.",
        is_ours=True,
    ),
    Expectation(
        "expect_column_values_to_be_increasing",
        _SEQUENCE,
        _increasing,
        "In each group, no value is below the one before it in that order.",
        takes_mostly=True,
        is_ours=True,
    ),
    Expectation(
        "expect_column_values_to_be_decreasing",
        _SEQUENCE,
        _decreasing,
        "In each group, no value is above the one before it in that order.",
        takes_mostly=True,
        is_ours=True,
    ),
    Expectation(
        "expect_column_values_to_be_gap_free",
        {
            "column": Argument(Takes.COLUMN, True),
            "group_by": _COLUMNS,
            "start": Argument(Takes.COUNT),
        },
        _gap_free,
        "In each group, the numbers follow one another, from start on where it is given.",
        takes_mostly=True,
        is_ours=True,
    ),
    Expectation(
        "expect_state_transitions_to_be_legal",
        {
            "column": Argument(Takes.COLUMN, True),
            "order_by": Argument(Takes.COLUMNS, True),
            "group_by": _COLUMNS,
            "transitions": Argument(Takes.TABLE, True),
            "from_column": Argument(Takes.COLUMN, default="from_status"),
            "to_column": Argument(Takes.COLUMN, default="to_status"),
            "with_columns": _COLUMNS,
            "initial": Argument(Takes.TEXT),
        },
        _transitions,
        "In each group, a status follows another only where a table of transitions lists that.",
        takes_mostly=True,
        is_ours=True,
    ),
)
