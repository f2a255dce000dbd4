"""Every unit test that stands beside the models, on both engines."""

from __future__ import annotations

from functools import cache

import pytest

from runner.unit_tests.cases import prepare
from runner.unit_tests.columns import Shapes
from runner.unit_tests.definition import UnitTest
from runner.unit_tests.difference import difference
from runner.unit_tests.files import load_unit_tests
from runner.unit_tests.run import run_case
from tests.models.harness import workspace

_TESTS = load_unit_tests(workspace("duckdb").project)
assert _TESTS


@cache
def _shapes(engine: str) -> Shapes:
    return Shapes(workspace(engine))


@pytest.mark.parametrize("test", _TESTS, ids=lambda test: f"{test.model}-{test.name}")
def test_a_model_gives_the_rows_expected(test: UnitTest, engine_name: str) -> None:
    result = run_case(engine_name, prepare(workspace(engine_name), test, _shapes(engine_name)))
    assert result.has_passed, "\n".join([result.sentence, *difference(result)])


@pytest.mark.parametrize("test", _TESTS, ids=lambda test: f"{test.model}-{test.name}")
def test_dbt_can_run_it_too(test: UnitTest) -> None:
    """It asks for rows of whatever the model refers to, and whether the model is incremental."""
    model = workspace("duckdb").models[test.model]
    given = {one.name for one in test.given}
    assert {unique_id.rpartition(".")[2] for unique_id in model.depends_on} <= given
    if "is_incremental()" in workspace("duckdb").project.models[test.model].raw_sql:
        assert "is_incremental" in test.overrides.macros
