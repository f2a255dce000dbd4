"""Before a model runs: would its SQL turn exact money into a binary float?"""

from __future__ import annotations

from runner.build.report import Watcher
from runner.compile.compiled import Compiled
from runner.engines.base import Engine
from runner.errors import ExactnessError, Location


def guard(engine: Engine, compiled: Compiled, setting: str, watcher: Watcher) -> None:
    """ExactnessError (setting `error`) or a note (`warn`) for each place that would.

    Looks at names and types only: what a column holds is the business of contracts and checks.
    """
    if setting == "off":
        return
    from runner.sqltyping.exactness import check_exact

    schema = {
        name.lower(): {column.name: column.type for column in relation.columns}
        for name, relation in engine.relations().items()
    }
    findings = check_exact(compiled.sql, schema)
    if not findings:
        return
    first = findings[0]
    why = "; ".join(f"{found.sql}: {found.why}" for found in findings)
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


def _line_in(compiled: Compiled, sql: str) -> int | None:
    """The line of the model's own file that holds the SQL, where it stands there as written."""
    wanted = "".join(sql.lower().split())
    for number, line in enumerate(compiled.model.raw_sql.splitlines(), start=1):
        if wanted in "".join(line.lower().split()):
            return number
    return None
