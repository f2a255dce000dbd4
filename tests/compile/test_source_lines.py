"""A line of compiled SQL is found again in the model's file, or nothing is said."""

from __future__ import annotations

from runner.compile.source_lines import source_line
from tests.conftest import ROOT

TEMPLATE = """\
{{ config(materialized='table') }}
{% set cols = ['id', 'amount'] %}
with raw as (
    select * from {{ ref('raw') }}
)

select
{% for c in cols %}
    max({{ c }}) as {{ c }},
{% endfor %}
    {{ several_lines(
        'a', 'b'
    ) }} as x,
    1 as one
from raw
"""
COMPILED = """\


with raw as (
    select * from main.raw
)

select

    max(id) as id,

    max(amount) as amount,

    case
        when a > b then a
    end as x,
    1 as one
from raw
"""


def test_each_line() -> None:
    found = {
        text.strip(): source_line(TEMPLATE, COMPILED, number)
        for number, text in enumerate(COMPILED.splitlines(), start=1)
        if text.strip()
    }
    assert found == {
        "with raw as (": 3,
        "select * from main.raw": 4,
        ")": 5,
        "select": 7,
        "max(id) as id,": 9,
        "max(amount) as amount,": 9,
        "case": None,
        "when a > b then a": None,
        "end as x,": None,
        "1 as one": 14,
        "from raw": 15,
    }


def test_lines_of_another_model_are_of_no_line_here() -> None:
    """An ephemeral model's SQL stands before that of the model that refers to it."""
    compiled = "with inner as (\n    select 1 as n\n)\nselect n\nfrom inner"
    assert source_line("select n\nfrom {{ ref('inner') }}", compiled, 2) is None
    assert source_line("select n\nfrom {{ ref('inner') }}", compiled, 4) == 1
    assert source_line("select n\nfrom {{ ref('inner') }}", compiled, 5) == 2
    assert source_line("select 1", "select 1", 9) is None


def test_sql_that_jinja_leaves_as_it_is_keeps_its_numbers() -> None:
    for path in (ROOT / "models").rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                assert source_line(text, text, number) in (number, None), path
