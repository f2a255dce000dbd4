"""What extends a table fits it column by column, or the table is built whole and says so."""

from __future__ import annotations

import pytest

from runner.build import run as build_run
from tests.conftest import MadeProject

HALVES = """
{{{{ config(materialized='incremental'{config}) }}}}
{{% if is_incremental() %}}
select {later} from {{{{ ref('paid') }}}} where id > (select max(id) from {{{{ this }}}})
{{% else %}}
select {first} from {{{{ ref('paid') }}}}
{{% endif %}}
"""
STRATEGIES = {
    "append": "",
    "delete+insert": ", unique_key='id'",
    "replace": ", incremental_strategy='replace', stale='id > 1000000'",
}


def halves(first: str, later: str, config: str = "") -> str:
    return HALVES.format(config=config, first=first, later=later)


def grown(project: MadeProject, cli, *arguments: str) -> str:  # type: ignore[no-untyped-def]
    """What a build says after one more row."""
    paid = project.root / "seeds" / "paid.csv"
    rows = paid.read_text()
    paid.write_text(rows + f"{rows.count(chr(10))},2.5\n")
    outcome = cli(project, "build", *arguments)
    assert outcome.exit_code == 0, outcome.stderr
    return str(outcome.stderr)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("first", "later", "why"),
    [
        ("id, 1 as b, 10 as c", "id, 10 as c, 1 as b", "gives id, c, b; its table has id, b, c"),
        ("id, 1 as b, 10 as c", "id, 1 as b", "gives id, b; its table has id, b, c"),
        ("id, 1 as b, 10 as c", "id, 1 as b, 10 as d", "gives id, b, d; its table has id, b, c"),
        (
            "id, 1 as b, cast(1.25 as decimal(9,2)) as c",
            "id, 1 as b, cast(1.255 as decimal(9,3)) as c",
            "gives c as decimal(9,3); its table has decimal(9,2)",
        ),
    ],
)
def test_other_columns_are_built_whole(make, cli, strategy, first, later, why):
    project = make(
        {
            "seeds/paid.csv": "id,amount\n1,1.5\n",
            "models/kept.sql": halves(first, later, STRATEGIES[strategy]),
        }
    )
    assert cli(project, "build").exit_code == 0
    whole = project.rows("select b, c from kept")
    # a third time too: what was found the second time is not taken for granted
    for rows in (2, 3):
        said = grown(project, cli)
        if strategy != "replace":  # seeds are no facts: over one it is built whole as it is
            assert f"warning: kept was built whole: what extends it {why}" in said
        assert project.rows("select b, c from kept") == whole * rows


@pytest.mark.parametrize("first", ["id, 1 as b", "id, cast(1 as decimal(9,2)) as b"])
def test_a_narrower_column_extends_what_stands(make, cli, first):
    project = make(
        {
            "seeds/paid.csv": "id,amount\n1,1.5\n",
            "models/kept.sql": halves(first, "id, cast(1 as smallint) as b"),
        }
    )
    assert cli(project, "build").exit_code == 0
    assert "built whole" not in grown(project, cli) + grown(project, cli)
    assert project.rows("select id, b from kept order by id") == [(1, 1), (2, 1), (3, 1)]


def test_a_comment_at_the_end_and_names_in_quotes(make, cli):
    kept = (
        "{{ config(materialized='incremental') }}\n"
        """select id, 1 as "group" from {{ ref('paid') }}\n"""
        "{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}\n"
        "-- no more than that"
    )
    project = make({"seeds/paid.csv": "id,amount\n1,1.5\n", "models/kept.sql": kept})
    assert cli(project, "build").exit_code == 0
    assert "built whole" not in grown(project, cli)
    assert project.rows('select id, "group" from kept order by id') == [(1, 1), (2, 1)]


def test_what_only_dbts_strategies_extend_is_never_built_whole(make, cli, monkeypatch):
    kept = """
        {{ config(materialized='incremental') }}
        select id, amount from {{ ref('paid') }}
    """
    project = make({"seeds/paid.csv": "id,amount\n1,1.5\n", "models/kept.sql": kept})
    assert cli(project, "build").exit_code == 0
    # the row of before is nowhere else any more
    (project.root / "seeds" / "paid.csv").write_text("id,amount\n2,2.5\n3,3.5\n")
    monkeypatch.setattr(build_run, "_MANY_ROWS", 0)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    assert project.rows("select id from kept order by id") == [(1,), (2,), (3,)]
