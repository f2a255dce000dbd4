"""Builds models/ into a DuckDB connection, with as much of dbt's Jinja as the models use.

A stand-in for the runner's compiler: `build(connection)` is all that tests call, so that the real
one can take its place.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Model:
    name: str
    file: Path
    materialized: str
    columns: list[dict[str, Any]]
    enforced: bool
    refs: set[str] = field(default_factory=set)
    sql: str = ""


class Project:
    """The models of `root`, compiled for one engine."""

    def __init__(
        self,
        root: Path = ROOT,
        engine: str = "duckdb",
        variables: Mapping[str, Any] | None = None,
        models: bool = True,
    ) -> None:
        self.root = root
        self.engine = engine
        self.variables = {"pnl_method": "fifo", **(variables or {})}
        self.environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
        self.models = self._read_models() if models else {}
        self.seeds = {f.stem: f for f in sorted((root / "seeds" / "reference").glob("*.csv"))}
        self._load_macros()
        for model in self.models.values():
            self._compile(model)

    def _read_models(self) -> dict[str, Model]:
        described: dict[str, dict[str, Any]] = {}
        for file in sorted((self.root / "models").rglob("*.yml")):
            for entry in (yaml.safe_load(file.read_text()) or {}).get("models", []):
                described[entry["name"]] = entry
        models = {}
        for file in sorted((self.root / "models").rglob("*.sql")):
            if file.parent.name == "macros":
                continue
            entry = described.get(file.stem, {})
            config = entry.get("config", {})
            models[file.stem] = Model(
                file.stem,
                file,
                config.get("materialized", "view"),
                entry.get("columns", []),
                bool(config.get("contract", {}).get("enforced")),
            )
        return models

    def _load_macros(self) -> None:
        names: dict[str, Callable[..., str]] = {}

        def dispatch(name: str) -> Callable[..., str]:
            return names.get(f"{self.engine}__{name}") or names[f"default__{name}"]

        class Adapter:
            pass

        adapter = Adapter()
        adapter.dispatch = dispatch  # type: ignore[attr-defined]
        self.environment.globals.update(
            adapter=adapter,
            var=lambda name, default=None: self.variables.get(name, default),
            source=lambda _, table: table,
            is_incremental=lambda: False,
            config=lambda **_: "",
        )
        for file in sorted((self.root / "models" / "macros").glob("*.sql")):
            module = self.environment.from_string(file.read_text()).module
            names.update({k: v for k, v in vars(module).items() if callable(v)})
            self.environment.globals.update(names)

    def render(self, text: str, refs: set[str]) -> str:
        def ref(name: str) -> str:
            if name not in self.models and name not in self.seeds:
                raise KeyError(f"no model or seed {name}")
            refs.add(name)
            model = self.models.get(name)
            return f"__ephemeral__{name}" if model and model.materialized == "ephemeral" else name

        return self.environment.from_string(text).render(ref=ref)

    def _compile(self, model: Model) -> None:
        model.sql = self.render(model.file.read_text(), model.refs).strip().rstrip(";")

    def inlined(self, sql: str) -> str:
        """`sql` with ephemeral models put in as subqueries."""
        return re.sub(
            r"__ephemeral__(\w+)(\s+as\b)?",
            lambda m: f"(\n{self.inlined(self.models[m[1]].sql)}\n)" + (m[2] or f" as {m[1]}"),
            sql,
        )

    def order(self) -> list[Model]:
        graph = {m.name: {r for r in m.refs if r in self.models} for m in self.models.values()}
        return [self.models[name] for name in TopologicalSorter(graph).static_order()]

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """`names`, and every model they are made of."""
        found = {name for name in names if name in self.models}
        return found.union(*(self.ancestors(self.models[name].refs) for name in found))


def load_seeds(connection: duckdb.DuckDBPyConnection, project: Project) -> None:
    for name, file in project.seeds.items():
        types = {}
        for described in file.parent.glob("*.yml"):
            for entry in yaml.safe_load(described.read_text()).get("seeds", []):
                if entry["name"] == name:
                    types = entry["config"]["column_types"]
        columns = "{" + ", ".join(f"'{k}': '{v}'" for k, v in types.items()) + "}"
        connection.execute(
            f"create or replace table {name} as select * from read_csv('{file}', header = true, "
            f"columns = {columns})"
        ).fetchall()


def build(
    connection: duckdb.DuckDBPyConnection,
    variables: Mapping[str, Any] | None = None,
    report: Callable[[str, float], None] | None = None,
    project: Project | None = None,
    targets: Iterable[str] = (),
) -> duckdb.DuckDBPyConnection:
    """Build the models `targets` and what they read (all without any) over the connection's facts.

    AssertionError where a contract does not hold.
    """
    project = project or Project(variables=variables)
    load_seeds(connection, project)
    wanted = project.ancestors(targets) if targets else set(project.models)
    for model in project.order():
        if model.materialized == "ephemeral" or model.name not in wanted:
            continue
        kind = "view" if model.materialized == "view" else "table"
        started = time.perf_counter()
        connection.execute(
            f"create or replace {kind} {model.name} as {project.inlined(model.sql)}"
        ).fetchall()
        if report:
            report(model.name, time.perf_counter() - started)
        if model.enforced:
            _prove_contract(connection, model)
    return connection


def _prove_contract(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    built = connection.execute(f"describe {model.name}").fetchall()
    actual = [(row[0], row[1].lower().replace(" ", "").replace("varchar", "text")) for row in built]
    stated = [(c["name"], c["data_type"].lower().replace(" ", "")) for c in model.columns]
    assert actual == stated, f"{model.name}: {set(actual) ^ set(stated) or (actual, stated)}"
