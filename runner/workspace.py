"""One project opened for one target: folders read, models compiled, graph drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from runner.checks.compile import compile_rules
from runner.checks.compiled_rule import CompiledRule
from runner.checks.rules import Rule, bad_rule
from runner.compile import plain_reads, settings
from runner.compile.compiled import Compiled
from runner.compile.compiler import Compiler
from runner.compile.template_cache import TemplateCache
from runner.config import Config, Target
from runner.graph.dag import Dag
from runner.graph.select import Selectable, Selector, StateOf
from runner.project.asked_vars import refuse_unread
from runner.project.load import load_project
from runner.project.nodes import Project


@dataclass
class Workspace:
    config: Config
    target: Target
    project: Project
    compiler: Compiler
    models: dict[str, Compiled]

    @cached_property
    def dag(self) -> Dag:
        parents: dict[str, Sequence[str]] = {
            m.unique_id: m.depends_on for m in self.models.values()
        }
        parents |= {seed.unique_id: () for seed in self.project.seeds.values()}
        parents |= {source.unique_id: () for source in self.project.sources.values()}
        return Dag(parents)

    @cached_property
    def rules(self) -> list[CompiledRule]:
        """Every check of the project, compiled: beside models, of checks/, of dbt's tests/."""
        project = self.project
        rules: list[Rule] = [
            rule
            for described in (
                *(m.properties for m in project.models.values()),
                *(s.properties for s in project.seeds.values()),
                *(s.properties for s in project.sources.values()),
            )
            for rule in described.rules
        ]
        rules += project.rules
        rules = [
            r
            for r in rules
            if r.table is None or r.table not in project.models or r.table in self.models
        ]
        seen: dict[str, Rule] = {}
        for rule in rules:
            if rule.name in seen:
                raise bad_rule(
                    rule.where,
                    f"two checks are called '{rule.name}'",
                    f"the other is at {seen[rule.name].where}; drop one, or give it a 'name:'",
                )
            seen[rule.name] = rule
        return compile_rules(self.compiler, rules)

    @property
    def notes(self) -> list[str]:
        """What of a dbt project is not followed here, and what the graph is not told, in words."""
        return [
            *self.project.notes,
            *settings.not_followed(self.models.values()),
            *plain_reads.notes(self.project, self.models, self.rules),
        ]

    def selector(self, state: StateOf | None = None) -> Selector:
        return Selector(self.selectables(), self.dag, self.config.root, state)

    def selectables(self) -> list[Selectable]:
        found = [
            Selectable(m.unique_id, m.name, "model", m.model.fqn, m.model.path, m.tags, m.config)
            for m in self.models.values()
        ]
        found += [
            Selectable(
                s.unique_id,
                s.name,
                "seed",
                s.fqn,
                s.path,
                tuple(s.config.get("tags", ())),
                s.config,
            )
            for s in self.project.seeds.values()
        ]
        found += [
            Selectable(
                s.unique_id,
                s.name,
                "source",
                (self.project.name, s.source_name, s.name),
                None,
                (),
                {},
            )
            for s in self.project.sources.values()
        ]
        return found


def open_workspace(
    config: Config, target_name: str | None = None, *, full_refresh: bool = False
) -> Workspace:
    """Read and compile the project at `config.root`; ProjectError for anything broken in it."""
    target = config.target(target_name)
    project = load_project(config)
    refuse_unread(config, project)
    cache = TemplateCache(config.target_path / "templates.cache")
    compiler = Compiler(project, target, full_refresh=full_refresh, cache=cache)
    models = {name: m for name, m in compiler.all_models().items() if m.is_enabled}
    return Workspace(config, target, project, compiler, models)


def template_root() -> Path:
    """Where the ledger project that `runner init` copies stands: in the wheel, or the checkout."""
    packaged = Path(__file__).parent / "template"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent
