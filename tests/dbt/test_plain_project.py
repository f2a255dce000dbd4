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
        unit_tests:
          - name: payments_add_up_by_way
            model: customers
            given:
              - input: ref('stg_customers')
                rows: [{customer_id: 1}, {customer_id: 2}]
              - input: ref('stg_payments')
                rows:
                  - {customer_id: 1, way: card, amount: 10}
                  - {customer_id: 1, way: cash, amount: 2.5}
            expect:
              rows:
                - {customer_id: 1, card_amount: 10, cash_amount: 2.5, total_amount: 12.5}
                - {customer_id: 2, card_amount: 0, cash_amount: 0, total_amount: null}
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
    tested = cli(project, "test", "--target", target)
    assert tested.exit_code == 0, tested.stderr
    assert "1 passed, 0 failed" in tested.stderr
    described = cli(project, "ls", "--select", "staging", "--target", target)
    assert sorted(described.stdout.split()) == ["stg_customers", "stg_payments"]


BARE = {
    "pyproject.toml": "[tool.runner]\n",
    "dbt_project.yml": "name: shop\n",
    "seeds/raw.csv": "id,amount\n1,10\n1,20\n2,30\n",
    "models/inner.sql": "{{ config(materialized='ephemeral') }}\n"
    "with doubled as (select id, amount from {{ ref('raw') }}) select * from doubled",
    "models/outer_rows.sql": "select id, amount from {{ ref('inner') }}",
}


def _built(tmp_path, cli, target, files):
    from tests.conftest import MadeProject

    project = MadeProject(tmp_path / "shop", target)
    project.write({**BARE, **files})
    return project, cli(project, "build", "--target", target)


def _test_of(model, test):
    return {
        "models/schema.yml": f"""
        version: 2
        models:
          - name: {model}
            columns:
              - name: id
                data_tests: [{test}]
        """
    }


VERDICTS = {
    "unique": (1, "0 passed, 0 warned, 1 failed"),
    "{unique: {config: {enabled: false}}}": (0, "0 passed, 0 warned, 0 failed"),
    '{unique: {config: {error_if: ">10", warn_if: ">0"}}}': (0, "0 passed, 1 warned, 0 failed"),
    '{unique: {error_if: "> 10", warn_if: "> 1"}}': (0, "1 passed, 0 warned, 0 failed"),
    '{unique: {config: {error_if: ">=1"}}}': (1, "0 passed, 0 warned, 1 failed"),
    '{unique: {config: {severity: warn, warn_if: "!=0"}}}': (0, "0 passed, 1 warned, 0 failed"),
}


@pytest.mark.parametrize("target", ["duckdb", "sqlite"])
@pytest.mark.parametrize("model", ["outer_rows", "inner"])
@pytest.mark.parametrize("test", VERDICTS)
def test_a_tests_config_decides_the_verdict(tmp_path, cli, target, model, test):
    exit_code, counted = VERDICTS[test]
    _, outcome = _built(tmp_path, cli, target, _test_of(model, test))
    assert outcome.exit_code == exit_code, outcome.stderr
    assert counted in outcome.stderr


@pytest.mark.parametrize("target", ["duckdb", "sqlite"])
def test_every_kind_of_test_reads_an_ephemeral_model(tmp_path, cli, target):
    tests = (
        "not_null, {accepted_values: {values: [1]}}, {expression: {expression: amount > 100}}, "
        "{row_count: {min: 4}}, {relationships: {to: ref('outer_rows'), field: amount}}, beyond"
    )
    generic = "{% test beyond(model, column_name) %}select * from {{ model }} {% endtest %}"
    project, outcome = _built(
        tmp_path, cli, target, {**_test_of("inner", tests), "tests/generic/g.sql": generic}
    )
    assert "1 passed, 0 warned, 5 failed" in outcome.stderr, outcome.stderr
    found = project.rows("select check_name, max(failures) from check_failures group by 1")
    assert {name: int(str(failures)) for name, failures in found} == {
        "accepted_values_inner_id": 1,
        "beyond_inner_id": 3,
        "expression_inner_amount_100": 3,
        "relationships_inner_id_to_outer_rows": 3,
        "row_count_inner": 1,
    }


@pytest.mark.parametrize(
    ("config", "word"),
    [('error_if: ">1%"', "error_if is '>1%'"), ("fail_calc: sum(n)", "fail_calc")],
)
def test_a_test_config_that_means_nothing_here_is_refused(tmp_path, cli, config, word):
    files = _test_of("inner", f"{{unique: {{config: {{{config}}}}}}}")
    _, outcome = _built(tmp_path, cli, "duckdb", files)
    assert outcome.exit_code == 2
    assert "error[R230]" in outcome.stderr
    assert word in outcome.stderr


def test_what_is_disabled_is_left_out_with_what_reads_it(tmp_path, cli):
    files = {
        "models/off.sql": "{{ config(enabled=false) }} select * from {{ ref('nowhere') }}",
        "models/off_too.sql": "select * from {{ ref('off') }}",
        "models/schema.yml": """
            version: 2
            models:
              - name: off_too
                config: {enabled: false}
                columns: [{name: id, data_tests: [unique]}]
        """,
        "tests/of_off.sql": "select * from {{ ref('off') }}",
        "tests/off.sql": "{{ config(enabled=false) }} select 1 as n",
    }
    project, outcome = _built(tmp_path, cli, "duckdb", files)
    assert outcome.exit_code == 0, outcome.stderr
    assert "checks: 0 passed" in outcome.stderr
    project.write({"models/on.sql": "select * from {{ ref('off') }}"})
    outcome = cli(project, "build", "--target", "duckdb")
    assert outcome.exit_code == 2
    assert "names a model that is disabled" in outcome.stderr


def test_what_is_not_followed_is_named(tmp_path, cli):
    files = {
        "dbt_project.yml": 'name: shop\non-run-end: "select 1"\nmodels: {+schema: marts}\n',
        "models/hooked.sql": "{{ config(post_hook='drop table raw', alias='h', "
        "full_refresh=false) }} select 1 as n",
        "models/learnt.py": "def model(dbt, session): return dbt.ref('raw')\n",
        "models/learnt.yml": "models: [{name: learnt}]\n",
    }
    project, outcome = _built(tmp_path, cli, "duckdb", files)
    assert outcome.exit_code == 0, outcome.stderr
    for words in (
        "on-run-end of dbt_project.yml is not followed",
        "schema of hooked, inner, outer_rows is not followed",
        "post_hook of hooked is not followed",
        "alias of hooked is not followed",
        "full_refresh of hooked is not followed",
        "Python models are not run: learnt",
    ):
        assert f"warning: {words}" in outcome.stderr
    project.write({"models/on.sql": "select * from {{ ref('learnt') }}"})
    outcome = cli(project, "build", "--target", "duckdb")
    assert outcome.exit_code == 2
    assert "ref('learnt') names a Python model" in outcome.stderr


ENOUGH = {
    "macros/enough.sql": "{% test enough(model, column_name, n) %}\n"
    "select 1 as short where (select count({{ column_name }}) from {{ model }}) < {{ n }}\n"
    "{% endtest %}",
    "models/outer_rows.yml": """
        models:
          - name: outer_rows
            columns:
              - name: id
                tests:
                  - enough: {arguments: {n: 2}, config: {where: "amount > 15"}}
                  - enough: {name: more, arguments: {n: 2}, config: {where: "amount > 25"}}
    """,
}


@pytest.mark.parametrize("target", ["duckdb", "sqlite"])
def test_a_generic_test_of_ones_own_is_about_the_rows_that_where_says(tmp_path, cli, target):
    _, outcome = _built(tmp_path, cli, target, ENOUGH)
    assert outcome.exit_code == 1
    assert "1 passed, 0 warned, 1 failed" in outcome.stderr
    assert "FAIL more\n" in outcome.stderr


@pytest.mark.parametrize("said", ["enabled=false", "severity='warn'"])
def test_a_config_in_a_comment_is_none(tmp_path, cli, said):
    test = f"{{# not yet: {{{{ config({said}) }}}} #}}\nselect * from {{{{ ref('raw') }}}}"
    _, outcome = _built(tmp_path, cli, "duckdb", {"tests/none.sql": test})
    assert outcome.exit_code == 1
    assert "FAIL none\n" in outcome.stderr


CONSTRAINED = """
    models:
      - name: outer_rows
        config: {{contract: {{enforced: true}}}}
        constraints: [{model}]
        columns:
          - {{name: id, data_type: bigint}}
          - {{name: amount, data_type: bigint, tests: [not_null], constraints: [{column}]}}
"""


@pytest.mark.parametrize(
    ("model", "column", "failing"),
    [
        ("{type: check, expression: amount < 25}", "{type: not_null}", "expression_outer_rows_"),
        ("{type: unique, columns: [id, amount]}", "{type: check, expression: amount > 15}", "exp"),
        ("{type: primary_key, columns: [id]}", "{type: unique}", "unique_outer_rows_id"),
    ],
)
@pytest.mark.parametrize("target", ["duckdb", "sqlite"])
def test_a_contracts_constraints_hold(tmp_path, cli, target, model, column, failing):
    described = CONSTRAINED.format(model=model, column=column)
    _, outcome = _built(tmp_path, cli, target, {"models/outer_rows.yml": described})
    assert outcome.exit_code == 1, outcome.stderr
    assert "0 warned, 1 failed" in outcome.stderr
    assert f"FAIL {failing}" in outcome.stderr


@pytest.mark.parametrize("setting", ["merge_update_columns=['amount']", "predicates=['1 = 0']"])
def test_what_would_keep_other_rows_is_refused(tmp_path, cli, setting):
    model = (
        "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', %s) "
        "}}\nselect id, amount from {{ ref('raw') }}"
    )
    _, outcome = _built(tmp_path, cli, "duckdb", {"models/kept.sql": model % setting})
    assert outcome.exit_code == 2
    assert "error[R254]: kept asks for " in outcome.stderr
