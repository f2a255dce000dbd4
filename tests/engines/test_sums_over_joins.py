"""A sum is compared as it is, also over an outer join whose other side is empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import MadeProject, Outcome

# DuckDB 2.0 knows by its statistics that nothing is of this kind, takes the join for empty and its
# sums for zero, and answers each comparison from that, before it runs
SUMS = """
    with totals as (
        select paid.account, sum(paid.amount) as amount
        from {{ ref('paid') }} as paid
        left join {{ ref('rates') }} as rates
            on paid.id = rates.id
            and rates.kind = 'FEE'
        group by paid.account
    )
    select account, amount, amount < 0 as is_negative, amount = -4 as is_equal from totals
"""


@pytest.mark.parametrize("materialized", ["table", "view"])
def test_sums_over_an_outer_join_to_nothing(
    make: Callable[..., MadeProject], cli: Callable[..., Outcome], materialized: str
) -> None:
    project = make(
        {
            "seeds/paid.csv": "id,account,amount\n1,a,-4\n2,b,5\n",
            "seeds/rates.csv": "id,kind\n1,CASH\n",
            "models/sums.sql": f"{{{{ config(materialized='{materialized}') }}}}\n{SUMS}",
        }
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    rows = project.rows("select account, is_negative, is_equal from sums order by account")
    assert [(a, bool(n), bool(e)) for a, n, e in rows] == [("a", True, True), ("b", False, False)]
    assert project.rows("select account from sums where amount < 0") == [("a",)]
