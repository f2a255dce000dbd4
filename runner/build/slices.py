"""A large table made part by part, so that what a query holds in memory, or spills, stays bounded.

A model whose rows each come from rows of one key says so: it is configured with the relation whose
rows it works through (`slice_rows_of`), and hides those of other slices (`in_slice(key)`). Where
that relation has more rows than the target's `slice_rows`, the model's query runs once for each
slice. What comes out is the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.compile.compiled import Compiled
from runner.compile.compiler import Compiler
from runner.compile.context import Slice
from runner.engines.base import Column, Engine

_MOST = 8  # each slice reads the key of every row again


def slices_of(engine: Engine, compiled: Compiled) -> list[Slice]:
    """The slices that a model is to be built in; a single one is all of it."""
    relation = compiled.config.get("slice_rows_of")
    rows = engine.row_count(str(relation)) if relation else 0
    count = min(_MOST, max(1, -(-rows // engine.target.slice_rows)))
    return [Slice(number, count) for number in range(count)]


def table_in_slices(
    engine: Engine, compiler: Compiler, compiled: Compiled, columns: Sequence[Column] | None
) -> int:
    """Replace the model's table by one of its query's rows; how many."""
    first, *others = slices_of(engine, compiled)
    if not others:
        return engine.table_as(compiled.name, compiled.sql, columns)
    rows = engine.table_as(compiled.name, compiler.slice_sql(compiled.name, first), columns)
    names = [c.name for c in columns or engine.describe(f"select * from {compiled.name}")]
    for part in others:
        sql = compiler.slice_sql(compiled.name, part)
        rows += engine.insert_select(compiled.name, names, sql)
    return rows
