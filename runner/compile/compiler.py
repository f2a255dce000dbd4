"""Render a project's models and checks for one engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from runner.compile import settings
from runner.compile.compiled import Compiled
from runner.compile.context import (
    CTE_PREFIX,
    Adapter,
    ConfigCall,
    CrossDatabase,
    Raise,
    Rendering,
    Slice,
    This,
    env_var,
    log,
    variable,
)
from runner.compile.ephemeral import with_ctes
from runner.compile.template import Templates
from runner.compile.template_cache import TemplateCache
from runner.config import Target
from runner.errors import CompileError, Location, nearest
from runner.project.nodes import Model, Project, Properties


class DisabledRefError(CompileError):
    pass


class Snippet(NamedTuple):
    """A check's SQL rendered, and the unique ids of what it reads.

    `is_of_new_rows`: it asked for `is_incremental()` or the like, so may differ where that is so.
    """

    sql: str
    reads: tuple[str, ...]
    is_of_new_rows: bool


class Compiler:
    """Renders each model of a project once, as for a build from nothing."""

    def __init__(
        self,
        project: Project,
        target: Target,
        *,
        full_refresh: bool = False,
        cache: TemplateCache | None = None,
    ) -> None:
        self.project = project
        self.engine = target.engine
        self._full_refresh = full_refresh
        self._rendering = Rendering("")
        self._compiled: dict[str, Compiled] = {}
        self._under_way: list[str] = []
        self.templates = Templates(
            self._context(target), cache, project.macro_folders, project.root
        )
        for path in project.macro_files:
            self.templates.add_macros(path)

    # what Jinja sees

    def _context(self, target: Target) -> dict[str, Any]:
        def current() -> Rendering:
            return self._rendering

        return {
            "ref": self._ref,
            "source": self._source,
            "config": ConfigCall(current),
            "this": This(current),
            "var": variable(self.project.vars),
            "env_var": env_var,
            "log": log,
            "print": lambda message: log(message, info=True),
            "is_incremental": lambda: self._rendering.is_incremental(),
            "fresh": lambda name: self._rendering.fresh(name),
            "built_through": lambda: self._rendering.through(),
            "build_slice": lambda: self._rendering.slice,
            "doc": self._doc,
            "execute": True,
            "flags": {"FULL_REFRESH": self._full_refresh},
            "target": {
                "name": target.name,
                "type": target.engine,
                "has_kernels": True,  # dbt's target has not
                "schema": "main",
                "database": target.path.stem,
                "profile_name": self.project.name,
                "threads": 1,
            },
            "project_name": self.project.name,
            "adapter": Adapter(target.engine, lambda: self.templates.macros),
            "exceptions": Raise(),
            "dbt": CrossDatabase(),
        }

    def _ref(self, *names: str, **_: Any) -> str:
        name = names[-1]
        self._rendering.refs.append(name)
        if name in self.project.models:
            # what it refers to is known before this goes on, so a cycle is met here
            return self.relation(name)
        if name in self.project.seeds:
            return name
        if name in self.project.python_models:
            raise CompileError(
                "R248",
                f"ref('{name}') names a Python model",
                why=f"{Location(self.project.python_models[name])} is not run: models are SQL here",
                mend="write it in SQL, or disable what refers to it",
            )
        known = {*self.project.models, *self.project.seeds} - {self._rendering.name}
        near = nearest(name, known)
        folders = self.project.seed_folders
        if not any(folder.is_dir() for folder in folders):
            raise CompileError(
                "R224",
                f"ref('{name}') names no model, and the seeds folder is missing",
                why=f"looked for {', '.join(str(Location(folder)) for folder in folders)}",
                mend="restore it, or name another as seed_paths in [tool.runner]"
                + (f"; or did you mean '{near}'?" if near else ""),
            )
        for folder in folders:
            for path in sorted(folder.parent.glob(f"{name}.csv")):
                raise CompileError(
                    "R248",
                    f"ref('{name}') names no model or seed",
                    why=f"{Location(path)} is none: seeds are read from {Location(folder)}",
                    mend=f"move it to {Location(folder)}, or name its folder as one of seeds: "
                    "seed_paths in [tool.runner], or seed-paths in dbt_project.yml",
                )
        raise CompileError(
            "R248",
            f"ref('{name}') names no model or seed",
            mend=f"did you mean '{near}'?" if near else "check the spelling, or add the model",
        )

    def _source(self, source_name: str, table: str) -> str:
        if (source_name, table) not in self.project.sources:
            near = nearest(f"{source_name}.{table}", {".".join(k) for k in self.project.sources})
            raise CompileError(
                "R249",
                f"source('{source_name}', '{table}') is not declared",
                mend=f"did you mean {near}?"
                if near
                else "declare it under 'sources:' in a YAML file",
            )
        self._rendering.sources.append((source_name, table))
        return self.project.sources[source_name, table].identifier

    def _doc(self, *names: str) -> str:
        name = names[-1]
        if name not in self.project.docs:
            near = nearest(name, set(self.project.docs))
            raise CompileError(
                "R250",
                f"there is no docs block '{name}'",
                mend=f"did you mean '{near}'?" if near else "add {% docs … %} to a Markdown file",
            )
        return self.project.docs[name].text

    def relation(self, name: str) -> str:
        """What a query calls a model by; DisabledRefError where it is not built."""
        found = self.model(name)
        if not found.is_enabled:
            raise DisabledRefError(
                "R248",
                f"ref('{name}') names a model that is disabled",
                why=f"{Location(found.model.path)} is not built",
                mend="enable it, or disable what refers to it as well",
            )
        return CTE_PREFIX + name if found.materialized == "ephemeral" else name

    # models

    def all_models(self) -> dict[str, Compiled]:
        for name in self.project.models:
            self.model(name)
        # when all are known: what only extends a model may refer to any
        for name, made in self._compiled.items():
            if made.materialized == "incremental" and made.is_enabled and not made.extending:
                self._compiled[name] = replace(made, extending=self.incremental_sql(name, 0))
        return {name: self._compiled[name] for name in self.project.models}

    def model(self, name: str) -> Compiled:
        if name not in self._compiled:
            if name in self._under_way:
                self._refuse_cycle(name)
            self._under_way.append(name)
            outer = self._rendering
            try:
                self._compiled[name] = self._compile(self.project.models[name])
            finally:
                self._rendering = outer
                self._under_way.pop()
        return self._compiled[name]

    def _compile(self, model: Model) -> Compiled:
        rendering = self._rendering = self._begin(model)
        try:
            sql = self.templates.render(model.raw_sql, model.path)
        except CompileError:
            # what is disabled may refer to what is not there
            if settings.merged(model, rendering.config)["enabled"]:
                raise
            rendering.refs.clear()
            rendering.sources.clear()
            sql = ""
        config = settings.merged(model, rendering.config)
        if not config["enabled"]:
            return Compiled(model, "", config, (), model.properties.columns, "")
        settings.refuse_unknown(model, config)
        sql = sql.rstrip().rstrip(";")
        if not re.sub(r"--[^\n]*|/\*.*?\*/", "", sql, flags=re.S).strip():
            raise CompileError(
                "R251",
                f"the model {model.name} is empty",
                where=Location(model.path, 1),
                mend="write a query, or delete the file",
            )
        properties = model.properties
        return Compiled(
            model=model,
            sql=with_ctes(sql, self._ephemeral_ctes(rendering)),
            config=config,
            depends_on=self._depends_on(rendering),
            columns=properties.columns,
            description=self.description(properties),
        )

    def _begin(
        self, model: Model, *, built_through: int | None = None, part: Slice | None = None
    ) -> Rendering:
        around = {**model.folder_config, **model.properties.config}
        return Rendering(model.name, around, built_through=built_through, slice=part)

    def incremental_sql(self, name: str, built_through: int) -> str:
        """The model's SQL as it is when its table stands already (`is_incremental()`).

        `built_through` is the last batch of facts that the tables extended in this build hold.
        Ephemeral models in it are part of the same query, and are rendered for it likewise.
        """
        model = self.project.models[name]
        return self._sql(model, self._begin(model, built_through=built_through))

    def slice_sql(self, name: str, part: Slice) -> str:
        """The model's SQL as it is for one slice of it, built from nothing.

        Ephemeral models in it are rendered for that slice likewise.
        """
        model = self.project.models[name]
        return self._sql(model, self._begin(model, part=part))

    def _sql(self, model: Model, rendering: Rendering) -> str:
        outer = self._rendering
        self._rendering = rendering
        try:
            sql = self.templates.render(model.raw_sql, model.path).rstrip().rstrip(";")
        finally:
            self._rendering = outer
        return with_ctes(sql, self._ephemeral_ctes(rendering))

    def description(self, properties: Properties) -> str:
        if "{{" not in properties.description:
            return properties.description
        where = properties.where or Location(self.project.root)
        return self.templates.render(properties.description, where.path)

    def _depends_on(self, rendering: Rendering) -> tuple[str, ...]:
        ids = []
        for name in rendering.refs:
            node = self.project.models.get(name) or self.project.seeds[name]
            ids.append(node.unique_id)
        ids += [self.project.sources[key].unique_id for key in rendering.sources]
        return tuple(dict.fromkeys(ids))

    def _ephemeral_ctes(self, reader: Rendering) -> list[tuple[str, str]]:
        """Each ephemeral model referred to; its own ephemerals already stand inside it."""
        through, part = reader.built_through, reader.slice
        found = []
        for name in dict.fromkeys(reader.refs):
            if name in self.project.models:
                compiled = self.model(name)
                if compiled.materialized == "ephemeral":
                    sql = compiled.sql
                    if through is not None or part is not None:
                        rendering = self._begin(compiled.model, built_through=through, part=part)
                        sql = self._sql(compiled.model, rendering)
                    found.append((CTE_PREFIX + name, sql))
        return found

    def _refuse_cycle(self, name: str) -> None:
        path = [*self._under_way[self._under_way.index(name) :], name]
        raise CompileError(
            "R253",
            f"models refer to each other in a circle: {' -> '.join(path)}",
            where=Location(self.project.models[path[-2]].path),
            why="each would have to be built before the other",
            mend="take the common part into a model of its own, and let both refer to that",
        )

    # checks

    def snippet(
        self,
        sql: str,
        where: Location,
        variables: Mapping[str, Any] | None = None,
        *,
        built_through: int | None = None,
    ) -> Snippet:
        """With `built_through`, as it is where what it read before has passed."""
        outer, self._rendering = self._rendering, Rendering("", built_through=built_through)
        own = self._rendering
        try:
            rendered = self.templates.render(sql, where.path, variables)
            depends_on = self._depends_on(own)
            # only what the check itself says is of new rows
            whole = Rendering("", refs=own.refs)
            rendered = with_ctes(rendered.rstrip().rstrip(";"), self._ephemeral_ctes(whole))
        except CompileError as error:
            error.where = where
            raise
        finally:
            self._rendering = outer
        return Snippet(rendered, depends_on, own.is_of_new_rows)
