"""The columns a fact table had when a batch was appended: its rows were hashed with no others."""

from __future__ import annotations

from collections.abc import Sequence

from runner.engines.base import Column, Engine, open_memory
from runner.ingest.facts import FactTable
from runner.migrate import apply
from runner.migrate.files import Migration


def columns_at(
    engine: Engine, fact: FactTable, version: int, migrations: Sequence[Migration]
) -> tuple[Column, ...]:
    """The table's columns as the migrations up to `version` declare them; none before its own."""
    newest = max(m.version for m in migrations)
    if version == newest:
        return fact.columns
    memory = open_memory(engine.name)
    try:
        with memory.transaction():
            for migration in migrations:
                if migration.version <= version:
                    apply.apply_statements(memory, migration)
        relation = memory.relations().get(fact.name)
    finally:
        memory.close()
    return relation.columns if relation else ()
