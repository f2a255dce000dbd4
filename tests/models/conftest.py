"""The project's models, built by the runner over a ledger in memory, on each engine in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from runner.engines.base import Engine
from tests.models.harness import build as build_models
from tests.models.harness import empty_ledger


@pytest.fixture
def build() -> Callable[..., Engine]:
    """build(ledger, *models): those models, or all, over the facts in it."""
    return lambda ledger, *models: build_models(ledger, models)


@pytest.fixture
def ledger(engine_name: str) -> Iterator[Engine]:
    """An empty ledger."""
    made = empty_ledger(engine_name)
    yield made
    made.close()
