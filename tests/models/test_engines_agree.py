"""Random histories on both engines: the same figure in every cell of every derived table."""

from __future__ import annotations

from typing import Any

import pytest

from runner.engines.base import Engine
from tests.models.facts import write
from tests.models.harness import build, empty_ledger, workspace
from tests.models.histories import INSTRUMENTS, History


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.nightly) for n in range(3, 12))]
)
def test_every_derived_cell_is_the_same(seed: int) -> None:
    history = History(seed, 60, accounts=8)
    duck, lite = (_built(engine, history) for engine in ("duckdb", "sqlite"))
    try:
        for name, model in workspace("duckdb").models.items():
            if model.materialized != "ephemeral":
                assert _rows(duck, name) == _rows(lite, name), name
    finally:
        duck.close()
        lite.close()


def _built(engine: str, history: History) -> Engine:
    ledger = empty_ledger(engine)
    facts = (INSTRUMENTS, history.fills, history.ticks, history.funding, history.reporting)
    write(ledger, *facts, lots=history.lots)
    return build(ledger, methods=history.methods)


def _rows(ledger: Engine, table: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(map(repr, row)) for row in ledger.query(f"select * from {table}").rows)
