"""A number with a point comes to SQL as it was written, whatever file it stands in."""

from __future__ import annotations

from decimal import Decimal

import pytest

LONG = "0.12345678901234567890"


@pytest.mark.parametrize("number", [LONG, "123456789012345678.125", "0.00001", "-0.10"])
def test_a_var_keeps_its_digits(make, cli, number):
    vars_ = ", ".join(f"{{{{ var('{name}') }}}} as {name}" for name in ("a", "b", "c"))
    project = make(
        {
            "models/m.sql": f"select {vars_}, {{{{ var('d')[0] }}}} as d, "
            "{{ var('half') * 4 }} as two",
            "dbt_project.yml": f"name: shop\nvars: {{b: {number}, half: 0.5}}\n",
        }
    )
    settings = project.root / "pyproject.toml"
    settings.write_text(
        settings.read_text() + f"\n[tool.runner.vars]\na = {number}\nd = [{number}]\n"
    )
    outcome = cli(project, "build", "--var", f"c={number}")
    assert outcome.exit_code == 0, outcome.stderr
    assert project.rows("select a, b, c, d, two from m") == [(*[Decimal(number)] * 4, 2)]


def test_a_dbt_tests_values_keep_their_digits(make, cli):
    project = make(
        {
            "seeds/s.csv": f"x\n{LONG}\n",
            "models/m.sql": "select x from {{ ref('s') }}",
            "macros/near.sql": "{% test equal_to(model, column_name, n) %}\n"
            "select * from {{ model }} where {{ column_name }} <> {{ n }}\n{% endtest %}",
            "models/m.yml": f"""
                models:
                  - name: m
                    columns:
                      - name: x
                        tests:
                          - accepted_values: {{values: [{LONG}]}}
                          - equal_to: {{n: {LONG}}}
                          - accepted_values: {{name: rounded, values: [0.12345678901234568]}}
            """,
        }
    )
    outcome = cli(project, "build")
    assert "2 passed, 0 warned, 1 failed" in outcome.stderr
    assert "FAIL rounded\n" in outcome.stderr


def test_a_bound_with_an_exponent_is_a_number(make, cli):
    project = make(
        {
            "seeds/s.csv": "x\n0.01\n",
            "models/m.sql": "select x from {{ ref('s') }}",
            "checks/c.yml": """
                checks:
                  - table: s
                    rules:
                      - expect_column_values_to_be_between: {column: x, max_value: 5e-3}
                        name: small
                      - expect_column_values_to_be_between: {column: x, max_value: 1e-2}
                        name: no_larger
            """,
        }
    )
    outcome = cli(project, "build")
    assert "1 passed, 0 warned, 1 failed" in outcome.stderr
    assert "FAIL small\n" in outcome.stderr
