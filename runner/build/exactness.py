"""Before SQL runs: would it turn exact money into a binary float?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runner.build.report import Watcher
from runner.checks.compile import CompiledRule
from runner.compile.compiled import Compiled
from runner.engines.base import Engine
from runner.errors import ExactnessError, Location
from runner.sqltyping.types import SqlType

if TYPE_CHECKING:
    from runner.sqltyping.exactness import Finding


def guard(engine: Engine, compiled: Compiled, setting: str, watcher: Watcher) -> None:
    """ExactnessError (setting `error`) or a note (`warn`) for each place that would.

    Looks at names and types only: what a column holds is the business of contracts and checks.
    """
    if setting == "off":
        return
    met = findings(engine, compiled.sql)
    if not met:
        return
    first = met[0]
    why = "; ".join(f"{found.sql}: {found.why}" for found in met)
    if setting == "warn":
        watcher.note(f"warning: {compiled.name}: {why}")
        return
    raise ExactnessError(
        "R260",
        f"{compiled.name} would turn exact money into a binary float",
        where=Location(compiled.model.path, _line_in(compiled, first.sql)),
        why=why,
        mend=first.mend,
    )


def guard_checks(engine: Engine, rules: Iterable[CompiledRule], setting: str) -> None:
    """ExactnessError for a check that would judge exact money by a binary float."""
    if setting != "error":
        return
    from runner.sqltyping.exactness import check_exact

    schema = _schema(engine)
    for rule in rules:
        for found in check_exact(rule.failing, schema):
            raise ExactnessError(
                "R260",
                f"the check {rule.rule.name} would turn exact money into a binary float",
                where=rule.rule.where,
                why=f"{found.sql}: {found.why}",
                mend=found.mend,
            )


def findings(engine: Engine, sql: str) -> list[Finding]:
    """Each place where a query would."""
    from runner.sqltyping.exactness import check_exact

    return check_exact(sql, _schema(engine))


def _schema(engine: Engine) -> dict[str, dict[str, SqlType]]:
    return {
        name.lower(): {column.name: column.type for column in relation.columns}
        for name, relation in engine.relations().items()
    }


def _line_in(compiled: Compiled, sql: str) -> int | None:
    """The line of the model's own file that holds the SQL, where it stands there as written."""
    wanted = "".join(sql.lower().split())
    for number, line in enumerate(compiled.model.raw_sql.splitlines(), start=1):
        if wanted in "".join(line.lower().split()):
            return number
    return None
