"""Run compiled rules through Great Expectations, and tell what it found as our own engine would."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from runner.checks.compile import scans
from runner.checks.compiled_rule import CompiledRule
from runner.checks.count import cannot_run, count_alone, with_columns
from runner.checks.gx.context import GxContext, open_context
from runner.checks.gx.outcome import broken, failures_of
from runner.checks.gx.suites import TableSuite, table_suites
from runner.checks.results import CheckResult, Status
from runner.checks.run import OnResult, could_not_run, detailed
from runner.engines.base import Engine
from runner.errors import EngineError

_NOTHING = "select 1 as nothing"  # what rules stand on that bring their own query


def run_checks(
    engine: Engine,
    rules: Sequence[CompiledRule],
    stored_failures: int,
    on_result: OnResult | None = None,
    *,
    fail_fast: bool = False,
    keeps_errors: bool = False,
    folder: Path | None = None,
) -> list[CheckResult]:
    """As runner.checks.run.run_checks; what Great Expectations itself says is left in `folder`.

    `fail_fast` leaves out the tables that come after the first that a check fails on.

    EngineError where a rule cannot be run, UsageError where Great Expectations is not installed.
    """
    ready, results = _ready(engine, rules, keeps_errors=keeps_errors)
    with open_context(engine) as context:
        _silence()
        for suite in table_suites(ready, context.connection.relations):
            if fail_fast and any(r.status in (Status.FAIL, Status.ERROR) for r in results):
                break
            found = list(_checked(context, engine, suite, stored_failures))
            results += [_kept(result, keeps_errors=keeps_errors) for result in found]
        if folder is not None:
            from runner.checks.gx.documents import write_documents

            write_documents(context.data_context, folder)
    names = [rule.rule.name for scan in scans(ready) for rule in scan.rules]
    order = {name: number for number, name in enumerate(names)}
    results.sort(key=lambda result: order.get(result.rule.name, -1))
    if on_result is not None:
        for result in results:
            on_result(result)
    return results


def _ready(
    engine: Engine, rules: Sequence[CompiledRule], *, keeps_errors: bool
) -> tuple[list[CompiledRule], list[CheckResult]]:
    """Rules with the columns of their tables known, and results of those that have no table."""
    ready: list[CompiledRule] = []
    results: list[CheckResult] = []
    for rule in rules:
        try:
            ready += with_columns(engine, [rule])
        except EngineError as error:
            results.append(_kept(could_not_run(rule, error), keeps_errors=keeps_errors))
    return ready, results


def _kept(result: CheckResult, *, keeps_errors: bool) -> CheckResult:
    if result.error is not None and not (keeps_errors and result.error.code == "R311"):
        raise result.error
    return result


def _checked(
    context: GxContext, engine: Engine, suite: TableSuite, limit: int
) -> Iterable[CheckResult]:
    started = time.perf_counter()
    context.connection.errors.clear()
    try:
        validated = _validated(context, suite)
    except Exception:
        # what it asks before it judges, as whether the table can be read
        if not context.connection.errors:
            raise
        refused = context.connection.errors[0]
        for rule in suite.rules:
            yield could_not_run(rule, cannot_run(engine, refused, [rule]))
        return
    share = (time.perf_counter() - started) / len(suite.rules)
    by_name = {result.expectation_config.meta["check"]: result for result in validated.results}
    for rule in suite.rules:
        found = by_name[rule.rule.name]
        said = broken(found)
        if said is not None:
            yield could_not_run(rule, _why(context, engine, rule, said))
            continue
        try:
            failures = failures_of(found)
            if failures is None:
                # rows are let pass only by a share or a threshold
                failures = count_alone(engine, rule) if _tolerates(rule) else 0
            yield detailed(engine, rule, failures, share, limit, passed=bool(found.success))
        except EngineError as error:
            yield could_not_run(rule, error)


def _why(context: GxContext, engine: Engine, rule: CompiledRule, said: str) -> EngineError:
    """Why an expectation broke, which looks like one that failed: the database's own words."""
    if context.connection.errors:
        try:
            count_alone(engine, rule)
        except EngineError as error:
            return error
    told = EngineError("R310", "Great Expectations failed", why=said)
    return cannot_run(engine, told, [rule])


def _validated(context: GxContext, suite: TableSuite) -> Any:
    """A suite's validation result, by a checkpoint of its own."""
    import great_expectations as gx

    from runner.checks.gx.expectations import expectation_of

    kept = context.data_context
    columns = None
    if suite.relation is None:
        asset = context.source.add_query_asset(suite.name, query=_NOTHING)
    else:
        asset = context.source.add_table_asset(suite.name, table_name=suite.relation)
        columns = {c.name: c.type for c in context.connection.relations[suite.relation].columns}
    made = gx.ExpectationSuite(
        suite.name, expectations=[expectation_of(rule, columns) for rule in suite.rules]
    )
    definition = gx.ValidationDefinition(
        name=suite.name,
        data=asset.add_batch_definition("whole"),
        suite=kept.suites.add(made),
    )
    checkpoint = gx.Checkpoint(
        name=suite.name,
        validation_definitions=[kept.validation_definitions.add(definition)],
        result_format={"result_format": "SUMMARY"},
    )
    run = kept.checkpoints.add(checkpoint).run()
    (result,) = run.run_results.values()
    return result


def _tolerates(rule: CompiledRule) -> bool:
    from runner.checks.gx.expectations import tolerates

    return tolerates(rule.rule)


def _silence() -> None:
    """What it logs of a broken expectation is told as an error of ours."""
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
