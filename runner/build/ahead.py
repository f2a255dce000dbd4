"""What will extend a large ledger's tables is looked at while they are built whole.

The first build after that would have to, at its readers' cost: some 40 ms a model, and as much to
learn what columns it gives. Beside minutes of a whole build it goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from runner.build import extension
from runner.build.blame import blame
from runner.build.exactness import ExactnessGuard, Look
from runner.build.plan import Action, Plan, Step
from runner.build.report import StepResult, Watcher
from runner.compile.compiler import Compiler
from runner.compile.inlined import inlined
from runner.engines.base import Column, Engine
from runner.errors import EngineError

LARGE_LEDGER_ROWS = 1_000_000  # in all its tables of facts


@dataclass
class Ahead:
    """Looks at SQL that this build does not run; to be settled before it ends."""

    plan: Plan
    looks: dict[str, Look] = field(default_factory=dict)  # by unique id of the model

    @property
    def _is_worth_it(self) -> bool:
        return sum(fact.row_count for fact in self.plan.facts.values()) >= LARGE_LEDGER_ROWS

    def look(
        self,
        engine: Engine,
        compiler: Compiler,
        step: Step,
        columns: Sequence[Column],
        exact_sql: str | None,
        guard: ExactnessGuard,
        watcher: Watcher,
    ) -> None:
        """Look at what will extend the step's table, which was made whole.

        `columns` are the table's, `exact_sql` is what was found exact of what made it.
        """
        made = step.compiled
        if step.action is not Action.BUILD or not extension.strategy(made) or not self._is_worth_it:
            return
        assert made is not None
        sql, within = made.extending, inlined(compiler, made, 0)
        look = guard.model(made, watcher, sql, lambda: within)
        known = self.plan.nodes.get(step.unique_id)
        if known and known.exact_sql == exact_sql and f" {look.digest}" in (exact_sql or ""):
            return  # as the last publish found it
        try:
            found = engine.describe(sql)
        except EngineError as error:
            raise blame(error, engine, made, sql, within) from error
        if extension.misfit(found, columns) is None:
            self.looks[step.unique_id] = look

    def settled(self, steps: Sequence[StepResult]) -> list[StepResult]:
        """The steps, with what was found exact of what will extend them."""
        for look in self.looks.values():
            look.settle()
        found = {unique_id: look.settle_doubts() for unique_id, look in self.looks.items()}
        return [_with(step, found.get(step.step.unique_id)) for step in steps]


def _with(step: StepResult, extending: str | None) -> StepResult:
    """It remembers the digest of what its table was made of, then of what extends that."""
    if extending is None or step.exact_sql is None:
        return step
    return replace(step, exact_sql=f"{step.exact_sql.split()[0]} {extending}")
