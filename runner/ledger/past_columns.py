"""The columns a fact table had when a batch was appended: its rows were hashed with no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.engines.base import Column, Engine, Relation, open_memory
from runner.ingest.facts import FactTable
from runner.migrate import apply
from runner.migrate.files import Migration


class PastColumns:
    """Tables as the migrations up to a version declare them; each version is made once."""

    def __init__(self, engine: Engine, migrations: Sequence[Migration]) -> None:
        self._engine_name = engine.name
        self._migrations = migrations
        self._newest = max(m.version for m in migrations)
        self._relations: dict[int, Mapping[str, Relation]] = {}

    def at(self, fact: FactTable, version: int) -> tuple[Column, ...]:
        """The table's columns at `version`; none before its own."""
        if version == self._newest:
            return fact.columns
        if version not in self._relations:
            self._relations[version] = self._declared(version)
        relation = self._relations[version].get(fact.name)
        return relation.columns if relation else ()

    def _declared(self, version: int) -> Mapping[str, Relation]:
        memory = open_memory(self._engine_name)
        try:
            with memory.transaction():
                for migration in self._migrations:
                    if migration.version <= version:
                        apply.apply_statements(memory, migration)
            return memory.relations()
        finally:
            memory.close()
