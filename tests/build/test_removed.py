"""What a model that is gone leaves behind is told of, and dropped where that is asked for."""

from __future__ import annotations

import pytest

SHOP = {
    "seeds/raw.csv": "id,amount\n1,10.50\n",
    "seeds/old_raw.csv": "id\n1\n",
    "models/kept.sql": "select id, amount from {{ ref('raw') }}",
    "models/old_table.sql": "{{ config(materialized='table') }} select id from {{ ref('raw') }}",
    "models/old_view.sql": "{{ config(materialized='view') }} select * from {{ ref('old_table') }}",
    "models/old.yml": "models: [{name: old_table, description: 'Not needed.'}]\n",
}
LEFT = "still holds what no model or seed makes any more: old_raw, old_table, old_view; drop with"


def held(project):
    opened = project.open(read_only=True)
    found = {n for n in opened.relations() if n in ("kept", "raw") or n.startswith("old")}
    opened.close()
    return found


@pytest.fixture
def project(make, cli):
    """Published, and then without its old models and seed."""
    made = make(SHOP)
    outcome = cli(made, "build")
    assert outcome.exit_code == 0
    assert "no model or seed makes" not in outcome.stderr
    for name in SHOP:
        if "old" in name:
            (made.root / name).unlink()
    return made


def test_it_is_told_of_until_it_is_dropped(project, cli):
    for args in ([], ["--select", "kept"], ["--dry-run"]):
        outcome = cli(project, "build", *args)
        assert outcome.exit_code == 0
        assert LEFT in outcome.stderr
    assert held(project) == {"kept", "raw", "old_raw", "old_table", "old_view"}
    planned = cli(project, "build", "--prune", "--dry-run").stdout
    assert [line.split()[:3] for line in planned.splitlines()[:3]] == [
        ["drop", "seed", "old_raw"],
        ["drop", "table", "old_table"],
        ["drop", "view", "old_view"],
    ]
    outcome = cli(project, "build", "--prune")
    assert outcome.exit_code == 0
    assert "published" in outcome.stderr
    assert "0 built, 2 unchanged, 3 dropped" in outcome.stderr
    assert held(project) == {"kept", "raw"}
    opened = project.open(read_only=True)
    assert not [s for s in opened.schema_signature() if s.table.startswith("old")]
    opened.close()
    for args in ([], ["--prune"]):
        outcome = cli(project, "build", *args)
        assert "up to date: 0 built, 2 unchanged; " in outcome.stderr
        assert "no model or seed makes" not in outcome.stderr


def test_it_is_dropped_with_the_publish_or_not_at_all(project, cli):
    rule = "checks: [{table: kept, rules: [{name: small, expression: amount < 1}]}]\n"
    project.write({"checks/c.yml": rule})
    assert cli(project, "build", "--prune").exit_code == 1
    assert held(project) == {"kept", "raw", "old_raw", "old_table", "old_view"}


def test_what_is_disabled_or_made_ephemeral_is_gone_too(make, cli):
    project = make(SHOP)
    assert cli(project, "build").exit_code == 0
    off = "models: [{name: old_table, config: {enabled: false}}]\n"
    inside = "{{ config(materialized='ephemeral') }} select id from {{ ref('old_raw') }}"
    project.write({"models/old.yml": off, "models/old_view.sql": inside})
    assert "any more: old_table, old_view; " in cli(project, "build").stderr
    assert cli(project, "build", "--prune").exit_code == 0
    assert held(project) == {"kept", "raw", "old_raw"}


def test_what_was_made_by_hand_under_its_name_is_left(project, cli):
    opened = project.open()
    with opened.transaction():
        opened.table_as("old_table", "select 'mine' as words")
        opened.drop("old_view")
    opened.close()
    assert "any more: old_raw; " in cli(project, "build").stderr
    assert cli(project, "build", "--prune").exit_code == 0
    assert project.rows("select words from old_table") == [("mine",)]


def test_a_seed_that_became_a_model_is_that_model(project, cli):
    project.write({"models/old_raw.sql": "select 1 as id"})
    assert "any more: old_table, old_view; " in cli(project, "build").stderr
    assert cli(project, "build", "--prune").exit_code == 0
    assert held(project) == {"kept", "raw", "old_raw"}


def test_a_view_that_still_reads_it_keeps_it(make, cli):
    project = make({**SHOP, "models/shown.sql": "select id from {{ ref('old_table') }}"})
    view = "models: [{name: shown, config: {materialized: view}}]\n"
    project.write({"models/shown.yml": view})
    assert cli(project, "build").exit_code == 0
    for name in ("old_table.sql", "old_view.sql", "old.yml"):
        (project.root / "models" / name).unlink()
    project.write({"models/shown.sql": "select id from {{ ref('raw') }}"})
    outcome = cli(project, "build", "--prune", "--select", "kept")
    assert outcome.exit_code == 3
    assert "shown is not selected, and could no longer be read" in outcome.stderr
    assert "old_table" in held(project)
    assert cli(project, "build", "--prune").exit_code == 0
    assert held(project) == {"kept", "raw", "old_raw"}
