"""What a unit test may give and expect, and when rows are the same."""

from __future__ import annotations

from textwrap import indent

import pytest

FILES = {
    "seeds/rates.csv": "currency,rate\nEUR,1.1\nUSD,1\n",
    "models/raw_trades.sql": """
        {{ config(materialized='table') }}
        select
            1 as id,
            'a' as account,
            cast(1 as decimal(38, 12)) as amount,
            'EUR' as currency,
            cast('2026-01-01' as timestamp) as traded_at,
            cast('2026-01-01' as date) as settles_on,
            true as is_open
    """,
    "models/inner_trades.sql": """
        {{ config(materialized='ephemeral') }}
        select * from {{ ref('raw_trades') }}
    """,
    # named as what it reads, as dbt projects do
    "models/trades.sql": """
        with inner_trades as (select * from {{ ref('inner_trades') }})
        select
            t.id, t.account, t.amount, t.currency, t.traded_at, t.settles_on, t.is_open,
            t.amount * r.rate as value
        from inner_trades as t
        left join {{ ref('rates') }} as r on t.currency = r.currency
    """,
}


def unit_test(given: str, expect: str, more: str = "") -> dict[str, str]:
    """models/tests.yml with one test of `trades`."""
    return {
        "models/tests.yml": "unit_tests:\n  - name: one\n    model: trades\n"
        + indent(more, "    ")
        + "    given:\n"
        + indent(given, "      ")
        + "    expect:\n"
        + indent(expect, "      ")
    }


def trades(*rows: str) -> str:
    return "- input: ref('inner_trades')\n  rows:\n" + "".join(f"    - {row}\n" for row in rows)


def rows(*found: str) -> str:
    return "rows:\n" + "".join(f"  - {row}\n" for row in found) if found else "rows: []\n"


SAME = {
    "decimals to the last digit": (
        ["{amount: 12345678901234567890123456.123456789012}", "{amount: '0.1'}", "{amount: 1e2}"],
        ["{amount: 12345678901234567890123456.123456789012}", "{amount: 0.100}", "{amount: 100}"],
    ),
    "rows in any order, as often as they come": (
        ["{id: 1}", "{id: 2}", "{id: 1}"],
        ["{id: 2}", "{id: 1}", "{id: 1}"],
    ),
    "what is left out is null": (
        ["{id: 1}"],
        ["{id: 1, account: null, amount: null, traded_at: null, is_open: null, value: null}"],
    ),
    "times and dates from text": (
        ["{traded_at: '2026-01-01T12:00:00+02:00', settles_on: '2026-01-03', is_open: false}"],
        ["{traded_at: 2026-01-01 10:00:00, settles_on: 2026-01-03, is_open: false}"],
    ),
    "text, empty or of digits": (
        ["{account: '007'}", "{account: 8}", "{account: ''}"],
        ["{account: '007'}", "{account: '8'}", "{account: ''}"],
    ),
    "columns in any case and order": (["{ID: 1, account: a}"], ["{account: a, Id: 1}"]),
    "a seed as its file has it": (
        ["{amount: 3, currency: EUR}", "{amount: 3, currency: XYZ}"],
        ["{currency: EUR, value: 3.3}", "{currency: XYZ, value: null}"],
    ),
    "no rows": ([], []),
}
DIFFERENT = {
    "the last digit": (["{amount: 0.1}"], ["{amount: 0.100000000001}"]),
    "a row more": (["{id: 1}", "{id: 1}"], ["{id: 1}"]),
    "a row less": (["{id: 1}"], ["{id: 1}", "{id: 1}"]),
    "null and no text": (["{account: ''}"], ["{account: null}"]),
    "a microsecond": (["{traded_at: 2026-01-01}"], ["{traded_at: 2026-01-01 00:00:00.000001}"]),
    "rows where none are expected": (["{id: 1}"], []),
}


@pytest.mark.parametrize("case", SAME)
def test_rows_that_are_the_same(make, cli, case):
    given, expected = SAME[case]
    given_rows = trades(*given) if given else "- {input: ref('inner_trades'), rows: []}\n"
    outcome = cli(make({**FILES, **unit_test(given_rows, rows(*expected))}), "test")
    assert outcome.exit_code == 0, outcome.stderr
    assert "1 passed, 0 failed" in outcome.stderr


@pytest.mark.parametrize("case", DIFFERENT)
def test_rows_that_are_not(make, cli, case):
    given, expected = DIFFERENT[case]
    outcome = cli(make({**FILES, **unit_test(trades(*given), rows(*expected))}), "test")
    assert outcome.exit_code == 1, outcome.stderr


@pytest.mark.parametrize("form", ["csv", "sql"])
@pytest.mark.parametrize("is_file", [True, False], ids=["file", "inline"])
def test_rows_as_csv_and_as_sql(make, cli, form, is_file):
    given = {
        "csv": "id, account, amount\n1, a, 1.50\n2, , 2\n",
        # all that the model reads: so it is under dbt
        "sql": "with given as (select 1 as id, 'a' as account, 1.50 as amount "
        "union all select 2, null, 2.0) select *, cast(null as text) as currency, "
        "cast(null as timestamp) as traded_at, cast(null as date) as settles_on, "
        "cast(null as boolean) as is_open from given\n",
    }[form]
    expected = {
        "csv": "id,account,amount\n2,,2\n1,a,1.5\n",
        "sql": "select 2 as id, cast(null as text) as account, 2.0 as amount"
        " union all select 1, 'a', 1.5\n",
    }[form]
    files = dict(FILES)
    if is_file:
        files |= {f"tests/fixtures/in.{form}": given, f"tests/fixtures/out.{form}": expected}
        written = ["fixture: in\n", "fixture: out\n"]
    else:
        written = [f"rows: |\n{indent(text, '  ')}" for text in (given, expected)]
    files |= unit_test(
        f"- input: ref('inner_trades')\n  format: {form}\n" + indent(written[0], "  "),
        f"format: {form}\n" + written[1],
    )
    project = make(files)
    outcome = cli(project, "test")
    assert outcome.exit_code == 0, outcome.stderr
    path = project.root / ("tests/fixtures/in." + form if is_file else "models/tests.yml")
    path.write_text(path.read_text().replace("1.50", "1.51"))
    assert cli(project, "test").exit_code == 1


def test_a_seeds_rows_may_be_given(make, cli):
    given = trades("{amount: 3, currency: EUR}")
    seed = "- {input: ref('rates'), rows: [{currency: EUR, rate: 1.3}]}\n"
    project = make({**FILES, **unit_test(given + seed, rows("{value: 3.9}"))})
    assert cli(project, "test").exit_code == 0
    project.write(unit_test(given + "- input: ref('rates')\n", rows("{value: 3.3}")))
    assert cli(project, "test").exit_code == 0


def test_overrides_hold_in_the_model_and_in_macros(make, cli, monkeypatch):
    monkeypatch.setenv("SIDE", "no")
    files = {
        "models/macros/scaled.sql": "{% macro scaled(x) %}"
        "{{ x }} * {{ var('scale', 1) }}{% endmacro %}"
        "{% macro kept() %}1 = 1{% endmacro %}",
        "seeds/raw.csv": "id\n1\n",
        "models/trades.sql": "select {{ scaled('id') }} as id, '{{ env_var('SIDE') }}' as side "
        "from {{ ref('raw') }} where {{ kept() }} and 1 <> {{ var('scale', 1) }}",
    }
    overrides = (
        "overrides:\n  vars: {scale: 10}\n  env_vars: {SIDE: BUY}\n  macros: {kept: id > 1}\n"
    )
    given = "- {input: ref('raw'), rows: [{id: 1}, {id: 2}]}\n"
    told = unit_test(given, rows("{id: 20, side: BUY}"), overrides)
    outcome = cli(make({**files, **told}), "test")
    assert outcome.exit_code == 0, outcome.stderr


def test_an_incremental_model_is_tested_from_nothing_and_over_its_table(make, cli):
    files = {
        "seeds/raw.csv": "id\n1\n",
        "models/trades.sql": """
            {{ config(materialized='incremental', unique_key='id') }}
            select id from {{ ref('raw') }}
            {% if is_incremental() %}
            where id > (select max(id) from {{ this }}) and id > {{ built_through() }}
            {% endif %}
        """,
    }
    given = "- {input: ref('raw'), rows: [{id: 1}, {id: 2}, {id: 3}]}\n"
    project = make({**files, **unit_test(given, rows("{id: 1}", "{id: 2}", "{id: 3}"))})
    assert cli(project, "test").exit_code == 0
    project.write(
        unit_test(
            given + "- {input: this, rows: [{id: 2}]}\n",
            rows("{id: 3}"),
            "overrides: {macros: {is_incremental: true}}\n",
        )
    )
    outcome = cli(project, "test")
    assert outcome.exit_code == 0, outcome.stderr
    told = unit_test(
        given + "- {input: this, rows: [{id: 1}]}\n",
        rows("{id: 3}"),
        "overrides: {macros: {is_incremental: true, built_through: 2}}\n",
    )
    project.write(told)
    outcome = cli(project, "test")
    assert outcome.exit_code == 0, outcome.stderr


@pytest.mark.parametrize("columns", ["", ", columns: [{name: id, data_type: bigint}]"])
def test_a_source_of_which_only_yaml_tells(make, cli, columns):
    files = {
        "models/sources.yml": f"sources: [{{name: shop, tables: [{{name: raw{columns}}}]}}]\n",
        "models/staged.sql": "select id, amount from {{ source('shop', 'raw') }}",
        "models/trades.sql": "select id, amount * 2 as doubled from {{ ref('staged') }}",
    }
    # what staged gives cannot be read without the source: values tell their types
    given = "- {input: ref('staged'), rows: [{id: 1, amount: 0.1}, {id: 2}]}\n"
    project = make({**files, **unit_test(given, rows("{doubled: 0.2}", "{doubled: null}"))})
    outcome = cli(project, "test")
    assert outcome.exit_code == 0, outcome.stderr
    given = "- input: source('shop', 'raw')\n  rows: [{id: 1, amount: 0.1}]\n"
    told = unit_test(given, rows("{id: 1, amount: 0.1}"))
    project.write({"models/tests.yml": told["models/tests.yml"].replace("trades", "staged")})
    outcome = cli(project, "test")
    assert outcome.exit_code == 0, outcome.stderr


def test_a_fact_is_given_without_what_it_must_have(make_ledger, cli):
    ledger = make_ledger()
    ledger.write(
        {
            "models/staging/mine.yml": """
                unit_tests:
                  - name: as_of_hides_what_was_learned_later
                    model: stg_order_fills
                    overrides: {vars: {as_of: 2026-01-01 12:00:00}}
                    given:
                      - input: source('ledger', 'order_fills')
                        rows:
                          - {price: 1.5, recorded_at: 2026-01-01 12:00:00}
                          - {price: 2.5, recorded_at: 2026-01-01 12:00:01}
                    expect:
                      rows: [{price: 1.5, quantity: null}]
            """
        }
    )
    outcome = cli(ledger, "test", "--select", "stg_order_fills")
    assert outcome.exit_code == 0, outcome.stderr
    assert not ledger.database.exists()
