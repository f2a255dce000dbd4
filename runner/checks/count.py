"""How many rows fail a rule, and which rule it is that the database cannot run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runner.checks.compile import Scan, scans
from runner.checks.compiled_rule import CompiledRule
from runner.checks.expectations.arguments import literal
from runner.compile.source_lines import take_line
from runner.engines.base import Engine
from runner.errors import EngineError

# of the rule itself, by the database or on the way to it
_REFUSALS = ("R310", "R312", "R330", "R331", "R332")


def with_columns(engine: Engine, rules: Iterable[CompiledRule]) -> list[CompiledRule]:
    """The rules; those on columns with what they find as their query, which reads no table.

    EngineError where a table is not there.
    """
    return [rule if rule.schema is None else _judged_columns(engine, rule) for rule in rules]


def _judged_columns(engine: Engine, rule: CompiledRule) -> CompiledRule:
    assert rule.schema is not None
    try:
        found = rule.schema.judge(engine.describe(rule.failing))
    except EngineError as error:
        raise cannot_run(engine, error, [rule]) from error
    shown = {"reason": ""} if found is None else found
    listed = ", ".join(
        f"{value if isinstance(value, int) else literal(str(value))} as {name}"
        for name, value in shown.items()
    )
    where = "\nwhere 1 = 0" if found is None else ""
    return replace(rule, failing=f"select {listed}{where}", schema=None)


def counted_apart(engine: Engine, rules: Sequence[CompiledRule]) -> frozenset[str]:
    """The relations of which each condition is best counted by itself.

    Those with several zones that a count can leave out; of a view each would compute all of it.
    """
    if engine.zone_row_count is None:
        return frozenset()
    tables = {r.relation for r in rules if r.relation and r.aggregate and not r.is_of_view}
    rows = engine.row_counts(sorted(engine.existing(tables)))
    return frozenset(table for table, count in rows.items() if count > engine.zone_row_count)


def count(engine: Engine, scan: Scan) -> list[int]:
    """The failures of each of the scan's rules; EngineError where one cannot be run."""
    try:
        rows = list(engine.query(scan.sql).rows)
    except EngineError as error:
        raise cannot_run(engine, error, scan.rules, scan) from error
    counted = [number for _, number in sorted(rows)] if scan.apart else rows[0]
    return [int(number or 0) for number in counted]


def count_alone(engine: Engine, rule: CompiledRule) -> int:
    """One rule's failures, by the query that it has or would have if it shared none."""
    (scan,) = scans(with_columns(engine, [rule]))
    return count(engine, scan)[0]


def cannot_run(
    engine: Engine,
    error: EngineError,
    rules: Sequence[CompiledRule],
    scan: Scan | None = None,
) -> EngineError:
    """`error` as that of the rule at fault, among those that `scan` judges together.

    Errors that are no rule's, of the disk say, stay as they are.
    """
    if error.code == "R311" or error.code not in _REFUSALS:
        return error
    line = take_line(error, scan.sql if scan else "")  # of SQL that nobody has written
    told = scan.rule_at(line) if scan and line is not None else None
    blamed = rules[0] if len(rules) == 1 else told or _by_itself(engine, rules)
    if isinstance(blamed, EngineError):
        return blamed
    return EngineError(
        "R311",
        f"one of {len(rules)} checks on {rules[0].relation} could not run"
        if blamed is None
        else f"the check {blamed.rule.name} could not run",
        where=(blamed or rules[0]).rule.where,
        why=error.why or error.what,
        mend="correct the check",
    )


def _by_itself(engine: Engine, rules: Sequence[CompiledRule]) -> EngineError | None:
    """The error of the first rule that fails alone; None where the transaction is spent."""
    for rule in rules:
        try:
            count_alone(engine, rule)
        except EngineError as error:
            return None if "transaction is aborted" in (error.why or "") else error
    return None
