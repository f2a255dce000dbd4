"""`runner check --engine gx`: the same answers and exits, and what it leaves in target/gx."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

from runner.checks.gx import exactness

FILES = {
    "seeds/orders.csv": "id,price\n1,5\n2,6\n3,%\n",
    "models/kept.sql": "{{ config(materialized='table') }} select * from {{ ref('orders') }}",
}
SUITE = {
    "checks/kept.yml": """
        checks:
          - table: kept
            rules:
              - expect_column_values_to_be_in_set: {column: id, value_set: [1, 2]}
                name: two_are_known
                severity: warn
                description: Only two are known.
              - expect_column_values_to_be_between: {column: id, max_value: 2}
                name: small
              - not_null: [price]
          - name: none_is_first
            sql: select * from {{ ref('kept') }} where id = 1
          - table: orders
            rules:
              - {name: few, row_count: {max: 2}}
    """
}


@pytest.fixture
def built(make, cli):
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    project.write(SUITE)
    return project


def test_it_says_what_our_own_engine_says(built, cli, monkeypatch):
    def refuse(*_):
        raise AssertionError("Great Expectations called someone outside")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for more in (["--format", "github"], []):
        ours = cli(built, "check", *more)
        theirs = cli(built, "check", "--engine", "gx", *more)
        assert theirs.exit_code == ours.exit_code == 1
        assert theirs.stdout == ours.stdout
        assert "two_are_known" in ours.stdout
        assert theirs.stderr == ours.stderr
    assert cli(built, "check", "--engine", "gx", "--warn-only").exit_code == 0


def test_it_leaves_suites_results_and_pages(built, cli):
    outcome = cli(built, "check", "--engine", "gx", "--format", "json")
    found = {entry["name"]: entry for entry in json.loads(outcome.stdout)}
    folder = built.root / "target" / "gx"
    names = {"kept.kept.json", "kept.orders.json", "kept.queries.json"}
    assert {path.name for path in (folder / "expectations").iterdir()} == names
    suite = json.loads((folder / "expectations" / "kept.kept.json").read_text())
    own = {e["meta"]["check"]: e for e in suite["expectations"]}
    assert own["small"]["type"] == "expect_column_values_to_be_between"
    assert own["small"]["kwargs"] == {"column": "id", "max_value": 2.0}
    assert (own["two_are_known"]["severity"], own["small"]["severity"]) == ("warning", "critical")
    assert own["two_are_known"]["description"] == "Only two are known."
    validation = json.loads((folder / "validations" / "kept.kept.json").read_text())
    assert validation["statistics"]["unsuccessful_expectations"] == 2
    for result in validation["results"]:
        entry = found[result["expectation_config"]["meta"]["check"]]
        assert result["success"] == (entry["status"] == "pass")
        assert result["result"]["unexpected_count"] == entry["failures"]
    pages = "".join(path.read_text() for path in (folder / "data_docs").rglob("*.html"))
    assert "Only two are known." in pages

    (built.root / "checks" / "kept.yml").unlink()
    built.write({"checks/other.yml": "checks: [{table: kept, rules: [{unique: id}]}]"})
    assert cli(built, "check", "--engine", "gx").exit_code == 0
    assert [path.name for path in (folder / "validations").iterdir()] == ["other.kept.json"]


def test_fail_fast_leaves_other_tables(built, cli):
    outcome = cli(built, "check", "--engine", "gx", "--fail-fast")
    assert outcome.exit_code == 1
    assert "few" not in outcome.stdout
    assert "2 not run" in outcome.stderr


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("expect_column_values_to_be_between: {column: prise, min_value: 1}", "prise"),
        ("expect_column_values_to_match_regex: {column: prise, regex: a}", "prise"),
        ("expression: prise > 1", "prise"),
    ],
)
def test_a_rule_that_breaks_is_an_error_of_its_own(make, cli, rule, said):
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    text = "checks:\n  - table: kept\n    rules:\n      - {name: sound, not_null: id}\n"
    project.write({"checks/c.yml": f"{text}      - {{name: broken, {rule}}}\n"})
    outcome = cli(project, "check", "--engine", "gx")
    assert outcome.exit_code == 3
    assert "error[R311]: the check broken could not run" in outcome.stderr
    assert "where: checks/c.yml:5\n" in outcome.stderr
    assert said in outcome.stderr


def test_what_breaks_in_great_expectations_is_an_error(built, cli, monkeypatch):
    def elsewhere(*_):
        return "expect_column_values_to_not_be_null", {"column": "prise"}

    monkeypatch.setattr(exactness, "own_expectation", elsewhere)
    outcome = cli(built, "check", "--engine", "gx")
    assert outcome.exit_code == 3
    assert "error[R311]: the check two_are_known could not run" in outcome.stderr
    assert 'The column "prise" in BatchData does not exist' in outcome.stderr


def test_without_the_extra_it_says_how_to_get_it(built, cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    outcome = cli(built, "check", "--engine", "gx")
    assert outcome.exit_code == 2
    assert "error[R216]: Great Expectations is not installed" in outcome.stderr
    assert "mend:  pip install 'sot-runner[gx]'" in outcome.stderr


def test_nobody_else_imports_it(built):
    program = (
        "import sys; from runner.cli.main import run; run(['check']); "
        "sys.exit('great_expectations' in sys.modules or 'sqlalchemy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=built.root, capture_output=True)
    assert ran.returncode == 0
    assert b"few" in ran.stdout
