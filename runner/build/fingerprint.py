"""When is a table still what a build would make? When nothing that goes into it has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner import __version__
from runner.compile.compiled import Compiled
from runner.engines.base import Engine, Relation
from runner.project.nodes import Project, Seed
from runner.project.text_file import read_text

BATCHES = "ledger_batches"
_BATCH_TABLES = "ledger_batch_tables"
# what decides a table's content; tags, descriptions and severities do not
_CONFIG_KEYS = (
    "materialized", "kernel", "contract", "unique_key", "incremental_strategy", "column_types",
    "stale", "changed",
)  # fmt: skip
_SEED_KEYS = ("column_types", "delimiter")


def digest(*parts: str) -> str:
    joined = hashlib.sha256()
    for part in parts:
        joined.update(f"{len(part)}:{part}".encode())
    return joined.hexdigest()


def of_definition(compiled: Compiled, engine_name: str) -> str:
    """A model by itself: rendered SQL, what config decides, contract, runner version.

    What extends a table belongs to it: rows that it once put in wrong would stay, once it is right.
    """
    config = {key: compiled.config.get(key) for key in _CONFIG_KEYS}
    columns = [(c.name, c.data_type) for c in compiled.columns] if compiled.has_contract else []
    return digest(
        __version__,
        engine_name,
        compiled.sql,
        compiled.extending,
        json.dumps([config, columns], sort_keys=True, default=str),
    )


def of_seed(seed: Seed, engine_name: str) -> str:
    return digest(
        __version__,
        engine_name,
        read_text(seed.path),
        json.dumps([seed.config.get(k) for k in _SEED_KEYS], sort_keys=True, default=str),
    )


def of_node(definition: str, parents: Iterable[str]) -> str:
    """A node with everything it stands on."""
    return digest(definition, *sorted(parents))


@dataclass(frozen=True)
class Fact:
    """A source whose guard is in place, as it was found."""

    fingerprint: str
    row_count: int
    # of the number of its rows that no batch tells of, or of all, where they restate others;
    # None where there are no batches
    structure: str | None
    restates: bool = False  # a new row changes what was derived of other facts
    last_batch: int = 0  # that brought rows of it


@dataclass(frozen=True)
class Sources:
    """What each source holds, by unique id."""

    fingerprints: Mapping[str, str | None]  # None where only reading it all could tell
    facts: Mapping[str, Fact]


def of_sources(engine: Engine, project: Project, relations: Mapping[str, Relation]) -> Sources:
    """A fact is append-only, so its row count and last batch change with every append, also with
    one made behind the runner's back. A table without that guard may have changed in place.
    """
    guarded = engine.guarded_facts()
    last_batch, told = _told_by_batches(engine, relations)
    found: dict[str, str | None] = {}
    facts: dict[str, Fact] = {}
    tables = {source.identifier for source in project.sources.values()}
    counts = engine.row_counts(sorted(tables & guarded & relations.keys()))
    for source in project.sources.values():
        table = source.identifier
        if table in counts:
            count = counts[table]
            made_of = digest(table, str(count), last_batch.get(table, ""))
            restates = bool(source.meta.get("restates"))
            beyond = count if restates else count - told.get(table, 0)
            structure = digest(table, str(beyond)) if _BATCH_TABLES in relations else None
            facts[source.unique_id] = Fact(
                made_of, count, structure, restates, int(last_batch.get(table, 0))
            )
            found[source.unique_id] = made_of
        else:
            found[source.unique_id] = None
    return Sources(found, facts)


def _told_by_batches(
    engine: Engine, relations: Mapping[str, Relation]
) -> tuple[dict[str, str], dict[str, int]]:
    """Of each table, its last batch, and how many rows batches tell of."""
    if _BATCH_TABLES not in relations:
        return {}, {}
    parts = list(
        engine.query(
            "select table_name, max(batch_id) as batch_id, sum(row_count) as row_count, "
            f"count(*) as part_count from {_BATCH_TABLES} group by table_name"
        ).rows
    )
    ((batches,),) = engine.query(f"select count(distinct batch_id) as n from {_BATCH_TABLES}").rows
    told = {table: int(rows) for table, _, rows, _ in parts}
    # the ledger's own books are in no list: a batch is one row of one, and one of the other a table
    told |= {BATCHES: int(batches), _BATCH_TABLES: sum(int(n) for *_, n in parts)}
    return {table: str(batch) for table, batch, *_ in parts}, told
