"""A model rendered by itself: whatever it refers to is a relation, ephemeral models too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from runner.compile.compiled import Compiled
from runner.compile.compiler import Compiler
from runner.compile.context import env_var
from runner.compile.template_cache import TemplateCache
from runner.config import Target
from runner.errors import CompileError, nearest
from runner.project.nodes import Project

_INCREMENTAL = ("is_incremental", "built_through")


@dataclass(frozen=True)
class Overrides:
    """What a rendering is told in place of what the project and its surroundings say.

    `macros` are by the name they are called by: the value is what each call gives.
    """

    macros: Mapping[str, Any] = field(default_factory=dict)
    vars: Mapping[str, Any] = field(default_factory=dict)
    env_vars: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_incremental(self) -> bool:
        return bool(self.macros.get("is_incremental"))


class IsolatedCompiler(Compiler):
    """Renders single models; `known` are all models as they are built.

    An ephemeral model is read as a relation of the name that it has in the query of whoever refers
    to it (`relation`). Overrides hold wherever a name is used, in macros as well.
    """

    def __init__(
        self,
        project: Project,
        target: Target,
        overrides: Overrides,
        known: Mapping[str, Compiled],
        cache: TemplateCache | None = None,
    ) -> None:
        told = replace(project, vars={**project.vars, **overrides.vars})
        super().__init__(told, target, cache=cache)
        self._compiled = dict(known)
        self._overrides = overrides
        self.templates.environment.globals["env_var"] = _environment(overrides.env_vars)
        for name, value in overrides.macros.items():
            if name not in _INCREMENTAL:
                self._override(name, value)

    def isolated(self, compiled: Compiled) -> Compiled:
        """The model with the SQL that reads relations only, and what it refers to.

        As it is where its table stands already, if `is_incremental` is overridden to be true.
        """
        through = None
        if self._overrides.is_incremental:
            through = int(self._overrides.macros.get("built_through", 0))
        outer = self._rendering
        rendering = self._rendering = self._begin(compiled.model, built_through=through)
        try:
            sql = self.templates.render(compiled.model.raw_sql, compiled.model.path)
        finally:
            self._rendering = outer
        return replace(
            compiled, sql=sql.rstrip().rstrip(";"), depends_on=self._depends_on(rendering)
        )

    def _override(self, name: str, value: Any) -> None:
        known = self.templates.environment.globals
        package, _, plain = name.rpartition(".")
        if package == "dbt":
            setattr(known["dbt"], plain, _constant(value))
        elif package in ("", self.project.name) and plain in known:
            known[plain] = _constant(value) if callable(known[plain]) else value
            if plain in self.templates.macros:
                self.templates.macros[plain] = _constant(value)
        else:
            near = nearest(plain, set(self.templates.macros))
            raise CompileError(
                "R233",
                f"the overrides name a macro '{name}' that there is not",
                mend=f"did you mean '{near}'?" if near else "check the spelling, or leave it out",
            )


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


def _environment(told: Mapping[str, Any]) -> Callable[..., Any]:
    def lookup(name: str, *default: Any) -> Any:
        # an environment holds text
        return str(told[name]) if name in told else env_var(name, *default)

    return lookup
