"""The schema that editors complete suites by agrees with what is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from runner.project.yaml_file import read_yaml
from tests.checks.test_expectations import RULES, suite
from tests.docs.suite_schema import suite_schema

VALIDATOR = Draft202012Validator(suite_schema())
SUITES = sorted((Path(__file__).parent.parent.parent / "checks").glob("*.yml"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_the_ledgers_suites_keep_to_it(path):
    assert list(VALIDATOR.iter_errors(read_yaml(path))) == []


def test_every_expectation_can_be_written(tmp_path):
    path = tmp_path / "all.yml"
    path.write_text(suite(RULES))
    assert list(VALIDATOR.iter_errors(read_yaml(path))) == []


@pytest.mark.parametrize(
    "rule",
    [
        "expect_column_values_to_be_betwen: {column: a}",
        "expect_column_values_to_be_between: {column: a, min_valu: 1}",
        "expect_column_values_to_be_in_set: {column: a}",
        "not_null: a, severity: grave",
        "not_null: a, unique: a",
    ],
)
def test_what_is_refused_is_no_suite(tmp_path, rule):
    path = tmp_path / "wrong.yml"
    path.write_text(f"checks:\n  - table: t\n    rules:\n      - {{{rule}}}\n")
    assert list(VALIDATOR.iter_errors(read_yaml(path))) != []
