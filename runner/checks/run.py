"""Run compiled rules on an open engine, inside whatever transaction is open."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from runner.checks.compile import Scan, scans
from runner.checks.compiled_rule import CompiledRule
from runner.checks.results import CheckResult, FailingRows, Status
from runner.checks.rules import Rule, Severity
from runner.compile.source_lines import take_line
from runner.engines.base import Engine
from runner.errors import EngineError

REFUSALS = ("R310", "R330")  # by the database, or on the way to it

OnResult = Callable[[CheckResult], None]


def run_checks(
    engine: Engine,
    rules: Sequence[CompiledRule],
    stored_failures: int,
    on_result: OnResult | None = None,
    *,
    fail_fast: bool = False,
) -> list[CheckResult]:
    """Count every rule's failures, and fetch up to `stored_failures` rows of each that has any.

    `fail_fast` leaves out what would come after the first scan that a check fails in.

    EngineError where the database cannot run a rule: that is neither a pass nor a failure.
    """
    results = []
    for scan in scans(rules):
        started = time.perf_counter()
        counts = _count(engine, scan)
        share = (time.perf_counter() - started) / len(scan.rules)
        for rule, failures in zip(scan.rules, counts, strict=True):
            result = detailed(engine, rule, failures, share, stored_failures)
            results.append(result)
            if on_result is not None:
                on_result(result)
        if fail_fast and any(r.status is Status.FAIL for r in results):
            break
    return results


def count_alone(engine: Engine, rule: CompiledRule) -> int:
    """One rule's failures, by the query that it has or would have if it shared none."""
    (scan,) = scans([rule])
    return _count(engine, scan)[0]


def _count(engine: Engine, scan: Scan) -> list[int]:
    try:
        row = next(engine.query(scan.sql).rows)
    except EngineError as error:
        if error.code not in REFUSALS:
            raise
        raise cannot_run(error, scan.rules) from error
    return [int(value or 0) for value in row]


def cannot_run(error: EngineError, rules: Sequence[CompiledRule]) -> EngineError:
    """Name the rule; of a fused scan, the one whose SQL the message quotes, where one does."""
    take_line(error)  # of SQL that nobody has written
    said = error.why or error.what
    blamed = next(
        (r for r in rules if any(c in said for c in r.rule.columns)),
        rules[0],
    )
    others = f" (or another of the {len(rules)} checks on {blamed.relation})"
    return EngineError(
        "R311",
        f"the check {blamed.rule.name}{others if len(rules) > 1 else ''} could not run",
        where=blamed.rule.where,
        why=said,
        mend="correct the check; nothing was published",
    )


def detailed(
    engine: Engine,
    rule: CompiledRule,
    failures: int,
    seconds: float,
    limit: int,
    *,
    passed: bool | None = None,
) -> CheckResult:
    """The result of a count: its status (where `passed` has not settled it) and failing rows."""
    considered = None
    if failures and rule.considered is not None:
        considered = int(next(engine.query(rule.considered).rows)[0])
    observed = None
    if rule.observed is not None:
        (figure,) = next(engine.query(rule.observed).rows)
        observed = None if figure is None else str(figure)
    status = Status.PASS
    if not passed:
        status = _status(rule.rule, failures, None if passed is False else considered)
    result = CheckResult(
        rule.rule,
        status,
        failures,
        rule.failing,
        seconds,
        considered=considered,
        observed=observed,
    )
    if status is Status.PASS:
        return result
    answer = engine.query(f"select *\nfrom (\n{rule.failing}\n) as failing\nlimit {limit}")
    rows = FailingRows(tuple(c.name for c in answer.columns), tuple(answer.rows))
    return replace(result, rows=rows)


def _status(rule: Rule, failures: int, considered: int | None) -> Status:
    if rule.mostly is not None and considered is not None:
        # exactly: a share is not divided out
        passed = considered - failures >= rule.mostly * considered
        failures = 0 if passed else failures
    if rule.severity is Severity.ERROR and rule.error_if.is_met(failures):
        return Status.FAIL
    return Status.WARN if rule.warn_if.is_met(failures) else Status.PASS
