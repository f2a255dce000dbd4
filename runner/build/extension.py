"""Which incremental models may be extended, and from which batch of facts on.

A model whose strategy is `replace` derives from facts alone, which only grow: over a standing table
it drops the rows that new facts make stale and adds theirs. That is sound only where nothing but
facts has changed since; otherwise the model is built whole. Models of strategy `overwrite` tell the
others what has changed: they hold the rows of the latest build, and no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.build.fingerprint import BATCHES
from runner.compile.compiled import Compiled
from runner.compile.context import FRESH_PREFIX, LOST_PREFIX
from runner.engines.base import Column, Engine, Relation
from runner.sqltyping.types import NULL, Kind

REPLACE = "replace"
OVERWRITE = "overwrite"


def strategy(compiled: Compiled | None) -> str:
    """REPLACE or OVERWRITE; empty for dbt's own strategies, and for what is not incremental."""
    if compiled is None or compiled.materialized != "incremental":
        return ""
    found = str(compiled.config.get("incremental_strategy"))
    return found if found in (REPLACE, OVERWRITE) else ""


def fresh_rows(name: str) -> str:
    """The table that holds, during a build, the rows it puts into the model `name`."""
    return FRESH_PREFIX + name


def lost_rows(name: str) -> str:
    """The table that holds, during a build, the keys that the model `name` has no more."""
    return LOST_PREFIX + name


def misfit(found: Sequence[Column], standing: Sequence[Column]) -> str | None:
    """Why rows of the columns `found` cannot be put into a table that stands; None: they can.

    Rows go in by their columns' place, and what a column has no room for would be rounded.
    """
    gives, has = ([c.name for c in columns] for columns in (found, standing))
    if gives != has:
        return f"what extends it gives {', '.join(gives)}; its table has {', '.join(has)}"
    for new, old in zip(found, standing, strict=True):
        if not _fits(new, old):
            # as the database calls them where our words do not tell them apart
            types = [str(c.type) for c in (new, old)]
            if types[0] == types[1]:
                types = [c.native_type for c in (new, old)]
            return f"what extends it gives {new.name} as {types[0]}; its table has {types[1]}"
    return None


def _fits(found: Column, standing: Column) -> bool:
    new, old = found.type, standing.type
    whole = (Kind.INTEGER, Kind.HUGEINT)
    if new.kind in whole or (new.kind is old.kind is Kind.DECIMAL):
        # a number too large is refused, but decimals too many are rounded without a word
        return old.kind in (*whole, Kind.DECIMAL) and (new.scale or 0) <= (old.scale or 0)
    if new.kind is old.kind and new.kind in (Kind.DOUBLE, Kind.UNKNOWN):
        # a list of decimals, a float of 32 bits, a time of seconds: what it holds is in its name
        return found.native_type == standing.native_type
    return new.kind is old.kind or new == NULL


def last_batch(engine: Engine, relations: Mapping[str, Relation]) -> int:
    """The newest batch in the ledger; 0 where there is none."""
    if BATCHES not in relations:
        return 0
    (row,) = engine.query(f"select coalesce(max(batch_id), 0) as batch_id from {BATCHES}").rows
    return int(row[0])
