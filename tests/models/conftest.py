"""One compiled project for all tests of models."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from tests.models.harness import Project
from tests.models.harness import build as build_models


@pytest.fixture(scope="session")
def build() -> Callable[..., duckdb.DuckDBPyConnection]:
    """build(connection, *models): those models, or all, over the facts in it."""
    project = Project()
    return lambda connection, *models: build_models(connection, project=project, targets=models)
