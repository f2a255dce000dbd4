"""Facts read as values, and made of values as a batch takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from runner.engines.base import Engine
from runner.ingest.batch import Append
from runner.ingest.candidates import type_sql
from runner.ingest.facts import FactTable
from runner.ingest.functions import NAMESPACE, name_of, quoted


def made_id(kind: str, *parts: str) -> UUID:
    """The id of a fact of that kind and those parts, as docs/ingest.md has them."""
    return uuid5(NAMESPACE, name_of(kind, *parts))


def one(fact: FactTable, values: Mapping[str, Any]) -> Append:
    """One row of a fact table; a column that is not given is null."""
    unknown = set(values) - {c.name for c in fact.content}
    assert not unknown, f"{fact.name} has no {unknown}"
    columns = ", ".join(
        f"cast({_literal(values.get(c.name))} as {type_sql(c.type)}) as {c.name}"
        for c in fact.content
    )
    return Append(fact.name, f"select {columns}")


def _literal(value: Any) -> str:
    return quoted(None if value is None else str(value))


def first(engine: Engine, sql: str, *params: Any) -> dict[str, Any] | None:
    """The first row of a portable query, by column; None where it has none."""
    return next(rows(engine, sql, *params), None)


def rows(engine: Engine, sql: str, *params: Any) -> Iterator[dict[str, Any]]:
    """A portable query's rows, by column."""
    return engine.query(sql, params).named
