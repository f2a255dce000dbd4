"""A unit test made ready to run: the model's SQL by itself, and every table that it reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from runner.build.seeds import infer_type
from runner.compile.compiled import Compiled
from runner.engines.base import Column
from runner.errors import CompileError, Location, ProjectError, nearest
from runner.project.nodes import Seed
from runner.sqltyping.types import Kind
from runner.unit_tests.columns import Shape, Shapes, isolated_compiler
from runner.unit_tests.definition import Fixture, Given, InputKind, Row, UnitTest, bad_unit_test
from runner.unit_tests.values import value_held
from runner.workspace import Workspace

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)


@dataclass(frozen=True)
class Table:
    """An input as it will stand: its rows, or the query that gives them.

    `is_open`: the query's own columns are all that is known of it.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    given: Given
    sql: str | None = None
    is_open: bool = False


@dataclass(frozen=True)
class Case:
    """`seeds` are those the model reads as their files have them."""

    test: UnitTest
    compiled: Compiled
    tables: tuple[Table, ...]
    seeds: tuple[Seed, ...]


def prepare(workspace: Workspace, test: UnitTest, shapes: Shapes) -> Case:
    """ProjectError where a value, a column or a table that the model reads is amiss."""
    compiled = _compiled(workspace, test)
    given = {_relation(g, test, workspace): g for g in test.given}
    seeds = [
        workspace.project.seeds[g.name] for g in test.given if g.fixture is None
    ] + _require_given(workspace, test, compiled, given)
    return Case(
        test,
        compiled,
        tuple(
            _table(name, g, g.fixture, _shape(g, test, shapes, workspace))
            for name, g in given.items()
            if g.fixture is not None
        ),
        tuple(seeds),
    )


def _compiled(workspace: Workspace, test: UnitTest) -> Compiled:
    try:
        compiler = isolated_compiler(workspace, test.overrides)
        return compiler.isolated(workspace.models[test.model])
    except CompileError as error:
        error.where = error.where or test.where
        raise


def _relation(given: Given, test: UnitTest, workspace: Workspace) -> str:
    """What the model's SQL calls an input by."""
    if given.kind is InputKind.THIS:
        return test.model
    if given.kind is InputKind.SOURCE:
        return workspace.project.sources[given.source_name, given.name].identifier
    if given.name in workspace.project.seeds:
        return given.name
    if given.name not in workspace.models:
        raise bad_unit_test(
            given.where, f"{given.call} is disabled", "leave it out, or enable the model"
        )
    return workspace.compiler.relation(given.name)


def _shape(given: Given, test: UnitTest, shapes: Shapes, workspace: Workspace) -> Shape:
    if given.kind is InputKind.SOURCE:
        return shapes.of_source(given.source_name, given.name)
    if given.name in workspace.project.seeds:
        return shapes.of_seed(given.name)
    return shapes.of_model(test.model if given.kind is InputKind.THIS else given.name)


def _require_given(
    workspace: Workspace, test: UnitTest, compiled: Compiled, given: Mapping[str, Given]
) -> list[Seed]:
    """The seeds that the model reads and no rows are given for; ProjectError for anything else."""
    project = workspace.project
    seeds, missing = [], []
    for name, call, seed in _read_by(workspace, compiled):
        if name in given:
            continue
        if seed is not None:
            seeds.append(seed)
        else:
            missing.append(call)
    if missing:
        raise ProjectError(
            "R234",
            f"the unit test {test.name} of {test.model} gives no rows for {', '.join(missing)}",
            where=test.where,
            why=f"{compiled.model.path.relative_to(project.root)} reads it"
            if compiled.model.path.is_relative_to(project.root)
            else None,
            mend=f"add '- input: {missing[0]}' with the rows it needs, or 'rows: []'",
        )
    return seeds


def _read_by(workspace: Workspace, compiled: Compiled) -> Iterator[tuple[str, str, Seed | None]]:
    """Relation, call and seed of each thing referred to that the SQL reads.

    A config may refer to what a build reads and this query does not.
    """
    project = workspace.project
    words = set(re.findall(r"\w+", _COMMENT.sub("", compiled.sql).lower()))
    wanted = set(compiled.depends_on)
    for model in workspace.models.values():
        relation = workspace.compiler.relation(model.name)
        if model.unique_id in wanted and relation.lower() in words:
            yield relation, f"ref('{model.name}')", None
    for seed in project.seeds.values():
        if seed.unique_id in wanted and seed.name.lower() in words:
            yield seed.name, f"ref('{seed.name}')", seed
    for (source_name, table), source in project.sources.items():
        if source.unique_id in wanted and source.identifier.lower() in words:
            yield source.identifier, f"source('{source_name}', '{table}')", None


def _table(name: str, given: Given, fixture: Fixture, shape: Shape) -> Table:
    columns = {c.name.lower(): c for c in shape.columns}
    if fixture.sql is not None:
        return Table(name, shape.columns, (), given, fixture.sql, shape.is_open)
    named = dict.fromkeys(key.lower() for row in fixture.rows for key in row.values)
    for key in named:
        if key in columns:
            continue
        if not shape.is_open:
            where = next(row.where for row in fixture.rows if key in _lowered(row))
            raise unknown_column(given.call, key, columns, where)
        values = [_as_text(_lowered(row).get(key)) for row in fixture.rows]
        columns[key] = _inferred(key, values)
    rows = tuple(_row(row, columns) for row in fixture.rows)
    return Table(name, tuple(columns.values()), rows, given)


def unknown_column(
    what: str, name: str, known: Iterable[str], where: Location, has: str = "has"
) -> ProjectError:
    """`what` is a call of an input, or a model that `gives` columns."""
    columns = list(known)
    near = nearest(name, set(columns))
    return bad_unit_test(
        where,
        f"{what} {has} no column '{name}'",
        f"did you mean '{near}'?" if near else f"it {has} {', '.join(columns)}",
    )


def _lowered(row: Row) -> dict[str, Any]:
    return {key.lower(): value for key, value in row.values.items()}


def _row(row: Row, columns: Mapping[str, Column]) -> tuple[Any, ...]:
    written = _lowered(row)
    found = []
    for key, column in columns.items():
        try:
            found.append(value_held(written.get(key), column.type))
        except ValueError as error:
            raise bad_unit_test(
                row.where,
                f"{written[key]!s} in column {key} is no {column.type}",
                "correct the value",
                str(error),
            ) from error
    return tuple(found)


def _inferred(name: str, values: Sequence[str]) -> Column:
    """A column of which only values are known: the narrowest type that holds them all."""
    type_ = infer_type(values)
    return Column(name, type_, "bigint" if type_.kind is Kind.INTEGER else "")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
