"""What a model's Jinja can call: dbt's names, with dbt's meanings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.errors import CompileError, nearest

_REQUIRED = object()
CTE_PREFIX = "__dbt__cte__"
FRESH_PREFIX = "runner_fresh_"  # a table of the rows that a build puts into a model
LOST_PREFIX = "runner_lost_"  # a table of keys that a build takes out of a model for good


@dataclass(frozen=True)
class Slice:
    """One of `count` parts of a model: the rows whose key leaves the remainder `number`."""

    number: int
    count: int


@dataclass
class Rendering:
    """One node being rendered: what it asked for, and what it may know."""

    name: str
    folder_config: Mapping[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    refs: list[str] = field(default_factory=list)
    sources: list[tuple[str, str]] = field(default_factory=list)
    built_through: int | None = None  # of an incremental model whose table stands
    slice: Slice | None = None  # of a model that is built in several
    is_of_new_rows: bool = False  # it asked whether its table stands, so it may differ where so

    def is_incremental(self) -> bool:
        self.is_of_new_rows = True
        return self.built_through is not None

    def through(self) -> int | None:
        self.is_of_new_rows = True
        return self.built_through

    def fresh(self, name: str) -> str:
        """The table of the rows that this build puts into a model."""
        self.is_of_new_rows = True
        return FRESH_PREFIX + name


class ConfigCall:
    """`config(…)`, and `config.get`, `config.require` within a macro."""

    def __init__(self, current: Callable[[], Rendering]) -> None:
        self._current = current

    def __call__(self, *args: Mapping[str, Any], **settings: Any) -> str:
        for given in args:
            settings = {**given, **settings}
        rendering = self._current()
        tags = settings.pop("tags", None)
        if tags is not None:
            listed = [tags] if isinstance(tags, str) else list(tags)
            rendering.config["tags"] = [*rendering.config.get("tags", []), *listed]
        rendering.config.update(settings)
        return ""

    def get(self, name: str, default: Any = None, **_: Any) -> Any:
        return self._current().config.get(name, self._current().folder_config.get(name, default))

    def require(self, name: str, **_: Any) -> Any:
        found = self.get(name, _REQUIRED)
        if found is _REQUIRED:
            raise CompileError("R243", f"the model does not set config '{name}'")
        return found


class This:
    """`this`: the relation being built, by name."""

    def __init__(self, current: Callable[[], Rendering]) -> None:
        self._current = current

    def __str__(self) -> str:
        return self._current().name

    @property
    def name(self) -> str:
        return self._current().name

    identifier = table = name

    @property
    def schema(self) -> str:
        return "main"


class Adapter:
    """`adapter.dispatch`: the engine's own macro, else the default one."""

    def __init__(self, engine: str, macros: Callable[[], Mapping[str, Callable[..., Any]]]) -> None:
        self._engine = engine
        self._macros = macros

    def dispatch(self, macro_name: str, macro_namespace: str | None = None, **_: Any) -> Any:
        macros = self._macros()
        for prefix in (self._engine, "default"):
            if f"{prefix}__{macro_name}" in macros:
                return macros[f"{prefix}__{macro_name}"]
        raise CompileError(
            "R244",
            f"no macro {self._engine}__{macro_name} or default__{macro_name}",
            mend=f"write one of them beside the macro that dispatches '{macro_name}'",
        )

    def type(self) -> str:
        return self._engine


class Raise:
    """`exceptions`."""

    def raise_compiler_error(self, message: str) -> None:
        raise CompileError("R245", message)

    def warn(self, message: str) -> str:
        print(f"warning: {message}", file=sys.stderr)
        return ""


def log(message: Any, info: bool = False) -> str:
    if info:
        print(message, file=sys.stderr)
    return ""


def env_var(name: str, default: Any = _REQUIRED) -> Any:
    found = os.environ.get(name, default)
    if found is _REQUIRED:
        raise CompileError(
            "R246",
            f"the environment has no {name}, and env_var gives no default",
            mend=f"export {name}=…, or write env_var('{name}', 'default')",
        )
    return found


def variable(known: Mapping[str, Any]) -> Callable[..., Any]:
    def var(name: str, default: Any = _REQUIRED) -> Any:
        if name in known:
            return known[name]
        if default is _REQUIRED:
            near = nearest(name, set(known))
            raise CompileError(
                "R247",
                f"there is no var '{name}', and var() gives no default",
                mend=f"did you mean '{near}'?"
                if near
                else f"add it under [tool.runner.vars], or give --var {name}=…",
            )
        return default

    return var


class CrossDatabase:
    """The few of dbt's cross-database macros (`dbt.…`) that plain projects use."""

    def type_string(self) -> str:
        return "varchar"

    def type_timestamp(self) -> str:
        return "timestamp"

    def type_numeric(self) -> str:
        return "decimal(38, 12)"

    def type_int(self) -> str:
        return "integer"

    def type_boolean(self) -> str:
        return "boolean"

    def date_trunc(self, part: str, value: str) -> str:
        return f"date_trunc('{part}', {value})"

    def datediff(self, first: str, second: str, part: str) -> str:
        return f"date_diff('{part}', {first}, {second})"

    def concat(self, fields: list[str]) -> str:
        return " || ".join(fields)

    def safe_cast(self, value: str, type_name: str) -> str:
        return f"try_cast({value} as {type_name})"

    def current_timestamp(self) -> str:
        return "current_timestamp"
