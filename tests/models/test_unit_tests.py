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
