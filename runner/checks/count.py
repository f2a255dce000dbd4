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


def count(engine: Engine, scan: Scan) -> list[int]:
    """The failures of each of the scan's rules; EngineError where one cannot be run."""
    try:
        row = next(engine.query(scan.sql).rows)
    except EngineError as error:
        raise cannot_run(engine, error, scan.rules, scan.sql) from error
    return [int(value or 0) for value in row]


def count_alone(engine: Engine, rule: CompiledRule) -> int:
    """One rule's failures, by the query that it has or would have if it shared none."""
    (scan,) = scans(with_columns(engine, [rule]))
    return count(engine, scan)[0]


def cannot_run(
    engine: Engine, error: EngineError, rules: Sequence[CompiledRule], sql: str = ""
) -> EngineError:
    """`error` as that of the rule at fault, among those that `sql` judges together.

    Errors that are no rule's, of the disk say, stay as they are.
    """
    if error.code == "R311" or error.code not in _REFUSALS:
        return error
    line = take_line(error, sql)  # of SQL that nobody has written
    blamed = rules[0] if len(rules) == 1 else _at_line(rules, line) or _by_itself(engine, rules)
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


def _at_line(rules: Sequence[CompiledRule], line: int | None) -> CompiledRule | None:
    """The rule whose aggregate holds the scan's line; the first begins on the second line."""
    first = 2
    for rule in rules:
        last = first + (rule.aggregate or "").count("\n")
        if line is not None and first <= line <= last:
            return rule
        first = last + 1
    return None


def _by_itself(engine: Engine, rules: Sequence[CompiledRule]) -> EngineError | None:
    """The error of the first rule that fails alone; None where the transaction is spent."""
    for rule in rules:
        try:
            count_alone(engine, rule)
        except EngineError as error:
            return None if "transaction is aborted" in (error.why or "") else error
    return None
