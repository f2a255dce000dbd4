"""What a build tells whoever watches it, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from runner.build.plan import Plan, Step
from runner.checks.results import CheckResult, Status


@dataclass(frozen=True)
class StepResult:
    """`rows` is None for views; `seconds` wall time; `exact_sql` as in state.NodeState."""

    step: Step
    rows: int | None
    seconds: float
    error: str | None = None
    exact_sql: str | None = None


@dataclass
class BuildResult:
    run_id: str
    plan: Plan
    steps: list[StepResult] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    published: bool = False
    seconds: float = 0.0

    @property
    def failed(self) -> list[CheckResult]:
        return [c for c in self.checks if c.status is Status.FAIL]

    @property
    def warned(self) -> list[CheckResult]:
        return [c for c in self.checks if c.status is Status.WARN]


class Watcher(Protocol):
    """Is told as things happen; must not raise."""

    def note(self, message: str) -> None: ...
    def planned(self, plan: Plan) -> None: ...
    def step_started(self, step: Step) -> None: ...
    def step_finished(self, result: StepResult) -> None: ...
    def checks_started(self, count: int) -> None: ...
    def check_finished(self, result: CheckResult) -> None: ...
    def publishing(self) -> None: ...
