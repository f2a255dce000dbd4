"""What `runner test` says, to people and to programs, and which tests it runs."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

FILES = {
    "seeds/raw.csv": "id,price\n1,1.5\n",
    "models/marts/doubled.sql": "{{ config(tags=['daily']) }}\n"
    "select id, price * 2 as price, 'x' as kind from {{ ref('raw') }}",
    "models/kept.sql": "select id from {{ ref('doubled') }}",
    "models/tests.yml": """
        unit_tests:
          - name: prices_double
            description: Every price,
              to the last digit.
            model: doubled
            given:
              - input: ref('raw')
                rows:
                  - {id: 1, price: 1.5}
                  - {id: 2, price: 2}
                  - {id: 3, price: 0}
            expect:
              rows:
                - {id: 1, price: 3}
                - {id: 2, price: 4.01}
                - {id: 4, price: null}
          - name: seeds_are_read
            model: doubled
            given: []
            expect: {rows: [{price: 3}]}
          - name: ids_stay
            model: kept
            config: {tags: [fast]}
            given: [{input: ref('doubled'), rows: [{id: 1}]}]
            expect: {rows: [{id: 1}]}
          - name: left_out
            model: kept
            config: {enabled: false}
            given: []
            expect: {rows: []}
    """,
}
DIFF = """\
FAIL prices_double of doubled
  Every price, to the last digit.
  declared at models/tests.yml:2
  3 rows expected, 3 found: 2 missing (-), 2 not expected (+)
      id  price
    - 2   4.01
    + 2   4
    ?     ^^^^
    - 4   null
    + 3   0
unit tests: 2 passed, 1 failed; """


def test_a_failure_shows_what_is_missing_and_what_was_not_expected(make, cli):
    project = make(FILES)
    outcome = cli(project, "test")
    assert outcome.exit_code == 1
    assert DIFF in outcome.stderr
    assert [line.split() for line in outcome.stdout.splitlines()[::2]] == [
        ["status", "test_name", "model", "missing", "unexpected", "declared_at"],
        ["fail", "prices_double", "doubled", "2", "2", "models/tests.yml:2"],
    ]
    assert not project.database.exists()
    failed_fast = cli(project, "test", "--fail-fast")
    assert "0 passed, 1 failed, 2 not run" in failed_fast.stderr


def test_json_tells_all_of_each(make, cli):
    outcome = cli(make(FILES), "test", "--format", "json")
    assert outcome.exit_code == 1
    found = {entry["name"]: entry for entry in json.loads(outcome.stdout)}
    assert list(found) == ["prices_double", "seeds_are_read", "ids_stay"]
    failed = found["prices_double"]
    assert (failed["status"], failed["expected"], failed["found"]) == ("fail", 3, 3)
    assert failed["missing"] == [{"id": 2, "price": "4.01"}, {"id": 4, "price": None}]
    assert failed["unexpected"] == [{"id": 2, "price": "4"}, {"id": 3, "price": "0"}]
    assert failed["declared_at"] == {"file": "models/tests.yml", "line": 2}
    assert (found["ids_stay"]["status"], found["ids_stay"]["tags"]) == ("pass", ["fast"])


def test_junit_has_a_case_each(make, cli):
    outcome = cli(make(FILES), "test", "--format", "junit")
    top = ElementTree.fromstring(outcome.stdout)
    assert (top.get("tests"), top.get("failures")) == ("3", "1")
    cases = {case.get("name"): case for case in top.iter("testcase")}
    failure = cases["prices_double"].find("failure")
    assert failure is not None and "- 2   4.01" in (failure.text or "")
    assert cases["prices_double"].get("line") == "2"
    assert cases["ids_stay"].find("failure") is None


SELECTED = {
    "doubled": {"prices_double", "seeds_are_read"},
    "doubled+": {"prices_double", "seeds_are_read", "ids_stay"},
    "raw+": {"prices_double", "seeds_are_read", "ids_stay"},
    "tag:daily": {"prices_double", "seeds_are_read"},
    "tag:fast": {"ids_stay"},
    "path:models/marts": {"prices_double", "seeds_are_read"},
    "models/tests.yml": {"prices_double", "seeds_are_read", "ids_stay"},
    "ids_stay": {"ids_stay"},
    "*double*": {"prices_double", "seeds_are_read"},
    "doubled --exclude prices_double": {"seeds_are_read"},
    "doubled+ --exclude tag:daily": {"ids_stay"},
    "resource_type:unit_test --exclude kept": {"prices_double", "seeds_are_read"},
}


@pytest.mark.parametrize("selection", SELECTED)
def test_tests_are_selected_with_their_model_or_by_themselves(make, cli, selection):
    outcome = cli(make(FILES), "test", "--format", "json", "--select", *selection.split())
    assert {entry["name"] for entry in json.loads(outcome.stdout)} == SELECTED[selection]


@pytest.mark.parametrize("selection", ["raw", "left_out", "kep", "ids_stay --exclude kept"])
def test_a_selection_that_holds_no_test_is_refused(make, cli, selection):
    outcome = cli(make(FILES), "test", "--select", *selection.split())
    assert outcome.exit_code == 2
    assert "error[R206]" in outcome.stderr
    assert outcome.stdout == ""


def test_a_build_leaves_unit_tests_alone(make, cli):
    project = make({**FILES, "tests/fixtures/rows.sql": "select * from nowhere"})
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
