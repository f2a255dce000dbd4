"""Ephemeral models inside the query of a model that reads them: which of them a line belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from runner.compile.compiled import Compiled
from runner.compile.compiler import Compiler
from runner.compile.context import CTE_PREFIX
from runner.compile.source_lines import source_line
from runner.errors import Location


@dataclass(frozen=True)
class Inlined:
    """An ephemeral model, as it stands in a reader's query; `built_through` is that query's."""

    compiler: Compiler
    compiled: Compiled
    built_through: int | None = None

    @cached_property
    def sql(self) -> str:
        if self.built_through is None:
            return self.compiled.sql
        return self.compiler.incremental_sql(self.compiled.name, self.built_through)


def inlined(
    compiler: Compiler, compiled: Compiled, built_through: int | None = None
) -> list[Inlined]:
    """The ephemeral models in a model's query, each after those in its own.

    `built_through` as in Compiler.incremental_sql, where that is what runs.
    """
    found: dict[str, Inlined] = {}
    for unique_id in compiled.depends_on:
        name = unique_id.rpartition(".")[2]
        if not unique_id.startswith("model."):
            continue
        parent = compiler.model(name)
        if parent.materialized != "ephemeral":
            continue
        for inner in inlined(compiler, parent, built_through):
            found.setdefault(inner.compiled.name, inner)
        found.setdefault(name, Inlined(compiler, parent, built_through))
    return list(found.values())


def place(
    compiled: Compiled, ran: str, line: int | None, within: Sequence[Inlined]
) -> tuple[Compiled, Location]:
    """The model that line `line` of `ran`, the SQL of `compiled`, was written in, and where.

    The location has no line where that cannot be told.
    """
    sql = ran
    if line is not None:
        # the innermost is the one with the fewest lines
        spans = [(end - start, start, one) for one in within for start, end in _spans(ran, one)]
        holding = [s for s in spans if s[1] <= line <= s[1] + s[0]]
        if holding:
            _, start, one = min(holding, key=lambda span: span[:2])
            compiled, sql, line = one.compiled, one.sql, line - start + 1
    at = source_line(compiled.model.raw_sql, sql, line) if line is not None else None
    return compiled, Location(compiled.model.path, at)


def _spans(ran: str, one: Inlined) -> Iterator[tuple[int, int]]:
    """First and last line of each place where the model's SQL stands."""
    opening = f"{CTE_PREFIX}{one.compiled.name} as (\n"
    at = ran.find(opening + one.sql)
    while at >= 0:
        start = ran.count("\n", 0, at + len(opening)) + 1
        yield start, start + one.sql.count("\n")
        at = ran.find(opening + one.sql, at + 1)
