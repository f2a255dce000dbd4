"""Write, audit, publish: every model and every check in one transaction, or nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from runner.build import extension, removed, state, values
from runner.build.ahead import Ahead
from runner.build.exactness import ExactnessGuard, Look
from runner.build.materialize import Made, materialize
from runner.build.plan import Action, CheckStep, Plan, Step
from runner.build.report import BuildResult, StepResult, Watcher
from runner.build.seeds import load_seed
from runner.build.too_large import with_largest_fills
from runner.checks import failures, history
from runner.checks.compile import narrowed
from runner.checks.results import CheckResult, Status
from runner.checks.run import run_checks
from runner.compile.compiler import Compiler
from runner.compile.inlined import inlined
from runner.config import Config
from runner.engines.base import Column, Engine, Relation
from runner.errors import EngineError, MemoryExhausted, RunnerError
from runner.moments import utc_now

_MANY_ROWS = 1_000_000  # from which on it matters how they are built


class _UnpublishedError(Exception):
    """A check failed: leave the transaction by rolling it back."""


class _MostChangedError(Exception):
    """What new facts bear on is most of a large ledger: to extend that takes longer, and several
    times the memory, than to build it whole."""


def begin(plan: Plan) -> BuildResult:
    """The result of a build that has done nothing yet."""
    return BuildResult(uuid.uuid4().hex, plan)


def run_build(
    engine: Engine, compiler: Compiler, result: BuildResult, config: Config, watcher: Watcher
) -> None:
    """Carry out `result`'s plan and fill the result in, as it goes.

    It says whether anything was published; failing rows are stored if not. Raises what a model or
    the database raised, with nothing published and nothing changed.
    """
    started = time.perf_counter()
    watcher.planned(result.plan)
    try:
        if result.plan.extends:
            engine.spare_memory(result.plan.new_facts)
        while not result.published:
            try:
                _publish(engine, compiler, result, config, watcher)
            except MemoryExhausted:
                if not engine.use_all_memory():
                    raise
                _begin_again(result, watcher, "with more memory: so few new facts rarely need it")
            except _MostChangedError as most:
                engine.use_all_memory()
                result.plan = result.plan.whole()
                _begin_again(result, watcher, f"to build it whole: {most}")
    except EngineError as error:
        raise with_largest_fills(error, engine) from error.__cause__
    except _UnpublishedError:
        with engine.transaction():
            _keep_results(engine, result, is_published=False)
    finally:
        result.seconds = time.perf_counter() - started


def _begin_again(result: BuildResult, watcher: Watcher, why: str) -> None:
    result.steps, result.checks = [], []
    watcher.note(f"begun again {why}")
    watcher.planned(result.plan)


def _publish(
    engine: Engine, compiler: Compiler, result: BuildResult, config: Config, watcher: Watcher
) -> None:
    """Build, check and publish; _UnpublishedError where a check failed."""
    plan = result.plan
    if plan.has_work:
        with engine.transaction():
            digests = [n.exact_sql for n in plan.nodes.values()]
            digests += [c.exact_sql for c in plan.check_states.values()]
            passed = " ".join(d for d in digests if d).split()
            removed.drop(engine, plan.dropped)
            with ExactnessGuard(engine, config.exactness, passed) as guard:
                _build(engine, compiler, plan, result, guard, watcher)
                exact_checks = _audit(engine, compiler, plan, result, config, guard, watcher)
            if result.failed:
                raise _UnpublishedError
            watcher.publishing()
            engine.use_all_memory()  # a commit that runs out of it cannot be begun again
            _write_state(engine, plan, result, exact_checks)
            _keep_results(engine, result, is_published=True)
    else:
        result.steps = [StepResult(s, _known_rows(plan, s), 0.0) for s in plan.steps]
        result.checks = list(_repeated(engine, plan.checks, plan))
        failures.forget_others(engine, plan.standing)
    result.published = True


def _keep_results(engine: Engine, result: BuildResult, *, is_published: bool) -> None:
    now = utc_now()
    failures.store(engine, result.run_id, result.checks, result.plan.standing, now)
    history.record(engine, result.run_id, result.checks, now, is_published=is_published)


def _build(
    engine: Engine,
    compiler: Compiler,
    plan: Plan,
    result: BuildResult,
    guard: ExactnessGuard,
    watcher: Watcher,
) -> None:
    ahead = Ahead(plan)
    for step in plan.steps:
        if step.action in (Action.SKIP, Action.INLINE):
            result.steps.append(StepResult(step, _known_rows(plan, step), 0.0))
            continue
        watcher.step_started(step)
        started = time.perf_counter()
        try:
            looks = _looks(compiler, step, guard, watcher)
            made = _make(engine, compiler, plan, step, looks, guard)
            if made.misfit is not None:
                engine.use_all_memory()
                watcher.note(f"warning: {step.name} was built whole: {made.misfit}")
            elif plan.extends:
                if step.action is Action.EXTEND and extension.strategy(step.compiled):
                    _require_less_than_most(plan, step, made.rows or 0)
                if _tells_how_much(step):
                    engine.spare_memory(made.rows or 0)
            columns = engine.describe(f'select * from "{step.name}"')
            for look in looks:
                look.settle_doubts(columns)
            exact_sql = _remembered(plan, step, looks if made.misfit is None else looks[:1])
            guard.learn(step.name, columns)
            values.prove_numbers(engine, step.name, columns, step.path)
            ahead.look(engine, compiler, step, columns, exact_sql, guard, watcher)
        except RunnerError as error:
            failed = StepResult(step, None, time.perf_counter() - started, error.what)
            result.steps.append(failed)
            watcher.step_finished(failed)
            raise
        done = StepResult(step, made.rows, time.perf_counter() - started, exact_sql=exact_sql)
        result.steps.append(done)
        watcher.step_finished(done)
    result.steps = ahead.settled(result.steps)
    for view in plan.shown_through:
        values.prove_standing_view(engine, view)


def _tells_how_much(step: Step) -> bool:
    """Whether the rows of the step are those that others have to go through."""
    return extension.strategy(step.compiled) == extension.OVERWRITE or step.materialized == "kernel"


def _require_less_than_most(plan: Plan, step: Step, rows: int) -> None:
    most = max((fact.row_count for fact in plan.facts.values()), default=0) / 2
    if rows > max(most, _MANY_ROWS):
        raise _MostChangedError(f"{rows:,} rows of {step.name} have changed")


def _make(
    engine: Engine,
    compiler: Compiler,
    plan: Plan,
    step: Step,
    looks: Sequence[Look],
    guard: ExactnessGuard,
) -> Made:
    """Make the step's relation, while its SQL is looked at."""
    try:
        if step.seed:
            made = Made(load_seed(engine, step.seed))
        else:
            columns = _known_columns(plan, step, looks, guard.standing(step.name))
            referred_to = plan.referred_to.get(step.name, ())
            made = materialize(engine, compiler, step, columns, referred_to)
            if step.compiled and step.materialized == "view":
                values.prove_view(engine, compiler, step.compiled, plan.facts, step.changed)
        _describe(engine, step)
        if step.materialized != "view":
            engine.guard_derived(step.name)
        return made
    finally:
        # first, where both it and the database have something to say: a broken contract, say
        for look in looks:
            look.settle()


def _looks(compiler: Compiler, step: Step, guard: ExactnessGuard, watcher: Watcher) -> list[Look]:
    """At the step's SQL, and at that which extends it."""
    made = step.compiled
    if made is None:
        return []
    looks = [guard.model(made, watcher, made.sql, lambda: inlined(compiler, made))]
    if step.action is Action.EXTEND:
        # of no batch: that is only a number, and makes no difference to types
        within = partial(inlined, compiler, made, 0)
        looks.append(guard.model(made, watcher, made.extending, within))
    return looks


def _remembered(plan: Plan, step: Step, looks: Sequence[Look]) -> str | None:
    """Digests of the step's SQL, and of that which extends it, where they were found exact."""
    digests = [look.digest for look in looks]
    if looks and step.action is not Action.EXTEND and step.unique_id in plan.nodes:
        digests += (plan.nodes[step.unique_id].exact_sql or "").split()[1:]
    return " ".join(d for d in digests if d) or None


def _known_columns(
    plan: Plan, step: Step, looks: Sequence[Look], standing: Relation | None
) -> Sequence[Column] | None:
    """Those of what stands, if the same SQL made it, or extended it, over columns of its types."""
    known = plan.nodes.get(step.unique_id)
    if known is None or standing is None:
        return None
    digests = [look.digest for look in looks]
    if None in digests or digests != (known.exact_sql or "").split()[: len(digests)]:
        return None
    return standing.columns if standing.definition == known.relation_definition else None


def _describe(engine: Engine, step: Step) -> None:
    """Say in the catalogue what a relation made anew is.

    Its columns are described in docs and manifest: a statement for each would slow every build.
    """
    described = step.compiled or (step.seed and step.seed.properties)
    said = " ".join(described.description.split()) if described else ""
    replaced = (
        step.action is Action.BUILD or extension.strategy(step.compiled) == extension.OVERWRITE
    )
    if said and replaced:
        engine.comment(step.name, None, said, is_view=step.materialized == "view")


def _known_rows(plan: Plan, step: Step) -> int | None:
    known = plan.nodes.get(step.unique_id)
    return known.row_count if known else None


def _audit(
    engine: Engine,
    compiler: Compiler,
    plan: Plan,
    result: BuildResult,
    config: Config,
    guard: ExactnessGuard,
    watcher: Watcher,
) -> dict[str, str | None]:
    """Run the checks that are due; `exact_sql` of each, by name."""
    steps = [c for c in plan.checks if c.action is Action.BUILD]
    looks = {c.rule.rule.name: guard.check(c.rule) for c in steps}
    watcher.checks_started(len(steps))
    history.ensure_table(engine)
    due = [
        c.rule if c.fresh is None else narrowed(compiler, c.rule, c.fresh, c.through) for c in steps
    ]
    try:
        result.checks = run_checks(engine, due, config.stored_failures, watcher.check_finished)
    finally:
        for look in looks.values():
            look.settle()
    exact = {name: look.settle_doubts() for name, look in looks.items()}
    for step in plan.steps:
        if step.action is Action.EXTEND:
            engine.drop(extension.fresh_rows(step.name))
            engine.drop(extension.lost_rows(step.name))
    skipped = [c for c in plan.checks if c.action is Action.SKIP]
    result.checks += _repeated(engine, skipped, plan)
    return exact


def _repeated(engine: Engine, checks: Iterable[CheckStep], plan: Plan) -> Iterable[CheckResult]:
    """Results that stand because nothing those checks read has changed."""
    kept = failures.kept(engine, plan.standing)
    for check in checks:
        known = plan.check_states[check.rule.rule.name]
        yield CheckResult(
            check.rule.rule,
            Status(known.status),
            known.failures,
            check.rule.failing,
            0.0,
            repeated=True,
            kept_before=kept.get(check.rule.rule.name, 0),
        )


def _write_state(
    engine: Engine, plan: Plan, result: BuildResult, exact_checks: Mapping[str, str | None]
) -> None:
    now = utc_now()
    gone = {node.unique_id for node in plan.dropped}
    nodes = {k: v for k, v in plan.nodes.items() if k not in gone}
    relations = engine.relations()
    for unique_id, fact in plan.facts.items():
        nodes[unique_id] = state.of_fact(unique_id, fact, plan.last_batch, now, result.run_id)
    for done in result.steps:
        step = done.step
        if step.action in (Action.BUILD, Action.EXTEND):
            counted = step.materialized != "view"
            nodes[step.unique_id] = state.NodeState(
                step.unique_id,
                step.name,
                step.fingerprint or "",
                step.definition,
                step.materialized,
                engine.row_count(step.name) if counted else None,
                now,
                result.run_id,
                done.exact_sql,
                relations[step.name].definition,
                step.structure,
                step.holds_through,
            )
        elif step.action is Action.SKIP and step.unique_id in nodes:
            # no fact that it holds has changed
            known = nodes[step.unique_id]
            nodes[step.unique_id] = replace(known, built_through=step.holds_through)
    checks = dict(plan.check_states)
    fingerprints = {c.rule.rule.name: c.fingerprint for c in plan.checks}
    for check in result.checks:
        if not check.repeated:
            name = check.rule.name
            checks[name] = state.CheckState(
                name,
                fingerprints[name] or "",
                check.status.value,
                check.failures,
                now,
                result.run_id,
                exact_checks[name],
            )
    state.write(engine, nodes.values(), checks.values())
