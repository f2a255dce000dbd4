"""A contract: a model's output has the columns its YAML promises, by name and type."""

from __future__ import annotations

from collections.abc import Sequence

from runner.compile.compiled import Compiled
from runner.engines.base import Column
from runner.errors import ContractError, Location, ProjectError
from runner.sqltyping.types import UNKNOWN, SqlType, parse_type


def promised(compiled: Compiled) -> dict[str, SqlType]:
    """The type of each column of a contract; ProjectError where one has none that is known."""
    found = {}
    for column in compiled.columns:
        expected = parse_type(column.data_type or "")
        if expected is UNKNOWN:
            raise ProjectError(
                "R228",
                f"the contract of {compiled.name} gives {column.name} "
                + (
                    f"the unknown type '{column.data_type}'" if column.data_type else "no data_type"
                ),
                where=_where(compiled),
                # {data_type: decimal(38,12)} is two keys to YAML
                mend="put the type in quotes: its comma ends a value inside { }"
                if "(" in (column.data_type or "") and ")" not in (column.data_type or "")
                else "write data_type: text, bigint, decimal(38,12), timestamp, …",
            )
        found[column.name] = expected
    return found


def enforce(compiled: Compiled, found: Sequence[Column]) -> None:
    """ContractError naming every column that differs; nothing where all agree."""
    types = promised(compiled)
    actual = {column.name: column for column in found}
    problems = [
        f"{name} is missing (promised {t})" for name, t in types.items() if name not in actual
    ]
    problems += [
        f"{name} ({c.native_type or c.type}) is not in the contract"
        for name, c in actual.items()
        if name not in types
    ]
    problems += [
        f"{name} is {actual[name].native_type or actual[name].type}, promised {t}"
        for name, t in types.items()
        if name in actual and actual[name].type != t
    ]
    if problems:
        raise ContractError(
            "R102",
            f"{compiled.name} breaks its contract: {'; '.join(problems)}",
            where=_where(compiled),
            why=f"its SQL is {Location(compiled.model.path)}",
            mend="correct the SQL, or the promise; nothing was published",
        )


def _where(compiled: Compiled) -> Location:
    return compiled.model.properties.where or Location(compiled.model.path)
