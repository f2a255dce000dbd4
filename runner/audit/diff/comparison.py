"""Two builds compared table by table: by joins where one engine can show both, else streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from runner.audit.diff import explanation, joined, streamed
from runner.audit.diff.builds import Build
from runner.audit.diff.results import Difference, TableDifference
from runner.audit.diff.tables import Table, Tables, counted
from runner.engines.base import Engine, open_engine, open_memory


def compare(a: Build, b: Build, chosen: Tables, limit: int, wait_seconds: float) -> Difference:
    """`limit` rows are kept of each table. The builds' databases are only read."""
    with _opened(a, b, chosen.compared, wait_seconds) as sides:
        found = [sides.compare(table, limit) for table in chosen.compared]
        names = [table.name for table in chosen.compared]
        missing, note = explanation.gap(a, b, names)
        knowledge = None
        if missing is not None:
            engine, name_of = sides.facts(missing.newer is b)
            knowledge = explanation.explain(engine, name_of, missing, found)
    return Difference(a.name, b.name, found, chosen.only_in_a, chosen.only_in_b, knowledge, note)


class _Sides:
    """Both builds, open; `names` are the prefixes of relations where one engine shows both."""

    def __init__(self, engines: Sequence[Engine], prefixes: Sequence[str]) -> None:
        self.engines = engines
        self.prefixes = prefixes

    @property
    def is_joined(self) -> bool:
        return self.engines[0] is self.engines[1]

    def compare(self, table: Table, limit: int) -> TableDifference:
        found = self._compare(table, limit)
        grown = found.rows_after - found.rows_before
        if not table.is_counted and grown != found.added - found.removed:
            # the key does not tell its rows apart after all
            return self._compare(counted(table), limit)
        return found

    def _compare(self, table: Table, limit: int) -> TableDifference:
        a, b = (prefix + table.name for prefix in self.prefixes)
        if self.is_joined:
            return joined.compare(self.engines[0], table, a, b, limit)
        return streamed.compare(self.engines[0], self.engines[1], table, limit)

    def facts(self, is_of_b: bool) -> tuple[Engine, Callable[[str], str]]:
        prefix = self.prefixes[is_of_b]
        return self.engines[is_of_b], lambda table: prefix + table


@contextmanager
def _opened(a: Build, b: Build, tables: Sequence[Table], wait_seconds: float) -> Iterator[_Sides]:
    with ExitStack() as stack:
        if a.target.engine == b.target.engine:
            engine = stack.enter_context(closing(open_memory(a.target.engine, a.target.settings)))
            for prefix, build in (("a_", a), ("b_", b)):
                read = {*(t.name for t in tables), *explanation.tables_read(build)}
                engine.attach(
                    build.target.path, {prefix + name: build.relations[name] for name in read}
                )
            yield _Sides((engine, engine), ("a_", "b_"))
        else:
            engines = [
                stack.enter_context(
                    closing(open_engine(x.target, read_only=True, wait_seconds=wait_seconds))
                )
                for x in (a, b)
            ]
            yield _Sides(engines, ("", ""))
