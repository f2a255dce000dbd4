"""What SQL reads by its plain name is warned of: nothing is built, or checked, again for it."""

from __future__ import annotations

import pytest

PROJECT = {
    "seeds/raw.csv": "id,amount\n1,10.50\n",
    "models/one.sql": "select id, amount from {{ ref('raw') }} as raw",
    "models/told.sql": """
        -- from one
        with raw as (select * from {{ ref('one') }} one)
        select raw.*, 'join one' as words from raw
    """,
}
MODEL = {"models/two.sql": "{{ config(materialized='table') }}\nselect id\nfrom one"}
CHECK = {
    "checks/mine.yml": """
        checks:
          - name: small
            sql: select * from one where amount > 11
    """
}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (MODEL, "models/two.sql:3: two reads one by its plain name, and is not built again when "),
        (CHECK, "checks/mine.yml:2: the check small reads one by its plain name, and is not run "),
    ],
    ids=["model", "check"],
)
def test_it_is_named_with_what_to_write(make, cli, files, said):
    project = make({**PROJECT, **files})
    (line,) = cli(project, "build", "--dry-run").stderr.splitlines()
    assert said in line
    assert line.endswith("one changes: write {{ ref('one') }}")


def test_what_the_graph_is_told_is_not(make, cli):
    assert "warning" not in cli(make(PROJECT), "build").stderr


def test_a_fact_is_written_as_its_source(make_ledger, cli):
    project = make_ledger()
    project.write({"models/orders/two.sql": "select count(*) as n from order_fills"})
    said = cli(project, "build", "--dry-run").stderr
    assert said.splitlines() == [
        "warning: models/orders/two.sql:1: two reads order_fills by its plain name, and is not "
        "built again when order_fills changes: write {{ source('ledger', 'order_fills') }}"
    ]
