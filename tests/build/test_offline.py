"""Every shipped model compiles for every engine with no database at hand."""

from __future__ import annotations

from contextlib import closing

import pytest

from runner.build import offline
from runner.config import load_config
from runner.workspace import open_workspace
from tests.conftest import ENGINES, ROOT


@pytest.mark.parametrize("engine_name", ENGINES)
def test_every_model_has_columns_without_a_database(engine_name):
    workspace = open_workspace(load_config(ROOT, {}), engine_name)
    with closing(offline.with_parents_of(workspace, *workspace.models)) as engine:
        for compiled in workspace.models.values():
            assert engine.describe(compiled.sql), compiled.name
            assert engine.native(compiled.sql), compiled.name
