"""What `runner check` says, to people and to programs, and what is kept of every build."""

from __future__ import annotations

import json
import shutil
from xml.etree import ElementTree

import pytest

from runner.errors import EngineError

FILES = {
    "seeds/orders.csv": "id,price\n1,5\n2,6\n3,%\n",
    "models/kept.sql": "{{ config(materialized='table') }} select * from {{ ref('orders') }}",
    "checks/kept.yml": """
        checks:
          - table: kept
            rules:
              - expect_column_values_to_be_in_set: {column: id, value_set: [1, 2]}
                severity: warn
                description: Only two are known.
                owner: desk
              - not_null: [price]
    """,
}
BROKEN = {
    "checks/broken.yml": """
        checks:
          - table: kept
            rules:
              - {expect_column_values_to_be_between: {column: id, max_value: 2}, tags: nightly}
          - name: none_is_first
            sql: select * from {{ ref('kept') }} where id = 1
    """
}
KNOWN = "expect_column_values_to_be_in_set_kept_id"
SMALL = "expect_column_values_to_be_between_kept_id"


@pytest.fixture
def checked(make, cli):
    """A published project to which rules were added that it does not keep."""
    project = make(FILES)
    assert cli(project, "build").exit_code == 0
    project.write(BROKEN)
    return project


def test_json_tells_all_of_each(checked, cli):
    outcome = cli(checked, "check", "--format", "json")
    assert outcome.exit_code == 1
    found = {entry["name"]: entry for entry in json.loads(outcome.stdout)}
    small = found[SMALL]
    assert (small["status"], small["failures"], small["considered"]) == ("fail", 1, 3)
    assert small["share"] == "0.333333"
    assert small["rule"] == "expect_column_values_to_be_between"
    assert small["declared_at"] == {"file": "checks/broken.yml", "line": 4}
    assert small["failing_rows"] == [{"id": 3, "price": "%"}]
    assert checked.rows(small["failing_sql"]) == [(3, "%")]
    assert (found[KNOWN]["status"], found[KNOWN]["owner"]) == ("warn", "desk")
    kept = json.loads((checked.root / "target" / "check_results.json").read_text())
    assert {entry["name"] for entry in kept["results"]} == set(found)


def test_junit_has_a_case_each(checked, cli):
    outcome = cli(checked, "check", "--format", "junit")
    top = ElementTree.fromstring(outcome.stdout)
    assert (top.get("tests"), top.get("failures")) == ("4", "2")
    cases = {case.get("name"): case for case in top.iter("testcase")}
    failure = cases[SMALL].find("failure")
    assert failure is not None and "1 row of 3 (33.33%)" in (failure.text or "")
    assert cases[KNOWN].find("failure") is None


def test_github_annotates_where_a_rule_stands(checked, cli):
    lines = cli(checked, "check", "--format", "github").stdout.splitlines()
    assert len(lines) == 3
    assert any(
        line.startswith(f"::error file=checks/broken.yml,line=4,title={SMALL}::") for line in lines
    )
    warning = next(line for line in lines if line.startswith("::warning"))
    # a line break and a per cent sign of the text are escaped
    assert "33.33%25" in warning and "%0A" in warning and "price=%25" in warning


def test_a_build_writes_them_too(checked, cli):
    """Of one that publishes nothing: there is nothing then that they could be asked of."""
    lines = cli(checked, "build", "--format", "github", "--quiet").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines].count("::error") == 2
    outcome = cli(checked, "build", "--format", "junit")
    assert ElementTree.fromstring(outcome.stdout).get("failures") == "2"
    assert "NOTHING PUBLISHED" in outcome.stderr


def test_a_table_shows_what_did_not_pass(checked, cli):
    outcome = cli(checked, "check")
    assert SMALL in outcome.stdout and "none_is_first" in outcome.stdout
    assert "not_null" not in outcome.stdout
    assert "checks: 1 passed, 1 warned, 2 failed" in outcome.stderr


@pytest.mark.parametrize(
    ("select", "names"),
    [
        (("--select", "none_is_first"), {"none_is_first"}),
        (("--select", "tag:nightly"), {SMALL}),
        (("--select", "tag:nightly none_is_first"), {SMALL, "none_is_first"}),
        (("--select", "kept,tag:nightly"), {SMALL}),
        (("--select", "orders,tag:nightly"), None),
        (("--select", "broken"), {SMALL, "none_is_first"}),
        (("--select", "path:checks/broken.yml"), {SMALL, "none_is_first"}),
        (("--select", "config.owner:desk"), {KNOWN}),
        (("--select", "orders+"), {SMALL, KNOWN, "none_is_first", "not_null_kept_price"}),
        (("--select", "kept", "--exclude", "tag:nightly config.owner:desk none_is_first"),
         {"not_null_kept_price"}),
        (("--exclude", "kept"), None),
    ],
)  # fmt: skip
def test_checks_are_selected_by_what_they_are_and_what_they_are_about(checked, cli, select, names):
    outcome = cli(checked, "check", "--format", "json", *select)
    if names is None:
        assert outcome.exit_code == 2 and "error[R206]" in outcome.stderr
    else:
        assert {entry["name"] for entry in json.loads(outcome.stdout)} == names


def test_warn_only_exits_with_0(checked, cli):
    outcome = cli(checked, "check", "--warn-only")
    assert outcome.exit_code == 0
    assert "2 failed" in outcome.stderr


@pytest.mark.parametrize("judge", ["native", "gx"])
def test_a_check_that_cannot_run_is_told_among_the_others(checked, cli, judge):
    checked.write(
        {
            "checks/strange.yml": """
                checks:
                  - table: kept
                    rules:
                      - {name: strange, expression: prise > 5}
                      - {name: unread, expect_column_values_to_match_regex:
                          {column: price, regex: '['}}
            """
        }
    )
    outcome = cli(checked, "check", "--engine", judge, "--format", "json", "--warn-only")
    assert outcome.exit_code == 3
    found = {entry["name"]: entry for entry in json.loads(outcome.stdout)}
    told = {name: (entry["status"], entry["failures"]) for name, entry in found.items()}
    assert told[SMALL] == ("fail", 1) and told["not_null_kept_price"] == ("pass", 0)
    assert told["strange"] == told["unread"] == ("error", None)
    assert "prise" in found["strange"]["error"]
    assert "2 failed, 2 could not run" in outcome.stderr
    assert "error[R311]: the check strange could not run" in outcome.stderr
    top = ElementTree.fromstring(cli(checked, "check", "--format", "junit").stdout)
    assert (top.get("failures"), top.get("errors")) == ("2", "2")
    lines = cli(checked, "check", "--format", "github").stdout.splitlines()
    assert any(line.startswith("::error file=checks/strange.yml,line=4,") for line in lines)


def test_a_failure_says_what_should_hold(checked, cli):
    said = cli(checked, "check").stderr
    assert "WARN expect_column_values_to_be_in_set_kept_id\n  Only two are known.\n" in said
    rule = "expect_column_values_to_be_between (column: id, max_value: 2)"
    assert f"FAIL {SMALL}\n  {rule}\n" in said
    assert "FAIL none_is_first\n  the query returns no row\n" in said
    found = json.loads(cli(checked, "check", "--format", "json").stdout)
    assert rule in [entry["sentence"] for entry in found]


def test_rows_that_are_not_kept_are_said_to_be_more(checked, cli):
    settings = checked.root / "pyproject.toml"
    checked.write(
        {
            "checks/many.yml": """
        checks:
          - table: kept
            rules:
              - {name: none, expression: id > 9}
    """
        }
    )
    kept = "runner query \"select failing_row from check_failures where check_name = 'none'\""
    assert f"  all of them: {kept}" in cli(checked, "build").stderr
    settings.write_text(
        settings.read_text().replace("[tool.runner]\n", "[tool.runner]\nstored_failures = 2\n")
    )
    assert f"  the first 2 of them: {kept}" in cli(checked, "build", "--full-refresh").stderr


def test_a_warning_says_where_its_rows_are_as_long_as_they_are_there(make, cli):
    project = make(FILES)
    kept = f"runner query \"select failing_row from check_failures where check_name = '{KNOWN}'\""
    assert f"  all of them: {kept}" in cli(project, "build").stderr
    again = cli(project, "build").stderr
    assert "(as found when last checked)" in again and f"  all of them: {kept}" in again
    assert len(project.rows("select failing_row from check_failures")) == 1
    # a build that is not published keeps the rows of what it found, and the warning was not there
    project.write({"seeds/orders.csv": "id,price\n1,5\n2,\n"})
    assert cli(project, "build").exit_code == 1
    project.write({"seeds/orders.csv": FILES["seeds/orders.csv"]})
    again = cli(project, "build").stderr
    assert f"WARN {KNOWN}" in again and "check_failures" not in again
    assert project.rows("select failing_row from check_failures") == []


def test_sql_too_long_for_a_line_is_where_it_was_written(checked, cli):
    long = "id not in (" + ", ".join(map(str, range(3, 200))) + ")"
    rule = json.dumps({"name": "long", "expression": long})
    checked.write({"checks/long.yml": f"checks: [{{table: kept, rules: [{rule}]}}]"})
    settings = checked.root / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace("[tool.runner]\n", '[tool.runner]\ntarget_path = "out"\n')
    )
    said = cli(checked, "check", "--select", "long").stderr
    assert "  all of them: the SQL is in out/check_results.json\n" in said
    (written,) = json.loads((checked.root / "out/check_results.json").read_text())["results"]
    assert checked.rows(written["failing_sql"]) == [(3, "%")]
    shutil.rmtree(checked.root / "out")
    (checked.root / "out").write_text("in the way")
    said = cli(checked, "check", "--select", "long").stderr
    assert "FAIL long" in said and "check_results.json" not in said


def test_fail_fast_leaves_the_rest(checked, cli):
    outcome = cli(checked, "check", "--fail-fast")
    assert outcome.exit_code == 1
    assert "none_is_first" not in outcome.stdout
    assert "1 not run" in outcome.stderr


def test_history_keeps_every_build(checked, cli):
    assert cli(checked, "build").exit_code == 1  # not published, but remembered
    (checked.root / "checks" / "broken.yml").unlink()
    checked.write({"seeds/orders.csv": "id,price\n1,5\n2,6\n"})
    assert cli(checked, "build").exit_code == 0
    outcome = cli(checked, "check", "history", "--format", "json")
    trend = {row["check_name"]: row for row in json.loads(outcome.stdout)}
    known = trend[KNOWN]
    assert (known["status"], known["failures"], known["change"]) == ("pass", 0, -1)
    assert (known["runs"], known["runs_with_failures"]) == (2, 1)
    assert SMALL not in trend
    assert "left out: 2 checks that the project no longer has" in outcome.stderr
    outcome = cli(checked, "check", "history", SMALL, "--format", "json")
    assert [row["status"] for row in json.loads(outcome.stdout)] == ["fail"]
    outcome = cli(checked, "check", "history", KNOWN, "--format", "json")
    assert [row["status"] for row in json.loads(outcome.stdout)] == ["pass", "warn"]


def test_history_of_a_name_nobody_knows(checked, cli):
    outcome = cli(checked, "check", "history", KNOWN[:-1])
    assert outcome.exit_code == 2
    assert f"did you mean '{KNOWN}'?" in outcome.stderr


def test_history_is_append_only(checked, cli):
    engine = checked.open()
    try:
        with pytest.raises(EngineError, match="append-only"):
            engine.execute("delete from check_history")
    finally:
        engine.close()
