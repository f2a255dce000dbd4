"""Run compiled rules on an open engine, inside whatever transaction is open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from runner.checks.compile import scans
from runner.checks.compiled_rule import CompiledRule
from runner.checks.count import cannot_run, count, counted_apart, with_columns
from runner.checks.results import CheckResult, FailingRows, Status
from runner.checks.rules import Rule, Severity
from runner.engines.base import Engine
from runner.errors import EngineError

OnResult = Callable[[CheckResult], None]


def run_checks(
    engine: Engine,
    rules: Sequence[CompiledRule],
    stored_failures: int,
    on_result: OnResult | None = None,
    *,
    fail_fast: bool = False,
    keeps_errors: bool = False,
) -> list[CheckResult]:
    """Count every rule's failures, and fetch up to `stored_failures` rows of each that has any.

    `fail_fast` leaves out what would come after the first scan that a check fails in.

    EngineError where the database cannot run a rule: that is neither a pass nor a failure. With
    `keeps_errors` it is a result like others; no transaction must be open, which it would end.
    """
    results: list[CheckResult] = []
    for found in _scanned(engine, rules, stored_failures, keeps_errors=keeps_errors):
        results += found
        if on_result is not None:
            for result in found:
                on_result(result)
        if fail_fast and any(r.status in (Status.FAIL, Status.ERROR) for r in found):
            break
    return results


def _scanned(
    engine: Engine, rules: Sequence[CompiledRule], limit: int, *, keeps_errors: bool
) -> Iterator[list[CheckResult]]:
    """The results of one scan after the other."""
    ready: list[CompiledRule] = []
    for rule in rules:
        try:
            ready += with_columns(engine, [rule])
        except EngineError as error:
            yield [_error(rule, error, keeps_errors=keeps_errors)]
    for scan in scans(ready, counted_apart(engine, ready)):
        started = time.perf_counter()
        try:
            counts = count(engine, scan)
            share = (time.perf_counter() - started) / len(scan.rules)
            yield [
                detailed(engine, rule, failures, share, limit)
                for rule, failures in zip(scan.rules, counts, strict=True)
            ]
        except EngineError as error:
            if len(scan.rules) == 1 or not keeps_errors:
                yield [_error(scan.rules[0], error, keeps_errors=keeps_errors)]
                continue
            for rule in scan.rules:
                yield from _scanned(engine, [rule], limit, keeps_errors=True)


def _error(rule: CompiledRule, error: EngineError, *, keeps_errors: bool) -> CheckResult:
    if error.code != "R311" or not keeps_errors:
        raise error
    return could_not_run(rule, error)


def could_not_run(rule: CompiledRule, error: EngineError) -> CheckResult:
    return CheckResult(rule.rule, Status.ERROR, 0, rule.failing, 0.0, error=error)


def detailed(
    engine: Engine,
    rule: CompiledRule,
    failures: int,
    seconds: float,
    limit: int,
    *,
    passed: bool | None = None,
) -> CheckResult:
    """The result of a count: its status (where `passed` has not settled it) and failing rows.

    EngineError where the database cannot tell more of the rule.
    """
    try:
        return _detailed(engine, rule, failures, seconds, limit, passed)
    except EngineError as error:
        raise cannot_run(engine, error, [rule]) from error


def _detailed(
    engine: Engine,
    rule: CompiledRule,
    failures: int,
    seconds: float,
    limit: int,
    passed: bool | None,
) -> CheckResult:
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
