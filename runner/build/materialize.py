"""Make one model's relation, in the open transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runner.build import contract, extension, kernel
from runner.build.blame import blame
from runner.build.plan import Action, Step
from runner.build.slices import table_in_slices
from runner.compile.compiled import Compiled
from runner.compile.compiler import Compiler
from runner.compile.inlined import Inlined, inlined
from runner.engines.base import Column, Engine
from runner.errors import CompileError, EngineError, Location, nearest

_STAGING = "runner_increment"


@dataclass(frozen=True)
class Made:
    """`rows` a table has now, or was extended by; None for a view.

    `misfit` says why a model that was to be extended was built whole instead.
    """

    rows: int | None
    misfit: str | None = None


def materialize(
    engine: Engine,
    compiler: Compiler,
    step: Step,
    columns: Sequence[Column] | None = None,
    referred_to: Sequence[str] = (),
) -> Made:
    """Build `step`'s relation.

    `columns` are those its SQL is known to give. Of those that rows elsewhere refer to, what an
    extended model has no more is kept until the checks are done.
    """
    compiled = step.compiled
    assert compiled is not None
    sql = compiled.sql
    through = step.built_through if step.action is Action.EXTEND else None
    within = inlined(compiler, compiled, through)
    _enforce_ephemeral_contracts(engine, compiler, within, through)
    try:
        if compiled.materialized == "kernel":
            return Made(kernel.materialize(engine, compiled))
        if step.action is Action.EXTEND:
            sql = compiler.incremental_sql(compiled.name, step.built_through)
        if columns is None and (compiled.has_contract or step.action is Action.EXTEND):
            columns = engine.describe(sql)
        if compiled.has_contract and columns is not None:
            contract.enforce(compiled, columns)
        if compiled.materialized == "incremental" and compiled.config.get("unique_key"):
            columns = columns if columns is not None else engine.describe(sql)
            _require_key(compiled, columns)
        if compiled.materialized == "view":
            engine.view_as(compiled.name, compiled.sql)
            return Made(None)
        if step.action is Action.EXTEND:
            assert columns is not None
            standing = engine.describe(f'select * from "{compiled.name}"')
            misfit = extension.misfit(columns, standing)
            if misfit is None:
                return Made(_extend(engine, compiled, sql, columns, referred_to))
            if extension.strategy(compiled) == extension.OVERWRITE:
                raise _overwritten_by_others(compiled, misfit)
            columns = engine.describe(compiled.sql)
            return Made(table_in_slices(engine, compiler, compiled, columns), misfit)
        return Made(table_in_slices(engine, compiler, compiled, columns))
    except EngineError as error:
        raise blame(error, engine, compiled, sql, within) from error


def _overwritten_by_others(compiled: Compiled, misfit: str) -> CompileError:
    """Built whole it would tell its readers that nothing has changed."""
    return CompileError(
        "R254",
        f"{compiled.name} cannot be overwritten by what it gives",
        where=Location(compiled.model.path, 1),
        why=misfit,
        mend="give the same columns whether is_incremental() or not",
    )


def _enforce_ephemeral_contracts(
    engine: Engine, compiler: Compiler, within: Sequence[Inlined], through: int | None
) -> None:
    for one in within:
        if one.compiled.has_contract:
            try:
                columns = engine.describe(one.sql)
            except EngineError as error:
                inner = inlined(compiler, one.compiled, through)
                raise blame(error, engine, one.compiled, one.sql, inner) from error
            contract.enforce(one.compiled, columns)


def _extend(
    engine: Engine,
    compiled: Compiled,
    sql: str,
    found: Sequence[Column],
    referred_to: Sequence[str],
) -> int:
    """Add an incremental model's new rows (`found`), replacing those of the same unique key."""
    strategy = str(compiled.config.get("incremental_strategy") or _default_strategy(compiled))
    if strategy == extension.OVERWRITE:
        return engine.table_as(compiled.name, sql, found)
    engine.lift_guard(compiled.name)
    if strategy == extension.REPLACE:
        return _replace_stale(engine, compiled, sql, found, referred_to)
    return _STRATEGIES[strategy](engine, compiled, sql, found)


def _default_strategy(compiled: Compiled) -> str:
    return "delete+insert" if compiled.config.get("unique_key") else "append"


def _unique_key(compiled: Compiled) -> list[str]:
    key: Any = compiled.config["unique_key"]
    return [key] if isinstance(key, str) else [str(column) for column in key]


def _require_key(compiled: Compiled, columns: Sequence[Column]) -> None:
    """CompileError where the model's unique_key is not among what its query gives."""
    known = {c.name.lower() for c in columns}
    for name in _unique_key(compiled):
        if name.lower().strip('"') not in known:
            near = nearest(name, {c.name for c in columns})
            raise CompileError(
                "R254",
                f"{compiled.name} has the unique_key '{name}', and no such column",
                where=Location(compiled.model.path, 1),
                why=f"its query gives {', '.join(c.name for c in columns)}",
                mend=f"did you mean '{near}'?" if near else "name columns that it gives",
            )


def _append(engine: Engine, compiled: Compiled, sql: str, columns: Sequence[Column]) -> int:
    names = [c.name for c in columns]
    return engine.insert_select(compiled.name, names, sql)


def _replace_keys(engine: Engine, compiled: Compiled, sql: str, columns: Sequence[Column]) -> int:
    names = [c.name for c in columns]
    keys = _unique_key(compiled)
    engine.table_as(_STAGING, sql, columns)
    same = " and ".join(f"fresh.{k} = {compiled.name}.{k}" for k in keys)
    engine.delete(compiled.name, f"exists (select 1 from {_STAGING} as fresh where {same})")
    added = engine.insert_select(compiled.name, names, f"select * from {_STAGING}")
    engine.drop(_STAGING)
    return added


def _replace_stale(
    engine: Engine,
    compiled: Compiled,
    sql: str,
    columns: Sequence[Column],
    referred_to: Sequence[str],
) -> int:
    """Take out what the model's `stale` condition names, and put in what its query gives."""
    names = [c.name for c in columns]
    stale = compiled.config["stale"]
    # kept until the checks are done: of the standing rows they have nothing to ask
    fresh = extension.fresh_rows(compiled.name)
    engine.table_as(fresh, sql, columns)
    if referred_to:
        listed = ", ".join(referred_to)
        engine.table_as(
            extension.lost_rows(compiled.name),
            f"select {listed} from {compiled.name} where {stale}\n"
            f"except\nselect {listed} from {fresh}",
            [c for name in referred_to for c in columns if c.name == name],
        )
    engine.delete(compiled.name, stale)
    return engine.insert_select(compiled.name, names, f"select * from {fresh}")


# by the names in compiled.STRATEGIES
_STRATEGIES: dict[str, Callable[[Engine, Compiled, str, Sequence[Column]], int]] = {
    "append": _append,
    "delete+insert": _replace_keys,
    "merge": _replace_keys,
}
