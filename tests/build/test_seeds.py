"""A seed holds what its file says, to the last digit, or is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

TYPED = "seeds: [{{name: rates, config: {{column_types: {{rate: '{}'}}}}}}]"


@pytest.mark.parametrize(
    ("written", "type_", "decimals"),
    [("1.005", "decimal(18,2)", 3), ("1.23456", "numeric", 5), ("1e-5", "decimal", 5)],
)
def test_a_seed_is_not_rounded(make, cli, written, type_, decimals):
    project = make(
        {
            "models/m.sql": "select rate from {{ ref('rates') }}",
            "seeds/rates.csv": f"id,rate\n1,2\n2,{written}\n",
            "seeds/rates.yml": TYPED.format(type_),
        }
    )
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert f"'{written}' in column rate of seed rates is no decimal(" in outcome.stderr
    assert f"it has {decimals} decimals, and would be rounded to" in outcome.stderr
    assert "where: seeds/rates.csv:3\n" in outcome.stderr


def test_zeros_at_the_end_are_no_decimals(make, cli):
    project = make(
        {
            "models/m.sql": "select rate from {{ ref('rates') }} order by rate",
            "seeds/rates.csv": "id,rate\n1,1.5000\n2,25e-1\n",
            "seeds/rates.yml": TYPED.format("decimal(9,2)"),
        }
    )
    assert cli(project, "build").exit_code == 0
    assert project.rows("select rate from m") == [(Decimal("1.50"),), (Decimal("2.50"),)]


def test_another_delimiter_is_another_seed(make, cli):
    delimited = "seeds: [{{name: s, config: {{delimiter: '{}'}}}}]"
    project = make(
        {
            "models/m.sql": "select * from {{ ref('s') }}",
            "seeds/s.csv": "a,x;b,y\n1,2;3,4\n",
            "seeds/s.yml": delimited.format(","),
        }
    )
    assert cli(project, "build").exit_code == 0
    project.write({"seeds/s.yml": delimited.format(";")})
    assert cli(project, "build").exit_code == 0
    assert project.rows("select * from m") == [("1,2", "3,4")]
