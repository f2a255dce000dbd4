"""Before SQL runs: would it turn exact money into a binary float?"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner import __version__
from runner.build import fingerprint, state
from runner.build.report import Watcher
from runner.checks.compiled_rule import CompiledRule
from runner.compile.compiled import Compiled
from runner.compile.inlined import Inlined, place
from runner.compile.volatile import reads_outside
from runner.engines.base import Column, Engine, Relation
from runner.errors import ExactnessError
from runner.sqltyping.named import named_in
from runner.sqltyping.types import SqlType

if TYPE_CHECKING:
    from runner.sqltyping.exactness import Finding, Looked


# digests of SQL that this process has looked at: a watched project is built again and again
_CLEAN: set[str] = set()
_FLOATS = re.compile(r"\b(?:double|float|real)\b", re.IGNORECASE)
_MONEY = re.compile(r"\b(?:decimal|numeric)\b", re.IGNORECASE)


class Look:
    """SQL that is being looked at, while the database may already run it.

    `digest` is what to remember of it; None where the guard is off, and of what reads a file. What
    `reads_money` is doubted where it could not be followed.
    """

    def __init__(
        self,
        digest: str | None,
        looking: Future[Looked] | None = None,
        refuse: Callable[[list[Finding]], None] | None = None,
        *,
        reads_money: bool = False,
    ) -> None:
        self.digest = digest
        self._looking = looking
        self._refuse = refuse
        self._reads_money = reads_money

    def settle(self) -> str | None:
        """Wait for what it finds, and say it once: an error, or a note.

        The digest; None where there was something to say, or nothing to remember.
        """
        if self._looking is None:
            return self.digest
        if met := [found for found in self._looking.result().findings if not found.is_doubtful]:
            self._say(met)
        elif self.digest is not None:
            _CLEAN.add(self.digest)
        return self.digest

    def settle_doubts(self, columns: Iterable[Column] = ()) -> str | None:
        """Likewise, of what is doubtful, and of the `columns` that came of it.

        Once the database has taken the SQL: of a name that is not there, it has more to say. What
        it makes follows from what is remembered: the SQL, and the types of all that it reads.
        """
        if self._looking is not None and self._reads_money:
            looked = self._looking.result()
            types = {column.name: column.native_type or str(column.type) for column in columns}
            is_float = {name: bool(_FLOATS.search(type_)) for name, type_ in types.items()}
            doubts = [found for found in looked.findings if found.is_doubtful]
            if met := [*doubts, *looked.as_made(is_float)]:
                self._say(met)
        return self.digest

    def _say(self, met: list[Finding]) -> None:
        _CLEAN.discard(self.digest or "")
        self._looking, self.digest = None, None
        if self._refuse is not None:
            self._refuse(met)


class ExactnessGuard:
    """Passes only SQL that keeps exact money exact.

    `setting` is `error`, `warn` or `off`. `passed` are digests of SQL that the last publish had
    looked at: the same text over columns of the same types need not be looked at again.

    Looking takes about as long as a small query does: it is done on a thread of its own, beside
    the database, and settled before anything is made of the result.
    """

    def __init__(self, engine: Engine, setting: str, passed: Iterable[str]) -> None:
        self.setting = setting
        self.passed = frozenset(passed)
        standing = {} if setting == "off" else engine.relations()
        self._standing = {name.lower(): relation for name, relation in standing.items()}
        self._schema: dict[str, dict[str, SqlType]] = {}
        # as the database calls them: what several of its types are to us are not one to it
        self._native: dict[str, dict[str, str]] = {}
        for name, relation in standing.items():
            self.learn(name, relation.columns)
        self._beside = ThreadPoolExecutor(1, "exactness")

    def __enter__(self) -> ExactnessGuard:
        self._switch_interval = sys.getswitchinterval()
        # a statement that ends would wait 5 ms for the thread that looks
        sys.setswitchinterval(0.0002)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setswitchinterval(self._switch_interval)
        self._beside.shutdown(cancel_futures=True)

    def model(
        self,
        compiled: Compiled,
        watcher: Watcher,
        sql: str,
        within: Callable[[], Sequence[Inlined]],
    ) -> Look:
        """Look at a model's SQL: ExactnessError (`error`) or a note (`warn`) once it is settled.

        `sql` is what the model runs as, `within` gives the ephemeral models that stand in it.
        Looks at names and types only: what a column holds is the business of contracts and checks.
        """

        def refuse(met: list[Finding]) -> None:
            why = "; ".join(f"{found.sql}: {found.why}" for found in met)
            if self.setting == "warn":
                watcher.note(f"warning: {compiled.name}: {why}")
                return
            culprit, where = place(compiled, sql, met[0].line, within())
            if culprit is not compiled:
                why = f"it stands in the query of {compiled.name}, as {why}"
            raise ExactnessError(
                "R260",
                f"{culprit.name} would {met[0].what}",
                where=where,
                why=why,
                mend=met[0].mend,
            )

        return self._look(sql, refuse, made=compiled.name)

    def standing(self, name: str) -> Relation | None:
        """Relation `name` as it was when the build began."""
        return self._standing.get(name.lower())

    def check(self, rule: CompiledRule) -> Look:
        """Likewise; ExactnessError for a check that would judge exact money by a binary float."""

        def refuse(met: list[Finding]) -> None:
            raise ExactnessError(
                "R260",
                f"the check {rule.rule.name} would {met[0].what}",
                where=rule.rule.where,
                why=f"{met[0].sql}: {met[0].why}",
                mend=met[0].mend,
            )

        return self._look(rule.failing, refuse) if self.setting == "error" else Look(None)

    def learn(self, relation: str, columns: Iterable[Column]) -> None:
        """A relation's columns, of what stands or was made anew: they are what later SQL reads."""
        self._schema[relation.lower()] = {c.name: c.type for c in columns}
        self._native[relation.lower()] = {c.name: c.native_type or str(c.type) for c in columns}

    def _look(self, sql: str, refuse: Callable[[list[Finding]], None], made: str = "") -> Look:
        if self.setting == "off":
            return Look(None)
        read = {name: self._native[name] for name in named_in(sql, self._native)}
        read.pop(made.lower(), None)
        # what stands outside may have other columns each time: nothing is remembered of it
        outside = reads_outside(sql)
        digest = None if outside else fingerprint.digest(__version__, sql, str(read))
        if digest in self.passed or digest in _CLEAN:
            return Look(digest)
        from runner.sqltyping.exactness import look_at

        looking = self._beside.submit(look_at, sql, dict(self._schema))
        types = [type_ for columns in read.values() for type_ in columns.values()]
        return Look(digest, looking, refuse, reads_money=any(map(_MONEY.search, types)))


@contextmanager
def exact_checks(engine: Engine, rules: Iterable[CompiledRule], setting: str) -> Iterator[None]:
    """Look at what checks run as while they run; ExactnessError as a build would raise it."""
    known = state.read_checks(engine, state.read_catalogue(engine)) if setting != "off" else {}
    passed = [check.exact_sql for check in known.values() if check.exact_sql]
    with ExactnessGuard(engine, setting, passed) as guard:
        looks = [guard.check(rule) for rule in rules]
        try:
            yield
        finally:
            for look in looks:
                look.settle()
        for look in looks:
            look.settle_doubts()


def findings(engine: Engine, sql: str) -> list[Finding]:
    """Each place where a query would."""
    from runner.sqltyping.exactness import check_exact

    types = {
        name.lower(): {column.name: column.type for column in relation.columns}
        for name, relation in engine.relations().items()
    }
    return check_exact(sql, types)
