"""Models that a kernel makes: SQL gives the rows it works through, its output is the table."""

from __future__ import annotations

from runner.build import contract
from runner.compile.compiled import Compiled
from runner.engines.base import Column, Engine
from runner.errors import CompileError, Location, nearest
from runner.kernels import Kernel, kernels
from runner.sqltyping.types import parse_type

_INPUT = "runner_kernel_input"


def materialize(engine: Engine, compiled: Compiled) -> int:
    """Replace the model's table by what its kernel makes of its query; how many rows."""
    kernel = _kernel(compiled)
    given = engine.describe(compiled.sql)
    read = [c for c in given if c.name in kernel.inputs]
    # SQLite would take a column that is not there for a text, and leave ties in any order
    unsorted = [name for name in kernel.order_by if name not in {c.name for c in given}]
    if tuple(c.name for c in read) != kernel.inputs or unsorted:
        raise CompileError(
            "R255",
            f"{compiled.name} does not give what the kernel '{kernel.name}' reads",
            where=Location(compiled.model.path, 1),
            why=f"its query has the columns {', '.join(c.name for c in given)}",
            mend=f"select {', '.join(kernel.inputs)}, in this order"
            + (f"; and {', '.join(unsorted)}, to sort by" if unsorted else ""),
        )
    columns = output_columns(compiled)
    if compiled.has_contract:
        contract.enforce(compiled, columns)
    engine.table_as(_INPUT, compiled.sql, given)
    engine.empty_table(compiled.name, columns)
    made = engine.insert_integers(
        compiled.name, columns, kernel.run(engine.integers(_INPUT, read, kernel.order_by))
    )
    engine.drop(_INPUT)
    return made


def output_columns(compiled: Compiled) -> list[Column]:
    """The columns of the model's table: what its kernel yields."""
    return [Column(name, parse_type(text), text) for name, text in _kernel(compiled).outputs]


def _kernel(compiled: Compiled) -> Kernel:
    known = kernels()
    name = str(compiled.config.get("kernel", ""))
    if name not in known:
        near = nearest(name, set(known))
        raise CompileError(
            "R255",
            f"{compiled.name} asks for the kernel '{name}'",
            where=Location(compiled.model.path, 1),
            mend=f"did you mean '{near}'?" if near else f"one of {', '.join(sorted(known))}",
        )
    return known[name]
