"""A build as it is watched: live on a terminal, plain lines elsewhere, silent with --quiet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from runner.build.plan import Action, Plan, Step
from runner.build.report import BuildResult, StepResult
from runner.checks.expectations.arguments import literal
from runner.checks.results import CheckResult, Status
from runner.checks.sentences import sentence_of
from runner.cli.console import duration, say
from runner.errors import Location
from runner.report.write import text

_SHOWN_FAILING_ROWS = 3
_ROW_WIDTH = 240


class Quiet:
    """Says nothing while it runs."""

    def note(self, message: str) -> None: ...
    def planned(self, plan: Plan) -> None: ...
    def step_started(self, step: Step) -> None: ...
    def step_finished(self, result: StepResult) -> None: ...
    def checks_started(self, count: int) -> None: ...
    def check_finished(self, result: CheckResult) -> None: ...
    def publishing(self) -> None: ...

    def stop(self) -> None:
        """Leave the terminal as it was, however the build ended."""


class Lines(Quiet):
    """A line for each thing done."""

    def __init__(self) -> None:
        self._total = 0
        self._done = 0

    def note(self, message: str) -> None:
        say(message)

    def planned(self, plan: Plan) -> None:
        self._done = 0
        self._total = sum(s.action in (Action.BUILD, Action.EXTEND) for s in plan.steps)

    def step_finished(self, result: StepResult) -> None:
        self._done += 1
        step = result.step
        rows = "" if result.rows is None else f"{result.rows:,} rows"
        place = f"{self._done:>3} of {self._total}"
        what = f"{place}  {step.materialized:<11} {step.name:<32}"
        if result.error:
            say(f"{what} failed", colour="red")
        else:
            say(f"{what} {rows:>16}  {duration(result.seconds)}")

    def checks_started(self, count: int) -> None:
        if count:
            say(f"running {count} check{'s' if count != 1 else ''}")

    def check_finished(self, result: CheckResult) -> None:
        if result.status is Status.FAIL:
            say(f"  FAIL  {result.sentence}", colour="red")
        elif result.status is Status.WARN:
            say(f"  WARN  {result.sentence}", colour="yellow")


class Live(Lines):
    """Lines, and a spinner that names what is under way."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console

        self._status: Any = Console(stderr=True).status("")

    def step_started(self, step: Step) -> None:
        self._status.update(f"building {step.name}")
        self._status.start()

    def step_finished(self, result: StepResult) -> None:
        self._status.stop()
        super().step_finished(result)

    def checks_started(self, count: int) -> None:
        super().checks_started(count)
        self._status.update("checking")
        self._status.start()

    def check_finished(self, result: CheckResult) -> None:
        if result.status is not Status.PASS:
            self._status.stop()
        super().check_finished(result)

    def publishing(self) -> None:
        self._status.stop()

    def stop(self) -> None:
        self._status.stop()


def watcher(quiet: bool) -> Quiet:
    if quiet:
        return Quiet()
    return Live() if sys.stderr.isatty() else Lines()


def summarise(result: BuildResult, target: str, option: str | None) -> None:
    """The end of a build: failures again, with their rows, and what was published.

    `option` is what a query needs to be told of the place (Config.option_for); None where none can
    be asked there.
    """
    # failures last: what stopped the build stands nearest to the prompt
    for check in (*result.warned, *result.failed):
        explain(check, None if option is None else rows_kept(check, option))
        if left := result.plan.left_behind(check.rule.name):
            say(f"  read without the newest facts, as not selected: {', '.join(left)}; build all")
    built = [s for s in result.steps if s.step.action in (Action.BUILD, Action.EXTEND)]
    skipped = sum(s.step.action is Action.SKIP for s in result.steps)
    passed = sum(c.status is Status.PASS for c in result.checks)
    dropped = len(result.plan.dropped) if result.published else 0
    counted = (
        f"{len(built)} built, {skipped} unchanged{f', {dropped} dropped' if dropped else ''}; "
        f"checks: {passed} passed, {len(result.warned)} warned, {len(result.failed)} failed; "
        f"{duration(result.seconds)}"
    )
    if result.published:
        if built or dropped:
            say(f"published to {target}: {counted}", colour="green")
        else:
            say(f"{target} is up to date: {counted}", colour="green")
    else:
        say(f"NOTHING PUBLISHED to {target}: {counted}", colour="red", bold=True)


def explain(check: CheckResult, rest: str | None) -> None:
    """A failed check in full: its sentence, where it is declared, its first failing rows.

    `rest` says where the others are, where they can be seen.
    """
    failed = check.status is Status.FAIL
    say()
    say(f"{'FAIL' if failed else 'WARN'} {check.rule.name}", colour="red" if failed else "yellow")
    say(f"  {sentence_of(check.rule)}")
    owner = f", owned by {check.rule.owner}" if check.rule.owner else ""
    say(f"  declared at {check.rule.where}{owner}")
    share = "" if check.share is None else f" of {check.considered:,} ({check.share:.2%})"
    say(
        f"  {check.failures:,} failing row{'s' if check.failures != 1 else ''}{share}"
        + (" (as found when last checked)" if check.repeated else "")
    )
    if check.rows is not None:
        for row in check.rows.rows[:_SHOWN_FAILING_ROWS]:
            pairs = zip(check.rows.columns, row, strict=True)
            shown = ", ".join(f"{name}={text(value)}" for name, value in pairs if value is not None)
            shown = shown or f"every column is null: {', '.join(check.rows.columns)}"
            say(f"    {shown}" if len(shown) <= _ROW_WIDTH else f"    {shown[:_ROW_WIDTH]}…")
    if rest is not None:
        say(f"  {rest}")


def rows_kept(check: CheckResult, option: str) -> str | None:
    """Where a build keeps the failing rows; None where it keeps none."""
    kept = check.kept_before if check.rows is None else len(check.rows.rows)
    if not kept:
        return None
    these = "all of them" if kept >= check.failures else f"the first {kept:,} of them"
    return (
        f'{these}: runner query "select failing_row from check_failures '
        f'where check_name = {literal(check.rule.name)}"{option}'
    )


def rows_asked_for(check: CheckResult, option: str | None, results: Path | None) -> str | None:
    """How to see the failing rows of what stands, which nothing keeps.

    `option` is None where no command can ask for them, `results` where no file has the SQL.
    """
    command = None if option is None else _query(check.failing_sql)
    if command is not None:
        return f"all of them: {command}{option}"
    return None if results is None else f"all of them: the SQL is in {Location(results)}"


def _query(sql: str) -> str | None:
    """The command that answers `sql`, where a shell's line can hold it."""
    line = " ".join(sql.split())
    if len(line) > _ROW_WIDTH or "--" in line or any(c in line for c in '"$`\\!'):
        return None
    return f'runner query "{line}"'
