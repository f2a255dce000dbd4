"""A project written for dbt builds here unchanged, once it has an empty [tool.runner] table."""

from __future__ import annotations

from decimal import Decimal

import pytest

PROJECT = {
    "pyproject.toml": "[tool.runner]\n",
    "dbt_project.yml": """
        name: 'shop'
        version: '1.0'
        config-version: 2
        profile: 'shop'
        model-paths: ["models"]
        seed-paths: ["seeds"]
        test-paths: ["tests"]
        macro-paths: ["macros"]
        models:
          shop:
            materialized: table
            staging:
              materialized: view
        vars:
          shop:
            smallest: 1
    """,
    "seeds/raw_customers.csv": "id,first_name,joined_on\n1,A,2025-01-01\n2,B,2025-02-01\n",
    "seeds/raw_payments.csv": "id,customer_id,way,amount\n"
    "1,1,card,1000\n2,1,cash,250\n3,2,card,300\n",
    "models/staging/stg_payments.sql": """
        with source as (
            {#- a seed here, a source in production #}
            select * from {{ ref('raw_payments') }}
        )
        select id as payment_id, customer_id, way, {{ cents_to_units('amount') }} as amount
        from source
        where amount >= {{ var('smallest') }}
    """,
    "models/staging/stg_customers.sql": "select id as customer_id, first_name, joined_on "
    "from {{ ref('raw_customers') }}",
    "models/customers.sql": """
        {% set ways = ['card', 'cash'] %}
        with customers as (select * from {{ ref('stg_customers') }}),
        payments as (select * from {{ ref('stg_payments') }})
        select
            customers.customer_id,
            {% for way in ways -%}
            sum(case when way = '{{ way }}' then amount else 0 end) as {{ way }}_amount,
            {% endfor -%}
            sum(amount) as total_amount
        from customers
        left join payments on customers.customer_id = payments.customer_id
        group by customers.customer_id
    """,
    "models/schema.yml": """
        version: 2
        models:
          - name: customers
            description: '{{ doc("customers") }}'
            columns:
              - name: customer_id
                tests: [unique, not_null]
          - name: stg_payments
            columns:
              - name: customer_id
                data_tests:
                  - relationships:
                      arguments: {to: ref('stg_customers'), field: customer_id}
              - name: way
                tests:
                  - accepted_values:
                      values: ['card', 'cash']
    """,
    "models/overview.md": "{% docs customers %}\nOne row a customer.\n{% enddocs %}\n",
    "macros/cents.sql": "{% macro cents_to_units(column) %}"
    "({{ adapter.dispatch('cents_to_units')(column) }}){% endmacro %}\n"
    "{% macro default__cents_to_units(column) %}{{ column }} * 0.01{% endmacro %}",
    "tests/totals_are_not_negative.sql": "select * from {{ ref('customers') }} "
    "where total_amount < 0",
}


@pytest.mark.parametrize("target", ["duckdb", "sqlite"])
def test_it_builds_unchanged(tmp_path, cli, target):
    from tests.conftest import MadeProject

    project = MadeProject(tmp_path / "shop", target)
    project.write(PROJECT)
    outcome = cli(tmp_path, "build", "--project-dir", "shop", "--target", target)
    assert outcome.exit_code == 0, outcome.stderr
    assert "5 passed, 0 warned, 0 failed" in outcome.stderr
    assert project.rows(
        "select customer_id, card_amount, cash_amount, total_amount from customers order by 1"
    ) == [
        (1, Decimal("10.00"), Decimal("2.50"), Decimal("12.50")),
        (2, Decimal("3.00"), Decimal("0.00"), Decimal("3.00")),
    ]
    opened = project.open(read_only=True)
    views = {name for name, relation in opened.relations().items() if relation.is_view}
    opened.close()
    assert views == {"stg_payments", "stg_customers"}
    described = cli(project, "ls", "--select", "staging", "--target", target)
    assert sorted(described.stdout.split()) == ["stg_customers", "stg_payments"]
