"""A model built in slices is the model built in one piece."""

from __future__ import annotations

import re

import pytest

from runner.compile.compiler import Compiler

MODEL = """
    {{ config(materialized='table', slice_rows_of=ref('numbers')) }}
    select n, sum(amount) as amount from {{ ref('numbers') }}
    where {{ in_slice('n') }}
    group by n
"""
MACRO = """
    {% macro in_slice(key) -%}
    {%- set part = build_slice() -%}
    {%- if part %}{{ key }} % {{ part.count }} = {{ part.number }}{% else %}1 = 1{% endif -%}
    {%- endmacro %}
"""
NUMBERS = "n,amount\n" + "".join(f"{n % 5},{n}.5\n" for n in range(20))


@pytest.fixture
def sliced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """The slices that a build rendered: model, number and count."""
    seen: list[tuple[str, int, int]] = []
    slice_sql = Compiler.slice_sql

    def spied(compiler, name, part):
        seen.append((name, part.number, part.count))
        return slice_sql(compiler, name, part)

    monkeypatch.setattr(Compiler, "slice_sql", spied)
    return seen


def allow(project, rows: object) -> None:
    settings = (project.root / "pyproject.toml").read_text()
    settings = re.sub(r"slice_rows = .*\n", "", settings)
    place = f'path = "ledger.{project.engine}"\n'
    settings = settings.replace(place, f"{place}slice_rows = {rows}\n")
    (project.root / "pyproject.toml").write_text(settings)


@pytest.mark.parametrize(("rows", "count"), [(20, 0), (19, 2), (3, 7), (1, 8)])
def test_there_is_a_slice_for_every_so_many_rows(make, cli, sliced, rows: int, count: int):
    project = make({"models/m.sql": MODEL, "macros/m.sql": MACRO, "seeds/numbers.csv": NUMBERS})
    allow(project, rows)
    outcome = cli(project, "build")
    assert outcome.exit_code == 0, outcome.stderr
    assert sliced == [("m", n, count) for n in range(count)]
    expected = "select n, sum(amount) as amount from numbers group by n order by n"
    assert project.rows("select * from m order by n") == project.rows(expected)


@pytest.mark.either_engine
def test_the_ledger_in_slices_is_the_same(demo_copy, cli, sliced):
    project = demo_copy
    tables = {
        "lot_matches": "opening_fill_id, closing_fill_id",
        "int_trades": "book_key, trade_number",
        "order_slippage": "order_id",
    }
    whole = {t: project.rows(f"select * from {t} order by {key}") for t, key in tables.items()}
    allow(project, 100)
    outcome = cli(project, "build", "--full-refresh")
    assert outcome.exit_code == 0, outcome.stderr
    assert {name for name, *_ in sliced} == tables.keys()
    assert len(sliced) > 2 * len(tables)
    for table, key in tables.items():
        assert project.rows(f"select * from {table} order by {key}") == whole[table]


@pytest.mark.parametrize("rows", ["0", "-5", "1.5", '"many"'])
def test_a_slice_of_no_rows_is_refused(make, cli, rows: str):
    project = make({"models/m.sql": "select 1 as n"})
    allow(project, rows)
    outcome = cli(project, "build")
    assert outcome.exit_code == 2
    assert "R204" in outcome.stderr
    assert "slice_rows" in outcome.stderr
