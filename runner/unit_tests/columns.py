"""The real columns of what models read, with no row and no database at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache, cached_property

from runner.build import kernel, offline
from runner.build.contract import promised
from runner.build.seeds import load_seed
from runner.compile.compiled import Compiled
from runner.compile.isolated import IsolatedCompiler, Overrides
from runner.engines.base import Column, open_memory
from runner.errors import EngineError
from runner.project.nodes import Properties
from runner.sqltyping.types import UNKNOWN, parse_type
from runner.workspace import Workspace


@dataclass(frozen=True)
class Shape:
    """Columns that are known; whether there can be others, of which nothing is known."""

    columns: tuple[Column, ...]
    is_open: bool = False


class Shapes:
    """Of a model: its contract, its kernel's output, or what its SQL gives over empty tables.

    Of a fact: what its migrations made. Of a seed: what loading it makes. Of any other source, and
    of a model whose SQL cannot be read without one: the columns whose type its YAML tells.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.of_model = cache(self._of_model)
        self.of_seed = cache(self._of_seed)

    def of_source(self, source_name: str, table: str) -> Shape:
        source = self._workspace.project.sources[source_name, table]
        return self._facts.get(source.identifier) or _described(source.properties)

    def _of_seed(self, name: str) -> Shape:
        with closing(open_memory(self._workspace.target.engine)) as engine:
            load_seed(engine, self._workspace.project.seeds[name])
            return Shape(engine.relations()[name].columns)

    def _of_model(self, name: str) -> Shape:
        compiled = self._workspace.models[name]
        if compiled.materialized == "kernel":
            return Shape(tuple(kernel.output_columns(compiled)))
        if compiled.has_contract:
            types = promised(compiled)
            spelled = {c.name: c.data_type or "" for c in compiled.columns}
            return Shape(tuple(Column(c, t, spelled[c]) for c, t in types.items()))
        alone = self._compiler.isolated(compiled)
        try:
            with closing(open_memory(self._workspace.target.engine)) as engine:
                for relation, shape in self._read_by(alone):
                    engine.empty_table(relation, shape.columns)
                return Shape(tuple(engine.describe(alone.sql)))
        except EngineError:
            return _described(compiled.model.properties)

    def _read_by(self, compiled: Compiled) -> Iterator[tuple[str, Shape]]:
        project, wanted = self._workspace.project, set(compiled.depends_on)
        for model in self._workspace.models.values():
            if model.unique_id in wanted:
                yield self._workspace.compiler.relation(model.name), self.of_model(model.name)
        for seed in project.seeds.values():
            if seed.unique_id in wanted:
                yield seed.name, self.of_seed(seed.name)
        for key, source in project.sources.items():
            if source.unique_id in wanted:
                yield source.identifier, self.of_source(*key)

    @cached_property
    def _compiler(self) -> IsolatedCompiler:
        return isolated_compiler(self._workspace, Overrides())

    @cached_property
    def _facts(self) -> dict[str, Shape]:
        with closing(offline.with_parents_of(self._workspace)) as engine:
            return {name: Shape(r.columns) for name, r in engine.relations().items()}


def isolated_compiler(workspace: Workspace, overrides: Overrides) -> IsolatedCompiler:
    compiler = workspace.compiler
    return IsolatedCompiler(
        workspace.project,
        workspace.target,
        overrides,
        compiler.all_models(),
        compiler.templates.cache,
    )


def _described(properties: Properties) -> Shape:
    spelled = [(c.name, c.data_type or "") for c in properties.columns]
    columns = [Column(name, parse_type(text), text) for name, text in spelled]
    return Shape(tuple(c for c in columns if c.type is not UNKNOWN), is_open=True)
