"""Before SQL runs: would it turn exact money into a binary float?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from runner import __version__
from runner.build import fingerprint
from runner.build.report import Watcher
from runner.checks.compile import CompiledRule
from runner.compile.compiled import Compiled
from runner.compile.source_lines import source_line
from runner.engines.base import Engine, Relation
from runner.errors import ExactnessError, Location
from runner.sqltyping.types import SqlType

if TYPE_CHECKING:
    from runner.sqltyping.exactness import Finding


class ExactnessGuard:
    """Passes SQL on to the database only where it keeps exact money exact.

    `setting` is `error`, `warn` or `off`. `passed` are digests of SQL that the last publish had
    looked at: the same text over columns of the same types need not be looked at again.
    """

    def __init__(self, engine: Engine, setting: str, passed: Iterable[str]) -> None:
        self.engine = engine
        self.setting = setting
        self.passed = frozenset(passed)
        standing = {} if setting == "off" else engine.relations()
        self._standing = {name.lower(): relation for name, relation in standing.items()}
        self._schema = _types(standing)

    def model(self, compiled: Compiled, watcher: Watcher, sql: str | None = None) -> str | None:
        """The digest to remember; None where the guard is off or has said something.

        `sql` is what the model runs as, where that is not its SQL for a build from nothing.

        ExactnessError (`error`) or a note (`warn`) for each place that turns money into a float.
        Looks at names and types only: what a column holds is the business of contracts and checks.
        """
        digest, met = self._look(sql or compiled.sql, made=compiled.name)
        if not met:
            return digest
        why = "; ".join(f"{found.sql}: {found.why}" for found in met)
        if self.setting == "warn":
            watcher.note(f"warning: {compiled.name}: {why}")
            return None
        raise ExactnessError(
            "R260",
            f"{compiled.name} would turn exact money into a binary float",
            where=Location(
                compiled.model.path, source_line(compiled.model.raw_sql, compiled.sql, met[0].line)
            ),
            why=why,
            mend=met[0].mend,
        )

    def standing(self, name: str) -> Relation | None:
        """Relation `name` as it was when the build began."""
        return self._standing.get(name.lower())

    def check(self, rule: CompiledRule) -> str | None:
        """Likewise; ExactnessError for a check that would judge exact money by a binary float."""
        if self.setting != "error":
            return None
        digest, met = self._look(rule.failing)
        for found in met:
            raise ExactnessError(
                "R260",
                f"the check {rule.rule.name} would turn exact money into a binary float",
                where=rule.rule.where,
                why=f"{found.sql}: {found.why}",
                mend=found.mend,
            )
        return digest

    def learn(self, relation: str) -> None:
        """A relation was made anew: its columns are what later SQL reads."""
        if self.setting != "off":
            columns = self.engine.describe(f'select * from "{relation}"')
            self._schema[relation.lower()] = {c.name: c.type for c in columns}

    def _look(self, sql: str, made: str = "") -> tuple[str | None, list[Finding]]:
        if self.setting == "off":
            return None, []
        words = set(re.findall(r"\w+", sql.lower())) - {made.lower()}
        read = {name: self._schema[name] for name in sorted(words & self._schema.keys())}
        digest = fingerprint.digest(__version__, sql, str(read))
        if digest in self.passed:
            return digest, []
        from runner.sqltyping.exactness import check_exact

        return digest, check_exact(sql, self._schema)


def findings(engine: Engine, sql: str) -> list[Finding]:
    """Each place where a query would."""
    from runner.sqltyping.exactness import check_exact

    return check_exact(sql, _types(engine.relations()))


def _types(relations: Mapping[str, Relation]) -> dict[str, dict[str, SqlType]]:
    return {
        name.lower(): {column.name: column.type for column in relation.columns}
        for name, relation in relations.items()
    }
